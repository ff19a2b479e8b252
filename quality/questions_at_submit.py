"""Submits in doubt: an open question stops nobody, and it is kept that its maker's own question had no answer."""

from collections import defaultdict
from collections.abc import Mapping, Sequence

from django.db.models import Exists, OuterRef, QuerySet

from labeling.labels_list import Between
from labeling.models import Label, LabelVersion, Slot
from quality.models import Issue, QuestionAtSubmit
from workforce.models import Person


def note_submit(label: Label, version: LabelVersion, maker: Person) -> None:
    """In the submit's transaction."""
    asked = Issue.objects.filter(project_row=label.project_row_id, opened_by=maker, state__in=Issue.WAITING)
    keys = list(asked.values_list("pk", flat=True))
    if keys:
        QuestionAtSubmit.objects.bulk_create(
            QuestionAtSubmit(label=label, version=version.number, issue_id=key) for key in keys
        )


def questions_of(label_ids: Sequence[int]) -> Mapping[int, list[int]]:
    """Label → numbers of the issues that waited when its maker's last version came in."""
    found: dict[int, list[int]] = defaultdict(list)
    for label, number in (
        _at_last().filter(label__in=label_ids).order_by("issue__number").values_list("label", "issue__number")
    ):
        found[label].append(number)
    return found


def questions_beside(person: Person, slots: Sequence[Slot]) -> dict[int, list[int]]:
    """For the editor: slot → numbers of the issues that waited when the label that it is about came in."""
    labels = {slot.pk: slot.label_id for slot in slots if slot.label_id is not None}
    found = questions_of(list(labels.values())) if labels else {}
    return {slot.pk: list(found.get(labels.get(slot.pk, 0), [])) for slot in slots}


def submitted_in_doubt(labels: QuerySet[Label], between: Between) -> QuerySet[Label]:
    """Labels whose maker's last version came in so, first submitted in these days."""
    return labels.filter(between("created_at"), pk__in=_at_last().values("label"))


def _at_last() -> QuerySet[QuestionAtSubmit]:
    """Of the maker's last version; what a reviewer mended afterwards does not take the doubt away."""
    later = LabelVersion.objects.filter(
        label=OuterRef("label"), author=OuterRef("label__labeler"), number__gt=OuterRef("version")
    )
    return QuestionAtSubmit.objects.exclude(Exists(later))
