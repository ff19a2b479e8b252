"""A folder of this machine or of a mounted disk. The operator says below which folders one may lie.

Every part of a path is opened without following links, so neither a link that is there nor one put there between
looking and opening leads out of the folder."""

import errno
import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from io import FileIO
from pathlib import Path

from workforce.storage_providers import keys
from workforce.storage_providers.clock import VendorClock
from workforce.storage_providers.faults import StorageFault
from workforce.storage_providers.protocol import (
    LONGEST_SESSION_SECONDS,
    LONGEST_TTL_SECONDS,
    PAGE_LIMIT,
    Entry,
    Owner,
    Page,
    Pinned,
    Reading,
    SignedUrl,
    WriteProof,
)
from workforce.storage_providers.surroundings import Surroundings
from workforce.storage_providers.wire import CHUNK_BYTES

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
# A pipe must not make us wait for somebody to write into it.
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


@dataclass(frozen=True)
class LocalSettings:
    folder: str
    prefix: str = ""

    def __post_init__(self) -> None:
        keys.checked_prefix(self.prefix)


class LocalProvider:
    signs = False
    is_legacy = False

    def __init__(self, settings: LocalSettings, surroundings: Surroundings) -> None:
        self.settings, self.surroundings = settings, surroundings

    def open_session(self, owner: Owner, *, narrowed: bool = True) -> "LocalSession":
        folder = Path(self.settings.folder)
        # Where links of the way lead is decided once, here, by what the operator allowed.
        try:
            real = folder.resolve(strict=True)
        except (OSError, RuntimeError, ValueError) as error:
            raise StorageFault("folder_refused") from error
        allowed = [Path(root).resolve() for root in self.surroundings.folders]
        if not folder.is_absolute() or not any(real.is_relative_to(root) for root in allowed) or not real.is_dir():
            raise StorageFault("folder_refused")
        return LocalSession(real, self.settings.prefix)


class LocalSession:
    def __init__(self, folder: Path, prefix: str) -> None:
        self.folder, self.prefix = folder, prefix
        self.clock = VendorClock()
        self.ends_at = self.clock.now() + LONGEST_SESSION_SECONDS

    def list_keys(self, *, marker: str = "", limit: int = PAGE_LIMIT, pattern: str = "*") -> Page:
        if marker:
            keys.checked_marker(marker, self.prefix)
        entries: list[Entry] = []
        seen, unusable, last = 0, 0, ""
        for key in self._walk(self.prefix.rstrip("/"), marker):
            if seen == limit:
                return Page(tuple(entries), last, unusable)
            seen, last = seen + 1, key
            if not keys.is_usable(key, self.prefix):
                unusable += 1
            elif keys.matches(key, self.prefix, pattern):
                entries.extend(self._found(key))
        return Page(tuple(entries), "", unusable)

    def _found(self, key: str) -> list[Entry]:
        try:
            return [self.head(key)]
        except StorageFault:
            return []  # removed between listing and looking

    def head(self, key: str) -> Entry:
        handle = self._open(key)
        try:
            return _entry(key, os.fstat(handle))
        finally:
            os.close(handle)

    def read(self, key: str, *, start: int = 0, end: int | None = None, etag: str = "") -> Reading:
        file = os.fdopen(self._open(key), "rb", buffering=0)
        try:
            entry = _entry(key, os.fstat(file.fileno()))
            if etag and etag != entry.etag:
                raise StorageFault("changed")
            if start and start >= entry.size:
                raise StorageFault("range_refused")
            file.seek(start)
        except BaseException:
            file.close()
            raise
        length = (entry.size if end is None else min(end + 1, entry.size)) - start
        return Reading(entry, start, length, _chunks(file, length), file.close)

    def sign(self, key: str, pinned: Pinned, *, ttl_seconds: int = LONGEST_TTL_SECONDS) -> SignedUrl:
        keys.checked_key(key, self.prefix)
        raise StorageFault("not_signable")

    def probe_write(self) -> WriteProof:
        """By the rights of the folder: nothing is tried on a disk that others may watch."""
        may = os.access(
            self.folder / self.prefix, os.W_OK | os.X_OK, effective_ids=os.access in os.supports_effective_ids
        )
        return WriteProof(may, may)

    def bucket_region(self) -> str:
        return ""

    def is_public(self, key: str) -> bool:
        keys.checked_key(key, self.prefix)
        return False

    def _walk(self, below: str, marker: str) -> Iterator[str]:
        """Keys after the marker in the order of the buckets (by code point of the whole key), links left out."""
        try:
            found = [*os.scandir(self.folder / below)]
        except FileNotFoundError:
            return
        except OSError as error:
            raise StorageFault("denied") from error
        lead = f"{below}/" if below else ""
        for item in sorted(found, key=lambda one: one.name + "/" * one.is_dir(follow_symlinks=False)):
            key = lead + item.name
            if item.is_dir(follow_symlinks=False):
                if marker < f"{key}/" or marker.startswith(f"{key}/"):
                    yield from self._walk(key, marker)
            elif item.is_file(follow_symlinks=False) and key > marker:
                yield key

    def _open(self, key: str) -> int:
        *folders, name = keys.checked_key(key, self.prefix).split("/")
        at = os.open(self.folder, _FOLDER)
        try:
            for folder in folders:
                inner = os.open(folder, _FOLDER, dir_fd=at)
                os.close(at)
                at = inner
            handle = os.open(name, _FILE, dir_fd=at)
        except OSError as error:
            # A link is as good as nothing: who put it there need not learn that we saw it.
            gone = error.errno in (errno.ENOENT, errno.ENOTDIR, errno.ELOOP, errno.ENAMETOOLONG, errno.ENXIO)
            raise StorageFault("not_found" if gone else "denied") from error
        finally:
            os.close(at)
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            os.close(handle)
            raise StorageFault("not_found")
        return handle


def _entry(key: str, found: os.stat_result) -> Entry:
    modified = datetime.fromtimestamp(found.st_mtime, tz=UTC)
    return Entry(key, found.st_size, f'"{found.st_mtime_ns:x}-{found.st_size:x}-{found.st_ino:x}"', modified)


def _chunks(file: FileIO, length: int) -> Iterator[bytes]:
    with file:
        while length > 0:
            chunk = file.read(min(CHUNK_BYTES, length))
            if not chunk:
                raise StorageFault("changed")
            length -= len(chunk)
            yield chunk
