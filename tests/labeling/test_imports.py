"""Imports: good records go in, bad ones into a report that can be mended; nothing doubles, whatever is cut off."""

import io
import json
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.db import connection
from django.dispatch import Signal

from labeling import counters, imports, tasks
from labeling.events import gold_imported, opinions_imported, row_done
from labeling.import_files import source_of
from labeling.imports import ImportOrder
from labeling.models import Batch, DataRow, Dataset, Label, LabelVersion, ProjectRow, Slot
from tests.cast import Cast
from tests.line import CAR, Line, make_line, picture_bytes
from workforce.errors import InvalidInput, NotAllowed, NotFound, Refusal
from workforce.models import AuditEvent, Event, Job, JobProblem, Person

pytestmark = pytest.mark.django_db
CLEAN = [
    {"feature": "car", "kind": "box", "value": [1, 1, 20, 20]},
    {"feature": "Light", "kind": "radio", "value": "Day"},
]


@pytest.fixture
def root(tmp_path: Path, settings: Any) -> Path:
    settings.IMPORT_ROOT = str(tmp_path)
    return tmp_path


def lines_of(*records: Any) -> io.BytesIO:
    return io.BytesIO(b"".join(r if isinstance(r, bytes) else json.dumps(r).encode() + b"\n" for r in records))


def start(line: Line, source: str, upload: Any = None, *, key: str = "", **order: Any) -> Job:
    return imports.start_import(line.cast.max, ImportOrder(source, line.dataset, **order), upload=upload, key=key)


def run(line: Line, source: str, upload: Any = None, **order: Any) -> Job:
    job = start(line, source, upload, **order)
    imports.run_import(str(job.uid))
    job.refresh_from_db()
    return job


def counts(job: Job) -> tuple[str, int, int, int, int]:
    return (job.state, job.total_count, job.done_count, job.settings.get("already_there", 0), job.refused_count)


def codes(job: Job) -> dict[str, str]:
    return {problem.name or str(problem.position): problem.code for problem in job.problems.all()}


def label_line(asset: str, labeler: str, features: Any = None, **more: Any) -> dict[str, Any]:
    return {"asset": asset, "labeler": labeler, "features": CLEAN if features is None else features, **more}


def box(*value: float) -> list[dict[str, Any]]:
    return [{**CLEAN[0], "value": list(value)}, CLEAN[1]]


def run_labels(line: Line, *records: Any, **order: Any) -> Job:
    return run(line, "labels", lines_of(*records), project=line.project, **order)


@contextmanager
def listening(signal: Signal, receiver: Any) -> Iterator[None]:
    signal.connect(receiver)
    try:
        yield
    finally:
        signal.disconnect(receiver)


# --- Data rows --------------------------------------------------------------------------------------------------
def poison(root: Path) -> list[Any]:
    (root / "broken.png").write_bytes(b"no picture")
    return [
        b"{not json}\n",
        {"file": ""},
        {"external_id": "new-5"},
        {"external_id": "odd-1", "colour": "red"},
        b'{"external_id": "odd-2", "metadata": {"a": "\\u0000"}}\n',
        {"external_id": "odd-3", "metadata": [1]},
        {"external_id": "odd-4", "metadata": {"a": "x" * 5_000_000}},
        {"external_id": "odd-5", "file": "../../etc/passwd"},
        {"external_id": "odd-6", "file": "not-there.png"},
        {"external_id": "odd-7", "file": "broken.png"},
    ]


def test_ten_bad_rows_of_a_thousand_are_reported_and_the_mended_report_adds_only_those(line: Line, root: Path) -> None:
    bad = poison(root)
    good = [{"external_id": f"new-{number}", "metadata": {"shift": number % 3}} for number in range(990)]
    records = [*good[:500], *bad, *good[500:]]
    before = DataRow.objects.count()
    job = run(line, "data_rows", lines_of(*records))
    assert counts(job) == ("done", 1000, 990, 0, 10)
    assert DataRow.objects.count() == before + 990
    assert sorted(job.problems.values_list("position", "code")) == [
        (501, "bad_json"),
        (502, "missing_key"),
        (503, "duplicate_id"),
        (504, "unknown_key"),
        (505, "nul_character"),
        (506, "bad_shape"),
        (507, "too_large"),
        (508, "unsafe_file_name"),
        (509, "file_missing"),
        (510, "not_a_picture"),
    ]

    report = [json.loads(text) for text in imports.problems_report(job)]
    assert [one["refused"][0]["position"] for one in report] == list(range(501, 511))
    assert report[0]["record"] == "{not json}" and report[3]["record"] == {"external_id": "odd-1", "colour": "red"}
    assert report[6]["record"] is None
    for number, one in enumerate(report):
        one["record"] = {"external_id": f"mended-{number}"}
    again = run(line, "data_rows", lines_of(*report))
    assert counts(again) == ("done", 10, 10, 0, 0)
    assert DataRow.objects.count() == before + 1000


