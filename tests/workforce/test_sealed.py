"""Secrets at rest: a keyring, values bound to their place, and a rotation that loses nothing while others write."""

import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from config import embedded, env
from workforce import resealing, sealed, second_factor
from workforce.models import Person, SecondFactor

OLD, NEW = ("2026a", b"a" * 32), ("2026b", b"b" * 32)
COLUMN = "workforce_secondfactor.sealed_secret"


def people_with_secrets(count: int) -> list[Person]:
    people = Person.objects.bulk_create([Person(email=f"s{n}@example.org", name=f"S {n}") for n in range(count)])
    SecondFactor.objects.bulk_create(
        [
            SecondFactor(person=one, sealed_secret=sealed.seal(f"secret {one.pk}", second_factor.place_of(one)))
            for one in people
        ]
    )
    return people


def secret_of(person: Person) -> str:
    found = SecondFactor.objects.get(person=person).sealed_secret
    return sealed.open_sealed(bytes(found), second_factor.place_of(person))


# --- One value --------------------------------------------------------------------------------------------------
def test_the_newest_key_seals_and_every_key_opens(settings: Any) -> None:
    settings.SEALING_KEYS = []
    by_secret_key = sealed.seal("secret", "a")
    settings.SEALING_KEYS = [OLD]
    by_old = sealed.seal("secret", "a")
    settings.SEALING_KEYS = [NEW, OLD]
    by_new = sealed.seal("secret", "a")
    assert by_new.startswith(b"crewline1.2026b.") and by_new != sealed.seal("secret", "a")
    assert {sealed.open_sealed(value, "a") for value in (by_secret_key, by_old, by_new)} == {"secret"}
    settings.SEALING_KEYS = [NEW]
    assert sealed.open_sealed(by_new, "a") == "secret"
    with pytest.raises(sealed.CannotOpen):
        sealed.open_sealed(by_old, "a")


def test_what_was_moved_or_changed_does_not_open(settings: Any, caplog: Any) -> None:
    settings.SEALING_KEYS = [NEW, OLD]
    value = sealed.seal("SECRET-CANARY", "row 1:key")
    renamed = value.replace(b"2026b", b"2026a")
    flipped = [value[:at] + bytes([value[at] ^ 1]) + value[at + 1 :] for at in range(len(value))]
    for broken in (renamed, value[:-1], value[:20], b"", b"crewline1.", b"crewline1.x", *flipped):
        with pytest.raises(sealed.CannotOpen) as refused:
            sealed.open_sealed(broken, "row 1:key")
        assert refused.value.status == 424 and "CANARY" not in str(refused.value)
    with pytest.raises(sealed.CannotOpen):
        sealed.open_sealed(value, "row 2:key")
    assert "row 2:key" in caplog.text and "CANARY" not in caplog.text


# --- Where the keys come from -----------------------------------------------------------------------------------
def test_keys_are_read_newest_first_and_the_data_folders_follow(monkeypatch: Any, tmp_path: Path) -> None:
    kept = embedded.sealing_keys(tmp_path / "home", make=True)
    assert kept == embedded.sealing_keys(tmp_path / "home", make=False) and kept.startswith("first:")
    assert embedded.sealing_keys(tmp_path / "none", make=False) == ""
    assert (tmp_path / "home/sealing-keys").stat().st_mode & 0o077 == 0
    (tmp_path / "keys").write_text(
        "2026b:YmJiYmJiYmJiYmJiYmJiYmJiYmJiYmJiYmJiYmJiYmI=\n2026a:" + "YWFh" * 10 + "YWE=\n"
    )
    monkeypatch.setenv("SEALING_KEYS_FILE", str(tmp_path / "keys"))
    found = env.sealing_keys("SEALING_KEYS", kept)
    assert found[:2] == [NEW, OLD] and [name for name, _ in found] == ["2026b", "2026a", "first"]


@pytest.mark.parametrize(
    "value", ["CANARY", "a:CANARY!", "a:Q0FOQVJZ", "A b:YWFh", "a:" + "YWFh" * 10 + "YWE=,a:" + "YWFh" * 10 + "YWE="]
)
def test_a_bad_keyring_stops_the_start_and_shows_no_key(value: str, monkeypatch: Any) -> None:
    monkeypatch.setenv("SEALING_KEYS", value)
    with pytest.raises(env.BadEnvironment) as stopped:
        env.sealing_keys("SEALING_KEYS")
    assert "SEALING_KEYS" in str(stopped.value) and "CANARY" not in str(stopped.value)


