"""Exports: one moment, exact, the same bytes again, and nobody's name without the right."""

import asyncio
import hashlib
import json
import tracemalloc
from collections.abc import Iterator
from contextlib import closing
from threading import Thread
from typing import Any

import pytest
from django.db import DatabaseError, connection
from django.test.utils import CaptureQueriesContext

from labeling import exports, imports
from labeling.exports import RowFacts, export_lines, register_export_addition
from labeling.formats.export_rows import ExportAgreement, ExportDecision
from labeling.models import Label, Project, ProjectRow
from tests.cast import Cast
from tests.labeling.test_imports import label_line, run_labels
from tests.labeling.test_labels import submit
from tests.labeling.test_queue import lease
from tests.line import Line, make_line
from workforce.api.streams import read_aside
from workforce.errors import NotAllowed, NotFound
from workforce.models import AuditEvent

pytestmark = pytest.mark.django_db(transaction=True)


def documents(line: Line, **options: Any) -> list[dict[str, Any]]:
    return [json.loads(one) for one in export_lines(line.cast.max, line.project, **options)]


def labels_of(document: dict[str, Any]) -> list[dict[str, Any]]:
    (project,) = document["projects"].values()
    found: list[dict[str, Any]] = project["labels"]
    return found


def test_every_row_with_its_labels_and_a_trailer_that_covers_every_byte(line: Line) -> None:
    slot = lease(line.cast.lena, line)
    submit(line.cast.lena, slot)
    lines = list(export_lines(line.cast.max, line.project))
    trailer = json.loads(lines[-1])["trailer"]
    assert trailer == {"rows": 4, "sha256": hashlib.sha256(b"".join(lines[:-1])).hexdigest()}
    found = [json.loads(one) for one in lines[:-1]]
    assert [one["data_row"]["external_id"] for one in found] == [f"row-{n:05}" for n in range(4)]
    (label,) = [label for one in found for label in labels_of(one)]
    assert label["label_details"]["created_by"] == str(line.cast.lena.uid)
    assert label["annotations"]["objects"][0]["bounding_box"] == {"top": 1, "left": 1, "height": 19, "width": 19}
    assert label["annotations"]["classifications"][0]["radio_answer"]["name"] == "Day"
    assert label["origin"]["kind"] == "human" and set(label["times"]) == {"labeling"}
    assert label["performance_details"]["seconds_to_create"] is not None


def test_the_same_bytes_when_nothing_changed_and_others_when_something_did(line: Line) -> None:
    run_labels(line, label_line("row-00000", "ada"), label_line("row-00001", "leo"))
    first = b"".join(export_lines(line.cast.max, line.project))
    assert b"".join(export_lines(line.cast.pia, line.project)) == first
    run_labels(line, label_line("row-00002", "leo"))
    assert b"".join(export_lines(line.cast.max, line.project)) != first


def test_an_export_during_writes_is_of_one_moment(cast: Cast) -> None:
    line = make_line(cast, rows=450, review_share=0)
    written: list[int] = []

    def write() -> None:
        try:
            run_labels(line, *[label_line(f"row-{number:05}", "ada") for number in range(450)])
            run_labels(line, label_line("late", "ada"))
            written.append(Label.objects.count())
        finally:
            connection.close()

    with closing(export_lines(cast.max, line.project)) as lines:  # type: ignore[type-var]  # a generator
        seen = [next(lines)]
        writer = Thread(target=write)
        writer.start()
        writer.join(60)
        seen += lines
    assert written == [451]
    assert len(seen) == 451
    assert not any(labels_of(json.loads(one)) for one in seen[:-1])
    later = documents(line)
    assert len(later) == 452 and sum(len(labels_of(one)) for one in later[:-1]) == 451


def test_an_export_writes_nothing_and_leaves_no_transaction_open(line: Line) -> None:
    with closing(export_lines(line.cast.max, line.project)) as lines:  # type: ignore[type-var]  # a generator
        next(lines)
        with pytest.raises(DatabaseError, match="read-only"):
            Project.objects.update(brief="x")
    assert not connection.in_atomic_block
    Project.objects.update(brief="x")


def test_rows_are_read_a_chunk_at_a_time_with_the_same_number_of_queries(cast: Cast, monkeypatch: Any) -> None:
    monkeypatch.setattr(exports, "CHUNK", 10)
    line = make_line(cast, rows=30, review_share=0)
    run_labels(line, *[label_line(f"row-{n:05}", "ada") for n in range(30)])
    # The first export of a day also tells the organization's admins.
    documents(line)
    counts = []
    for project_rows in (10, 30):
        ids = list(ProjectRow.objects.order_by("pk").values_list("pk", flat=True)[:project_rows])
        ProjectRow.objects.filter(pk__in=ids).update(state=ProjectRow.State.IN_REVIEW)
        with CaptureQueriesContext(
            connection,
        ) as queries:
            documents(line, states=[ProjectRow.State.IN_REVIEW])
        counts.append(len(queries))
    per_chunk = (counts[1] - counts[0]) / 2
    # Three for the labels, their versions and times, five for what the quality floor knows of them.
    assert per_chunk == 8, counts


