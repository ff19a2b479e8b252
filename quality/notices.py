"""Who is told of what on this floor: of issues, of what was said about one's work, of new guidelines.

Never the actor. Each sentence names a thing that its reader may read when they read it (``workforce.notices``); the
words of comments and reasons are fetched then, through the rule of the thing."""

from collections.abc import Iterable, Mapping, Sequence
from uuid import UUID

from django.db.models import QuerySet
from django.urls import reverse

from labeling import project_access
from labeling.models import GuidelineVersion, Label, Project, Slot
from quality import issue_access, issue_duplicates, issue_moves, promotions
from quality.models import Issue, IssueComment, Promotion, Review
from workforce import access, notices
from workforce.models import NoticeGroup, Person
from workforce.notices import Kind, Thing, ThingKind
from workforce.roles import Permission

ISSUE, LABEL, GUIDELINES = "issue", "label", "guidelines"
ANSWERS, MENTIONS, WORK, VOTES, THREADS = (
    NoticeGroup.ANSWERS,
    NoticeGroup.MENTIONS,
    NoticeGroup.WORK,
    NoticeGroup.VOTES,
    NoticeGroup.THREADS,
)
KINDS = (
    Kind("issue_answered", "answer", ANSWERS, "{who} answered {thing}", "{count} new answers on {thing}"),
    Kind("issue_resolved", "state", ANSWERS, "{who} resolved {thing}"),
    Kind("issue_reopened", "state", ANSWERS, "{who} opened {thing} again"),
    Kind("issue_duplicate", "state", ANSWERS, "{who} marked {thing} as a duplicate"),
    Kind("issue_promoted", "state", ANSWERS, "{who} made {thing} a rule of the guidelines"),
    Kind("root_answered", "root", ANSWERS, "What {thing} repeats was answered by {who}"),
    Kind(
        "issue_mention",
        "mention",
        MENTIONS,
        "{who} mentioned you in {thing}",
        "{count} mentions of you in {thing}",
    ),
    Kind("issue_assigned", "assigned", MENTIONS, "{who} gave {thing} to you"),
    Kind("label_asked", "asked", WORK, "{who} asked about your work: {thing}"),
    Kind("label_came_back", "review", WORK, "{who} sent {thing} back to you"),
    Kind("label_fixed", "review", WORK, "{who} fixed {thing}"),
    Kind("label_approved", "review", WORK, "{who} approved {thing} with a comment"),
    Kind("guidelines_published", "guidelines", NoticeGroup.GUIDELINES, "{who} published {thing}"),
    Kind("issue_vote", "vote", VOTES, "{who} asks for your vote in {thing}"),
    Kind("issue_commented", "thread", THREADS, "{who} wrote in {thing}", "{count} new comments in {thing}"),
)
_REVIEW_KINDS = {
    Review.Decision.REJECT: "label_came_back",
    Review.Decision.FIX: "label_fixed",
    Review.Decision.APPROVE: "label_approved",
}
# Whoever opened an issue hears of these.
_STATES = {
    "resolved": "issue_resolved",
    "reopened": "issue_reopened",
    "duplicate": "issue_duplicate",
    "promoted": "issue_promoted",
}


def connect() -> None:
    for kind in KINDS:
        notices.register_kind(kind)
    notices.register_thing(ISSUE, ThingKind(_readable_issues, _shown_issues))
    notices.register_thing(LABEL, ThingKind(_readable_labels, _shown_labels))
    notices.register_thing(GUIDELINES, ThingKind(_readable_guidelines, _shown_guidelines))


# --- Issues -----------------------------------------------------------------------------------------------------
def note_issue(issue: Issue, kind: str, actor: Person, comment: IssueComment | None, named: Sequence[Person]) -> None:
    """What happened to an issue, to everybody whom it concerns; each hears it once, of what is nearest to them.

    A duplicate is also moved by what happens to the issue that answers it; its opener alone hears of that."""
    told = {actor.pk}

    def tell(people: Iterable[Person | None], what: str) -> None:
        fresh = {one.pk: one for one in people if one is not None and one.pk not in told}
        told.update(fresh)
        organization = issue.project.organization_id
        notices.tell(fresh.values(), what, organization_id=organization, thing_kind=ISSUE, thing=issue.uid, actor=actor)

    if _is_passed_on(issue, kind, comment):
        what = {"commented": "root_answered", "resolved": "root_answered", "promoted": "issue_promoted"}
        if kind in what:
            tell([issue.opened_by], what[kind])
        return
    # Whoever changes own words may call somebody by it.
    if kind in ("opened", "commented", "changed"):
        tell(named, "issue_mention")
    elif kind == "assigned":
        tell(named, "issue_assigned")
    elif kind == "proposed":
        tell(named, "issue_vote")
    maker = issue.label.labeler if issue.label else None
    if kind == "opened":
        tell([maker], "label_asked")
    elif kind == "commented":
        tell([issue.opened_by], "issue_answered")
        tell([maker, *_in_the_thread(issue)], "issue_commented")
        tell([issue.assignee], "issue_commented")
    elif kind in _STATES:
        tell([issue.opened_by, issue.assignee if kind == "reopened" else None], _STATES[kind])


