"""What an issue can be about: each project's own list. It starts as the nine things that a team decides together.

A category keeps its code and is never removed: what is no longer wanted is retired, stands at old issues and is offered
no more."""

from django.db.models import QuerySet

from labeling.models import Project
from quality.models import IssueCategory
from workforce.errors import InvalidInput

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
