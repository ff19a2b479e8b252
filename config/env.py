"""Typed readers for environment variables. A bad value stops the start and names the variable."""

import binascii
import os
import re
from base64 import b64decode
from typing import Any
from urllib.parse import SplitResult, unquote, urlsplit

from workforce.storage_providers.addresses import origin_of
from workforce.storage_providers.faults import StorageFault
from workforce.storage_providers.hidden import Hidden
from workforce.storage_providers.surroundings import Surroundings

TRUE = {"1", "true", "yes", "on"}
FALSE = {"0", "false", "no", "off", ""}


class BadEnvironment(SystemExit):
    """Raised with one sentence that names the variable, the value and what is expected."""


def text(name: str, default: str = "") -> str:
    """The value of ``name``; ``name_FILE`` may name a file that holds it (secrets)."""
    path = os.environ.get(f"{name}_FILE")
    if path:
        try:
            with open(path, encoding="utf-8") as source:
                return source.read().strip()
        except OSError as error:
            raise BadEnvironment(f"{name}_FILE={path} cannot be read: {error.strerror}.") from error
    return os.environ.get(name, default)


def flag(name: str, default: bool = False) -> bool:
    value = os.environ.get(name)
    if value is None:
        return default
    if value.lower() in TRUE:
        return True
    if value.lower() in FALSE:
        return False
    raise BadEnvironment(f"{name}={value!r} is not a yes or no: write 1 or 0.")


def whole_number(name: str, default: int, *, least: int, most: int) -> int:
    value = os.environ.get(name)
    if not value:
        return default
    if not value.isdigit() or not least <= int(value) <= most:
        raise BadEnvironment(f"{name}={value!r} is not a whole number from {least} to {most}.")
    return int(value)


def names(name: str, default: str = "") -> list[str]:
    """A list of names separated by commas."""
    return [part.strip() for part in os.environ.get(name, default).split(",") if part.strip()]


def sealing_keys(name: str, kept: str = "") -> list[tuple[str, bytes]]:
    """Named keys, newest first: ``2026b:<base64 of 32 bytes>,2026a:<…>``, separated by commas or lines.

    The keys of ``kept`` (those of the data folder) come after them. A message never repeats a key."""
    keys = _read_keys(name, text(name))
    return list({**keys, **{label: key for label, key in _read_keys(name, kept).items() if label not in keys}}.items())


def _read_keys(name: str, value: str) -> dict[str, bytes]:
    keys: dict[str, bytes] = {}
    for part in value.replace("\n", ",").split(","):
        if not part.strip():
            continue
        label, _, encoded = part.strip().partition(":")
        if not SEALING_KEY_NAME.fullmatch(label) or label in keys:
            raise BadEnvironment(f"{name}: each key needs a name of its own of a-z, 0-9 and -, at most 32 characters.")
        try:
            keys[label] = b64decode(encoded, validate=True)
        except binascii.Error as error:
            raise BadEnvironment(f"{name}: the key {label} is not base64.") from error
        if len(keys[label]) != SEALING_KEY_BYTES:
            raise BadEnvironment(
                f"{name}: the key {label} is not 32 bytes long: make one with openssl rand -base64 32."
            )
    return keys


SEALING_KEY_BYTES = 32
SEALING_KEY_NAME = re.compile(r"[a-z0-9-]{1,32}")


def storage() -> dict[str, Any]:
    """What storages may reach and who this site is there: the fields of ``Surroundings``."""
    usual = Surroundings()
    return {
        "endpoints": _origins("STORAGE_ENDPOINTS"),
        "private_endpoints": _origins("STORAGE_PRIVATE_ENDPOINTS"),
        "folders": tuple(names("STORAGE_FOLDERS")),
        "ca_file": text("STORAGE_CA_FILE"),
        "sts_endpoint": text("STORAGE_STS_ENDPOINT"),
        "s3_endpoint": text("STORAGE_S3_ENDPOINT"),
        "iam_endpoint": text("STORAGE_IAM_ENDPOINT", usual.iam_endpoint),
        "gcs_endpoint": text("STORAGE_GCS_ENDPOINT", usual.gcs_endpoint),
        "entra_endpoint": text("STORAGE_ENTRA_ENDPOINT", usual.entra_endpoint),
        "blob_endpoint": text("STORAGE_BLOB_ENDPOINT", usual.blob_endpoint),
        "entra_client_id": text("AZURE_CLIENT_ID"),
        "entra_client_secret": Hidden(text("AZURE_CLIENT_SECRET")),
    }


def _origins(name: str) -> tuple[str, ...]:
    """The value is not repeated: somebody may have put a password into it."""
    try:
        return tuple(url for url in names(name) if origin_of(url))
    except StorageFault as error:
        raise BadEnvironment(f"{name}: write origins such as https://minio.example.org:9000, and commas.") from error


def mail_server(name: str) -> dict[str, Any]:
    """Where letters go: ``smtp://user:password@host:587`` (STARTTLS), ``smtps://…:465``, ``smtp+plain://host:25`` for a
    relay on the same machine, ``console:``; empty means none is configured."""
    value = text(name)
    if not value:
        return {}
    try:
        parts = urlsplit(value)
        port = parts.port
    except ValueError as error:
        raise _no_mail_server(name) from error
    if parts.scheme == "console":
        return {"backend": "django.core.mail.backends.console.EmailBackend"}
    if parts.scheme not in MAIL_PORTS or not parts.hostname:
        raise _no_mail_server(name)
    return {"backend": "django.core.mail.backends.smtp.EmailBackend", **_smtp(parts, port or MAIL_PORTS[parts.scheme])}


MAIL_PORTS = {"smtp": 587, "smtps": 465, "smtp+plain": 25}


def _smtp(parts: SplitResult, port: int) -> dict[str, Any]:
    return {
        "host": parts.hostname,
        "port": port,
        "user": unquote(parts.username or ""),
        "password": unquote(parts.password or ""),
        "starttls": parts.scheme == "smtp",
        "ssl": parts.scheme == "smtps",
    }


def _no_mail_server(name: str) -> BadEnvironment:
    """The value itself holds a password and is not repeated."""
    return BadEnvironment(f"{name} is no mail server: write smtp://user:password@host:587, smtps://… or console:.")
