"""One act on several issues of a project, each by its own rule and in its own transaction: a refusal stops no other."""

from collections.abc import Callable, Sequence
from typing import Any

from labeling import project_access
from labeling.models import Project
from quality import issue_categories, issue_changes, issue_duplicates, issues
from quality.models import Issue
from workforce import access, bulk
from workforce.bulk import Outcome
from workforce.errors import InvalidInput, NotFound
from workforce.live import is_uid
from workforce.models import Person
from workforce.roles import PROJECT_ROLE_NAMES, Permission, Role

MOST_AT_ONCE = 100
MOST_OFFERED = 60
ANSWERERS = (Role.EXPERT, Role.REVIEWER, Role.PROJECT_LEAD)
Act = Callable[[Person, Issue, str], object]


def _assign(actor: Person, issue: Issue, value: str) -> object:
    """To ``mine``, ``nobody``, a person's uid, ``team:<uid>`` or ``role:<code>``, as the filter writes them."""
    kind, _, rest = value.partition(":")
    wanted: dict[str, Any] | None = {kind: rest} if rest else {"person": value}
    if value == "nobody":
        wanted = None
    elif value == "mine":
        wanted = {"person": str(actor.uid)}
    return issue_changes.change_issue(actor, issue, {"assignee": wanted})


def _duplicate(actor: Person, issue: Issue, value: str) -> object:
    if not value.isdecimal() or len(value) > 9:
        raise InvalidInput("number_wanted", "Say the number of the issue that answers them.")
    return issue_duplicates.mark_duplicate(actor, issue, int(value))


ACTS: dict[str, Act] = {
    "resolve": lambda actor, issue, _: issues.resolve_issue(actor, issue),
    "assign": _assign,
    "category": lambda actor, issue, value: issue_changes.change_issue(actor, issue, {"category": value}),
    "severity": lambda actor, issue, value: issue_changes.change_issue(actor, issue, {"severity": value}),
    "duplicate": _duplicate,
}


def require_may_act(actor: Person, project: Project) -> None:
    """Whether there is any issue of the project on which ``actor`` could act; each is asked for itself as well."""
    if Permission.RESOLVE_ISSUE not in access.permissions_of(actor, project):
        access.require(actor, Permission.RESOLVE_ISSUE, project)


def act_on_issues(actor: Person, project: Project, uids: Sequence[str], *, act: str, value: str = "") -> Outcome:
    """``act`` is one of ``ACTS``; ``value`` is what it takes. What the actor may not read is none of the list."""
    if act not in ACTS:
        raise InvalidInput("unknown_act", f"Acts are {', '.join(ACTS)}.")
    wanted = [uid for uid in dict.fromkeys(uids) if is_uid(uid)]
    if not 0 < len(wanted) <= MOST_AT_ONCE:
        raise InvalidInput("issues_wanted", f"Choose 1 to {MOST_AT_ONCE} issues.")
    require_may_act(actor, project)
    chosen = list(issues.issues_of(actor, project).filter(uid__in=wanted))
    if not chosen:
        raise NotFound
    return bulk.each(chosen, lambda issue: ACTS[act](actor, issue, value), lambda issue: f"issue {issue.number}")


def choices_for(actor: Person, project: Project) -> dict[str, list[tuple[str, str]]]:
    """What the acts offer: to whom to assign, which category, how severe. Two queries."""
    granted = project_access.person_grants(project).filter(permission__codename__in=ANSWERERS)
    people = Person.objects.filter(pk__in=granted.values("user"), is_active=True).exclude(pk=actor.pk)
    named = people.order_by("name", "pk").values_list("uid", "name")[:MOST_OFFERED]
    return {
        "assign": [
            ("mine", "Me"),
            ("nobody", "Nobody"),
            *((f"role:{role}", PROJECT_ROLE_NAMES[role].capitalize()) for role in ANSWERERS),
            *((str(uid), name) for uid, name in named),
        ],
        "category": list(issue_categories.offered_in(project).items()),
        "severity": [(code, str(title)) for code, title in Issue.Severity.choices],
    }
