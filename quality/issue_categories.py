"""What an issue can be about: each project's own list. It starts as the nine things that a team decides together.

A category keeps its code and is never removed: what is no longer wanted is retired, stands at old issues and is offered
no more."""

from typing import Any

from django.db import transaction
from django.db.models import Max, QuerySet
from django.utils.text import slugify

from labeling.models import Project
from labeling.texts import checked_text
from quality.models import IssueCategory
from workforce import access, audit
from workforce.errors import InvalidInput, RuleViolation
from workforce.models import Person
from workforce.roles import Permission

# Offered ones; a list that is longer is read by nobody.
MOST = 40
LONGEST_NAME, LONGEST_DESCRIPTION, LONGEST_CODE = 60, 300, 40
CHANGEABLE = ("name", "description", "is_retired", "order")

# Code, name, what it is for. Whoever labels or reviews meets the first ones most.
FIRST: tuple[tuple[str, str, str], ...] = (
    ("edge_case", "Edge case", "The guidelines say nothing of this, or two of their rules pull apart."),
    ("feedback", "Clarify feedback", "What was said in a review or an answer is not clear."),
    ("quality", "Quality", "A mistake, a bad picture, or something that would make labels better."),
    ("benchmark", "Benchmark", "A row that could be a benchmark, or a benchmark that looks wrong."),
    ("vote", "Consensus vote", "Several answers are possible, and the team shall choose one."),
    ("new_data", "New data", "Data that is missing and could be collected."),
    ("new_use_case", "New use case", "Something else that these labels could be used for, and what it would take."),
    ("iteration", "Next iteration", "What the next round of work shall look at."),
    ("tools", "Tools", "The editor, an import, an export or a model that helps or stands in the way."),
)


def start_categories(project: Project) -> None:
    """The nine for a project that is new."""
    IssueCategory.objects.bulk_create(
        IssueCategory(project=project, code=code, name=name, description=description, order=order)
        for order, (code, name, description) in enumerate(FIRST, start=1)
    )


def categories_of(project: Project) -> QuerySet[IssueCategory]:
    """All of them in their order, the retired ones last."""
    return IssueCategory.objects.filter(project=project).order_by("is_retired", "order", "pk")


def offered_in(project: Project) -> dict[str, str]:
    """Code → name of what a new issue can be about."""
    return dict(categories_of(project).filter(is_retired=False).values_list("code", "name"))


def category_to_choose(project: Project, code: str) -> IssueCategory:
    found = categories_of(project).filter(is_retired=False, code=code).first()
    if found is None:
        raise InvalidInput("unknown_category", f"Categories are {', '.join(offered_in(project))}.")
    return found


def category_to_change(person: Person, uid: str) -> IssueCategory:
    found = IssueCategory.objects.select_related("project")
    return access.access(person, found, uid, Permission.CHANGE_PROJECT)


@transaction.atomic
def add_category(actor: Person, project: Project, *, name: str, description: str = "", code: str = "") -> IssueCategory:
    """One more, behind the others. Without a code it gets one of its name."""
    project = _locked(actor, project)
    kept = checked_text(name, "name", longest=LONGEST_NAME)
    found = categories_of(project)
    _refuse_taken_name(project, kept)
    if found.filter(is_retired=False).count() >= MOST:
        raise RuleViolation("too_many_categories", f"A project offers at most {MOST} categories. Retire one first.")
    wanted = slugify(code or kept).replace("-", "_")[:LONGEST_CODE]
    if not wanted:
        raise InvalidInput("code_invalid", "A code has letters, digits and underscores.", path="code")
    if found.filter(code=wanted).exists():
        raise RuleViolation("category_code_taken", f"There is a category with the code {wanted} already.")
    last = found.filter(is_retired=False).aggregate(last=Max("order"))["last"] or 0
    category = IssueCategory.objects.create(
        project=project,
        code=wanted,
        name=kept,
        description=checked_text(description, "description", longest=LONGEST_DESCRIPTION, least=0),
        order=last + 1,
    )
    audit.record(actor, "issue_category.added", category, after={"code": wanted, "name": kept}, root=project)
    return category


@transaction.atomic
def change_category(actor: Person, category: IssueCategory, **changes: Any) -> IssueCategory:
    """Rename, describe, order, retire, or offer again. Old issues keep it; at least one stays on offer."""
    unknown = sorted(set(changes) - set(CHANGEABLE))
    if unknown:
        raise InvalidInput("unknown_change", f"What can change: {', '.join(CHANGEABLE)}.", unknown=unknown)
    project = _locked(actor, category.project)
    category = IssueCategory.objects.select_related("project").get(pk=category.pk)
    if "name" in changes:
        changes["name"] = checked_text(changes["name"], "name", longest=LONGEST_NAME)
    if "description" in changes:
        changes["description"] = checked_text(
            changes["description"], "description", longest=LONGEST_DESCRIPTION, least=0
        )
    changes = {name: value for name, value in changes.items() if value != getattr(category, name)}
    if not changes:
        return category
    before = {name: getattr(category, name) for name in changes}
    for name, value in changes.items():
        setattr(category, name, value)
    if not category.is_retired:
        _refuse_taken_name(project, category.name, besides=category)
    elif not categories_of(project).filter(is_retired=False).exclude(pk=category.pk).exists():
        raise RuleViolation("last_category", "At least one category must stay: every issue is about something.")
    category.save(update_fields=list(changes))
    audit.record(actor, "issue_category.changed", category, before=before, after=changes, root=project)
    return category


def _locked(actor: Person, project: Project) -> Project:
    """Its list changes by one at a time."""
    project = Project.objects.select_for_update(no_key=True).get(pk=project.pk)
    access.require(actor, Permission.CHANGE_PROJECT, project)
    return project


def _refuse_taken_name(project: Project, name: str, *, besides: IssueCategory | None = None) -> None:
    others = IssueCategory.objects.filter(project=project, is_retired=False, name__iexact=name)
    if besides is not None:
        others = others.exclude(pk=besides.pk)
    if others.exists():
        raise RuleViolation("category_name_taken", f"There is a category called {name} already.")
