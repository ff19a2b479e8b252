"""Inviting on the page: many addresses at once with one message, the open ones, revoke and send again."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.cast import Cast
from tests.workforce.admin.conftest import Enter
from workforce import invitations
from workforce.models import Invitation

pytestmark = pytest.mark.django_db


def invite(enter: Enter, cast: Cast, addresses: str, actor: str = "max", **values: Any) -> Any:
    body = {"organization": str(cast.home.uid), "addresses": addresses, "role": "member", "vendor": "", **values}
    return enter(actor).post("/admin/people/invite/", body, follow=True)


def test_many_at_once_and_one_message_of_done_and_refused(cast: Cast, enter: Enter) -> None:
    answer = invite(
        enter, cast, "a@example.org, b@example.org\nlena@example.org;nonsense A@example.org", teams=[str(cast.team.uid)]
    )
    text = answer.content.decode()
    assert "2 invitations are on their way." in text and "lena@example.org (There is a member" in text
    assert "nonsense (That is no e-mail address)" in text
    assert {one.email for one in Invitation.objects.filter(teams=cast.team)} == {"a@example.org", "b@example.org"}


@pytest.mark.parametrize(
    "values", [{"role": "emperor"}, {"organization": "away"}, {"vendor": "away"}, {"addresses": ""}, {"teams": ["x"]}]
)
def test_a_forged_form_invites_nobody(cast: Cast, enter: Enter, values: dict[str, Any]) -> None:
    named = {name: str(cast.away.uid) if value == "away" else value for name, value in values.items()}
    assert invite(enter, cast, named.pop("addresses", "a@example.org"), **named).status_code == 422
    assert not Invitation.objects.exists()


def test_revoke_and_send_again_from_the_list(cast: Cast, enter: Enter) -> None:
    invite(enter, cast, "a@example.org")
    one = Invitation.objects.get()
    assert "a@example.org" in enter("ada").get("/admin/people/invite/").content.decode()
    assert "a@example.org" not in enter("otto").get("/admin/people/invite/").content.decode()
    for path in ("again", "revoke"):
        assert enter("otto").post(f"/admin/people/invitations/{one.uid}/{path}/").status_code == 404
        assert enter("ada").post(f"/admin/people/invitations/{one.uid}/{path}/").status_code == 302
    one.refresh_from_db()
    assert (one.round, one.invited_by) == (3, cast.ada) and one.revoked_at


def test_the_list_asks_the_same_at_any_length(cast: Cast, enter: Enter) -> None:
    client, counts = enter("max"), []
    for number in range(33):
        invitations.invite_person(cast.max, cast.home, email=f"p{number}@example.org", role="member")
        if number in (2, 32):
            with CaptureQueriesContext(connection) as seen:
                assert client.get("/admin/people/invite/").status_code == 200
            counts.append(len(seen))
    assert counts[0] == counts[1]
