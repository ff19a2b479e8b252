"""Imports: rows, pictures and labels from outside, as a job that restarts where it stopped and never doubles.

Good records go in; a bad one becomes a line of the report with position, path, code and message, and the mended report
can be sent again. Rows are known by external id, opinions by author and content, so a second import adds nothing. A
chunk is one transaction under the job's lock: whoever comes second finds the cursor moved. Announces
``opinions_imported`` per chunk and ``gold_imported`` per gold label."""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby, islice
from typing import IO, Any

from django.db import transaction

from labeling.assets import Asset, take_picture
from labeling.data_rows import METADATA_KEYS, NewRow, add_rows, refuse_bad_key
from labeling.import_files import keep_folder_list, keep_source, open_below_root, refuse_missing_folder, source_of
from labeling.import_opinions import AnswerCount, Taking, finish_imported_rows, take_opinions
from labeling.import_sources import COCO, FOLDER, LABELS, SOURCES, Item, RowToTake, open_source
from labeling.models import DataRow, Dataset, Project
from workforce import access, audit, jobs
from workforce.errors import InvalidInput, NotFound, Refusal, RuleViolation
from workforce.idempotency import Answer, first_answer, keep_answer
from workforce.jobs import Refused
from workforce.models import Job, Person
from workforce.roles import Permission

TASK = "labeling.tasks.run_import"
CHUNK = 200
PIECE = 1024 * 1024
ADDED, ALREADY_THERE = "added", "already_there"


@dataclass(frozen=True)
class ImportOrder:
    """What to import. The source is an uploaded file, a file at ``path`` or the pictures of ``folder``; both are below
    the import root. ``author`` names who made the annotations of a COCO file; ``author_source`` tells apart people of
    one name from different places."""

    source: str
    dataset: Dataset
    project: Project | None = None
    folder: str | None = None
    path: str | None = None
    with_annotations: bool = False
    use_segmentation: bool = False
    allow_incomplete: bool = False
    author: str = "imported"
    author_source: str = ""

    def settings(self) -> dict[str, Any]:
        return {
            **vars(self),
            "dataset": str(self.dataset.uid),
            "project": str(self.project.uid) if self.project else None,
            "author_source": self.author_source or (f"project {self.project.uid}" if self.project else ""),
        }


@transaction.atomic
def start_import(actor: Person, order: ImportOrder, *, upload: IO[bytes] | None = None, key: str = "") -> Job:
    """A queued import. With an idempotency key the repeat of a request gets the first one's job."""
    access.require(actor, Permission.IMPORT_ROWS, order.dataset)
    if order.project is not None:
        access.require(actor, Permission.CHANGE_PROJECT, order.project)
    _refuse_bad_order(order, has_upload=upload is not None)
    body = order.settings() | {"sha256": _digest_of(upload) if upload else ""}
    if key and (earlier := first_answer(actor, key, body)) is not None:
        return Job.objects.get(uid=earlier.body["job"], started_by=actor)
    job = jobs.start_job(actor, order.dataset.organization, kind=Job.Kind.IMPORT, task=TASK, settings=body)
    if upload is not None:
        keep_source(job.uid, upload)
    audit.record(actor, "import.started", job, after=body)
    if key:
        keep_answer(actor, key, body, Answer(201, {"job": str(job.uid)}))
    return job


def _digest_of(upload: IO[bytes]) -> str:
    digest = hashlib.sha256()
    while piece := upload.read(PIECE):
        digest.update(piece)
    upload.seek(0)
    return digest.hexdigest()


def _refuse_bad_order(order: ImportOrder, *, has_upload: bool) -> None:
    if order.source not in SOURCES:
        raise InvalidInput("unknown_source", f"Sources are {', '.join(SOURCES)}.")
    if order.project is not None and order.project.organization_id != order.dataset.organization_id:
        raise NotFound
    if order.project is not None and order.project.state == Project.State.ARCHIVED:
        raise RuleViolation("project_closed", "This project was closed.")
    if (order.source == LABELS or order.with_annotations) and order.project is None:
        raise InvalidInput("project_missing", "Labels are imported into a project.")
    if order.source == FOLDER and order.folder is None:
        raise InvalidInput("folder_missing", "Name a folder below the import root; empty is the root itself.")
    if order.source == FOLDER and (has_upload or order.path is not None):
        raise InvalidInput("source_missing", "A folder is imported as it is, without a file.")
    if order.source != FOLDER and has_upload == (order.path is not None):
        raise InvalidInput("source_missing", "Send one file, or name one below the import root.")
    if order.folder is not None and order.source in (FOLDER, COCO):
        refuse_missing_folder(order.folder)
    if order.source != FOLDER and order.path is not None:
        open_below_root(order.path).close()


