"""Blindness: before their own submit nobody learns another's answer or a gold mark.

Lists of labels start here. Gold shows only to those who may see benchmarks; a person who labels in the project sees
others' labels of a row once no opinion of it is wanted any more, or once their own is in."""

from django.db.models import Exists, F, OuterRef, Prefetch, Q, QuerySet

from labeling.labels import labels_visible_to
from labeling.models import Label, LabelVersion, Project, Slot
from labeling.rows import OPINION_IS_IN
from workforce import access
from workforce.models import Person
from workforce.roles import Permission


def labels_shown_to(person: Person, project: Project) -> QuerySet[Label]:
    """Labels with their last version under ``shown``, a list of one."""
    labels = labels_visible_to(person).filter(project=project)
    if not access.can(person, Permission.VIEW_BENCHMARK, project):
        labels = labels.exclude(kind=Label.Kind.GOLD)
    if access.can(person, Permission.LABEL, project):
        slots = Slot.objects.filter(project_row=OuterRef("project_row"), kind=Slot.Kind.LABEL)
        is_wanted = Exists(slots.filter(state__in=[Slot.State.OPEN, Slot.State.LEASED, Slot.State.IN_REWORK]))
        has_own = Exists(slots.filter(labeler=person, state__in=OPINION_IS_IN))
        labels = labels.filter(Q(labeler=person) | ~is_wanted | has_own)
    last = LabelVersion.objects.filter(number=F("label__last_version")).select_related("author", "ontology_version")
    return labels.prefetch_related(Prefetch("versions", last, to_attr="shown"))
