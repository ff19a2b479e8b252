"""One act on several issues of a project, each by its own rule and in its own transaction: a refusal stops no other."""

from collections.abc import Callable, Sequence

from labeling.models import Project
from quality import issues
from quality.models import Issue
from workforce import access, bulk
from workforce.bulk import Outcome
from workforce.errors import InvalidInput, NotFound
from workforce.live import is_uid
from workforce.models import Person
from workforce.roles import Permission

MOST_AT_ONCE = 100
Act = Callable[[Person, Issue, str], object]

ACTS: dict[str, Act] = {
    "resolve": lambda actor, issue, _: issues.resolve_issue(actor, issue),
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
