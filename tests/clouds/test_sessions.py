"""Open sessions: one handshake for many, none crosses, renewed in time, forgotten when rights are taken back."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.clouds.stages import OWNER, Stage, aws_stage
from workforce.storage_providers import sessions
from workforce.storage_providers.clock import VendorClock
from workforce.storage_providers.faults import StorageFault
from workforce.storage_providers.protocol import Pinned
from workforce.storage_providers.sessions import SessionCache, SessionKey

KEY = SessionKey("org-a", "integration-1", 1)
PNG = Pinned("image/png")


class Opener:
    """Counts handshakes; what it opens ends after ``seconds``."""

    def __init__(self, seconds: float = 3600) -> None:
        self.seconds, self.count, self.fault = seconds, 0, ""
        self.hold: Callable[[], object] = lambda: None

    def __call__(self) -> Any:
        self.count += 1
        self.hold()
        if self.fault:
            raise StorageFault(self.fault)
        clock = VendorClock()
        return type("Open", (), {"ends_at": clock.now() + self.seconds, "clock": clock, "number": self.count})()


def at_once(count: int, ask: Callable[[], Any]) -> list[Any]:
    with ThreadPoolExecutor(count) as pool:
        return [future.result() for future in [pool.submit(ask) for _ in range(count)]]


def test_five_hundred_mints_at_once_make_one_handshake(monkeypatch: Any) -> None:
    with aws_stage(monkeypatch) as stage:
        cache, starting = SessionCache(), threading.Barrier(500)

        def mint() -> str:
            starting.wait()
            session = cache.session(KEY, stage.open)
            return session.sign("cars/2026/a.png", PNG).reveal()

        stage.double.slow_seconds = 0.05
        assert len(at_once(500, mint)) == 500
        assert stage.handshakes() == 1


def test_no_session_crosses_to_another_organization_integration_or_revision() -> None:
    cache, openers = SessionCache(), {}
    keys = [SessionKey(org, one, revision) for org in ("a", "b") for one in ("1", "2") for revision in (1, 2)]
    for key in keys * 3:
        opener = openers.setdefault(key, Opener())
        cache.session(key, opener)
    assert len({id(cache.session(key, openers[key])) for key in keys}) == len(keys)
    assert {opener.count for opener in openers.values()} == {1}


def test_a_session_is_renewed_before_an_address_could_outlive_it() -> None:
    cache, opener = SessionCache(), Opener()
    first = cache.session(KEY, opener)
    # Two minutes left and five wanted.
    first.ends_at = first.clock.now() + 120
    second = cache.session(KEY, opener)
    assert second is not first and opener.count == 2
    # The vendor's clock counts, not ours.
    second.clock.offset_seconds = 3400
    assert cache.session(KEY, opener).number == 3
    with pytest.raises(StorageFault) as fault:
        SessionCache().session(KEY, Opener(seconds=sessions.NEEDED_SECONDS - 1))
    assert fault.value.code == "expired"


def test_near_the_end_one_renews_while_the_others_go_on() -> None:
    cache, opener = SessionCache(), Opener()
    first = cache.session(KEY, opener)
    first.ends_at = first.clock.now() + sessions.EARLY_SECONDS - 1
    renewing, go_on = threading.Event(), threading.Event()
    opener.hold = lambda: (renewing.set(), go_on.wait(5))
    renewer = threading.Thread(target=lambda: cache.session(KEY, opener))
    renewer.start()
    assert renewing.wait(5)
    assert all(one is first for one in [cache.session(KEY, opener) for _ in range(20)])
    go_on.set()
    renewer.join()
    assert cache.session(KEY, opener).number == 2 == opener.count
    # A vendor that is down at that moment costs nothing; one that says no ends the session.
    last = cache.session(KEY, opener)
    for fault, expected in (("unreachable", last), ("role_denied", None)):
        last.ends_at = last.clock.now() + sessions.EARLY_SECONDS - 1
        opener.fault = fault
        cache._places[KEY].fault_until = 0
        if expected:
            assert cache.session(KEY, opener) is expected
    with pytest.raises(StorageFault):
        cache.session(KEY, opener)


def test_a_failure_is_remembered_for_a_moment_and_no_storm_follows(monkeypatch: Any) -> None:
    cache, opener = SessionCache(), Opener()
    opener.fault = "role_denied"

    def ask() -> str:
        try:
            cache.session(KEY, opener)
        except StorageFault as fault:
            return fault.code
        return "open"

    assert set(at_once(50, ask)) == {"role_denied"} and opener.count == 1
    later = time.monotonic() + sessions.REMEMBER_SECONDS + 1
    monkeypatch.setattr("workforce.storage_providers.sessions.time.monotonic", lambda: later)
    opener.fault = ""
    assert ask() == "open" and opener.count == 2


def test_what_is_cleared_is_opened_anew_also_when_it_was_just_being_opened() -> None:
    cache, opener = SessionCache(), Opener()
    other = SessionKey("org-b", "integration-1", 1)
    kept = cache.session(other, Opener())
    cache.session(KEY, opener)
    cache.clear("org-a", "integration-1")
    assert cache.session(KEY, opener).number == 2
    cache.clear("org-a")
    opening, go_on = threading.Event(), threading.Event()
    opener.hold = lambda: (opening.set(), go_on.wait(5))
    found: list[Any] = []
    thread = threading.Thread(target=lambda: found.append(cache.session(KEY, opener)))
    thread.start()
    assert opening.wait(5)
    cache.clear("org-a")
    go_on.set()
    thread.join()
    # The one that was opened under the old rights is not handed out.
    assert found[0].number == 4
    assert cache.session(other, Opener()) is kept


def test_old_sessions_of_others_are_let_go_of(monkeypatch: Any) -> None:
    monkeypatch.setattr(sessions, "MOST_KEPT", 3)
    cache = SessionCache()
    for number in range(10):
        cache.session(SessionKey("a", str(number), 1), Opener())
    assert len(cache._places) == 3


def test_the_session_shows_nothing_of_the_cache(monkeypatch: Any) -> None:
    with aws_stage(monkeypatch) as stage:
        assert isinstance(stage, Stage)
        cache = SessionCache()
        session = cache.session(KEY, stage.open)
        secrets = stage.secrets()
        assert not [one for one in secrets if one in repr(vars(cache)) + repr(session)]
        assert OWNER.organization
