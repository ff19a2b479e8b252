"""Limits that a vendor's manager sets of own people on the shared projects: rows a day, and the share of a class.

They stand beside those of the project, and neither gives what the other takes."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import transaction

from labeling import class_shares, day_limits
from labeling.models import DayLimit, Project, ShareLimit
from quality import vendors
from workforce.models import Membership, Person, Team


@dataclass(frozen=True)
class Limits:
    """Of one person on one project: what the vendor says, and what the project says beside it."""

    project: Project
    rows: int | None = None
    percent: int | None = None
    counts_from: int | None = None
    project_rows: int | None = None
    project_percent: int | None = None


def limits_on(member: Membership, projects: Sequence[Project]) -> list[Limits]:
    """Of each of these projects; two queries for any number."""
    days = DayLimit.objects.filter(person=member.person_id, project__in=projects)
    rows = {(one.project_id, one.is_vendors): one.rows for one in days}
    found = ShareLimit.objects.filter(person=member.person_id, project__in=projects)
    shares = {(one.project_id, one.is_vendors): one for one in found}
    told = []
    for project in projects:
        own, theirs = shares.get((project.pk, True)), shares.get((project.pk, False))
        told.append(
            Limits(
                project,
                rows=rows.get((project.pk, True)),
                percent=own.percent if own else None,
                counts_from=own.counts_from if own else None,
                project_rows=rows.get((project.pk, False)),
                project_percent=theirs.percent if theirs else None,
            )
        )
    return told


@transaction.atomic
def set_limits(
    actor: Person,
    member: Membership,
    project_uid: str,
    *,
    rows: int | None,
    percent: int | None,
    counts_from: int = class_shares.COUNTS_FROM,
) -> Limits:
    """Both limits at once; none of either takes it away. NotFound for a project that is not shared."""
    vendor = vendor_of(member)
    project = vendors.project_for(actor, vendor, project_uid)
    day_limits.set_day_limit(actor, project, member.person, rows, vendor=vendor)
    class_shares.set_share_limit(actor, project, member.person, percent, counts_from=counts_from, vendor=vendor)
    return limits_on(member, [project])[0]


def vendor_of(member: Membership) -> Team:
    assert member.vendor is not None
    return member.vendor
