"""Imports, their report, exports and labels through the API."""

import asyncio
import hashlib
import json
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connections
from django.urls import reverse

from labeling import imports
from labeling.models import DataRow, Label
from tests.cast import Cast
from tests.labeling.api.hands import RANDOM, body_of, signed_in, with_token
from tests.labeling.test_imports import label_line, lines_of, run_labels
from tests.labeling.test_labels import submit
from tests.labeling.test_queue import lease
from tests.line import Line, make_line
from workforce.models import Job

pytestmark = pytest.mark.django_db


def upload(*records: Any) -> SimpleUploadedFile:
    return SimpleUploadedFile("rows.jsonl", lines_of(*records).read())


def test_an_import_is_started_watched_and_mended(line: Line) -> None:
    client = with_token(line.cast.max, line.cast.home, "import", "read")
    path = reverse("api-dataset-imports", args=[line.dataset.uid])
    body = {"kind": "data_rows", "file": upload({"external_id": "a"}, {"external_id": ""})}
    answer = client.post(path, body, format="multipart")
    assert (answer.status_code, answer.json()["state"]) == (201, "queued")
    job = reverse("api-job", args=[answer.json()["uid"]])
    imports.run_import(answer.json()["uid"])
    shown = client.get(job).json()
    assert (shown["state"], shown["total_count"], shown["done_count"], shown["refused_count"]) == ("done", 2, 1, 1)
    report = client.get(reverse("api-job-problems", args=[answer.json()["uid"]]), HTTP_ACCEPT="application/x-ndjson")
    assert report["Content-Type"] == "application/x-ndjson"
    mended = body_of(report).replace(b'"external_id":""', b'"external_id":"b"')
    body = {"kind": "data_rows", "file": SimpleUploadedFile("mended.jsonl", mended)}
    second = client.post(path, body, format="multipart").json()["uid"]
    imports.run_import(second)
    assert client.get(reverse("api-job", args=[second])).json()["done_count"] == 1
    assert DataRow.objects.filter(external_id__in=["a", "b"]).count() == 2


def test_labels_are_imported_into_a_project(line: Line) -> None:
    client, path = signed_in(line.cast.ada), reverse("api-project-imports", args=[line.project.uid])
    body = {"kind": "labels", "dataset": str(line.dataset.uid), "file": upload(label_line("row-00000", "ada"))}
    answer = client.post(path, body, format="multipart")
    assert answer.status_code == 201
    imports.run_import(answer.json()["uid"])
    found = client.get(reverse("api-project-labels", args=[line.project.uid])).json()["results"]
    assert [(one["external_id"], one["state"], one["version"]["origin"]) for one in found] == [
        ("row-00000", "done", "import")
    ]


def test_the_same_key_gets_the_same_job(line: Line) -> None:
    client, path = signed_in(line.cast.ada), reverse("api-dataset-imports", args=[line.dataset.uid])
    uids = {
        client.post(
            path,
            {"kind": "data_rows", "file": upload({"external_id": "a"})},
            format="multipart",
            headers={"Idempotency-Key": "k"},
        ).json()["uid"]
        for _ in range(2)
    }
    assert len(uids) == Job.objects.count() == 1


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"kind": "zip"}, "invalid_input"),
        ({"kind": "folder", "folder": ""}, "import_root_not_set"),
        ({"kind": "data_rows", "path": "a.jsonl"}, "import_root_not_set"),
        ({"kind": "data_rows"}, "source_missing"),
        ({"kind": "labels", "path": "x"}, "project_missing"),
        ({"kind": "data_rows", "path": "x", "author": "me"}, "invalid_input"),
    ],
)
def test_a_bad_order_starts_nothing(line: Line, settings: Any, body: dict[str, str], code: str) -> None:
    settings.IMPORT_ROOT = ""
    answer = signed_in(line.cast.ada).post(reverse("api-dataset-imports", args=[line.dataset.uid]), body)
    assert (answer.status_code, answer.json()["code"]) == (422, code)
    assert not Job.objects.exists()


