"""An issue becomes a rule of the guidelines: a new version that everybody who works in the project reads before the
next row. The rule remembers its issue and the issue its rule; an issue becomes a rule once. Announces
``issue_moved`` with ``promoted``."""

from dataclasses import dataclass
from datetime import timedelta

from django.db import transaction
from django.db.models import Q

from labeling import guidelines
from labeling.models import Project
from quality import issue_access, issue_duplicates, issue_moves, issues
from quality.models import Issue, IssueEvent, Promotion
from workforce import access, audit
from workforce.errors import RuleViolation
from workforce.models import ClockTimestamp, Person
from workforce.roles import Permission

TOLD_FOR = timedelta(days=30)
MOST_TOLD = 5


@dataclass(frozen=True)
class RuleDraft:
    """What the form starts with. ``after`` is the version that the new one follows; 0 where there is none yet."""

    title: str
    text: str
    after: int


@transaction.atomic
def promote(actor: Person, issue: Issue, *, title: str, text: str, after: int) -> Promotion:
    """Publish the newest version with one more rule, and resolve the issue. What the version says beside stays.

    Raises ``guidelines_moved_on``, ``promoted_already``, ``issue_is_duplicate``."""
    issue = issue_access.thread_of(actor, str(issue.uid))
    # The project before the issue, as everywhere; with it in hand nobody else publishes or promotes.
    project = Project.objects.select_for_update().get(pk=issue.project_id)
    access.require(actor, Permission.CHANGE_PROJECT, project)
    refuse_promoted(issue)
    newest = guidelines.newest_version(project)
    kept = newest.rules if newest else []
    version = guidelines.publish_version(
        actor,
        project,
        text=newest.text if newest else _first_text(project),
        rules=[*kept, {"title": title, "text": text}],
        after=after,
    )
    rule = version.rules[-1]
    promotion = Promotion.objects.create(
        issue=issue,
        version=version,
        rule=rule["uid"],
        rule_number=rule["number"],
        title=rule["title"],
        promoted_by=actor,
    )
    issues.resolve_issue(actor, issue)
    issue.refresh_from_db(fields=["state", "resolved_by", "resolved_at"])
    facts = {"rule": rule["uid"], "number": rule["number"], "version": version.number}
    issue_moves.note(actor, issue, IssueEvent.Kind.PROMOTED, after=facts)
    audit.record(actor, "issue.promoted", issue, after=facts)
    issue_moves.tell(actor, issue, "issue_state", "promoted")
    issue_duplicates.pass_on(actor, issue, "promoted")
    return promotion


def refuse_promoted(issue: Issue) -> None:
    if issue.state == Issue.State.DUPLICATE:
        raise RuleViolation("issue_is_duplicate", "This issue is a duplicate. What holds is agreed in the other one.")
    earlier = Promotion.objects.filter(issue=issue).select_related("version").first()
    if earlier is not None:
        raise RuleViolation(
            "promoted_already", f"It became rule {earlier.rule_number} in version {earlier.version.number} already."
        )


# --- Reads ------------------------------------------------------------------------------------------------------
def draft_of(person: Person, issue: Issue) -> RuleDraft:
    """The question as title, the last answer of somebody else as text."""
    access.require(person, Permission.CHANGE_PROJECT, issue.project)
    newest = guidelines.newest_version(issue.project)
    said = [one for one in issue.comments.all() if one.withdrawn_at is None]
    question = next((one.text for one in said), "")
    answers = [one.text for one in said if one.author_id != issue.opened_by_id]
    title = " ".join(question.split())
    if len(title) > guidelines.LONGEST_TITLE:
        title = title[: guidelines.LONGEST_TITLE - 1] + "…"
    return RuleDraft(title, answers[-1] if answers else "", newest.number if newest else 0)


def promotion_of(issue: Issue) -> Promotion | None:
    return Promotion.objects.filter(issue=issue).select_related("version").first()


def promotions_told_to(person: Person) -> list[tuple[Issue, Promotion]]:
    """Own questions that became rules lately, themselves or the one that they repeat; newest first."""
    mine = issue_access.issues_visible_to(person).filter(opened_by=person)
    lately = Promotion.objects.filter(promoted_at__gt=ClockTimestamp() - TOLD_FOR).select_related("version")
    asked = Q(issue__in=mine.order_by().values("pk")) | Q(issue__duplicates__in=mine.order_by().values("pk"))
    found = list(lately.filter(asked).distinct().order_by("-pk")[:MOST_TOLD])
    wanted = [one.issue_id for one in found]
    if not wanted:
        return []
    of_root: dict[int, Issue] = {}
    for issue in mine.filter(Q(pk__in=wanted) | Q(duplicate_of__in=wanted)):
        of_root.setdefault(issue.duplicate_of_id or issue.pk, issue)
    return [(of_root[one.issue_id], one) for one in found if one.issue_id in of_root]


def issues_behind_rules(person: Person, project: Project) -> dict[str, Issue]:
    """Rule's uid → the issue that it came from, of those that ``person`` may read."""
    if not Promotion.objects.filter(issue__project=project).exists():
        return {}
    readable = issue_access.issues_visible_to(person).filter(project=project, promotion__isnull=False)
    return {str(one.promotion.rule): one for one in readable.select_related("promotion").prefetch_related(None)}


def _first_text(project: Project) -> str:
    return f"# {project.name}\n\n{project.brief}".strip()
