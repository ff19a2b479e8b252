"""Open sessions, kept for those who mint: one handshake however many ask at once.

A session belongs to one organization, integration and revision of its settings, so none crosses and a changed setting
never meets an old session. It is renewed before an address could outlive it. A failed handshake is remembered for a
moment, or a broken integration would be knocked at by every page. Kept in this process only: credentials go into no
cache server."""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field

from workforce.storage_providers.faults import StorageFault
from workforce.storage_providers.protocol import LONGEST_TTL_SECONDS, MARGIN_SECONDS, Session

# From here on one caller renews while the others go on with what there is.
EARLY_SECONDS = 600
NEEDED_SECONDS = LONGEST_TTL_SECONDS + MARGIN_SECONDS
# A vendor that is down or slows us is asked again sooner than one that said no.
REMEMBER_PASSING_SECONDS = 5
REMEMBER_SECONDS = 30
MOST_KEPT = 1000


@dataclass(frozen=True)
class SessionKey:
    organization: str
    integration: str
    revision: int


@dataclass
class _Place:
    """One session and the lock under which it is opened."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    session: Session | None = None
    fault: StorageFault | None = None
    fault_until: float = 0
    is_cleared: bool = False

    def seconds_left(self) -> float:
        session = self.session
        return session.ends_at - session.clock.now() if session else 0


class SessionCache:
    def __init__(self) -> None:
        self._places: OrderedDict[SessionKey, _Place] = OrderedDict()
        self._lock = threading.Lock()

    def session(self, key: SessionKey, opener: Callable[[], Session]) -> Session:
        """A session that lasts longer than any address signed with it; ``opener`` is called where there is none."""
        while True:
            place = self._place(key)
            left = place.seconds_left()
            if left > NEEDED_SECONDS:
                if left < EARLY_SECONDS and place.lock.acquire(blocking=False):
                    self._renew_early(place, opener)
                found = place.session
            else:
                with place.lock:
                    found = self._open_if_needed(place, opener)
            # Cleared while we waited or opened: what was opened under the old rights is not handed out.
            if found is not None and not place.is_cleared:
                return found

    def clear(self, organization: str, integration: str = "") -> None:
        """Forget what is open, of one integration or of the whole organization; also what is being opened."""
        with self._lock:
            for key in [*self._places]:
                if key.organization == organization and integration in ("", key.integration):
                    self._places.pop(key).is_cleared = True

    def _place(self, key: SessionKey) -> _Place:
        with self._lock:
            place = self._places.setdefault(key, _Place())
            self._places.move_to_end(key)
            while len(self._places) > MOST_KEPT:
                self._places.popitem(last=False)
            return place

    def _open_if_needed(self, place: _Place, opener: Callable[[], Session]) -> Session | None:
        if place.is_cleared or place.seconds_left() > NEEDED_SECONDS:
            return place.session
        if place.fault is not None and time.monotonic() < place.fault_until:
            raise StorageFault(place.fault.code, str(place.fault.details.get("vendor_code", "")))
        try:
            place.session, place.fault = opener(), None
        except StorageFault as fault:
            remember = REMEMBER_PASSING_SECONDS if fault.is_passing else REMEMBER_SECONDS
            place.session, place.fault, place.fault_until = None, fault, time.monotonic() + remember
            raise
        if place.seconds_left() <= NEEDED_SECONDS:
            raise StorageFault("expired")  # shorter than one address: nothing can be signed with it
        return place.session

    def _renew_early(self, place: _Place, opener: Callable[[], Session]) -> None:
        """Called with the lock. A vendor that does not answer leaves the old session in use; a no ends it."""
        try:
            if place.seconds_left() < EARLY_SECONDS and time.monotonic() >= place.fault_until:
                place.fault_until = time.monotonic() + REMEMBER_PASSING_SECONDS
                place.session = opener()
        except StorageFault as fault:
            if not fault.is_passing:
                place.session, place.fault = None, fault
                place.fault_until = time.monotonic() + REMEMBER_SECONDS
        finally:
            place.lock.release()