@pytest.mark.parametrize("name", ["lena", "rita", "nora", "pia"])
def test_jobs_are_for_those_who_run_imports(line: Line, name: str) -> None:
    job = Job.objects.create(organization=line.cast.home, kind="import", started_by=line.cast.max)
    for path in ("api-job", "api-job-problems"):
        assert signed_in(getattr(line.cast, name)).get(reverse(path, args=[job.uid])).status_code == 403


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("accept", ["application/x-ndjson", "application/json", "*/*"])
def test_an_export_streams_with_its_trailer(line: Line, accept: str) -> None:
    run_labels(line, label_line("row-00000", "ada"))
    client = with_token(line.cast.max, line.cast.home, "export")
    answer = client.get(reverse("api-project-export", args=[line.project.uid]), HTTP_ACCEPT=accept)
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/x-ndjson")
    assert answer["Cache-Control"] == "no-store" and answer.streaming
    *lines, last = body_of(answer).splitlines(keepends=True)
    assert json.loads(last)["trailer"] == {"rows": 4, "sha256": hashlib.sha256(b"".join(lines)).hexdigest()}
    assert json.loads(lines[0])["data_row"]["row_data"].startswith("/api/v1/rows/")


async def read_async(client: Any, path: str) -> list[bytes]:
    try:
        answer = await client.get(path)
        assert answer.status_code == 200 and answer.is_async
        return [piece async for piece in answer.streaming_content]
    finally:
        await sync_to_async(connections.close_all)()


@pytest.mark.django_db(transaction=True)
def test_an_export_under_asgi_is_a_stream_too(line: Line, async_client: Any) -> None:
    async_client.force_login(line.cast.max)
    pieces = asyncio.run(read_async(async_client, reverse("api-project-export", args=[line.project.uid])))
    assert len(pieces) == 5 and json.loads(pieces[-1])["trailer"]["rows"] == 4


def test_an_export_refuses_in_json(line: Line) -> None:
    path = reverse("api-project-export", args=[line.project.uid])
    answer = signed_in(line.cast.lena).get(path, HTTP_ACCEPT="application/x-ndjson")
    assert (answer.status_code, json.loads(answer.content)["code"]) == (403, "not_allowed")
    for query in ("state=gone", "names=maybe", "format=zip"):
        assert signed_in(line.cast.ada).get(f"{path}?{query}").status_code in (404, 422)


# --- Labels and blindness ---------------------------------------------------------------------------------------
def shown_to(person: Any, line: Line, **filters: str) -> list[dict[str, Any]]:
    answer = signed_in(person).get(reverse("api-project-labels", args=[line.project.uid]), filters)
    assert answer.status_code == 200
    found: list[dict[str, Any]] = answer.json()["results"]
    return found


def test_a_labeler_sees_only_their_own_labels(line: Line) -> None:
    submit(line.cast.lena, lease(line.cast.lena, line))
    submit(line.cast.leo, lease(line.cast.leo, line), key="k2")
    assert len(shown_to(line.cast.max, line)) == 2
    assert [one["labeler"] for one in shown_to(line.cast.lena, line)] == [str(line.cast.lena.uid)]
    assert shown_to(line.cast.lia, line) == []


def test_a_team_lead_who_may_still_label_a_row_does_not_see_its_answers(cast: Cast) -> None:
    line = make_line(cast, rows=1, consensus_share=100, consensus_labels=2, review_share=0)
    submit(cast.lena, lease(cast.lena, line))
    assert shown_to(cast.tom, line) == []
    submit(cast.tom, lease(cast.tom, line), key="k2")
    assert {one["labeler"] for one in shown_to(cast.tom, line)} == {str(cast.lena.uid), str(cast.tom.uid)}


def test_gold_shows_only_to_those_who_see_benchmarks(line: Line) -> None:
    submit(line.cast.lena, lease(line.cast.lena, line))
    opinion = Label.objects.get()
    Label.objects.create(
        project=line.project,
        project_row=opinion.project_row,
        kind=Label.Kind.GOLD,
        labeler=line.cast.lena,
        made_from=opinion,
    )
    assert len(shown_to(line.cast.ada, line, kind="gold")) == 1
    assert [one["kind"] for one in shown_to(line.cast.lena, line)] == ["opinion"]
    assert shown_to(line.cast.lena, line, kind="gold") == []


def test_labels_are_filtered_by_the_names_that_are_allowed(line: Line) -> None:
    submit(line.cast.lena, lease(line.cast.lena, line))
    lena = str(line.cast.lena.uid)
    assert len(shown_to(line.cast.ada, line, labeler=lena, state="done", kind="opinion")) == 1
    assert shown_to(line.cast.ada, line, labeler=RANDOM) == []
    path = reverse("api-project-labels", args=[line.project.uid])
    for query in ("labeler=lena", "state=gone", "kind=x", "labeler__email=x"):
        assert signed_in(line.cast.ada).get(f"{path}?{query}").status_code == 422