# --- The run ----------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Run:
    job: Job
    actor: Person
    dataset: Dataset
    project: Project | None
    settings: dict[str, Any]


def run_import(job_uid: str) -> None:
    """Do the import or what is left of it. Safe to call again and by two workers at once."""
    job = jobs.begin(job_uid)
    if job is None:
        return
    try:
        run = _run_of(job)
        _take_source(run)
        _run_chunks(run)
        if run.project is not None:
            finish_imported_rows(run.project)
    except Refusal as refusal:
        jobs.end(job, state=Job.State.FAILED, error=f"{refusal.code}: {refusal.message}")
        return
    jobs.end(job)


def _run_of(job: Job) -> Run:
    """The job's order read back; its rights are asked again, for they may have gone since."""
    dataset = Dataset.objects.select_related("organization").filter(uid=job.settings["dataset"]).first()
    if dataset is None:
        raise NotFound
    access.require(job.started_by, Permission.IMPORT_ROWS, dataset)
    project = None
    if job.settings["project"] is not None:
        projects = Project.objects.select_related("organization", "ontology")
        project = access.access(job.started_by, projects, job.settings["project"], Permission.CHANGE_PROJECT)
    return Run(job, job.started_by, dataset, project, job.settings)


def _take_source(run: Run) -> None:
    if source_of(run.job.uid).exists():
        return
    if run.settings["source"] == FOLDER:
        keep_folder_list(run.job.uid, run.settings["folder"])
        return
    with open_below_root(run.settings["path"] or "") as content:
        keep_source(run.job.uid, content)


def _run_chunks(run: Run) -> None:
    source = open_source(source_of(run.job.uid), run.settings)
    if not run.job.total_count:
        jobs.set_total(run.job, source.total)
    counting = AnswerCount()
    end = 0
    while chunk := list(islice(source.items, CHUNK)):
        start, end = end, end + len(chunk)
        nth = {item.position: counting.note(item) for item in chunk if item.opinion is not None}
        if end <= run.job.cursor:
            continue
        _take_chunk(run, chunk, _take_pictures(run, chunk), nth, start)
        run.job.refresh_from_db(fields=["state", "cursor", "total_count"])
        if run.job.state != Job.State.RUNNING:
            return
    if end != run.job.total_count:
        jobs.set_total(run.job, end)


def _take_pictures(run: Run, chunk: list[Item]) -> dict[int, Asset | Refused]:
    """Pictures of rows that are new, checked and kept before any transaction. Keeping one twice changes nothing."""
    names = [item.row.external_id for item in chunk if item.row]
    known = set(_rows_named(run.dataset, names).values_list("external_id", flat=True))
    taken: dict[int, Asset | Refused] = {}
    for item in chunk:
        if item.row is None or item.row.external_id in known or not (item.row.file or item.row.needs_picture):
            continue
        if not item.row.file:
            message = "The dataset has no such row, and no folder with its picture was named."
            taken[item.position] = item.refused("file_missing", message, "file")
            continue
        try:
            with open_below_root(item.row.file) as content:
                taken[item.position] = take_picture(content)
        except InvalidInput as refusal:
            taken[item.position] = item.refused(refusal.code, refusal.message, "file")
    return taken


