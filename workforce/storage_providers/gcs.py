"""Google Cloud Storage by a service account of the customer, which lets ours act in its name. No key is held: an access
token of an hour reads, and Google itself signs each address (``signBlob``).

Source of the signature: "Signatures" and "Canonical requests" of the Cloud Storage documentation (V4)."""

import json
import re
import secrets
import time
from base64 import b64decode, b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from workforce.storage_providers import keys
from workforce.storage_providers.answers import write_proof
from workforce.storage_providers.clock import VendorClock
from workforce.storage_providers.faults import StorageFault, not_installed
from workforce.storage_providers.hidden import Hidden
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
    lifetime,
)
from workforce.storage_providers.surroundings import Surroundings
from workforce.storage_providers.wire import Answer, Wire

BUCKET = re.compile(r"[a-z0-9][a-z0-9._-]{1,220}[a-z0-9]")
ACCOUNT = re.compile(r"[a-z0-9-]{1,63}@[a-z0-9.-]{1,190}\.gserviceaccount\.com")
CLOUD = "https://www.googleapis.com/auth/cloud-platform"
READ_ONLY = "https://www.googleapis.com/auth/devstorage.read_only"
READ_WRITE = "https://www.googleapis.com/auth/devstorage.read_write"
STATUSES = {401: "expired", 403: "denied", 404: "not_found", 412: "changed", 416: "range_refused", 429: "throttled"}
STATUSES |= {408: "unreachable", 503: "throttled"}
FIELDS = "name,size,etag,generation,updated,contentType"


@dataclass(frozen=True)
class GcsSettings:
    bucket: str
    prefix: str
    # Of the customer; ours must be its Service Account Token Creator.
    service_account: str

    def __post_init__(self) -> None:
        keys.checked_prefix(self.prefix)
        if not (BUCKET.fullmatch(self.bucket) and ACCOUNT.fullmatch(self.service_account)):
            raise StorageFault("misconfigured")


class GcsProvider:
    signs = True
    is_legacy = False

    def __init__(self, settings: GcsSettings, surroundings: Surroundings) -> None:
        self.settings, self.surroundings = settings, surroundings

    def open_session(self, owner: Owner, *, narrowed: bool = True) -> "GcsSession":
        """A token cannot be narrowed to a prefix in this step; narrowed means one that only reads."""
        around, settings = self.surroundings, self.settings
        iam = _Impersonation(settings.service_account, around)
        given = iam.ask(
            "generateAccessToken",
            {"scope": [READ_ONLY if narrowed else READ_WRITE], "lifetime": f"{LONGEST_SESSION_SECONDS}s"},
        )
        ends_at = datetime.fromisoformat(given["expireTime"]).timestamp()
        return GcsSession(
            endpoint=around.gcs_endpoint.rstrip("/"),
            bucket=settings.bucket,
            prefix=settings.prefix,
            token=Hidden(given["accessToken"]),
            ends_at=min(ends_at, iam.clock.now() + LONGEST_SESSION_SECONDS),
            clock=iam.clock,
            iam=iam,
            wire=around.wire(around.gcs_endpoint),
        )


def own_token(surroundings: Surroundings) -> Hidden:
    """Who this site is at Google, found as every tool of Google finds it: a file that the environment names, or the
    machine's own account."""
    try:
        import google.auth
        import google.auth.transport.requests
        import requests
        from google.auth import exceptions
    except ImportError as error:
        raise not_installed(error) from error
    with requests.Session() as session:
        session.verify = surroundings.ca_file or True
        try:
            credentials, _ = google.auth.default(scopes=[CLOUD])
            credentials.refresh(google.auth.transport.requests.Request(session=session))
        except exceptions.TransportError as error:
            raise StorageFault("unreachable") from error
        except exceptions.RefreshError as error:
            # A refusal came as JSON; anything else is a server in trouble.
            was_refused = not error.retryable and isinstance(error.args[-1], dict)
            raise StorageFault("operator_credentials" if was_refused else "unreachable") from error
        except exceptions.GoogleAuthError as error:
            raise StorageFault("operator_credentials") from error
    return Hidden(credentials.token or "")


