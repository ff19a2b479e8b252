"""What becomes of a check after its submit: it is scored against the gold of its row and finished, never reviewed. One
on which an expert drew gold becomes the row's gold."""

from django.db import transaction

from labeling import work_time
from labeling.check_slots import FOR_GOLD, lease_for_gold
from labeling.labels import last_versions
from labeling.models import Label, ProjectRow, Slot
from labeling.queue import newest_version
from quality import benchmarks, figures
from quality.benchmarks import Accepted
from workforce.models import Person


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
    """Scored checks are done, and count as accepted work. The caller holds the row's lock."""
    waiting = Slot.objects.filter(project_row=project_row, is_check=True, state=Slot.State.SUBMITTED)
    slots = list(waiting.values_list("pk", "labeler_id"))
    if not slots:
        return
    Slot.objects.filter(pk__in=[pk for pk, _ in slots]).update(state=Slot.State.DONE)
    day = work_time.day_in(project_row.project, work_time.clock())
    figures.note_all((project_row.project_id, labeler, day, {"accepted": 1}) for _, labeler in slots if labeler)
