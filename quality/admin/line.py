"""The dashboard: the line of one project as stages, and what asks for somebody."""

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from django.http import HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_safe

from labeling import work_time
from labeling.models import Project
from quality import flow, flow_rows
from quality.admin.links import SOCKET, formula_link, issues_link, rows_link
from quality.charts import words
from quality.charts.cumulative_flow import FlowDay
from quality.flow import Alert, Bottleneck, Line, StageFlow
from workforce import access
from workforce.admin.filters import Choice, Menu
from workforce.admin.pages import PersonRequest, show
from workforce.admin.paging import link_with
from workforce.admin.site import Entry, add_entry, add_page
from workforce.errors import NotFound
from workforce.roles import Permission

STAGE_NAMES = {"labeling": "Labeling", "review": "Review", "rework": "Rework"}
WORKERS = {"labeling": "labeler", "review": "reviewer", "rework": "labeler"}


@dataclass(frozen=True)
class ShownAlert:
    sign: str
    tone: str
    title: str
    evidence: str
    link: str
    act: str
    at: datetime | None


@dataclass(frozen=True)
class _Band:
    """One line of the chart's table; the bands are what lies between the three totals."""

    label: str
    entered: int
    labeled: int
    done: int

    @property
    def waiting(self) -> int:
        return self.entered - self.labeled

    @property
    def between(self) -> int:
        return self.labeled - self.done


@require_safe
def dashboard(request: PersonRequest) -> HttpResponse:
    """The project that the address names, else the first that runs."""
    projects = list(
        access.visible_to(
            request.user,
            Project.objects.select_related("organization").order_by("state", "name"),
            Permission.VIEW_QUEUE,
        )
    )
    wanted = request.GET.get("project", "")
    project = next((one for one in projects if str(one.uid) == wanted), None)
    if wanted and project is None:
        raise NotFound
    project = project or (projects[0] if projects else None)
    if project is None:
        return show(request, "quality/admin/line_empty.html", title="Line")
    line = flow.line_of(request.user, project, at=work_time.clock())
    days = _flow_days(line)
    return show(
        request,
        "quality/admin/line.html",
        title="Line",
        organization=project.organization,
        project=project,
        menus=[_project_menu(request, projects, project)],
        line=line,
        day=line.at.astimezone(ZoneInfo(project.organization.time_zone)).date(),
        days=days,
        has_history=line.total > 0 and len(days) > 1,
        alerts=[_alert(one, line, project) for one in line.alerts],
        captions=_captions(line),
        done_share=line.done.wip / line.total if line.total else None,
        jams={line.bottleneck.stage: True} if line.bottleneck else {},
        middle_is_warned=line.bottleneck is not None and line.bottleneck.stage in ("review", "rework"),
        bands=[_Band(one.label, one.entered, one.labeled, one.done) for one in days],
        at_work_by_stage=Counter(one.stage for one in line.at_work).items(),
        jam_words=_in_words(line.bottleneck) if line.bottleneck else "",
        jam_name=STAGE_NAMES[line.bottleneck.stage] if line.bottleneck else "",
        links={
            "people_at_work": reverse("admin:project-queue", args=[project.uid]),
            "unclear": f"{reverse('admin:project-queue', args=[project.uid])}?list=aside",
            "people": reverse("admin:project-people", args=[project.uid]),
            "data": reverse("admin:project-data", args=[project.uid]),
            "formula": formula_link("flow"),
            "rework": formula_link("rework"),
        },
        doors={figure: rows_link(project, figure) for figure in (*flow_rows.STAGES, *flow_rows.MOVES)},
        socket=SOCKET,
        now=line.at,
    )


def _captions(line: Line) -> dict[str, str]:
    """The grey line of each stage: how long its rows wait, who works in it."""
    labeling, done = line.labeling, line.done
    hands = words.count_of(labeling.people, "person", "people")
    share = words.percent(done.wip / line.total, 0) if line.total else words.NONE
    pace = f" · {words.whole(line.forecast.per_day)} a working day" if line.forecast else ""
    return {
        "queue": _waits(line.queue),
        "labeling": f"{hands} · oldest lease {words.age(labeling.ages.oldest)}"
        if labeling.wip
        else "Nobody holds a row.",
        "review": _waits(line.review),
        "rework": _waits(line.rework),
        "unclear": _waits(line.unclear),
        "done": f"{share}{pace}",
        "of_all": f"of {words.whole(line.total)}",
    }