@transaction.atomic
def _take_chunk(
    run: Run, chunk: list[Item], pictures: dict[int, Asset | Refused], nth: dict[int, int], start: int
) -> None:
    """One chunk in one transaction, under the job's lock; nothing happens when another worker did it first."""
    job = Job.objects.select_for_update(of=("self",)).select_related("started_by").get(pk=run.job.pk)
    if job.cursor != start or job.state != Job.State.RUNNING:
        return
    refused = [item.refused(p.code, p.message, p.path) for item in chunk if (p := item.problem)]
    sound, more = _refuse_bad_rows(run, [item for item in chunk if item.problem is None], pictures)
    refused += more
    outcome: dict[int, str] = {}
    if run.settings["source"] != LABELS:
        outcome = _take_rows(run, sound, pictures)
    if run.project is not None:
        opinions = [item for item in sound if item.opinion is not None]
        changed, more = take_opinions(_taking(run, run.project), opinions, nth)
        refused += more
        outcome |= {position: ADDED for position in changed}
    refused_positions = {problem.position for problem in refused}
    added = sum(what == ADDED for position, what in outcome.items() if position not in refused_positions)
    left = len(chunk) - added - len(refused_positions)
    jobs.note_chunk(job, cursor=start + len(chunk), done=added, refused=refused)
    job.settings[ALREADY_THERE] = job.settings.get(ALREADY_THERE, 0) + left
    Job.objects.filter(pk=job.pk).update(settings=job.settings)


def _taking(run: Run, project: Project) -> Taking:
    name = f"import {str(run.job.uid)[:8]}"
    source, lenient = run.settings["author_source"], run.settings["allow_incomplete"]
    return Taking(run.actor, project, run.dataset, source, name, lenient)


def _take_rows(run: Run, items: list[Item], pictures: dict[int, Asset | Refused]) -> dict[int, str]:
    rows = {item.position: item.row for item in items if item.row}
    names = [row.external_id for row in rows.values()]
    known = set(_rows_named(run.dataset, names).values_list("external_id", flat=True))
    new = {position: row for position, row in rows.items() if row.external_id not in known}
    add_rows(run.actor, run.dataset, [_new_row(row, pictures.get(position)) for position, row in new.items()])
    return {position: ADDED if position in new else ALREADY_THERE for position in rows}


def _new_row(row: RowToTake, picture: Asset | Refused | None) -> NewRow:
    width, height = row.size or (None, None)
    asset = picture if isinstance(picture, Asset) else None
    return NewRow(row.external_id, asset, row.global_key, width, height, row.metadata)


def _refuse_bad_rows(
    run: Run, items: list[Item], pictures: dict[int, Asset | Refused]
) -> tuple[list[Item], list[Refused]]:
    """The items whose row can be taken, and what is wrong with the others."""
    keys = [item.row.global_key for item in items if item.row and item.row.global_key]
    holders = DataRow.objects.filter(organization=run.dataset.organization_id, global_key__in=keys)
    taken = {key: (dataset, name) for key, dataset, name in holders.values_list("global_key", "dataset", "external_id")}
    sound: list[Item] = []
    refused: list[Refused] = []
    for item in items:
        picture = pictures.get(item.position)
        problem = picture if isinstance(picture, Refused) else _row_problem(item, run.dataset, taken)
        if problem is None:
            sound.append(item)
        else:
            refused.append(problem)
    return sound, refused


def _row_problem(item: Item, dataset: Dataset, taken: dict[str | None, tuple[int, str]]) -> Refused | None:
    row = item.row
    assert row is not None
    try:
        refuse_bad_key(row.external_id)
    except InvalidInput as refusal:
        return item.refused(refusal.code, refusal.message, "external_id")
    if len(row.metadata) > METADATA_KEYS:
        return item.refused("limit_exceeded", f"A row has at most {METADATA_KEYS} fields of metadata.", "metadata")
    if row.global_key in taken and taken[row.global_key] != (dataset.pk, row.external_id):
        return item.refused("global_key_taken", "Another row of the organization has this global key.", "global_key")
    return None


def _rows_named(dataset: Dataset, names: list[str]) -> Any:
    return DataRow.objects.filter(dataset=dataset, external_id__in=names)


# --- The report -------------------------------------------------------------------------------------------------
def problems_report(job: Job) -> Iterator[bytes]:
    """One JSON line per refused record: the reasons and the record, to be mended and sent again as it stands."""
    problems = job.problems.order_by("position", "pk").iterator(chunk_size=500)
    for _, of_record in groupby(problems, key=lambda problem: problem.position):
        found = list(of_record)
        reasons = [
            {"position": one.position, "path": one.path, "code": one.code, "message": one.message} for one in found
        ]
        line = {"refused": reasons, "record": found[0].record}
        yield json.dumps(line, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
