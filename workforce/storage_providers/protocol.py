"""What every kind of storage offers: a provider opens a session, and the session lists, reads and signs.

A session is credentials with an end, narrowed to one bucket and prefix. All that goes in and out are plain values;
faults are ``StorageFault``, keys that may not be asked for ``InvalidInput``."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol
from urllib.parse import quote

from workforce.storage_providers.clock import VendorClock
from workforce.storage_providers.faults import StorageFault
from workforce.storage_providers.hidden import Hidden

LONGEST_SESSION_SECONDS = 3600
LONGEST_TTL_SECONDS = 300
# What may pass between signing and the click, and between our clock and theirs.
MARGIN_SECONDS = 60
PAGE_LIMIT = 1000
_MIME = re.compile(r"[a-z0-9][a-z0-9.+-]{0,62}/[a-z0-9][a-z0-9.+-]{0,62}(; ?charset=[a-zA-Z0-9-]{1,20})?")


@dataclass(frozen=True)
class Owner:
    """Whose session it is: the organization's and the integration's uid, seen in the customer's own log."""

    organization: str
    integration: str


@dataclass(frozen=True)
class Entry:
    """One object. ``etag`` changes when the object does; ``modified_at`` is the vendor's time."""

    key: str
    size: int
    etag: str
    modified_at: datetime
    content_type: str = ""


@dataclass(frozen=True)
class Page:
    """Some keys in order. ``marker`` continues after them and is empty on the last page; a page may be empty where
    the pattern fits nothing. ``unusable`` counts objects whose keys are never asked for."""

    entries: tuple[Entry, ...]
    marker: str
    unusable: int = 0


@dataclass(frozen=True)
class Pinned:
    """What the answer to a signed address says of the object, whatever its owner wrote on it."""

    content_type: str
    filename: str = ""

    def __post_init__(self) -> None:
        if not _MIME.fullmatch(self.content_type):
            raise ValueError(f"no content type: {self.content_type!r}")

    @property
    def disposition(self) -> str:
        return f"inline; filename*=UTF-8''{quote(self.filename, safe='')}" if self.filename else "inline"

    cache_control = "private, no-store"


@dataclass(frozen=True)
class SignedUrl:
    """An address that opens one object once it is revealed, until ``expires_at`` (the vendor's clock, seconds)."""

    address: Hidden
    expires_at: float
    ttl_seconds: int

    def reveal(self) -> str:
        return self.address.reveal()


@dataclass(frozen=True)
class WriteProof:
    """What became of writing and removing an object that never was: both should have been refused."""

    may_write: bool
    may_delete: bool


@dataclass
class Reading:
    """The bytes of an object from ``start`` on; iterate over it once, or close it."""

    entry: Entry
    start: int
    length: int
    chunks: Iterator[bytes] = field(repr=False)
    close: Callable[[], None] = field(repr=False)

    def __iter__(self) -> Iterator[bytes]:
        return self.chunks

    def whole(self) -> bytes:
        return b"".join(self.chunks)


class Session(Protocol):
    # When the credentials end, by the vendor's clock.
    ends_at: float
    clock: VendorClock

    def list_keys(self, *, marker: str = "", limit: int = PAGE_LIMIT, pattern: str = "*") -> Page: ...

    def head(self, key: str) -> Entry: ...

    def read(self, key: str, *, start: int = 0, end: int | None = None, etag: str = "") -> Reading:
        """Bytes ``start`` to ``end`` (included; to the last where none is given). With ``etag`` only if the object
        still has it."""

    def sign(self, key: str, pinned: Pinned, *, ttl_seconds: int = LONGEST_TTL_SECONDS) -> SignedUrl: ...

    def probe_write(self) -> WriteProof:
        """Tries to write and to remove an object of a name that nobody has; what was written is removed again."""

    def bucket_region(self) -> str: ...

    def is_public(self, key: str) -> bool:
        """Whether the object opens for anybody, without any credentials."""


class Provider(Protocol):
    """Knows the settings of one integration."""

    # False where the site itself hands out the bytes.
    signs: bool
    # Long-lived keys: works, but nobody should want it.
    is_legacy: bool

    def open_session(self, owner: Owner, *, narrowed: bool = True) -> Session:
        """``narrowed=False`` is for the check that proves what the customer granted, beyond what we ask for."""


def lifetime(ttl_seconds: int, ends_at: float, clock: VendorClock) -> int:
    """How long an address may live: five minutes at most, and never longer than the session it was signed with."""
    seconds = min(ttl_seconds, LONGEST_TTL_SECONDS, int(ends_at - clock.now()))
    if seconds < 1:
        raise StorageFault("expired")
    return seconds