def test_a_report_sent_as_it_is_is_refused_for_the_same_reasons(line: Line, root: Path) -> None:
    job = run(line, "data_rows", lines_of(*poison(root)[:6]))
    again = run(line, "data_rows", io.BytesIO(b"".join(imports.problems_report(job))))
    assert [p.code for p in again.problems.order_by("position")] == [p.code for p in job.problems.order_by("position")]


def test_a_second_import_adds_nothing(line: Line) -> None:
    records = [{"external_id": f"new-{number}"} for number in range(450)]
    assert counts(run(line, "data_rows", lines_of(*records))) == ("done", 450, 450, 0, 0)
    assert counts(run(line, "data_rows", lines_of(*records, {"external_id": "one more"}))) == ("done", 451, 1, 450, 0)


def test_a_global_key_of_another_row_is_refused_even_in_another_dataset(line: Line) -> None:
    other = Dataset.objects.create(organization=line.cast.home, name="Other", created_by=line.cast.ada)
    DataRow.objects.create(
        dataset=other, organization=line.cast.home, external_id="a", global_key="g", created_by=line.cast.ada
    )
    job = run(
        line, "data_rows", lines_of({"external_id": "b", "global_key": "g"}, {"external_id": "c", "global_key": "h"})
    )
    assert counts(job) == ("done", 2, 1, 0, 1)
    assert codes(job) == {"b": "global_key_taken"}


def test_the_source_is_kept_private_and_read_again_after_the_original_is_gone(line: Line, root: Path) -> None:
    (root / "rows.jsonl").write_text('{"external_id": "kept"}\n')
    job = start(line, "data_rows", path="rows.jsonl")
    run_of = imports._run_of(imports.jobs.begin(str(job.uid)))  # type: ignore[arg-type]
    imports._take_source(run_of)
    (root / "rows.jsonl").unlink()
    imports.run_import(str(job.uid))
    assert DataRow.objects.filter(external_id="kept").exists()
    assert source_of(job.uid).stat().st_mode & 0o777 == 0o600
    assert source_of(job.uid).is_relative_to(django_settings.MEDIA_ROOT)


# --- Folders ----------------------------------------------------------------------------------------------------
def fill(folder: Path, *names: str) -> None:
    for number, name in enumerate(names):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(picture_bytes(size=(10 + number, 10)).read())


def test_a_folder_becomes_rows_named_by_path_and_what_cannot_be_read_is_reported(line: Line, root: Path) -> None:
    fill(root / "in", "b.png", "deep/a.jpg", "C.JPEG")
    (root / "in" / "broken.jpg").write_bytes(b"\xff\xd8\xff nothing")
    (root / "in" / "notes.txt").write_text("no picture, not looked at")
    job = run(line, "folder", folder="in")
    assert counts(job) == ("done", 4, 3, 0, 1)
    assert codes(job) == {"broken.jpg": "not_a_picture"}
    made = DataRow.objects.filter(dataset=line.dataset).exclude(external_id__startswith="row-")
    assert sorted(made.values_list("external_id", flat=True)) == ["C.JPEG", "b.png", "deep/a.jpg"]
    assert all(row.asset_path and row.checksum and row.size for row in made)


