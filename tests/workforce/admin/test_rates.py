"""Rates on the pages of a person and of a vendor."""

import pytest

from tests.cast import Cast
from tests.workforce.admin.conftest import Enter
from tests.workforce.test_rates import member, set_rate
from workforce import organizations, teams
from workforce.models import Rate, Team

pytestmark = pytest.mark.django_db


def test_the_pages_of_person_and_vendor_show_set_end_and_remove(cast: Cast, enter: Enter) -> None:
    client = enter("max")
    values = {"amount": "17.25", "currency": "EUR", "per": "hour", "valid_from": "2026-01-01", "valid_until": ""}
    for kind, uid in (("people", member(cast, "lena").uid), ("teams", cast.vendor.uid)):
        page = f"/admin/{kind}/{uid}/"
        assert "No rate yet" in client.get(page).content.decode()
        assert "from 1 January 2026 on" in client.post(f"{page}rates/", values, follow=True).content.decode()
        assert "17.25 EUR" in client.get(page).content.decode()
        rate = Rate.objects.get()
        assert "Say which day" in client.post(f"/admin/rates/{rate.uid}/end/", {}, follow=True).content.decode()
        client.post(f"/admin/rates/{rate.uid}/end/", {"valid_until": "2026-06-30"})
        assert "30 Jun 2026" in client.get(page).content.decode()
        assert "Amount:" in client.post(f"{page}rates/", {**values, "amount": "x"}, follow=True).content.decode()
        client.post(f"/admin/rates/{rate.uid}/remove/")
        assert not Rate.objects.exists()
    assert "No rate yet" not in client.get(f"/admin/teams/{cast.team.uid}/").content.decode()


def test_a_manager_of_two_organizations_sees_rates_where_they_may(cast: Cast, enter: Enter) -> None:
    """A vendor's manager at home who runs people elsewhere enters the admin, and sees no rate of home there."""
    set_rate(cast, cast.vendor)
    organizations.add_member(cast.otto, cast.away, cast.vito, role="workforce_manager")
    page = enter("vito").get(f"/admin/teams/{cast.vendor.uid}/")
    assert page.status_code == 200 and "12.5" not in page.content.decode() and "Rates" not in page.content.decode()
    other = teams.create_team(cast.ada, cast.home, name="Otherfield", kind=Team.Kind.VENDOR)
    assert enter("vito").get(f"/admin/teams/{other.uid}/").status_code == 403
