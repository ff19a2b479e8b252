"""The home of a labeler or reviewer: one act, the day, what came back, what waits, own numbers, answers."""

from dataclasses import dataclass
from datetime import timedelta

from labeling import guidelines, kept_drafts, pauses, today, waiting, work_time
from labeling.models import Draft, Pause, Project, Slot
from labeling.waiting import Waiting
from quality import (
    appeals,
    bulk_review,
    contests,
    issues,
    performance,
    promotions,
    review,
    rule_acts,
    vetting_standing,
)
from quality.issues import IssueAnswer
from quality.models import Issue, Promotion, RuleAct
from quality.performance import Figures
from quality.review import CameBack
from workforce import names
from workforce.models import Person

NUMBERS_DAYS = 14
# Benchmark and consensus figures stay blank below, so that nobody can tell which row was one.
SHOWN_FROM = 10


@dataclass(frozen=True)
class Start:
    """What the big button opens."""

    project: Project
    kind: str
    heading: str
    # A version of the guidelines that was not read yet: it is read first.
    unread: int | None = None


@dataclass(frozen=True)
class Home:
    start: Start | None
    day: today.Day
    came_back: list[CameBack]
    waits: list[Waiting]
    # Project's primary key → the version of its guidelines to read before the next row.
    unread: dict[int, int]
    # Project's primary key → the pause that keeps new rows away.
    paused: dict[int, Pause]
    draft_count: int
    newest_draft: Draft | None
    answers: list[IssueAnswer]
    # Own questions that became rules lately.
    rules: list[tuple[Issue, Promotion]]
    numbers: Figures | None
    numbers_of: Project | None
    # Who reviewed, answered or paused and has no name for this person.
    unnamed: frozenset[int]
    # What rules of projects told this person lately.
    told: list[RuleAct]
    # How many of the own appeals wait for a decision.
    open_appeals: int
    # How many contested golds wait for this person's decision; none for one who makes no gold.
    contested: int | None
    # Projects in which the person is on the way to all rows, each with what is said to them, and those open to them.
    on_the_way: list[tuple[Project, str]]
    open_projects: list[Project]
    # Project's primary key, where vetting gives them no row to label now.
    shut: set[int]
    # Those whose labels consist of answers only, which are reviewed side by side.
    grids: set[int]


def home_of(person: Person) -> Home:
    came_back = review.rows_that_came_back(person)
    waits = waiting.work_waiting_for(person)
    projects = list({one.project.pk: one.project for one in waits}.values())
    last = waiting.last_project(person)
    unread = guidelines.unread_by(person, projects)
    paused = pauses.pauses_of(person, projects)
    on_the_way = vetting_standing.running_of(person)
    shut = vetting_standing.shut_of(on_the_way)
    start = _start(
        [one for one in came_back if one.slot.project_id not in paused],
        [one for one in waits if one.project.pk not in paused and not (one.project.pk in shut and _is_label(one))],
        last,
        unread,
    )
    drafts = kept_drafts.drafts_of(person)
    numbers_of = next((project for project in projects if project.pk == last), start.project if start else None)
    answers = issues.answers_for(person)
    return Home(
        start=start,
        day=today.day_of(person, projects),
        came_back=came_back,
        waits=waits,
        unread=unread,
        paused=paused,
        draft_count=drafts.count(),
        newest_draft=drafts.select_related("project_row__data_row").first(),
        answers=answers,
        rules=promotions.promotions_told_to(person),
        numbers=_numbers(person, numbers_of) if numbers_of else None,
        numbers_of=numbers_of,
        unnamed=names.unnamed_to(person, _met(came_back, paused, answers)),
        told=rule_acts.told_to(person),
        open_appeals=appeals.open_count(person),
        contested=len(contests.waiting_for(person)) if contests.projects_with_gold_of(person) else None,
        on_the_way=vetting_standing.told_of(on_the_way),
        open_projects=vetting_standing.open_to(person),
        shut=shut,
        grids=bulk_review.projects_for_grid([one.project for one in waits if not _is_label(one) and one.row_count]),
    )


def _is_label(one: Waiting) -> bool:
    return one.kind == Slot.Kind.LABEL


def _met(came_back: list[CameBack], paused: dict[int, Pause], answers: list[IssueAnswer]) -> list[tuple[int, int]]:
    """Whoever the page names, each with the organization of the project."""
    found = [(one.slot.project.organization_id, one.review.reviewer_id) for one in came_back]
    found += [(one.project.organization_id, one.paused_by_id) for one in paused.values()]
    return found + [(one.issue.project.organization_id, one.comment.author_id) for one in answers]


def _start(came_back: list[CameBack], waits: list[Waiting], last: int | None, unread: dict[int, int]) -> Start | None:
    """What came back first, then where the person was last, then the first project that has rows."""
    ready = [one for one in waits if one.row_count]
    if came_back:
        project = came_back[0].slot.project
        rows = f"{len(came_back)} row{'s' if len(came_back) > 1 else ''} came back"
        return Start(project, Slot.Kind.LABEL, f"{rows}, then {project.name}", unread.get(project.pk))
    if not ready:
        return None
    first = next((one for one in ready if one.project.pk == last), ready[0])
    act = "Review" if first.kind == Slot.Kind.REVIEW else "Label"
    return Start(first.project, first.kind, f"{act} in {first.project.name}", unread.get(first.project.pk))


def _numbers(person: Person, project: Project) -> Figures | None:
    until = work_time.day_in(project, work_time.clock())
    shown = performance.performance_of(person, project, since=until - timedelta(days=NUMBERS_DAYS), until=until)
    return next((one.figures for one in shown.people if one.uid == str(person.uid)), None)
