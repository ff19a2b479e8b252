"""What a list of issues can be filtered by: the choices that hang on the project and on who reads it."""

from django.db.models import QuerySet

from labeling import guidelines
from labeling.models import Batch, Project
from quality import issue_categories, issue_filters
from quality.models import Issue
from workforce import access
from workforce.models import Membership, Person, Team
from workforce.roles import PROJECT_ROLE_NAMES, Permission

MOST_IN_MENU = 60
Choices = list[tuple[str, str]]


def choices_in(reader: Person, found: QuerySet[Issue], project: Project | None) -> dict[str, Choices]:
    """Filter → its values with their titles, among the issues ``found``; rules and batches are those of one project.
    The same queries for few issues and for many."""
    values = {name: list(one.values.items()) for name, one in issue_filters.FILTERS.items() if name != "q"}
    bare = found.order_by().prefetch_related(None).select_related(None)
    people = _people_in(reader, bare)
    values["opener"] += people["opened_by"]
    values["assignee"] += [*people["assignee"], *_others_assigned(bare)]
    values["category"] = _categories(bare, project)
    if project is not None:
        rules = guidelines.rule_choices(guidelines.newest_version(project))
        values["rule"] = [(rule["uid"], rule["title"]) for rule in rules]
        batches = Batch.objects.filter(project=project).order_by("-pk").values_list("uid", "name")
        values["batch"] = [(str(uid), name) for uid, name in batches[:MOST_IN_MENU]]
    return values


def projects_of(reader: Person) -> list[Project]:
    """The projects that have a list of issues for ``reader``, by name."""
    return list(access.visible_to(reader, Project.objects.order_by("name"), Permission.VIEW_PROJECT)[:MOST_IN_MENU])


def _categories(found: QuerySet[Issue], project: Project | None) -> Choices:
    if project is not None:
        return list(issue_categories.categories_of(project).values_list("code", "name"))
    return list(dict(found.values_list("category__code", "category__name").distinct()).items())


def _people_in(reader: Person, found: QuerySet[Issue]) -> dict[str, Choices]:
    """Who opened these and to whom they are assigned; to people of a vendor only their own have a name."""
    vendors = access.vendors_of(reader)
    is_of_vendor = vendors.exists()
    told = {}
    for column in ("opened_by", "assignee"):
        met = Person.objects.filter(pk__in=found.values(column)).exclude(pk=reader.pk)
        if is_of_vendor:
            met = met.filter(pk__in=Membership.objects.filter(vendor__in=vendors).values("person"))
        some = met.order_by("name", "pk").values_list("uid", "name")[:MOST_IN_MENU]
        told[column] = [(str(uid), name) for uid, name in some]
    return told


def _others_assigned(found: QuerySet[Issue]) -> Choices:
    teams = Team.objects.filter(pk__in=found.values("assignee_team")).order_by("name")[:MOST_IN_MENU]
    roles = found.exclude(assignee_role="").values_list("assignee_role", flat=True).distinct()
    return [
        *((f"team:{uid}", name) for uid, name in teams.values_list("uid", "name")),
        *((f"role:{role}", PROJECT_ROLE_NAMES.get(role, role).capitalize()) for role in sorted(roles)),
    ]


def title_of(reader: Person, name: str, value: str) -> str:
    """A value that is no choice any more, or that only a figure's door names. A uid that somebody typed tells nobody
    whose it is: only those of the reader's own organizations have a name, and to people of a vendor none."""
    if name in ("answerer", "vendor") and not access.vendors_of(reader).exists():
        own = access.organizations_of(reader)
        teams = Team.objects.filter(uid=value, organization__in=own).values_list("name", flat=True)
        people = Person.objects.filter(uid=value, memberships__organization__in=own).values_list("name", flat=True)
        return (teams if name == "vendor" else people).first() or "Another"
    return "Another"
