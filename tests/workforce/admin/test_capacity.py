"""Hours and days off on the pages of people and teams."""

import pytest

from tests.cast import Cast
from tests.workforce.admin.conftest import Enter
from tests.workforce.test_capacity import member
from workforce import capacity
from workforce.models import DaysOff, WorkingHours

pytestmark = pytest.mark.django_db
WEEK = {day: "7.5" for day in capacity.WEEKDAYS}


def test_hours_and_days_off_are_set_shown_and_taken_away(cast: Cast, enter: Enter) -> None:
    client, uid = enter("max"), member(cast, "lena").uid
    page = f"/admin/people/{uid}/"
    assert "no hours known" in client.get(page).content.decode()
    assert "52.5 hours a week are set." in client.post(f"{page}hours/", WEEK, follow=True).content.decode()
    assert "52.5 h in the next 7 days" in client.get(page).content.decode()
    workdays = {day: "" if day in ("Sat", "Sun") else "8" for day in capacity.WEEKDAYS}
    assert "40 hours a week are set." in client.post(f"{page}hours/", workdays, follow=True).content.decode()
    assert "of a day at least" in client.post(f"{page}hours/", {}, follow=True).content.decode()
    assert "Tue:" in client.post(f"{page}hours/", {**WEEK, "Tue": "30"}, follow=True).content.decode()
    assert "Last day:" in client.post(f"{page}days-off/", {"first_on": "2030-01-02"}, follow=True).content.decode()
    client.post(f"{page}days-off/", {"first_on": "2030-01-02", "last_on": "2030-01-03", "note": "Leave"})
    assert "2 Jan 2030 – 3 Jan 2030" in client.get(page).content.decode()
    days = DaysOff.objects.get()
    assert enter("otto").post(f"/admin/days-off/{days.uid}/remove/").status_code == 404
    client.post(f"/admin/days-off/{days.uid}/remove/")
    client.post(f"{page}hours/", {**WEEK, "clear": "1"})
    assert not DaysOff.objects.exists() and not WorkingHours.objects.exists()


def test_a_team_shows_what_its_people_have_and_who_has_no_hours(cast: Cast, enter: Enter) -> None:
    capacity.set_hours(cast.max, member(cast, "lena"), [capacity.STEP * 4] * 7)
    page = f"/admin/teams/{cast.team.uid}/"
    assert "7 h in the next 7 days, 1 without hours" in enter("max").get(page).content.decode()
    enter("max").post(f"{page}hours/", WEEK)
    assert "59.5 h in the next 7 days" in enter("max").get(page).content.decode()