def test_links_and_pipes_are_not_followed(line: Line, root: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    outside = tmp_path_factory.mktemp("outside")
    fill(outside, "secret.png")
    fill(root / "in", "good.png")
    (root / "in" / "out.png").symlink_to(outside / "secret.png")
    (root / "in" / "inner.png").symlink_to(root / "in" / "good.png")
    (root / "in" / "folder").symlink_to(outside)
    os.mkfifo(root / "in" / "pipe.png")
    job = run(line, "folder", folder="in")
    assert counts(job) == ("done", 4, 1, 0, 3)
    assert codes(job) == {
        "out.png": "outside_import_root",
        "inner.png": "link_not_followed",
        "pipe.png": "file_missing",
    }


@pytest.mark.parametrize(
    "name",
    ["../up", "/etc", "a/../../b", "..\\up", "C:\\temp", "a\x00b", "a/\u202e/../..", "link/inner", "~/../../x/.."],
)
def test_no_path_leads_out_of_the_import_root(line: Line, root: Path, name: str) -> None:
    (root / "link").symlink_to("/etc")
    for order in ({"source": "folder", "folder": name}, {"source": "data_rows", "path": name}):
        with pytest.raises(InvalidInput) as refusal:
            start(line, **order)  # type: ignore[arg-type]
        assert refusal.value.code in {
            "outside_import_root",
            "link_not_followed",
            "nul_character",
            "unsafe_file_name",
            "folder_missing",
        }
    assert not Job.objects.exists()


@pytest.mark.parametrize(
    "name", ["../../etc/passwd", "/etc/passwd", "a/..\\..\\x", "link.png", "x\u0000.png", "dir", "%2e%2e/x"]
)
def test_no_file_of_a_row_leads_out_of_the_import_root(line: Line, root: Path, name: str) -> None:
    (root / "link.png").symlink_to("/etc/passwd")
    (root / "dir").mkdir()
    job = run(line, "data_rows", lines_of({"external_id": "bad", "file": name}, {"external_id": "good"}))
    assert counts(job) == ("done", 2, 1, 0, 1)
    assert not DataRow.objects.filter(external_id="bad").exists()


def test_without_an_import_root_nothing_is_read_by_path(line: Line, settings: Any) -> None:
    settings.IMPORT_ROOT = ""
    with pytest.raises(InvalidInput) as refusal:
        start(line, "folder", folder="")
    assert refusal.value.code == "import_root_not_set"
    job = run(line, "data_rows", lines_of({"external_id": "a", "file": "a.png"}, {"external_id": "b"}))
    assert (job.done_count, codes(job)) == (1, {"a": "import_root_not_set"})


def test_names_like_those_in_hostile_archives_are_only_names(line: Line) -> None:
    names = ["..", "../evil", "a/../../b.png", "C:evil.png", "con\nfig", "\u202egnp.exe"]
    document = {
        "images": [{"id": n, "file_name": name} for n, name in enumerate(names)],
        "annotations": [],
        "categories": [],
    }
    job = run(line, "coco", lines_of(document))
    assert job.done_count == 0 and job.refused_count == len(names)


# --- COCO -------------------------------------------------------------------------------------------------------
def coco(*names: str, **changes: Any) -> dict[str, Any]:
    return {
        "categories": [{"id": 1, "name": "Car"}],
        "images": [{"id": n, "file_name": name, "width": 64, "height": 48} for n, name in enumerate(names)],
        "annotations": [
            {"id": n, "image_id": n, "category_id": 1, "bbox": [1, 1, 10, 10], "iscrowd": 0} for n in range(len(names))
        ],
        **changes,
    }


def test_coco_pictures_come_from_the_folder_and_a_missing_one_is_a_problem(line: Line, root: Path) -> None:
    fill(root, "pictures/a.png", "pictures/b.png")
    document = coco("a.png", "b.png", "c.png")
    assert counts(run(line, "coco", lines_of(document), folder="pictures")) == ("done", 3, 2, 0, 1)
    fill(root, "pictures/c.png")
    assert counts(run(line, "coco", lines_of(document), folder="pictures")) == ("done", 3, 1, 2, 0)


def test_coco_annotations_join_rows_that_were_uploaded_before(line: Line) -> None:
    document = coco("row-00000", "row-00001", "nowhere.png")
    order = {"project": line.project, "with_annotations": True, "author": "detector", "allow_incomplete": True}
    job = run(line, "coco", lines_of(document), **order)
    assert counts(job) == ("done", 3, 2, 0, 1)
    assert codes(job) == {"nowhere.png": "file_missing"}
    version = LabelVersion.objects.select_related("author").first()
    assert version and (version.author.name, version.author.kind) == ("detector", Person.Kind.EXTERNAL)
    assert (
        version.payload["features"][0]["value"] == [1, 1, 11, 11] and version.payload["features"][0]["feature"] == CAR
    )
    assert counts(run(line, "coco", lines_of(document), **order)) == ("done", 3, 0, 2, 1)
    assert LabelVersion.objects.count() == 2


def test_coco_records_that_dangle_are_reported_one_by_one(line: Line) -> None:
    bad = [
        {"id": 1, "image_id": 99, "category_id": 1, "bbox": [1, 1, 2, 2]},
        {"id": 2, "image_id": 0, "category_id": 99, "bbox": [1, 1, 2, 2]},
        {"id": 3, "image_id": 0, "category_id": 1, "bbox": [1, 1, -2, 2]},
        {"id": 4, "image_id": 0, "category_id": 1, "bbox": [1, 1, 2, 2]},
    ]
    document = coco("row-00000", annotations=bad)
    order = {"project": line.project, "with_annotations": True, "allow_incomplete": True}
    job = run(line, "coco", lines_of(document), **order)
    assert counts(job) == ("done", 4, 1, 0, 3)
    assert [p.code for p in job.problems.order_by("position")] == ["dangling_id", "dangling_id", "negative_size"]
    assert [p.record["id"] for p in job.problems.order_by("position")] == [1, 2, 3]
    assert counts(run(line, "coco", lines_of(document)))[2:] == (0, 1, 0)


@pytest.mark.parametrize("content", [b"", b"[1]", b'{"images": NaN}', b"[" * 50, b'{"a":1,"a":2}'])
def test_a_file_that_is_no_coco_fails_with_the_reason(line: Line, content: bytes) -> None:
    job = run(line, "coco", io.BytesIO(content))
    assert job.state == Job.State.FAILED and job.error
    assert job.ended_at is not None


# --- Labels -----------------------------------------------------------------------------------------------------
def test_labels_become_done_slots_of_external_authors(line: Line) -> None:
    job = run_labels(line, label_line("row-00000", "ada", seconds=31.5), label_line("row-00000", "leo"))
    assert counts(job) == ("done", 2, 2, 0, 0)
    row = ProjectRow.objects.get(project=line.project, data_row__external_id="row-00000")
    slots = Slot.objects.filter(project_row=row)
    assert {slot.state for slot in slots} == {Slot.State.DONE} and slots.count() == 2
    assert {slot.labeler.name for slot in slots if slot.labeler} == {"ada", "leo"}
    versions = LabelVersion.objects.filter(label__project_row=row).order_by("pk")
    assert [(v.origin, v.number, v.active_seconds, v.object_count) for v in versions] == [
        ("import", 1, 31.5, 1),
        ("import", 1, None, 1),
    ]
    assert row.state == ProjectRow.State.DONE
    assert counters.rows_by_state(line.project)["done"] == 1


def test_an_open_slot_is_filled_only_as_often_as_opinions_are_wanted(cast: Cast) -> None:
    line = make_line(cast, rows=1, consensus_share=100, consensus_labels=3)
    run_labels(line, label_line("row-00000", "a"), label_line("row-00000", "b"))
    assert sorted(line.slots().values_list("state", flat=True)) == ["done", "done", "open"]
    assert ProjectRow.objects.get().state == ProjectRow.State.WAITING
    run_labels(line, label_line("row-00000", "c"), label_line("row-00000", "d"))
    assert sorted(line.slots().values_list("state", flat=True)) == ["done"] * 4
    assert ProjectRow.objects.get().state == ProjectRow.State.DONE


def test_rows_that_are_new_are_made_without_a_picture_in_one_batch(line: Line) -> None:
    records = [label_line(f"new-{number}", "ada", width=640, height=480) for number in range(450)]
    job = run_labels(line, *records)
    assert counts(job) == ("done", 450, 450, 0, 0)
    made = DataRow.objects.filter(external_id__startswith="new-")
    assert made.count() == 450 and {row.size for row in made} == {(640, 480)} and not made[0].asset_path
    assert Batch.objects.filter(project=line.project).count() == 2
    states = ProjectRow.objects.filter(data_row__in=made).values_list("state", flat=True)
    assert set(states) == {ProjectRow.State.DONE}


def test_of_several_answers_of_one_author_the_last_counts_and_a_repeat_adds_nothing(line: Line) -> None:
    first, second = box(1, 1, 5, 5), box(2, 2, 9, 9)
    records = [label_line("row-00000", "ada", one) for one in (first, first, second, first)]
    job = run_labels(line, *records)
    assert counts(job) == ("done", 4, 3, 1, 0)
    label = Label.objects.get()
    assert label.last_version == 3
    boxes = [v.payload["features"][0]["value"] for v in label.versions.order_by("number")]
    assert boxes == [[1, 1, 5, 5], [2, 2, 9, 9], [1, 1, 5, 5]]
    assert counts(run_labels(line, *records)) == ("done", 4, 0, 4, 0)
    assert run_labels(line, label_line("row-00000", "ada", box(3, 3, 9, 9))).done_count == 1
    assert LabelVersion.objects.count() == 4 and Slot.objects.filter(state=Slot.State.DONE).count() == 1


def test_what_the_ontology_does_not_have_is_refused_with_its_place(line: Line) -> None:
    unknown = [{"feature": "Bus", "kind": "box", "value": [1, 1, 2, 2]}, CLEAN[1]]
    outside = [{"feature": "Car", "kind": "box", "value": [1, 1, 2000, 2]}, CLEAN[1]]
    job = run_labels(
        line,
        label_line("row-00000", "a", unknown),
        label_line("row-00001", "a", outside),
        label_line("row-00002", "a", CLEAN[:1]),
        label_line("row-00003", "x" * 160),
        label_line("nowhere", "a", unknown),
    )
    assert counts(job) == ("done", 5, 0, 0, 5)
    found = {(p.position, p.path.split("[")[0], p.code) for p in job.problems.all()}
    assert {(1, "features", "unknown_feature"), (3, "features", "required"), (4, "labeler", "limit_exceeded")} <= found
    assert not Label.objects.exists() and not DataRow.objects.filter(external_id="nowhere").exists()
    assert run_labels(line, label_line("row-00002", "a", CLEAN[:1]), allow_incomplete=True).done_count == 1


def test_a_skip_is_no_opinion_and_takes_no_wanted_slot(line: Line) -> None:
    skip = {"asset": "row-00000", "labeler": "leo", "skipped": True}
    job = run_labels(line, skip, label_line("row-00001", "leo"), {**skip, "asset": "row-00001"})
    assert counts(job) == ("done", 3, 2, 0, 1)
    assert codes(job) == {"row-00001": "labeled_before"}
    row = ProjectRow.objects.get(data_row__external_id="row-00000")
    assert sorted(row.slots.values_list("state", flat=True)) == ["open", "skipped"]
    assert counts(run_labels(line, skip)) == ("done", 1, 0, 1, 0)
    assert run_labels(line, label_line("row-00000", "leo")).done_count == 1
    assert sorted(row.slots.values_list("state", flat=True)) == ["done", "open"]


def test_gold_goes_to_who_keeps_it_and_is_refused_when_nobody_does(line: Line) -> None:
    gold = label_line("row-00000", "gold", is_benchmark=True)
    receivers, gold_imported.receivers = gold_imported.receivers, []
    gold_imported.sender_receivers_cache.clear()
    try:
        assert codes(run_labels(line, gold)) == {"row-00000": "gold_not_kept"}
        kept: list[Any] = []

        def keep(**facts: Any) -> None:
            kept.append(
                (facts["project_row"].data_row.external_id, facts["payload"]["features"][0]["value"], facts["actor"])
            )

        with listening(gold_imported, keep):
            assert run_labels(line, gold).done_count == 1
        assert kept == [("row-00000", [1, 1, 20, 20], line.cast.max)]
        assert not Slot.objects.filter(state=Slot.State.DONE).exists()
    finally:
        gold_imported.receivers = receivers
        gold_imported.sender_receivers_cache.clear()


def test_each_chunk_says_which_rows_got_opinions(line: Line) -> None:
    heard: list[list[int]] = []

    def hear(**facts: Any) -> None:
        heard.append(facts["project_row_ids"])

    with listening(opinions_imported, hear):
        run_labels(line, *[label_line(f"new-{n}", "ada") for n in range(250)])
        run_labels(line, *[label_line(f"new-{n}", "ada") for n in range(250)])
    assert [len(ids) for ids in heard] == [200, 50]


def test_the_same_name_from_another_source_is_another_person(line: Line) -> None:
    run_labels(line, label_line("row-00000", "ada"), author_source="lab A")
    run_labels(line, label_line("row-00000", "ada"), author_source="lab B")
    assert Label.objects.filter(project_row__data_row__external_id="row-00000").count() == 2


# --- Rights -----------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("name", "refusal"), [("otto", NotFound), ("lena", NotAllowed), ("pia", NotAllowed), ("wim", NotAllowed)]
)
def test_an_import_needs_the_right_over_the_dataset(line: Line, name: str, refusal: type[Refusal]) -> None:
    with pytest.raises(refusal):
        imports.start_import(getattr(line.cast, name), ImportOrder("data_rows", line.dataset), upload=lines_of({}))
    assert not Job.objects.exists()