# --- Rotation ---------------------------------------------------------------------------------------------------
@pytest.mark.django_db
def test_rotation_goes_in_chunks_and_may_run_twice(settings: Any) -> None:
    settings.SEALING_KEYS = []
    people = people_with_secrets(3)
    settings.SEALING_KEYS = [NEW, OLD]
    assert resealing.reseal_all(chunk=2)[COLUMN] == resealing.Resealed(done=3)
    call_command("reseal_secrets")
    # The old key is taken away, SECRET_KEY is another one: a start with the newest key alone reads everything.
    settings.SEALING_KEYS, settings.SECRET_KEY = [NEW], "another-key-for-tests-0123456789"
    assert [secret_of(one) for one in people] == [f"secret {one.pk}" for one in people]


@pytest.mark.django_db
def test_a_value_that_no_key_opens_is_named_and_stays_as_it_is(settings: Any, capsys: Any) -> None:
    settings.SEALING_KEYS = [OLD]
    lost, moved, good = people_with_secrets(3)
    first = SecondFactor.objects.get(person=lost)
    SecondFactor.objects.filter(person=moved).update(sealed_secret=first.sealed_secret)
    before = bytes(SecondFactor.objects.get(person=moved).sealed_secret)
    settings.SEALING_KEYS = [NEW, OLD]
    with pytest.raises(CommandError, match="1 values"):
        call_command("reseal_secrets")
    assert str(SecondFactor.objects.get(person=moved).pk) in capsys.readouterr().out
    assert bytes(SecondFactor.objects.get(person=moved).sealed_secret) == before
    assert secret_of(lost) == f"secret {lost.pk}" and secret_of(good) == f"secret {good.pk}"


def test_without_a_keyring_there_is_nothing_to_rotate_to(settings: Any) -> None:
    settings.SEALING_KEYS = []
    with pytest.raises(CommandError, match="SEALING_KEYS is not set"):
        call_command("reseal_secrets")


@pytest.mark.django_db(transaction=True)
def test_rotation_under_load_loses_nothing(settings: Any) -> None:
    settings.SEALING_KEYS = [OLD]
    people = people_with_secrets(60)
    settings.SEALING_KEYS = [NEW, OLD]
    over, written, faults = threading.Event(), {one.pk: f"secret {one.pk}" for one in people}, []

    def write(mine: list[Person]) -> None:
        """As set-up does: a fresh secret, sealed and put in place of the old one."""
        for round_ in range(1000):
            one = mine[round_ % len(mine)]
            fresh = f"secret {one.pk} of round {round_}"
            value = sealed.seal(fresh, second_factor.place_of(one))
            SecondFactor.objects.filter(person=one).update(sealed_secret=value)
            written[one.pk] = fresh
            if over.is_set():
                return

    def read() -> None:
        while not over.is_set():
            for one in people[::7]:
                secret_of(one)

    def rotate() -> None:
        resealing.reseal_all(chunk=7)

    def kept(work: Callable[..., None], *args: Any) -> threading.Thread:
        def run() -> None:
            try:
                work(*args)
            except Exception as error:  # what a thread raises would be lost
                faults.append(repr(error))
            finally:
                connection.close()

        thread = threading.Thread(target=run)
        thread.start()
        return thread

    busy = [kept(write, people[:20]), kept(write, people[20:30]), kept(read)]
    # Two at once: whoever comes second to a row finds it done.
    rotations = [kept(rotate), kept(rotate)]
    for thread in rotations:
        thread.join()
    over.set()
    for thread in busy:
        thread.join()
    assert faults == []
    settings.SEALING_KEYS = [NEW]
    assert resealing.waiting_rows(resealing.COLUMNS[COLUMN]).count() == 0
    assert {one.pk: secret_of(one) for one in people} == written


def test_the_keys_are_not_in_the_settings_page_of_an_error() -> None:
    from django.views.debug import SafeExceptionReporterFilter

    cleansed = SafeExceptionReporterFilter().cleanse_setting("SEALING_KEYS", [("a", os.urandom(32))])
    assert "a" not in str(cleansed).replace("*", "")
