"""Real photographs come in over the API and are labeled by hand."""

import json
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from labeling import batches, datasets
from labeling.models import DataRow, LabelVersion
from tests.browser.hands import Hand
from tests.browser.site import Site
from tests.line import Line
from workforce import tokens
from workforce.models import Person

pytestmark = pytest.mark.reference_data
FOLDER = "formats_voc100/images"
IMPORT_SECONDS = 40


def ask(site: Site, clear: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
    headers = {"Authorization": f"Token {clear}", "Content-Type": "application/json"}
    data = None if body is None else json.dumps(body).encode()
    with urllib.request.urlopen(urllib.request.Request(site.address + path, data, headers), timeout=10) as answer:
        return json.load(answer)


def test_a_photograph_from_the_import_to_its_label(
    street: Line, site: Site, signed_in: Callable[[Person], Hand], reference_data: Path, shots: Path
) -> None:
    cast = street.cast
    dataset = datasets.create_dataset(cast.ada, cast.home, name="Photographs")
    _, clear = tokens.issue_token(cast.max, cast.home, name="import", scopes=["import", "read"])
    job = ask(site, clear, f"/api/v1/datasets/{dataset.uid}/imports/", {"kind": "folder", "folder": FOLDER})
    until = time.monotonic() + IMPORT_SECONDS
    while job["state"] not in ("done", "failed") and time.monotonic() < until:
        time.sleep(0.2)
        job = ask(site, clear, f"/api/v1/jobs/{job['uid']}/")
    pictures = sum(1 for _ in (reference_data / FOLDER).rglob("*.jpg"))
    assert (job["state"], job["done_count"], job["refused_count"]) == ("done", pictures, 0)
    rows = DataRow.objects.filter(dataset=dataset)
    batches.create_batch(cast.max, street.project, rows, name="photographs", priority=1)

    lena = signed_in(cast.lena)
    editor = lena.label(street.project)
    row = rows.get(external_id=editor.row_name)
    assert row.width and row.height
    wanted = [row.width * 0.2, row.height * 0.25, row.width * 0.7, row.height * 0.8]
    editor.box((wanted[0], wanted[1]), (wanted[2], wanted[3]))
    editor.part("stage").focus()
    editor.press("q")
    lena.look("photograph", shots)
    editor.press("Escape", "q")
    expect(editor.part("question-count")).to_have_text("1 of 1")
    editor.submit()
    version = LabelVersion.objects.get(label__project_row__data_row=row)
    assert version.payload["features"][0]["value"] == pytest.approx(wanted, abs=1)