def test_a_right_that_went_before_the_run_stops_it(line: Line) -> None:
    job = start(line, "data_rows", lines_of({"external_id": "late"}))
    line.cast.max.memberships.update(is_active=False)
    imports.run_import(str(job.uid))
    job.refresh_from_db()
    assert job.state == Job.State.FAILED and not DataRow.objects.filter(external_id="late").exists()


@pytest.mark.parametrize(
    ("order", "code"),
    [
        ({"source": "zip"}, "unknown_source"),
        ({"source": "labels"}, "project_missing"),
        ({"source": "coco", "with_annotations": True}, "project_missing"),
        ({"source": "folder"}, "folder_missing"),
        ({"source": "folder", "folder": "", "upload": True}, "source_missing"),
        ({"source": "data_rows"}, "source_missing"),
        ({"source": "data_rows", "upload": True, "path": "a"}, "source_missing"),
    ],
)
def test_an_order_that_makes_no_sense_is_refused(line: Line, root: Path, order: dict[str, Any], code: str) -> None:
    upload = lines_of({}) if order.pop("upload", False) else None
    with pytest.raises(InvalidInput) as refusal:
        start(line, upload=upload, **order)
    assert refusal.value.code == code


def test_the_same_key_gets_the_first_job(line: Line) -> None:
    first = start(line, "data_rows", lines_of({"external_id": "a"}), key="k")
    assert start(line, "data_rows", lines_of({"external_id": "a"}), key="k") == first
    with pytest.raises(InvalidInput) as refusal:
        start(line, "data_rows", lines_of({"external_id": "b"}), key="k")
    assert refusal.value.code == "key_reused"
    assert Job.objects.count() == 1 and AuditEvent.objects.filter(action="import.started").count() == 1