class _Impersonation:
    """What we ask Google to do in the name of the customer's service account."""

    def __init__(self, account: str, surroundings: Surroundings) -> None:
        self.account, self.clock = account, VendorClock()
        self._surroundings, self._token = surroundings, own_token(surroundings)
        self._endpoint = surroundings.iam_endpoint.rstrip("/")
        self._wire = surroundings.wire(surroundings.iam_endpoint)

    def ask(self, what: str, body: dict[str, Any]) -> dict[str, Any]:
        answer = self._answer(what, body)
        if answer.status == 401:
            # Our own token may end before the session does: a machine's account hands out ones that are half over.
            self._token = own_token(self._surroundings)
            answer = self._answer(what, body)
        if answer.status in (403, 404):
            raise StorageFault("role_denied", _reason(answer))
        if answer.status == 401:
            raise StorageFault("operator_credentials", _reason(answer))
        return _json(_accepted(answer))

    def _answer(self, what: str, body: dict[str, Any]) -> Answer:
        url = f"{self._endpoint}/v1/projects/-/serviceAccounts/{quote(self.account)}:{what}"
        headers = {"Authorization": f"Bearer {self._token.reveal()}", "Content-Type": "application/json"}
        answer = self._wire.ask("POST", url, headers, json.dumps(body).encode())
        self.clock.note(answer.headers.get("Date"))
        return answer

    def signature(self, text: bytes) -> bytes:
        return b64decode(self.ask("signBlob", {"payload": b64encode(text).decode()})["signedBlob"])


@dataclass
class GcsSession:
    endpoint: str
    bucket: str
    prefix: str
    token: Hidden
    ends_at: float
    clock: VendorClock
    iam: _Impersonation = field(repr=False)
    wire: Wire = field(repr=False)

    def list_keys(self, *, marker: str = "", limit: int = PAGE_LIMIT, pattern: str = "*") -> Page:
        query = {"prefix": self.prefix, "maxResults": str(limit), "fields": f"items({FIELDS}),nextPageToken"}
        if marker:
            query["pageToken"] = marker
        found = _json(_accepted(self._answer("GET", f"{self._objects()}?{urlencode(query)}")))
        names = [item["name"] for item in found.get("items", [])]
        usable = {name for name in names if keys.is_usable(name, self.prefix)}
        entries = tuple(
            _entry(item)
            for item in found.get("items", [])
            if item["name"] in usable and keys.matches(item["name"], self.prefix, pattern)
        )
        unusable = sum(name not in usable and not name.endswith("/") for name in names)
        return Page(entries, str(found.get("nextPageToken", "")), unusable)

    def head(self, key: str) -> Entry:
        url = f"{self._object(key)}?{urlencode({'fields': FIELDS})}"
        return _entry(_json(_accepted(self._answer("GET", url))))

    def read(self, key: str, *, start: int = 0, end: int | None = None, etag: str = "") -> Reading:
        """One request for the facts, one for the bytes of exactly that generation."""
        url = self._object(key)
        facts = _json(_accepted(self._answer("GET", f"{url}?{urlencode({'fields': FIELDS})}")))
        entry = _entry(facts)
        if etag and etag != entry.etag:
            raise StorageFault("changed")
        headers = self._headers()
        if start or end is not None:
            headers["Range"] = f"bytes={start}-{'' if end is None else end}"
        query = urlencode({"alt": "media", "ifGenerationMatch": facts["generation"]})
        reply = self.wire.stream("GET", f"{url}?{query}", headers)
        if reply.status not in (200, 206):
            raise _fault_of(Answer(reply.status, reply.headers, reply.whole()))
        return Reading(entry, start, int(reply.headers.get("Content-Length") or 0), reply.chunks(), reply.close)

    def sign(self, key: str, pinned: Pinned, *, ttl_seconds: int = LONGEST_TTL_SECONDS) -> SignedUrl:
        """Google pins type and disposition; it knows no way to pin the caching of the answer."""
        keys.checked_key(key, self.prefix)
        seconds, now = lifetime(ttl_seconds, self.ends_at, self.clock), self.clock.now()
        query = {
            "response-content-type": pinned.content_type,
            "response-content-disposition": pinned.disposition,
        }
        unsigned = UnsignedUrl(f"{self.endpoint}/{self.bucket}/{quote(key, safe='/~')}", query, self.iam.account)
        text, ordered = unsigned.string_to_sign(now=now, ttl_seconds=seconds)
        signature = self.iam.signature(text).hex()
        return SignedUrl(Hidden(f"{unsigned.url}?{ordered}&X-Goog-Signature={signature}"), now + seconds, seconds)

    def probe_write(self) -> WriteProof:
        key = f"{self.prefix}.crewline-probe-{secrets.token_hex(8)}"
        query = urlencode({"uploadType": "media", "name": key, "ifGenerationMatch": "0"})
        upload = f"{self.endpoint}/upload/storage/v1/b/{self.bucket}/o?{query}"
        put = self._answer("POST", upload, b"")
        return write_proof(put, self._answer("DELETE", self._object(key)), _fault_of)

    def bucket_region(self) -> str:
        """Needs ``storage.buckets.get``, which reading objects does not bring: unknown is no fault."""
        answer = self._answer("GET", f"{self.endpoint}/storage/v1/b/{self.bucket}?fields=location")
        return "" if answer.status == 403 else str(_json(_accepted(answer))["location"]).lower()

    def is_public(self, key: str) -> bool:
        return self.wire.opens(f"{self._object(key)}?alt=media")

    def _objects(self) -> str:
        return f"{self.endpoint}/storage/v1/b/{self.bucket}/o"

    def _object(self, key: str) -> str:
        return f"{self._objects()}/{quote(keys.checked_key(key, self.prefix), safe='')}"

    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token.reveal()}"}

    def _answer(self, method: str, url: str, body: bytes | None = None) -> Answer:
        answer = self.wire.ask(method, url, self._headers(), body)
        self.clock.note(answer.headers.get("Date"))
        return answer


