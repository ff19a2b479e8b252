"""The home of a labeler: what Start opens, what came back, what waits, the own numbers and nobody else's."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from labeling import work_time
from labeling.models import ProjectRow
from tests.cast import Cast
from tests.line import Line, make_line
from tests.quality.test_review import decide, label_row, lease_review
from workforce import organizations
from workforce.models import Membership, Person

pytestmark = pytest.mark.django_db


def home_of(person: Person) -> str:
    client = Client()
    client.force_login(person)
    answer = client.get(reverse("home"))
    assert answer.status_code == 200
    return str(answer.content.decode())


@pytest.mark.parametrize(("days", "is_amber"), [(0, True), (3, False)])
def test_a_due_time_is_amber_only_on_its_last_day(line: Line, days: int, is_amber: bool) -> None:
    assert "due " not in home_of(line.cast.lena)
    due_at = work_time.clock() + timedelta(days=days)
    ProjectRow.objects.update(due_at=due_at)
    page = home_of(line.cast.lena)
    assert f"due {due_at:%-d %b}" in page
    assert (f'cl-chip--warn">due {due_at:%-d %b}' in page) is is_amber


def test_what_came_back_says_the_reason_and_not_rejected(cast: Cast) -> None:
    line = make_line(cast)
    label_row(line.cast.lena, line)
    decide(line.cast.rita, lease_review(line.cast.rita, line), "reject")
    page = home_of(line.cast.lena)
    assert "Too wide on the left." in page
    assert "reject" not in page.lower()
    assert "Too wide on the left." not in home_of(line.cast.leo)


def test_who_is_deactivated_is_told_so(line: Line) -> None:
    assert "You belong to no organization" not in home_of(line.cast.nora)
    member = Membership.objects.get(person=line.cast.nora)
    organizations.change_membership(line.cast.max, member, is_active=False)
    assert "You belong to no organization now" in home_of(line.cast.nora)


def test_nobody_elses_name_or_project_shows(line: Line) -> None:
    label_row(line.cast.leo, line)
    page = home_of(line.cast.lena)
    assert "Leo Lang" not in page and "Lena Lund" in page
    assert line.project.name not in home_of(line.cast.nora)


def test_the_page_costs_the_same_for_three_rows_and_for_nine(cast: Cast) -> None:
    line = make_line(cast, rows=9)
    counts = []
    for rows in (3, 6):
        for _ in range(rows):
            label_row(cast.lena, line)
            decide(cast.rita, lease_review(cast.rita, line), "reject")
        with CaptureQueriesContext(connection) as asked:
            home_of(cast.lena)
        counts.append(len(asked))
    assert counts[0] == counts[1]