def _waits(stage: StageFlow) -> str:
    if not stage.wip or stage.ages.oldest is None:
        return "Nothing waits." if not stage.wip else ""
    median = f" · median {words.age(stage.ages.median)}" if stage.ages.median is not None else ""
    return f"oldest {words.age(stage.ages.oldest)}{median}"


def _project_menu(request: PersonRequest, projects: list[Project], shown: Project) -> Menu:
    choices = [Choice(one.name, link_with(request, project=str(one.uid)), one == shown) for one in projects]
    return Menu("", shown.name, choices)


def _flow_days(line: Line) -> list[FlowDay]:
    last = len(line.history) - 1
    return [
        FlowDay(_label(one.day, index, last, line.history[0].day), one.entered, one.labeled, one.done)
        for index, one in enumerate(line.history)
    ]


def _label(day: date, index: int, last: int, first: date) -> str:
    """The month stands at the first day and where it changes."""
    if index == last:
        return "now"
    return words.day(day) if index == 0 or (day.day == 1 and day != first) else str(day.day)


def _in_words(jam: Bottleneck) -> str:
    people = words.count_of(jam.people, WORKERS[jam.stage])
    busy = f"its {people} {'is' if jam.people == 1 else 'are'} {words.percent(jam.busy, 0)} busy"
    told = (
        f"It grew by {words.count_of(jam.net, 'row')} today and "
        f"{busy if jam.people else 'nobody works on it now'}; "
        f"{words.whole(jam.came_in)} came in, {words.whole(jam.went_out)} left."
    )
    if not jam.clears_with:
        return told
    offers = [
        f"{'one more' if more == 1 else f'{more} more'} would clear {words.whole(jam.wip)} rows in about "
        f"{words.count_of(max(1, round(days)), 'day')}"
        for more, days in jam.clears_with
    ]
    offers = [offers[0], *(offer.replace(f" would clear {words.whole(jam.wip)} rows", "") for offer in offers[1:])]
    return f"{told} At today's pace {', '.join(offers)}."


def _alert(one: Alert, line: Line, project: Project) -> ShownAlert:
    if one.kind == "jobs":
        title = f"{words.count_of(one.count, 'job')} stopped after repeated failure"
        return ShownAlert(
            "cross",
            "bad",
            title,
            "Nothing is lost; each waits for a look.",
            reverse("admin:jobs"),
            "Open the jobs",
            one.since,
        )
    if one.kind == "review_grows":
        review = line.review
        busy = f", {words.percent(review.busy, 0)} busy" if review.busy is not None else ""
        evidence = f"{words.count_of(review.people, 'reviewer')}{busy}."
        people = reverse("admin:project-people", args=[project.uid])
        title = f"Review grows: {words.signed(one.count)} rows today"
        return ShownAlert("warn", "warn", title, evidence, people, "Add reviewers", one.since)
    return _stuck_issues(one, line, project)


def _stuck_issues(one: Alert, line: Line, project: Project) -> ShownAlert:
    many = words.count_of(one.count, "issue")
    waited = words.age((line.at - one.since).total_seconds()) if one.since else ""
    if one.kind == "issues_late":
        title = f"{many} {'is' if one.count == 1 else 'are'} past the time to answer"
        evidence, link = f"The latest by {waited}.", issues_link(project, due="late", sort="due", view="all")
        return ShownAlert("clock", "bad", title, evidence, link, "Open the issues", one.since)
    title = f"{many} {'waits' if one.count == 1 else 'wait'} longer than a day"
    median = line.first_answer
    usual = (
        f" Half of all get a first answer within {words.age(median.median)} (n {median.n})."
        if (median is not None and median.median is not None)
        else ""
    )
    link = issues_link(project, state="waiting", age="1", sort="oldest", view="all")
    return ShownAlert("comment", "warn", title, f"The oldest for {waited}.{usual}", link, "Open the issues", one.since)


add_page("dashboard/", dashboard, "dashboard")
add_entry(Entry("Line", "Dashboard", "line", "admin:index", lambda request: True, order=10))