def test_a_long_export_holds_little_at_a_time(cast: Cast) -> None:
    line = make_line(cast, rows=2000, review_share=0)
    peaks = []
    for states in (["in_review"], ["waiting"]):
        ProjectRow.objects.filter(pk__in=ProjectRow.objects.order_by("pk").values("pk")[:400]).update(state="in_review")
        tracemalloc.start()
        size = sum(len(one) for one in export_lines(cast.max, line.project, states=states))
        peaks.append((size, tracemalloc.get_traced_memory()[1]))
        tracemalloc.stop()
    (small, small_peak), (large, large_peak) = peaks
    assert large > 3 * small
    assert large_peak < 1.5 * small_peak


def test_real_names_need_the_right_to_see_people(line: Line) -> None:
    submit(line.cast.lena, lease(line.cast.lena, line))
    assert labels_of(documents(line, with_names=True)[0])[0]["label_details"]["created_by"] == "Lena Lund"
    with pytest.raises(NotAllowed):
        export_lines(line.cast.pia, line.project, with_names=True)
    assert b"Lena" not in b"".join(export_lines(line.cast.pia, line.project))


@pytest.mark.parametrize(
    ("name", "refusal"), [("otto", NotFound), ("lena", NotAllowed), ("wim", NotAllowed), ("rita", NotAllowed)]
)
def test_an_export_needs_its_right_before_the_first_line(line: Line, name: str, refusal: type[Exception]) -> None:
    with pytest.raises(refusal):
        export_lines(getattr(line.cast, name), line.project)
    assert not AuditEvent.objects.filter(action="labels.exported").exists()


def test_an_export_is_audited(line: Line) -> None:
    export_lines(line.cast.pia, line.project, states=["done"])
    event = AuditEvent.objects.get(action="labels.exported")
    assert (event.actor, event.target_uid, event.after["states"]) == (line.cast.pia, line.project.uid, ["done"])


@pytest.fixture
def no_additions() -> Iterator[None]:
    kept = dict(exports._additions)
    exports._additions.clear()
    yield
    exports._additions.clear()
    exports._additions.update(kept)


def test_upper_floors_add_what_they_know(line: Line, no_additions: None) -> None:
    run_labels(line, label_line("row-00000", "ada"))
    label = Label.objects.get()

    def agreement(row_ids: Any, name_of: Any) -> dict[int, RowFacts]:
        fields = {"consensus_score": 0.5, "agreement": ExportAgreement(0.5, "simple", 2)}
        return {label.project_row_id: RowFacts({"selected_label_id": str(label.uid)}, {label.pk: fields})}

    def decisions(row_ids: Any, name_of: Any) -> dict[int, RowFacts]:
        decision = ExportDecision("approve", label.created_at, name_of(line.cast.rita))
        return {label.project_row_id: RowFacts(labels={label.pk: {"decisions": (decision,)}})}

    register_export_addition("agreement", agreement)
    register_export_addition("decisions", decisions)
    first, second, *_ = documents(line)
    (project,) = first["projects"].values()
    assert project["project_details"]["selected_label_id"] == str(label.uid)
    (shown,) = project["labels"]
    assert shown["agreement"]["score"] == 0.5 and shown["decisions"][0]["created_by"] == str(line.cast.rita.uid)
    assert labels_of(second) == []


def test_what_was_exported_comes_in_again_as_rows(line: Line) -> None:
    """The address of a picture never leaves the folder of the data, and no primary key leaves at all."""
    text = b"".join(export_lines(line.cast.max, line.project)).decode()
    assert "/etc" not in text and '"pk"' not in text


def test_asynchronous_readers_get_the_pieces_one_by_one_and_close_what_they_leave() -> None:
    made: list[int] = []

    def pieces() -> Iterator[bytes]:
        try:
            for number in range(5):
                made.append(number)
                yield str(number).encode()
        finally:
            made.append(-1)

    async def read_two() -> list[bytes]:
        stream = read_aside(pieces())
        found = [await anext(stream), await anext(stream)]
        await stream.aclose()  # type: ignore[attr-defined]  # an asynchronous generator
        return found

    assert asyncio.run(read_two()) == [b"0", b"1"]
    assert made == [0, 1, -1]


def test_problems_stream_like_exports(line: Line) -> None:
    job = run_labels(line, b"broken\n")
    (one,) = imports.problems_report(job)
    assert json.loads(one) == {
        "refused": [{"position": 1, "path": "", "code": "bad_json", "message": "Not JSON: Expecting value."}],
        "record": "broken",
    }
