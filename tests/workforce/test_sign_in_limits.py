"""Guessing ends: per account, per address, exactly at the limit, and the answer tells nothing about who is known."""

import threading
from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse

from tests.cast import PASSWORD, Cast
from workforce import sign_in_limits
from workforce.errors import TooMany
from workforce.models import ClockTimestamp, Person, SignInTry
from workforce.sign_in_limits import LIMITS

pytestmark = pytest.mark.usefixtures("quick_hashes")
RIGHT = PASSWORD
PER_ACCOUNT = LIMITS[SignInTry.Kind.PASSWORD].per_account
PER_NETWORK = LIMITS[SignInTry.Kind.PASSWORD].per_network


@pytest.fixture
def lena(cast: Cast) -> Person:
    return cast.lena


def sign_in(email: str, password: str, address: str = "10.0.0.1") -> Any:
    return Client().post(reverse("login"), {"username": email, "password": password}, REMOTE_ADDR=address)


def wrong_tries(count: int, account: str = "lena@example.org", address: str = "10.0.0.1") -> None:
    for _ in range(count):
        sign_in_limits.note_wrong(sign_in_limits.take_try(SignInTry.Kind.PASSWORD, account, address))


@pytest.mark.django_db
def test_the_right_password_signs_in(lena: Person) -> None:
    assert sign_in("Lena@Example.org", RIGHT).status_code == 302
    assert not SignInTry.objects.exists()


@pytest.mark.django_db
def test_an_account_locks_from_every_address_and_opens_again(lena: Person) -> None:
    wrong_tries(PER_ACCOUNT - 1)
    assert sign_in("lena@example.org", "wrong").status_code == 200
    answer = sign_in(" LENA@example.org", RIGHT, "10.9.9.9")
    assert answer.status_code == 429
    assert 0 < int(answer["Retry-After"]) <= 15 * 60 + 1
    assert "Too many tries. Wait 15 minutes" in answer.content.decode()
    assert RIGHT not in answer.content.decode()
    SignInTry.objects.update(tried_at=ClockTimestamp() - timedelta(minutes=15))
    assert sign_in("lena@example.org", RIGHT).status_code == 302


@pytest.mark.django_db
def test_an_address_locks_for_every_account(lena: Person) -> None:
    for number in range(PER_NETWORK):
        wrong_tries(1, account=f"{number}@example.org")
    assert sign_in("lena@example.org", RIGHT).status_code == 429
    assert sign_in("lena@example.org", RIGHT, "10.0.0.2").status_code == 302


@pytest.mark.django_db
def test_one_ipv6_line_is_one_address(lena: Person) -> None:
    for number in range(PER_NETWORK):
        wrong_tries(1, account=f"{number}@example.org", address=f"2001:db8:1:2::{number:x}")
    assert sign_in("lena@example.org", RIGHT, "2001:db8:1:2:ffff::1").status_code == 429
    assert sign_in("lena@example.org", RIGHT, "2001:db8:1:3::1").status_code == 302


@pytest.mark.django_db
def test_the_right_password_starts_the_count_anew_but_not_the_others(lena: Person) -> None:
    wrong_tries(PER_ACCOUNT - 1)
    wrong_tries(3, account="leo@example.org")
    assert sign_in("lena@example.org", RIGHT).status_code == 302
    assert SignInTry.objects.count() == 3


@pytest.mark.django_db
def test_known_unknown_and_deactivated_get_the_same_answer(lena: Person, cast: Cast) -> None:
    Person.objects.filter(pk=cast.dora.pk).update(is_active=False)
    answers = {
        email: sign_in(email, password, f"10.1.0.{number}")
        for number, (email, password) in enumerate(
            [("lena@example.org", "wrong"), ("nobody@example.org", "wrong"), ("dora@example.org", RIGHT)]
        )
    }
    assert {answer.status_code for answer in answers.values()} == {200}
    bodies = {
        answer.content.decode().replace(email, "E").replace(str(answer.context["csrf_token"]), "C")
        for email, answer in answers.items()
    }
    assert len(bodies) == 1
    for email in answers:
        wrong_tries(PER_ACCOUNT - 1, account=email, address="10.2.0.1" if "nobody" in email else None)
        assert sign_in(email, "wrong", "10.3.0.1").status_code == 429


@pytest.mark.django_db
@pytest.mark.parametrize("email", ["lena@example.org", "nobody@example.org", "dora@example.org"])
def test_every_account_costs_one_hash(lena: Person, cast: Cast, email: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The hash is what takes the time; it is computed once whoever is asked for."""
    from django.contrib.auth.hashers import PBKDF2PasswordHasher

    Person.objects.filter(pk=cast.dora.pk).update(is_active=False)
    hashed = []
    encode = PBKDF2PasswordHasher.encode

    def count(hasher: PBKDF2PasswordHasher, *values: Any, **named: Any) -> str:
        hashed.append(1)
        return encode(hasher, *values, **named)

    monkeypatch.setattr(PBKDF2PasswordHasher, "encode", count)
    assert sign_in(email, "wrong").status_code == 200
    assert len(hashed) == 1


@pytest.mark.django_db
def test_what_was_typed_is_not_kept(lena: Person) -> None:
    sign_in("my-password-in-the-wrong-field", "x")
    assert "my-password" not in str(SignInTry.objects.values())


@pytest.mark.django_db
@pytest.mark.parametrize(
    "address", ["/signup/", "/register/", "/accounts/signup/", "/admin/signup/", "/api/v1/signup/"]
)
def test_sign_up_is_closed(cast: Cast, address: str) -> None:
    client = Client()
    client.force_login(cast.ada)
    assert client.get(address).status_code == client.post(address, {}).status_code == 404


@pytest.mark.django_db(transaction=True)
def test_fifty_at_once_pass_exactly_as_often_as_allowed(cast: Cast) -> None:
    answers: Counter[int] = Counter()

    def work() -> None:
        try:
            answers[sign_in("lena@example.org", "wrong").status_code] += 1
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _ in range(50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert answers == {200: PER_ACCOUNT, 429: 50 - PER_ACCOUNT}


@pytest.mark.django_db(transaction=True)
def test_many_colleagues_at_one_address_come_in_together(cast: Cast) -> None:
    outcomes: Counter[str] = Counter()

    def work(number: int) -> None:
        try:
            taken = sign_in_limits.take_try(SignInTry.Kind.PASSWORD, f"{number}@example.org", "10.0.0.1")
            sign_in_limits.note_right(taken)
            outcomes["in"] += 1
        except TooMany:
            outcomes["refused"] += 1
        finally:
            connection.close()

    threads = [threading.Thread(target=work, args=(number,)) for number in range(PER_NETWORK * 2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert outcomes == {"in": PER_NETWORK * 2}


@pytest.mark.django_db
def test_old_tries_are_forgotten(cast: Cast) -> None:
    wrong_tries(2)
    SignInTry.objects.filter(pk=SignInTry.objects.earliest("pk").pk).update(
        tried_at=ClockTimestamp() - timedelta(days=2)
    )
    assert sign_in_limits.forget_old_tries() == 1
    assert SignInTry.objects.count() == 1
