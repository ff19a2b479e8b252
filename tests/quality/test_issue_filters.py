"""Lists of issues: what each filter means, what order they come in, saved views, times and who may what with them."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from labeling import project_access
from labeling.models import ProjectRow
from quality import issue_bulk, issue_filters, issue_times, issue_views, issues
from quality.models import Issue, IssueView
from tests.cast import Cast
from tests.line import Line, make_line
from tests.quality.test_issues import ask, other_project, refusal_of, row_of
from workforce.errors import NotAllowed, NotFound
from workforce.models import AuditEvent, ClockTimestamp, Person
from workforce.roles import Role

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


@pytest.fixture
def line(cast: Cast) -> Line:
    return make_line(cast)


def stage(line: Line) -> dict[str, Issue]:
    """Four issues of different kinds, newest last."""
    cast = line.cast
    row = row_of(cast.lena, line)
    found = {
        "plain": ask(cast.lena, row, "Does a mirror count?"),
        "late": ask(cast.lena, row, "Is this a truck?", pin={"x": 1, "y": 2}),
        "object": ask(cast.rita, row_of(cast.leo, line), "Which wheel?", object_id="abc"),
        "done": ask(cast.eva, row, "Old question"),
    }
    now = ClockTimestamp()
    write(found["late"], severity="blocking", assignee=cast.rita, due_at=now - HOUR, opened_at=now - 100 * HOUR)
    write(found["object"], assignee_role=Role.EXPERT, due_at=now + HOUR, first_answered_at=now, reopened_count=1)
    write(
        found["done"],
        state=Issue.State.RESOLVED,
        resolved_by=cast.pia,
        resolved_at=now,
        due_at=now + HOUR,
        opened_at=now - 10 * HOUR,
        first_answered_at=now - 6 * HOUR,
    )
    return found


def write(issue: Issue, **values: Any) -> None:
    Issue.objects.filter(pk=issue.pk).update(**values)


def names_of(found: Any, some: dict[str, Issue]) -> set[str]:
    keys = {issue.pk: name for name, issue in some.items()}
    return {keys[pk] for pk in found.values_list("pk", flat=True)}


def test_each_filter_leaves_what_it_says(line: Line) -> None:
    some, cast = stage(line), line.cast
    issues.comment(cast.rita, some["plain"], "A side mirror does, always.")
    every = set(some)
    wanted = {
        ("state", "waiting"): {"late", "object"},
        ("state", "answered"): {"plain"},
        ("state", "resolved"): {"done"},
        ("severity", "blocking"): {"late"},
        ("category", some["plain"].category.code): every,
        ("category", "nothing"): set(),
        ("assignee", "mine"): {"late"},
        ("assignee", "nobody"): {"plain", "done"},
        ("assignee", f"role:{Role.EXPERT}"): {"object"},
        ("assignee", str(cast.rita.uid)): {"late"},
        ("opener", "mine"): {"object"},
        ("opener", str(cast.lena.uid)): {"plain", "late"},
        ("due", "late"): {"late"},
        ("due", "soon"): {"object"},
        ("due", "none"): {"plain"},
        ("answer", "none"): {"late"},
        ("age", "3"): {"late"},
        ("opened", "30"): every,
        ("pin", "row"): {"plain", "done"},
        ("pin", "point"): {"late"},
        ("pin", "object"): {"object"},
        ("reopened", "yes"): {"object"},
        ("reopened", "counted"): {"object", "done"},
        ("kept", "yes"): {"object", "done"},
        ("kept", "no"): {"late"},
        ("vendor", "none"): every,
        ("vendor", str(cast.vendor.uid)): set(),
        ("batch", str(some["plain"].project_row.batch.uid)): every,
        ("q", "MIRR"): {"plain"},
        ("q", "side always"): {"plain"},
        ("q", "side truck"): set(),
        ("q", "& | !"): set(),
    }
    found = issues.issues_of(cast.rita, line.project)
    for (name, value), left in wanted.items():
        chosen = issue_filters.chosen_in({name: value})
        assert names_of(issue_filters.filtered(found, chosen, cast.rita), some) == left, (name, value)
    # Through the role that one holds.
    assert names_of(issue_filters.filtered(found, {"assignee": "mine"}, cast.eva), some) == {"object"}


def test_nothing_from_outside_is_a_lookup(line: Line) -> None:
    for values in (
        {"opened_by__password__regex": "^p"},
        {"state": "x"},
        {"opener": "1"},
        {"assignee": "team:1"},
        {"rule": "x"},
        {"sort": "opened_by__email"},
        {"q": "x" * 201},
        {"q": "\x00"},
        {"state": ["open"]},
    ):
        code = refusal_of(lambda values=values: issue_filters.chosen_in(values)).code
        wanted = "unknown_state" if "state" in values else "filter_invalid"
        assert code == ("unknown_filter" if "__" in next(iter(values)) else wanted), values
    assert issue_filters.fitting({"state": "x", "due": "late", "opened_by__email": "a"}) == {"due": "late"}


def test_the_order_puts_first_what_waits(line: Line) -> None:
    some, names = stage(line), {}
    for sort in issue_filters.SORTS:
        found, order = issue_filters.in_order(issues.issues_of(line.cast.rita, line.project), sort)
        keys = {issue.pk: name for name, issue in some.items()}
        names[sort] = [keys[one.pk] for one in found.order_by(*order)]
    assert names == {
        "newest": ["done", "object", "late", "plain"],
        "oldest": ["plain", "late", "object", "done"],
        "due": ["late", "object", "plain", "done"],
        "severity": ["late", "object", "plain", "done"],
    }


def test_an_empty_list_names_the_filter_that_leaves_out_the_most(line: Line) -> None:
    stage(line)
    found, chosen = issues.issues_of(line.cast.rita, line.project), {"q": "mirror", "severity": "blocking"}
    write(Issue.objects.get(number=3), severity="blocking")
    cause = issue_filters.removed_most(found, chosen, line.cast.rita)
    assert cause is not None and (cause.name, cause.count) == ("q", 2)
    client = Client()
    client.force_login(line.cast.rita)
    said = client.get(f"/issues/{line.project.uid}/", chosen).content.decode()
    assert "<b>Search</b> leaves out the most: without it there are 2." in said


def test_words_are_found_by_their_index(line: Line) -> None:
    """Small tables are read whole; the index is of another kind than those that ``plan_of`` asks for."""
    said = issue_filters.comments_with("mirror count")
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        assert "quality_issue_words" in said.values("issue").explain()
        cursor.execute("SET LOCAL enable_seqscan = on")


# --- Who sees what ------------------------------------------------------------------------------------------------
def test_everybody_finds_a_page_of_what_they_may_read(line: Line) -> None:
    some = stage(line)
    seen = {}
    for name in ("ada", "pia", "rita", "eva", "wim", "tom", "lena", "leo", "lia", "nora", "otto"):
        client = Client()
        client.force_login(getattr(line.cast, name))
        page = client.get(f"/issues/{line.project.uid}/")
        shown = page.context["shown"].lines if page.status_code == 200 else page.status_code
        seen[name] = len(shown) if isinstance(shown, list) else shown
    assert seen == {
        **dict.fromkeys(("ada", "pia", "rita", "eva", "wim"), len(some)),
        **{"tom": 2, "lena": 2, "leo": 0, "lia": 0, "nora": 403, "otto": 404},
    }


def test_people_of_a_vendor_learn_no_name_by_page_or_filter(line: Line) -> None:
    cast = line.cast
    project_access.grant_role(cast.ada, line.project, cast.vendor, role=Role.LABELER)
    issue = ask(cast.vera, row_of(cast.vera, line), "A van or a bus?")
    issues.comment(cast.rita, issue, "A van.")
    write(issue, assignee=cast.rita, first_answered_at=ClockTimestamp())
    client = Client()
    client.force_login(cast.vera)
    page = client.get(f"/issues/{line.project.uid}/").content.decode()
    assert "A van or a bus?" in page and "Project team" in page
    assert "Rita" not in page and str(cast.rita.uid) not in page
    for name in ("assignee", "answerer"):
        found = client.get(f"/issues/{line.project.uid}/", {name: str(cast.rita.uid)})
        assert found.context["shown"].lines == [] and "Rita" not in found.content.decode()
    client.force_login(cast.vito)
    for path in ("issues/", "issues/?due=none", "performance/"):
        page = client.get(f"/vendors/{cast.vendor.uid}/{path}").content.decode()
        assert "Questions of your people" in page and "Rita" not in page and str(cast.rita.uid) not in page, path
    rita = issue_filters.filtered(Issue.objects.all(), {"answerer": str(cast.rita.uid)}, cast.pia)
    assert [one.pk for one in rita] == [issue.pk]


def test_the_lists_cost_the_same_for_three_and_for_thirty(cast: Cast) -> None:
    line = make_line(cast, rows=30)
    rows = list(ProjectRow.objects.filter(project=line.project))
    for name in ("one", "two"):
        issue_views.save_view(cast.pia, line.project, name=name, filters={"due": "late"}, is_shared=True)
    counts: dict[str, list[int]] = {"pia": [], "rita": []}
    for some in (rows[:3], rows[3:]):
        for number, row in enumerate(some):
            issue = ask(cast.lena if number % 2 else cast.eva, row) if number % 2 == 0 else ask(cast.rita, row)
            write(issue, assignee=(cast.rita, cast.eva, cast.max)[number % 3], due_at=ClockTimestamp())
            issues.comment(cast.max, issue, "Yes.")
        for name, path in (("pia", "/admin/projects/{}/issues/"), ("rita", "/issues/{}/")):
            client = Client()
            client.force_login(getattr(cast, name))
            with CaptureQueriesContext(connection) as queries:
                assert client.get(path.format(line.project.uid), {"sort": "due"}).status_code == 200
            counts[name].append(len(queries))
    assert all(first == second for first, second in counts.values()), counts


# --- Saved views --------------------------------------------------------------------------------------------------
def test_a_view_is_saved_counted_shared_opened_with_and_removed(line: Line) -> None:
    cast, project = line.cast, line.project
    stage(line)
    late = issue_views.save_view(cast.rita, project, name=" Late ", filters={"due": "late", "sort": "due"})
    assert refusal_of(lambda: issue_views.save_view(cast.rita, project, name="Late", filters={})).code == (
        "view_name_taken"
    )
    shared = issue_views.save_view(cast.pia, project, name="Late", filters={"state": "waiting"}, is_shared=True)
    shown = issue_views.views_for(cast.rita, project)
    assert [(one.view, one.is_own, one.may_change, one.count) for one in shown] == [
        (shared, False, False, 3),
        (late, True, True, 1),
    ]
    # The same view, as its reader may see it.
    assert [one.count for one in issue_views.views_for(cast.lena, project)] == [2]
    assert issue_views.default_view(cast.rita, project) is None
    issue_views.open_with(cast.rita, project, late)
    client = Client()
    client.force_login(cast.rita)
    first = client.get(f"/issues/{project.uid}/")
    assert first.url == f"/issues/{project.uid}/?due=late&sort=due&view={late.uid}"
    assert len(client.get(f"/issues/{project.uid}/", {"view": "all"}).context["shown"].lines) == 4
    issue_views.change_view(cast.rita, late, name="Overdue", filters={"due": "late"})
    issue_views.remove_view(cast.rita, late)
    assert issue_views.default_view(cast.rita, project) is None
    issue_views.change_view(cast.pia, shared, name="Open")
    issue_views.remove_view(cast.pia, shared)
    acts = AuditEvent.objects.filter(action__startswith="issue_view").order_by("pk").values_list("action", flat=True)
    assert list(acts) == ["issue_view.shared", "issue_view.changed", "issue_view.removed"]


def test_who_may_what_with_views(line: Line) -> None:
    cast, project = line.cast, line.project
    own = issue_views.save_view(cast.rita, project, name="Mine", filters={"assignee": "mine"})
    shared = issue_views.save_view(cast.pia, project, name="Ours", filters={}, is_shared=True)
    for act in (
        lambda: issue_views.save_view(cast.rita, project, name="x", filters={}, is_shared=True),
        lambda: issue_views.change_view(cast.rita, own, is_shared=True),
        lambda: issue_views.change_view(cast.rita, shared, name="x"),
        lambda: issue_views.remove_view(cast.rita, shared),
        lambda: issue_views.save_view(cast.nora, project, name="x", filters={}),
        lambda: issue_views.open_with(cast.nora, project, None),
    ):
        with pytest.raises(NotAllowed):
            act()
    for act in (
        lambda: issue_views.change_view(cast.pia, own, name="x"),
        lambda: issue_views.remove_view(cast.pia, own),
        lambda: issue_views.open_with(cast.lena, project, own),
        lambda: issue_views.view_by_uid(cast.pia, str(own.uid)),
        lambda: issue_views.view_by_uid(cast.otto, str(shared.uid)),
        lambda: issue_views.save_view(Person.objects.get(pk=cast.otto.pk), project, name="x", filters={}),
        lambda: issue_views.view_named(cast.pia, other_project(line), str(shared.uid)),
    ):
        with pytest.raises(NotFound):
            act()
    for filters in ({"opened_by__email": "a"}, {"state": "x"}):
        with pytest.raises(Exception, match=r"Filters here|state is"):
            issue_views.save_view(cast.rita, project, name="x", filters=filters)
    # A filter that is gone since is left out, and the rest still counts.
    IssueView.objects.filter(pk=own.pk).update(filters={"gone": "1", "due": "late"})
    own.refresh_from_db()
    assert issue_views.filters_of(own) == {"due": "late"}


def test_views_are_kept_from_the_page(line: Line) -> None:
    client = Client()
    client.force_login(line.cast.pia)
    address = f"/issues/{line.project.uid}/views/save/"
    values = {"name": "Late", "filters": "due=late&sort=due", "shared": "yes", "default": "yes", "back": "admin"}
    said = client.post(address, values, follow=True)
    assert "The view “Late” is kept." in said.content.decode()
    assert said.redirect_chain[0][0] == f"/admin/projects/{line.project.uid}/issues/?due=late&sort=due&view=all"
    view = IssueView.objects.get()
    assert (view.filters, view.is_shared) == ({"due": "late", "sort": "due"}, True)
    act = f"/issue-views/{view.uid}/act/"
    for values in ({"act": "rename", "name": "Overdue"}, {"act": "keep", "filters": "due=soon"}, {"act": "own"}):
        client.post(act, values)
    view.refresh_from_db()
    assert (view.name, view.filters, view.is_shared) == ("Overdue", {"due": "soon"}, False)
    assert "Nothing was changed" in client.post(act, {"act": "x"}, follow=True).content.decode()
    client.post(act, {"act": "remove"})
    assert not IssueView.objects.exists()


# --- Times --------------------------------------------------------------------------------------------------------
def test_times_count_what_waits_as_waiting(line: Line) -> None:
    cast, some = line.cast, stage(line)
    issues.comment(cast.eva, some["object"], "The front one.")
    write(some["object"], opened_at=ClockTimestamp() - 2 * HOUR, first_answered_at=ClockTimestamp(), state="answered")
    times = issue_times.times_of(cast.pia, issues.issues_of(cast.pia, line.project))
    # 0 h and 100 h still wait; 2 h and 4 h ended.
    assert (times.first_answer.n, times.first_answer.met) == (4, 2)
    assert times.first_answer.median == pytest.approx(4 * 3600, abs=60)
    assert (times.waiting.count, times.waiting.late) == (2, 1)
    assert times.waiting.oldest_age == pytest.approx(100 * 3600, abs=60)
    assert times.waiting.median_age == pytest.approx(50 * 3600, abs=60)
    assert (times.reopened.k, times.reopened.n) == (1, 2)
    assert (times.kept.k, times.kept.n) == (2, 3)
    (category,) = times.by_category
    assert category.waits == times.first_answer
    assert [(one.title, one.waits.n) for one in times.by_answerer] == [("Eva Egger", 1)]
    assert issue_times.first_answer_of(issues.issues_of(cast.pia, line.project)) == pytest.approx(times.first_answer)


def test_one_act_on_many(line: Line) -> None:
    cast, some = line.cast, stage(line)
    uids = [str(one.uid) for one in some.values()]

    def act(person: Person, act: str, value: str = "", chosen: list[str] = uids) -> Any:
        return issue_bulk.act_on_issues(person, line.project, chosen, act=act, value=value)

    assert len(act(cast.rita, "assign", f"role:{Role.EXPERT}").done) == 4
    assert len(act(cast.rita, "assign", "mine").done) == 4
    assert set(Issue.objects.values_list("assignee", "assignee_role")) == {(cast.rita.pk, "")}
    act(cast.rita, "assign", "nobody")
    act(cast.rita, "category", "tools")
    act(cast.rita, "severity", "high")
    assert set(Issue.objects.values_list("assignee", "category__code", "severity")) == {(None, "tools", "high")}
    root = some["plain"].number
    outcome = act(cast.rita, "duplicate", str(root))
    assert (len(outcome.done), [name for name, _ in outcome.refused]) == (3, [f"issue {root}"])
    # Who may not change an issue is told so of each; who may resolve it can.
    assert len(act(cast.lena, "severity", "low", [str(some["plain"].uid)]).refused) <= 1
    assert act(cast.rita, "resolve", chosen=uids[:1]).done == (f"issue {root}",)
    for name, value, chosen in (("drop", "", uids), ("resolve", "", []), ("resolve", "", ["x"])):
        refused = refusal_of(lambda name=name, value=value, chosen=chosen: act(cast.rita, name, value, chosen))
        assert refused.code in ("unknown_act", "issues_wanted")
    assert len(act(cast.rita, "duplicate", "x").refused) == 4
    with pytest.raises(NotFound):
        act(cast.lia, "resolve")
    with pytest.raises(NotAllowed):
        act(cast.wim, "resolve")
