"""Invitations: once, for one address, within their time, in a role that the inviter may still give."""

import logging
import threading
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from tests.cast import Cast
from workforce import invitations, organizations, outbox, teams
from workforce.errors import Gone, InvalidInput, NotAllowed, NotFound, RuleViolation, TooMany
from workforce.models import AuditEvent, Event, Invitation, Membership, Person, Team

pytestmark = pytest.mark.django_db
PASSWORD = "a long way home 7"


@pytest.fixture(autouse=True)
def nobody_has_tried() -> Iterator[None]:
    cache.clear()
    yield
    cache.clear()


def invite(cast: Cast, actor: str = "max", email: str = "nia@example.org", **values: Any) -> Invitation:
    return invitations.invite_person(getattr(cast, actor), cast.home, email=email, **{"role": "member", **values})


def accept(invitation: Invitation, **values: Any) -> Membership:
    link = invitations.signed_link(invitation)
    return invitations.accept_invitation(link, **({"name": "Nia", "password": PASSWORD} | values))


def run_jobs() -> None:
    for job in Event.objects.filter(task="workforce.tasks.send_invitation", done_at=None):
        outbox.run_job(job.pk, invitations.deliver)


def test_the_message_leaves_through_the_outbox_and_its_link_makes_a_member(cast: Cast) -> None:
    invitation = invite(cast, role="viewer", teams=[cast.team])
    assert not mail.outbox
    run_jobs()
    (message,) = mail.outbox
    invitation.refresh_from_db()
    assert message.to == ["nia@example.org"] and "Home" in message.subject and invitation.sent_at
    link = next(line for line in message.body.splitlines() if "/invitations/" in line)
    assert link.startswith("http://127.0.0.1:8000/invitations/")
    client = Client()
    path = link.removeprefix("http://127.0.0.1:8000")
    assert "nia@example.org" in client.get(path).content.decode()
    answer = client.post(path, {"name": "Nia New", "password": PASSWORD, "again": PASSWORD})
    assert "You are a member of Home now" in answer.content.decode()
    member = Membership.objects.get(person__email="nia@example.org")
    assert (member.role, member.organization, member.person.name) == ("viewer", cast.home, "Nia New")
    assert member.person.check_password(PASSWORD) and cast.team.group in member.person.groups.all()
    assert AuditEvent.objects.filter(action="invitation.accepted", actor=member.person).count() == 1


def test_a_message_that_was_overtaken_is_not_sent(cast: Cast) -> None:
    invitations.revoke_invitation(cast.max, invite(cast))
    run_jobs()
    assert not mail.outbox and not Event.objects.filter(task__gt="", done_at=None).exists()


