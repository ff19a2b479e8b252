"""Secrets that must be read again: AES-GCM under a keyring, bound to the place they stand in.

The newest key of SEALING_KEYS seals, every key of it opens; a sealed value begins with the name of its key. A value
copied into another row or column does not open there. Without SEALING_KEYS, and for what was sealed before there were
any, the key is made from SECRET_KEY and its fallbacks. ``resealing`` brings everything under the newest key."""

import logging
import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

from workforce.errors import Refusal

NONCE_BYTES = 12
# Before the name of the key; what a key made from SECRET_KEY sealed begins with its nonce instead.
MARK = b"crewline1."
LONGEST_NAME = 32

log = logging.getLogger("crewline.sealed")


class CannotOpen(Refusal):
    """Sealed with another key, for another place, or changed since. Nothing that depends on the secret goes on."""

    status = 424

    def __init__(self, place: str, reason: str) -> None:
        super().__init__("secret_unreadable", "A stored secret cannot be read. Enter it again, or ask the operator.")
        self.place = place
        log.error("a sealed value does not open: %s (%s)", place, reason)


def seal(clear: str, place: str) -> bytes:
    nonce = os.urandom(NONCE_BYTES)
    if not settings.SEALING_KEYS:
        return nonce + _cipher(settings.SECRET_KEY).encrypt(nonce, clear.encode(), place.encode())
    head = newest_head()
    key = settings.SEALING_KEYS[0][1]
    return head + nonce + AESGCM(key).encrypt(nonce, clear.encode(), head + place.encode())


def open_sealed(sealed: bytes, place: str) -> str:
    head, name = _head_of(sealed)
    key = dict(settings.SEALING_KEYS).get(name)
    if key is not None:
        rest = sealed[len(head) :]
        try:
            return AESGCM(key).decrypt(rest[:NONCE_BYTES], rest[NONCE_BYTES:], head + place.encode()).decode()
        except (InvalidTag, ValueError) as error:
            raise CannotOpen(place, "changed, or from another place") from error
    return _open_by_secret_key(sealed, place, reason=f"no key named {name}" if name else "changed, or of another key")


def newest_head() -> bytes:
    """What every value sealed now begins with; empty where there is no keyring."""
    return MARK + settings.SEALING_KEYS[0][0].encode() + b"." if settings.SEALING_KEYS else b""


def _head_of(sealed: bytes) -> tuple[bytes, str]:
    if not sealed.startswith(MARK):
        return b"", ""
    name, dot, _ = sealed[len(MARK) : len(MARK) + LONGEST_NAME + 1].partition(b".")
    return (MARK + name + dot, name.decode("ascii", "replace")) if dot else (b"", "")


def _open_by_secret_key(sealed: bytes, place: str, *, reason: str) -> str:
    for key in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS):
        try:
            return _cipher(key).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], place.encode()).decode()
        except (InvalidTag, ValueError):
            continue
    raise CannotOpen(place, reason)


def _cipher(key: str) -> AESGCM:
    return AESGCM(HKDF(SHA256(), length=32, salt=None, info=b"crewline sealed values").derive(key.encode()))
