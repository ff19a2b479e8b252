"""One act on several issues of a project, each by its own rule and in its own transaction: a refusal stops no other."""

from collections.abc import Callable, Sequence

from labeling.models import Project
from quality import issues
from quality.models import Issue
from workforce import bulk
from workforce.bulk import Outcome
from workforce.errors import InvalidInput
from workforce.live import is_uid
from workforce.models import Person

MOST_AT_ONCE = 100
Act = Callable[[Person, Issue, str], object]

ACTS: dict[str, Act] = {
    "resolve": lambda actor, issue, _: issues.resolve_issue(actor, issue),
}


def act_on_issues(actor: Person, project: Project, uids: Sequence[str], *, act: str, value: str = "") -> Outcome:
    """``act`` is one of ``ACTS``; ``value`` is what it takes. What the actor may not read is none of the list."""
    if act not in ACTS:
        raise InvalidInput("unknown_act", f"Acts are {', '.join(ACTS)}.")
    wanted = [uid for uid in dict.fromkeys(uids) if is_uid(uid)]
    if not 0 < len(wanted) <= MOST_AT_ONCE:
        raise InvalidInput("issues_wanted", f"Choose 1 to {MOST_AT_ONCE} issues.")
    chosen = list(issues.issues_of(actor, project).filter(uid__in=wanted))
    return bulk.each(chosen, lambda issue: ACTS[act](actor, issue, value), lambda issue: f"issue {issue.number}")