def test_the_link_is_in_no_row_and_no_log_line(cast: Cast, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    invitation = invite(cast)
    signed = invitations.signed_link(invitation)
    secret = signed.rpartition(":")[2]
    run_jobs()
    client = Client()
    assert (
        client.post(f"/invitations/{signed}/", {"name": "N", "password": "short", "again": "short"}).status_code == 422
    )
    assert Client(enforce_csrf_checks=True).post(f"/invitations/{signed}/", {}).status_code == 403
    accept(invitation)
    assert client.get(f"/invitations/{signed}/").status_code == 410
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT count(*) FROM "{table}" t WHERE t::text LIKE %s', [f"%{secret}%"])
            assert cursor.fetchone()[0] == 0, table
    lines = [record.getMessage() for record in caplog.records]
    assert any("/invitations/…" in line for line in lines) and not any(secret in line for line in lines)


# --- Once -----------------------------------------------------------------------------------------------------------
@pytest.mark.django_db(transaction=True)
def test_twenty_at_once_make_one_member(cast: Cast) -> None:
    invitation = invite(cast)
    outcomes: list[str] = []
    start = threading.Barrier(20)

    def one() -> None:
        start.wait()
        try:
            accept(invitation)
            outcomes.append("member")
        except (Gone, RuleViolation) as refusal:
            outcomes.append(refusal.code)
        finally:
            connection.close()

    threads = [threading.Thread(target=one) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["invitation_used"] * 19 + ["member"]
    assert Membership.objects.filter(person__email="nia@example.org").count() == 1
    assert AuditEvent.objects.filter(action="invitation.accepted").count() == 1


def test_someone_with_a_login_signs_in_under_the_address_and_joins(cast: Cast) -> None:
    invitation = invite(cast, email="Otto@example.org")
    path = reverse("invitation", args=[invitations.signed_link(invitation)])
    assert "Sign in to accept" in Client().get(path).content.decode()
    assert Client().post(path).status_code == 409
    stranger, owner = Client(), Client()
    stranger.force_login(cast.lena)
    owner.force_login(cast.otto)
    assert "another e-mail address" in stranger.get(path).content.decode()
    assert stranger.post(path).status_code == 409
    assert not Membership.objects.filter(organization=cast.home, person=cast.otto).exists()
    assert owner.post(path).status_code == 200
    assert Membership.objects.get(organization=cast.home, person=cast.otto).role == "member"
    answer = owner.post(path)
    assert answer.status_code == 410 and "accepted already" in answer.content.decode()


def test_a_login_that_has_another_address_by_now_does_not_join(cast: Cast) -> None:
    invitation = invite(cast, email="otto@example.org")
    cast.otto.email = "moved@example.org"
    cast.otto.save()
    with pytest.raises(RuleViolation) as refusal:
        accept(invitation, person=cast.otto)
    assert refusal.value.code == "other_address"


@pytest.mark.parametrize("password", ["short", "password1234", "nia@example.org"])
def test_a_new_login_obeys_the_password_rules(cast: Cast, password: str) -> None:
    with pytest.raises(InvalidInput):
        accept(invite(cast), password=password)
    assert not Person.objects.filter(email="nia@example.org").exists()


# --- Over -----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("how", ["expired", "revoked", "replaced", "used"])
def test_what_is_over_says_why_and_makes_nobody(cast: Cast, how: str) -> None:
    invitation = invite(cast)
    link = invitations.signed_link(invitation)
    if how == "expired":
        Invitation.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    elif how == "revoked":
        invitations.revoke_invitation(cast.max, invitation)
        invitations.revoke_invitation(cast.max, invitation)
    elif how == "replaced":
        invitations.send_again(cast.max, invitation)
    else:
        accept(invitation)
    before = Person.objects.count(), Membership.objects.count()
    with pytest.raises(Gone) as refusal:
        invitations.accept_invitation(link, name="Nia", password=PASSWORD)
    assert refusal.value.code == f"invitation_{how}"
    answer = Client().get(f"/invitations/{link}/")
    assert answer.status_code == 410 and refusal.value.message in answer.content.decode()
    assert before == (Person.objects.count(), Membership.objects.count())
    assert AuditEvent.objects.filter(action="invitation.revoked").count() == (how == "revoked")


@pytest.mark.parametrize("forge", ["other round", "other row", "unsigned", "nonsense"])
def test_a_link_that_is_none_opens_nothing(cast: Cast, forge: str) -> None:
    first, second = invite(cast), invite(cast, email="nia2@example.org")
    value, _, sign = invitations.signed_link(first).partition(":")
    forged = {
        "other round": f"{first.uid.hex}-2:{sign}",
        "other row": f"{second.uid.hex}-1:{sign}",
        "unsigned": value,
        "nonsense": "x",
    }[forge]
    with pytest.raises(NotFound):
        invitations.invitation_behind(forged)
    answer = Client().get(f"/invitations/{forged}/")
    assert answer.status_code == 404 and "Copy the whole line" in answer.content.decode()


def test_tries_of_one_address_come_to_an_end(cast: Cast) -> None:
    link = invitations.signed_link(invite(cast))
    statuses = [Client().get(f"/invitations/x{number}/").status_code for number in range(21)]
    assert statuses == [404] * 20 + [429]
    assert Client().get(f"/invitations/{link}/").status_code == 429
    assert Client(REMOTE_ADDR="10.0.0.9").get(f"/invitations/{link}/").status_code == 200


def test_tries_at_one_invitation_come_to_an_end_from_any_address(cast: Cast) -> None:
    invitation = invite(cast)
    for _ in range(20):
        with pytest.raises(InvalidInput):
            accept(invitation, password="short")
    with pytest.raises(TooMany):
        accept(invitation)


# --- Asked again when it is accepted ----------------------------------------------------------------------------------
@pytest.mark.parametrize("loss", ["role", "membership", "login"])
def test_an_inviter_who_lost_the_right_gives_nothing_and_the_admins_see_why(cast: Cast, loss: str) -> None:
    invitation = invite(cast, role="workforce_manager")
    if loss == "role":
        Membership.objects.filter(person=cast.max).update(role="viewer")
    elif loss == "membership":
        Membership.objects.filter(person=cast.max).update(is_active=False)
    else:
        Person.objects.filter(pk=cast.max.pk).update(is_active=False)
    for _ in range(2):
        with pytest.raises(RuleViolation) as refusal:
            accept(invitation)
        assert refusal.value.code == "inviter_lost_right"
    assert not Person.objects.filter(email="nia@example.org").exists()
    seen = invitations.invitations_visible_to(cast.ada).get()
    assert seen.refused_because == "Max Meyer may no longer give the role workforce manager."
    assert AuditEvent.objects.filter(action="invitation.refused").count() == 1
    again = invitations.send_again(cast.ada, seen)
    assert accept(again).role == "workforce_manager"


def test_who_was_a_member_comes_back_only_where_the_inviter_may_decide(cast: Cast) -> None:
    Membership.objects.filter(person__in=[cast.lena, cast.wim]).update(is_active=False)
    assert accept(invite(cast, email="lena@example.org"), person=cast.lena).is_active
    with pytest.raises(RuleViolation) as refusal:
        accept(invite(cast, "vito", email="wim@example.org", vendor=cast.vendor), person=cast.wim)
    assert refusal.value.code == "already_a_member"
    assert not Membership.objects.get(organization=cast.home, person=cast.wim).is_active


# --- Who invites whom -------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("actor", "values", "error"),
    [
        ("max", {"role": "organization_admin"}, NotAllowed),
        ("max", {"role": "viewer", "vendor": "vendor"}, RuleViolation),
        ("max", {"role": "vendor_manager"}, RuleViolation),
        ("max", {"vendor": "team"}, RuleViolation),
        ("max", {"vendor": "vendor", "teams": ["team"]}, RuleViolation),
        ("max", {"teams": ["vendor"]}, RuleViolation),
        ("max", {"email": "lena@example.org"}, RuleViolation),
        ("max", {"email": "no address"}, InvalidInput),
        ("max", {"email": "nia@example.org\nBcc: x@example.org"}, InvalidInput),
        ("vito", {}, NotAllowed),
        ("vito", {"role": "viewer", "vendor": "vendor"}, NotAllowed),
        ("vito", {"vendor": "vendor", "teams": ["team"]}, NotAllowed),
        ("lena", {}, NotAllowed),
        ("wim", {}, NotAllowed),
        ("otto", {}, NotFound),
        ("otto", {"vendor": "vendor"}, NotFound),
    ],
)
def test_what_may_not_be_invites_nobody(cast: Cast, actor: str, values: dict[str, Any], error: type) -> None:
    named = {
        name: [getattr(cast, one) for one in value] if name == "teams" else getattr(cast, value)
        for name, value in values.items()
        if name in ("teams", "vendor")
    }
    with pytest.raises(error):
        invite(cast, actor, **{**values, **named})
    assert not Invitation.objects.exists() and not Event.objects.filter(task__gt="").exists()


def test_a_vendors_manager_invites_for_the_own_vendor_and_sees_no_other(cast: Cast) -> None:
    other = teams.create_team(cast.ada, cast.home, name="Otherfield", kind=Team.Kind.VENDOR)
    invite(cast, email="a@example.org", vendor=other)
    invite(cast, email="b@example.org")
    mine = invite(cast, "vito", email="c@example.org", vendor=cast.vendor)
    assert list(invitations.invitations_visible_to(cast.vito)) == [mine]
    assert not invitations.invitations_visible_to(cast.otto).exists()
    with pytest.raises(NotAllowed):
        invite(cast, "vito", email="d@example.org", vendor=other)
    with pytest.raises(NotAllowed):
        invitations.revoke_invitation(cast.vito, Invitation.objects.get(email="b@example.org"))
    member = accept(mine)
    assert (member.vendor, member.person.groups.get()) == (cast.vendor, cast.vendor.group)


def test_a_vendors_manager_learns_nothing_of_who_else_works_here(cast: Cast) -> None:
    invite(cast, email="b@example.org")
    for email in ("lena@example.org", "b@example.org", "nobody@example.org"):
        assert invite(cast, "vito", email=email, vendor=cast.vendor).email == email


def test_an_address_has_one_open_invitation_and_gets_a_new_one_when_that_ran_out(cast: Cast) -> None:
    old = invite(cast)
    with pytest.raises(RuleViolation) as refusal:
        invite(cast, "ada", email=" NIA@example.org ")
    assert refusal.value.code == "invited_already"
    Invitation.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    new = invite(cast)
    old.refresh_from_db()
    assert old.revoked_at and list(invitations.invitations_visible_to(cast.max)) == [new]


def test_sending_again_waits_a_little(cast: Cast) -> None:
    invitation = invite(cast)
    run_jobs()
    with pytest.raises(RuleViolation) as refusal:
        invitations.send_again(cast.max, invitation)
    assert refusal.value.code == "again_too_soon"
    Invitation.objects.update(sent_at=timezone.now() - timedelta(minutes=6))
    invitations.send_again(cast.max, invitation)
    run_jobs()
    assert len(mail.outbox) == 2 and mail.outbox[0].body != mail.outbox[1].body


def test_a_day_has_its_most(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(invitations, "MOST_A_DAY", 1)
    invite(cast)
    with pytest.raises(RuleViolation) as refusal:
        invite(cast, email="b@example.org")
    assert refusal.value.code == "too_many_invitations"


def test_a_team_that_is_not_the_organizations_own_any_more_is_left_out(cast: Cast) -> None:
    invitation = invite(cast, teams=[cast.team])
    Team.objects.filter(pk=cast.team.pk).update(kind=Team.Kind.VENDOR)
    assert not accept(invitation).person.groups.exists()


def test_the_role_of_the_new_member_is_exactly_the_invited_one(cast: Cast) -> None:
    member = accept(invite(cast, "ada", role="organization_admin"))
    assert organizations.change_membership(cast.ada, member, role="viewer", is_active=True)
