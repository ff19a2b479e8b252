"""What becomes of a check after its submit: it is scored against the gold of its row and finished, never reviewed. One
on which an expert drew gold becomes the row's gold."""

from collections.abc import Sequence
from datetime import timedelta

from django.db import transaction
from django.db.models import Exists, OuterRef, Q

from labeling import work_time
from labeling.check_slots import FOR_GOLD, lease_for_gold
from labeling.labels import last_versions
from labeling.models import Label, Project, ProjectRow, Slot
from labeling.queue import newest_version
from quality import benchmarks, figures, sampling
from quality.benchmarks import Accepted
from workforce.models import ClockTimestamp, Person

LONGEST_WAIT = timedelta(days=7)


def is_check(label: Label) -> bool:
    return label.slot is not None and label.slot.is_check


def is_drawn_gold(label: Label) -> bool:
    return label.slot is not None and label.slot.is_check and label.slot.why == FOR_GOLD


def draw_gold(actor: Person, project_row: ProjectRow) -> Slot:
    """The slot on which ``actor`` draws the gold of a row, or its next version, in the editor."""
    return lease_for_gold(actor, project_row, newest_version(project_row.project).pk)


def keep_drawn_gold(actor: Person, label: Label) -> None:
    """The submitted label becomes the gold of its row, or its next version; the caller holds the row's lock."""
    row = label.project_row
    if benchmarks.benchmark_of(row) is None:
        benchmarks.make_benchmark_from(actor, label, rationale="Drawn in the editor.")
    else:
        payload = last_versions(Label.objects.filter(pk=label.pk)).get().payload
        benchmarks.change_benchmark(actor, row, payload=payload, accepted=Accepted("Drawn in the editor."))
    assert label.slot is not None
    Slot.objects.filter(pk=label.slot.pk).update(state=Slot.State.DONE)


@transaction.atomic
def finish_checks(project_row: ProjectRow) -> None:
    """Scored checks are done. As many as are reviewed of other labels first seem to wait for it: their maker sees the
    state of own labels, and must not tell a check by it. The caller holds the row's lock."""
    waiting = Slot.objects.filter(project_row=project_row, is_check=True, state=Slot.State.SUBMITTED)
    slots = list(waiting.select_related("work"))
    project = project_row.project
    drawn = {slot.pk for slot in slots if sampling.would_be_looked_at(project, slot.work, slot.uid)}
    Slot.objects.filter(pk__in=drawn).update(state=Slot.State.IN_REVIEW)
    _accept(project, [(slot.pk, slot.labeler_id) for slot in slots if slot.pk not in drawn])


def finish_waiting_checks() -> int:
    """Finish each check that seems to wait for review once a label that its maker submitted after it is done, or after
    ``LONGEST_WAIT``. Safe to run twice. Returns how many."""
    later = Slot.objects.filter(
        project=OuterRef("project"),
        labeler=OuterRef("labeler"),
        kind=Slot.Kind.LABEL,
        is_check=False,
        state=Slot.State.DONE,
        submitted_at__gt=OuterRef("submitted_at"),
    )
    is_due = Exists(later) | Q(submitted_at__lt=ClockTimestamp() - LONGEST_WAIT)
    count = 0
    for project in Project.objects.filter(slots__is_check=True, slots__state=Slot.State.IN_REVIEW).distinct():
        with transaction.atomic():
            found = Slot.objects.filter(is_due, project=project, is_check=True, state=Slot.State.IN_REVIEW)
            slots = list(found.select_for_update(of=("self",), skip_locked=True).values_list("pk", "labeler_id"))
            _accept(project, slots)
            count += len(slots)
    return count


def _accept(project: Project, slots: Sequence[tuple[int, int | None]]) -> None:
    """The work is accepted, as that of any other label is when it is finished."""
    if not slots:
        return
    Slot.objects.filter(pk__in=[pk for pk, _ in slots]).update(state=Slot.State.DONE)
    day = work_time.day_in(project, work_time.clock())
    figures.note_all((project.pk, labeler, day, {"accepted": 1}) for _, labeler in slots if labeler)