def _is_passed_on(issue: Issue, kind: str, comment: IssueComment | None) -> bool:
    if issue.duplicate_of_id is None:
        return False
    return kind in ("resolved", "reopened", "promoted") if comment is None else comment.issue_id != issue.pk


def _in_the_thread(issue: Issue) -> list[Person]:
    return list(Person.objects.filter(quality_comments__issue=issue).distinct().order_by("pk"))


def _readable_issues(person: Person) -> QuerySet[Issue]:
    return issue_access.issues_visible_to(person)


def _shown_issues(person: Person, uids: Sequence[UUID]) -> Mapping[UUID, Thing]:
    """With the last words that the reader may read: of a duplicate, those of the answer to what it repeats."""
    is_staff = access.enters_admin(person)
    some = list(issue_access.issues_visible_to(person).filter(uid__in=uids))
    rules = {one.issue_id: one for one in Promotion.objects.filter(issue__in=some)}
    roots = issue_duplicates.roots_of(person, some)
    answers = {pk: root.answers for pk, root in roots.items()}
    threads = [(issue, [*issue.comments.all(), *answers.get(issue.pk, ())]) for issue in some]
    unnamed = issue_moves.unnamed_in(person, threads)
    found = {}
    for issue, said in threads:
        last = max((one for one in said if one.withdrawn_at is None), key=lambda one: one.pk, default=None)
        excerpt = issue_moves.text_for(last, last.text, unnamed) if last else ""
        if issue.pk in rules:
            excerpt = f"Now rule {rules[issue.pk].rule_number}: {rules[issue.pk].title}"
        words, door = f"issue {issue.number} of {issue.project.name}", door_of_issue(issue.uid, is_staff=is_staff)
        found[issue.uid] = Thing(words, door, excerpt)
    return found


def door_of_issue(uid: object, *, is_staff: bool) -> str:
    return reverse("admin:issue" if is_staff else "my-issue", args=[uid])


def sources_of_rules(person: Person, project: Project) -> dict[str, tuple[str, str]]:
    """For the guidelines: the issue that a rule came from, with its door."""
    found = promotions.issues_behind_rules(person, project)
    is_staff = bool(found) and access.enters_admin(person)
    return {uid: (f"issue {one.number}", door_of_issue(one.uid, is_staff=is_staff)) for uid, one in found.items()}


# --- Work -------------------------------------------------------------------------------------------------------
def note_review(review: Review) -> None:
    """To the maker: what came back, what was fixed, and what was approved with words."""
    if review.decision == Review.Decision.APPROVE and not review.comment:
        return
    notices.tell(
        [review.label.labeler],
        _REVIEW_KINDS[Review.Decision(review.decision)],
        organization_id=review.project.organization_id,
        thing_kind=LABEL,
        thing=review.label.uid,
        actor=review.reviewer,
    )


def _readable_labels(person: Person) -> QuerySet[Label]:
    return access.visible_to(person, Label.objects.filter(labeler=person), Permission.VIEW_LABEL)


def _shown_labels(person: Person, uids: Sequence[UUID]) -> Mapping[UUID, Thing]:
    related = "project", "project_row__data_row", "slot"
    labels = list(_readable_labels(person).filter(uid__in=uids).select_related(*related))
    newest = Review.objects.filter(label__in=labels).order_by("label_id", "-ordinal").distinct("label_id")
    reviews = {review.label_id: review for review in newest}
    return {
        label.uid: Thing(
            f"{label.project_row.data_row.external_id} of {label.project.name}",
            _door_of_work(label),
            _words_of(reviews[label.pk]) if label.pk in reviews else "",
        )
        for label in labels
    }


def _door_of_work(label: Label) -> str:
    """Rework opens in the editor; of what is done, home says the rest."""
    if label.slot is None or label.slot.state != Slot.State.IN_REWORK:
        return reverse("home")
    return f"{reverse('label', args=[label.project.uid])}?wanted={label.slot.uid}"


def _words_of(review: Review) -> str:
    reasons = [str(reason.get("text") or "") for reason in review.reasons]
    return "; ".join(filter(None, [*reasons, review.comment]))


# --- Guidelines -------------------------------------------------------------------------------------------------
def note_guidelines(project: Project, version: GuidelineVersion, actor: Person) -> None:
    """To everybody who works in the project, in one statement. The thing is the project: of two unread versions only
    the newest is to be read."""
    notices.tell(
        project_access.people_who_work_in(project),
        "guidelines_published",
        organization_id=project.organization_id,
        thing_kind=GUIDELINES,
        thing=project.uid,
        actor=actor,
    )


def _readable_guidelines(person: Person) -> QuerySet[Project]:
    return access.visible_to(person, Project.objects.filter(guideline__last_version__gt=0), Permission.VIEW_PROJECT)


def _shown_guidelines(person: Person, uids: Sequence[UUID]) -> Mapping[UUID, Thing]:
    projects = _readable_guidelines(person).filter(uid__in=uids).select_related("guideline")
    return {
        one.uid: Thing(
            f"version {one.guideline.last_version} of the guidelines of {one.name}",
            reverse("guidelines", args=[one.uid]),
        )
        for one in projects
    }