# --- Restart ----------------------------------------------------------------------------------------------------
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("fail_at", [0, 1, 2, 4, "end"])
def test_cut_off_at_any_chunk_it_goes_on_and_doubles_nothing(line: Line, fail_at: Any) -> None:
    """What listens above fails in the middle: the chunk is undone whole, the task is tried again."""
    records = [label_line(f"new-{n % 450}", f"author {n % 2}", box(1, 1, 5 + n // 450, 5)) for n in range(900)]
    job = start(line, "labels", lines_of(*records), project=line.project)
    event = Event.objects.get(task=imports.TASK)
    heard: list[int] = []

    def fail(**facts: Any) -> None:
        heard.append(1)
        if len(heard) == (1 if fail_at == "end" else fail_at + 1):
            raise ConnectionError("the floor above is away")

    with listening(row_done if fail_at == "end" else opinions_imported, fail):
        tasks.run_import(event.pk)
        job.refresh_from_db()
        event.refresh_from_db()
        reached = 900 if fail_at == "end" else 200 * fail_at
        assert (job.state, job.cursor, job.done_count) == (Job.State.RUNNING, reached, reached)
        assert event.done_at is None and "ConnectionError" in event.error
        tasks.run_import(event.pk)
    job.refresh_from_db()
    event.refresh_from_db()
    assert counts(job) == ("done", 900, 900, 0, 0)
    assert event.done_at is not None
    assert LabelVersion.objects.count() == 900
    assert Label.objects.count() == Slot.objects.filter(state=Slot.State.DONE).count() == 450
    assert Batch.objects.filter(project=line.project).count() == 2
    tasks.run_import(event.pk)
    assert LabelVersion.objects.count() == 900


@pytest.mark.django_db(transaction=True)
def test_two_deliveries_at_once_give_the_same_rows(line: Line, root: Path) -> None:
    fill(root, *[f"{number:03}.png" for number in range(30)])
    rows = [{"external_id": f"new-{n}", "file": f"{n % 30:03}.png" if n % 40 == 0 else ""} for n in range(1100)]
    job = start(line, "data_rows", lines_of(*rows, b"broken\n"))
    event = Event.objects.get(task=imports.TASK)
    barrier, seen, broken = threading.Barrier(3), [], []

    def work() -> None:
        try:
            barrier.wait()
            tasks.run_import(event.pk)
        except BaseException as error:
            broken.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    barrier.wait()
    while any(thread.is_alive() for thread in threads):
        seen.append(Job.objects.values_list("cursor", "done_count", "refused_count").get(pk=job.pk))
    assert broken == []
    job.refresh_from_db()
    assert counts(job) == ("done", 1101, 1100, 0, 1)
    assert DataRow.objects.filter(external_id__startswith="new-").count() == 1100
    assert JobProblem.objects.count() == 1
    assert seen == sorted(seen), "progress went backwards"
    event.refresh_from_db()
    assert event.done_at is not None and event.error == ""


@pytest.mark.django_db(transaction=True)
def test_a_job_that_keeps_failing_is_quarantined_and_says_so(line: Line) -> None:
    job = start(line, "labels", lines_of(label_line("row-00000", "ada")), project=line.project)
    event = Event.objects.get(task=imports.TASK)
    Event.objects.filter(pk=event.pk).update(failures=4)

    def fail(**facts: Any) -> None:
        raise ConnectionError("the floor above is away")

    with listening(opinions_imported, fail):
        tasks.run_import(event.pk)
    job.refresh_from_db()
    assert (job.state, "ConnectionError" in job.error) == (Job.State.QUARANTINED, True)
    tasks.run_import(event.pk)
    assert not Label.objects.exists()


def test_a_restart_reads_the_list_of_the_first_run(line: Line, root: Path) -> None:
    """A folder that changed meanwhile would shift what the cursor counts."""
    fill(root / "in", "b.png", "c.png")
    job = start(line, "folder", folder="in")
    imports._take_source(imports._run_of(imports.jobs.begin(str(job.uid))))  # type: ignore[arg-type]
    fill(root / "in", "a.png")
    imports.run_import(str(job.uid))
    job.refresh_from_db()
    assert counts(job) == ("done", 2, 2, 0, 0)


# --- Reference data ---------------------------------------------------------------------------------------------
@pytest.mark.reference_data
def test_a_hundred_real_rows_of_which_twenty_pictures_are_here(cast: Cast, reference_data: Path, settings: Any) -> None:
    """A picture that is neither in the folder nor in the dataset is a problem; its annotations wait for it."""
    from labeling import ontologies, projects

    base = reference_data / "formats_voc100"
    settings.IMPORT_ROOT = str(base)
    file = base / "gts" / "coco_format_v1" / "instances_default.json"
    document = json.loads(file.read_text())
    features = [{"name": one["name"], "kind": "box"} for one in document["categories"]]
    version = ontologies.create_ontology(cast.ada, cast.home, name="VOC", document={"features": features})
    line = make_line(cast, rows=0)
    project = projects.create_project(cast.max, cast.home, name="VOC", brief="x", ontology=version.ontology)
    order = {"folder": "images", "project": project, "with_annotations": True, "author": "voc"}
    with file.open("rb") as upload:
        job = run(line, "coco", upload, **order)
    assert counts(job) == ("done", 100, 20, 0, 80)
    assert set(codes(job).values()) == {"file_missing"}
    here = {path.name for path in (base / "images").iterdir()}
    sizes = {one["file_name"]: (one["width"], one["height"]) for one in document["images"]}
    for row in DataRow.objects.filter(dataset=line.dataset):
        assert row.external_id in here and row.size == sizes[row.external_id]
    wanted = {one["id"] for one in document["images"] if one["file_name"] in here}
    boxes = sum(one["image_id"] in wanted for one in document["annotations"])
    assert sum(LabelVersion.objects.values_list("object_count", flat=True)) == boxes
    with file.open("rb") as upload:
        assert counts(run(line, "coco", upload, **order)) == ("done", 100, 0, 20, 80)
