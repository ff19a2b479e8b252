"""A password is changed by its owner or by a link; the old one's sessions end; nobody learns who is registered."""

import re
import threading
from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.tokens import PasswordResetTokenGenerator, default_token_generator
from django.core import mail
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from tests.cast import PASSWORD, Cast
from workforce import passwords
from workforce.errors import RuleViolation
from workforce.models import AuditEvent, Event, Person, SignInTry
from workforce.sign_in_limits import LIMITS
from workforce.tasks import send_reset_letter

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("quick_hashes")]
OLD, NEW = PASSWORD, "quiet-harbour-71"


@pytest.fixture
def lena(cast: Cast) -> Person:
    return cast.lena


def client_of(person: Person) -> Client:
    client = Client()
    client.force_login(person)
    return client


def change(client: Client, current: str = OLD, new: str = NEW, again: str = "") -> Any:
    return client.post(reverse("account-password"), {"current": current, "new": new, "again": again or new})


def is_signed_in(client: Client) -> bool:
    return client.get(reverse("account")).status_code == 200


def ask(email: str, address: str = "10.0.0.1") -> Any:
    return Client().post(reverse("password-reset"), {"email": email}, REMOTE_ADDR=address)


def link_sent() -> str:
    for job in Event.objects.filter(task=passwords.RESET_TASK, done_at=None):
        send_reset_letter(job.pk)
    found = re.search(r"http://127\.0\.0\.1:\d+(/login/reset/\S+)", str(mail.outbox[-1].body))
    assert found is not None
    return found[1]


def test_a_new_password_ends_the_other_sessions(lena: Person) -> None:
    here, there = client_of(lena), client_of(lena)
    assert change(here).status_code == 302
    assert is_signed_in(here) and not is_signed_in(there)
    lena.refresh_from_db()
    assert lena.check_password(NEW)
    event = AuditEvent.objects.get(action="password.changed")
    assert event.actor == lena and NEW not in str(event.after)


@pytest.mark.parametrize(
    "new", ["short-one-1", "password1234", "Lena Lund 123", "lena@example.org", "1q2w3e4r5t6y7u8i"]
)
def test_weak_passwords_are_refused(lena: Person, new: str) -> None:
    answer = change(client_of(lena), new=new)
    assert answer.status_code == 422
    lena.refresh_from_db()
    assert lena.check_password(OLD)


def test_wrong_and_different_passwords_change_nothing(lena: Person) -> None:
    client = client_of(lena)
    assert "That is not your password." in change(client, current="wrong").content.decode()
    assert "The two are not the same." in change(client, again="another-one-7").content.decode()
    lena.refresh_from_db()
    assert lena.check_password(OLD) and is_signed_in(client)


def test_guessing_the_old_password_locks_as_the_sign_in_does(lena: Person) -> None:
    client = client_of(lena)
    for _ in range(LIMITS[SignInTry.Kind.PASSWORD].per_account):
        assert change(client, current="wrong").status_code == 422
    answer = change(client)
    assert answer.status_code == 429 and int(answer["Retry-After"]) > 0
    assert Client().post(reverse("login"), {"username": lena.email, "password": OLD}).status_code == 429


def test_a_link_sets_a_new_password_once(lena: Person) -> None:
    client = client_of(lena)
    assert ask("Lena@example.org").status_code == 200
    link = link_sent()
    assert mail.outbox[-1].to == ["lena@example.org"]
    assert link not in str(Event.objects.filter(task=passwords.RESET_TASK).values())
    assert Client().get(link).status_code == 200
    assert Client().post(link, {"new": "short", "again": "short"}).status_code == 200
    assert Client().post(link, {"new": NEW, "again": NEW}).status_code == 302
    lena.refresh_from_db()
    assert lena.check_password(NEW) and not is_signed_in(client)
    assert AuditEvent.objects.filter(action="password.reset", actor=lena).exists()
    assert Client().get(link).status_code == Client().post(link, {"new": OLD, "again": OLD}).status_code == 409


def test_a_link_runs_out(lena: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    long_ago = (timezone.now() - timedelta(hours=1, minutes=1)).replace(tzinfo=None)
    with monkeypatch.context() as clock:
        clock.setattr(PasswordResetTokenGenerator, "_now", lambda self: long_ago)
        token = default_token_generator.make_token(lena)
    with pytest.raises(RuleViolation):
        passwords.person_of_link(lena.uid, token)


def test_a_link_is_its_owners_alone(lena: Person, cast: Cast) -> None:
    token = default_token_generator.make_token(lena)
    for uid in (cast.leo.uid, cast.home.uid):
        answer = Client().get(reverse("password-reset-confirm", args=[uid, token]))
        assert answer.status_code == 409
    Person.objects.filter(pk=lena.pk).update(is_active=False)
    assert Client().get(reverse("password-reset-confirm", args=[lena.uid, token])).status_code == 409


def test_known_unknown_and_deactivated_get_the_same_answer(lena: Person, cast: Cast) -> None:
    Person.objects.filter(pk=cast.dora.pk).update(is_active=False)
    Person.objects.filter(pk=cast.leo.pk).update(password="!")
    bodies = set()
    for email in ("lena@example.org", "nobody@example.org", "dora@example.org", "leo@example.org"):
        answer = ask(email)
        assert answer.status_code == 200
        bodies.add(answer.content.decode().replace(email, "").replace(str(answer.context["csrf_token"]), ""))
    assert len(bodies) == 1
    assert Event.objects.filter(task=passwords.RESET_TASK).count() == 1


@pytest.mark.parametrize("email", ["lena@example.org", "nobody@example.org"])
def test_letters_are_limited_per_address_asked_for(lena: Person, email: str) -> None:
    limit = LIMITS[SignInTry.Kind.RESET].per_account
    statuses = [ask(email, f"10.0.1.{number}").status_code for number in range(limit + 1)]
    assert statuses == [200] * limit + [429]


@pytest.mark.django_db(transaction=True)
def test_two_clicks_at_once_use_the_link_once(lena: Person) -> None:
    token = default_token_generator.make_token(lena)
    outcomes: Counter[str] = Counter()

    def work(new: str) -> None:
        try:
            passwords.reset_password(lena.uid, token, new=new)
            outcomes["set"] += 1
        except RuleViolation as refusal:
            outcomes[refusal.code] += 1
        finally:
            connection.close()

    threads = [threading.Thread(target=work, args=(f"{NEW}-{number}",)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert outcomes == {"set": 1, "reset_link_ended": 3}


def test_the_admin_has_no_second_door_for_passwords(cast: Cast) -> None:
    assert client_of(cast.ada).get("/admin/password_change/").status_code == 404
