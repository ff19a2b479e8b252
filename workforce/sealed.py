"""Secrets that must be read again: AES-GCM under a key made from SECRET_KEY, bound to the place they stand in.

A value copied into another row does not open there. With SECRET_KEY_FALLBACKS what an older key sealed still opens."""

import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

NONCE_BYTES = 12


class CannotOpen(Exception):
    """Sealed with another key, for another place, or changed since."""


def seal(clear: str, place: str) -> bytes:
    nonce = os.urandom(NONCE_BYTES)
    return nonce + _cipher(settings.SECRET_KEY).encrypt(nonce, clear.encode(), place.encode())


def open_sealed(sealed: bytes, place: str) -> str:
    for key in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS):
        try:
            return _cipher(key).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], place.encode()).decode()
        except InvalidTag:
            continue
    raise CannotOpen(place)


def _cipher(key: str) -> AESGCM:
    return AESGCM(HKDF(SHA256(), length=32, salt=None, info=b"crewline sealed values").derive(key.encode()))