@dataclass(frozen=True)
class UnsignedUrl:
    """The path is quoted already; the parts of the query are not."""

    url: str
    query: Mapping[str, str]
    account: str

    def string_to_sign(self, *, now: float, ttl_seconds: int) -> tuple[bytes, str]:
        """What Google signs, and the query that goes with it."""
        stamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(now))
        scope = f"{stamp[:8]}/auto/storage/goog4_request"
        fields = {
            **self.query,
            "X-Goog-Algorithm": "GOOG4-RSA-SHA256",
            "X-Goog-Credential": f"{self.account}/{scope}",
            "X-Goog-Date": stamp,
            "X-Goog-Expires": str(ttl_seconds),
            "X-Goog-SignedHeaders": "host",
        }
        pairs = ((quote(name, safe=""), quote(value, safe="")) for name, value in fields.items())
        ordered = "&".join(f"{name}={value}" for name, value in sorted(pairs))
        parts = urlsplit(self.url)
        asked = f"GET\n{parts.path}\n{ordered}\nhost:{parts.netloc}\n\nhost\nUNSIGNED-PAYLOAD"
        return f"GOOG4-RSA-SHA256\n{stamp}\n{scope}\n{sha256(asked.encode()).hexdigest()}".encode(), ordered


def _entry(item: dict[str, Any]) -> Entry:
    try:
        modified = datetime.fromisoformat(item["updated"])
        return Entry(item["name"], int(item["size"]), item["etag"], modified, item.get("contentType", ""))
    except (KeyError, ValueError, TypeError) as error:
        raise StorageFault("misconfigured") from error


def _json(answer: Answer) -> dict[str, Any]:
    try:
        found = json.loads(answer.body)
    except ValueError as error:
        raise StorageFault("misconfigured") from error
    if not isinstance(found, dict):
        raise StorageFault("misconfigured")
    return found


def _accepted(answer: Answer) -> Answer:
    if answer.status not in (200, 204, 206):
        raise _fault_of(answer)
    return answer


def _reason(answer: Answer) -> str:
    """``PERMISSION_DENIED`` of IAM, ``notFound`` of the storage."""
    try:
        error = json.loads(answer.body)["error"]
        return str(error.get("status") or error["errors"][0]["reason"]).title().replace("_", "")
    except (ValueError, KeyError, TypeError, IndexError, AttributeError):
        return ""


def _fault_of(answer: Answer) -> StorageFault:
    code = STATUSES.get(answer.status) or ("unreachable" if answer.status >= 500 else "misconfigured")
    return StorageFault(code, _reason(answer))
