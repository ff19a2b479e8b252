"""Azure Blob Storage by an application at Entra that the customer consented to. Its token reads; addresses are signed
with a user-delegation key, which ends with the session and which the customer can revoke. No account key is held.

Effective rights are what the signature allows and the application's roles allow: Storage Blob Delegator on the account
and Storage Blob Data Reader on the container."""

import re
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import quote, urlencode
from xml.etree.ElementTree import Element, ParseError

from defusedxml.ElementTree import fromstring

from workforce.storage_providers import keys
from workforce.storage_providers.answers import entry_of_headers, write_proof
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

SCOPE = "https://storage.azure.com/.default"
API_VERSION = "2024-11-04"
TENANT = re.compile(r"[0-9a-fA-F-]{36}|[a-z0-9][a-z0-9.-]{1,100}\.[a-z]{2,}")
ACCOUNT = re.compile(r"[a-z0-9]{3,24}")
CONTAINER = re.compile(r"[a-z0-9](?:[a-z0-9]|-(?!-)){1,61}[a-z0-9]")
CODES = {
    "AuthorizationPermissionMismatch": "denied",
    "AuthorizationFailure": "denied",
    "InsufficientAccountPermissions": "denied",
    "PublicAccessNotPermitted": "denied",
    "NoAuthenticationInformation": "denied",
    "BlobNotFound": "not_found",
    "ContainerNotFound": "no_bucket",
    "InvalidAuthenticationInfo": "expired",
    "AuthenticationFailed": "expired",
    "ServerBusy": "throttled",
    "BlobArchived": "archived",
    "ConditionNotMet": "changed",
    "InvalidRange": "range_refused",
}
STATUSES = {401: "expired", 403: "denied", 404: "not_found", 409: "archived", 412: "changed", 416: "range_refused"}
STATUSES |= {429: "throttled", 503: "throttled"}
# What Entra says when the customer has not consented, or took it back.
NO_CONSENT = ("AADSTS650057", "AADSTS65001", "AADSTS700016", "AADSTS90002", "AADSTS7000112", "AADSTS500011")
BUSY = ("AADSTS90033", "AADSTS90055")


@dataclass(frozen=True)
class AzureSettings:
    tenant_id: str
    account: str
    container: str
    prefix: str

    def __post_init__(self) -> None:
        keys.checked_prefix(self.prefix)
        named = TENANT.fullmatch(self.tenant_id) and ACCOUNT.fullmatch(self.account)
        if not (named and CONTAINER.fullmatch(self.container)):
            raise StorageFault("misconfigured")


class AzureProvider:
    signs = True
    is_legacy = False

    def __init__(self, settings: AzureSettings, surroundings: Surroundings) -> None:
        self.settings, self.surroundings = settings, surroundings

    def open_session(self, owner: Owner, *, narrowed: bool = True) -> "AzureSession":
        """The roles that the customer gave are what narrows a token; it always asks for all of them."""
        endpoint = self.surroundings.blob_endpoint.format(account=self.settings.account).rstrip("/")
        token, token_ends_at = self._token()
        session = AzureSession(
            endpoint=endpoint,
            settings=self.settings,
            token=token,
            ends_at=0,
            clock=VendorClock(),
            wire=self.surroundings.wire(endpoint),
        )
        session.bucket_region()  # the answer tells the vendor's time, by which the key is asked for
        session.ends_at = min(
            token_ends_at + session.clock.offset_seconds, session.clock.now() + LONGEST_SESSION_SECONDS
        )
        session.delegation = session.delegation_key()
        return session

    def _token(self) -> tuple[Hidden, float]:
        """The token and its end by our clock."""
        around = self.surroundings
        try:
            from azure.core.exceptions import AzureError, ClientAuthenticationError
            from azure.identity import ClientSecretCredential, CredentialUnavailableError
        except ImportError as error:
            raise not_installed(error) from error
        if not (around.entra_client_id and around.entra_client_secret):
            raise StorageFault("operator_credentials")
        try:
            with ClientSecretCredential(
                self.settings.tenant_id,
                around.entra_client_id,
                around.entra_client_secret.reveal(),
                authority=around.entra_endpoint,
                disable_instance_discovery=True,
                connection_verify=around.ca_file or True,
                retry_total=0,
                connection_timeout=around.timeout_seconds,
                read_timeout=around.timeout_seconds,
            ) as credential:
                given = credential.get_token(SCOPE)
        except ClientAuthenticationError as error:
            raise _entra_fault(str(error)) from None
        except (CredentialUnavailableError, AzureError, ValueError, OSError) as error:
            raise StorageFault("unreachable") from error
        return Hidden(given.token), float(given.expires_on)


@dataclass
class AzureSession:
    endpoint: str
    settings: AzureSettings
    token: Hidden
    ends_at: float
    clock: VendorClock
    wire: Wire = field(repr=False)
    delegation: Any = field(default=None, repr=False)

    @property
    def prefix(self) -> str:
        return self.settings.prefix

    def list_keys(self, *, marker: str = "", limit: int = PAGE_LIMIT, pattern: str = "*") -> Page:
        query = {"restype": "container", "comp": "list", "prefix": self.prefix, "maxresults": str(limit)}
        if marker:
            query["marker"] = marker
        answer = _accepted(self._answer("GET", f"{self._container()}?{urlencode(query)}"))
        try:
            return _page(fromstring(answer.body, forbid_dtd=True), self.prefix, pattern)
        except (ParseError, ValueError, TypeError, KeyError) as error:
            raise StorageFault("misconfigured") from error

    def head(self, key: str) -> Entry:
        answer = self._answer("HEAD", self._blob(key))
        return entry_of_headers(key, _accepted(answer).headers)

    def read(self, key: str, *, start: int = 0, end: int | None = None, etag: str = "") -> Reading:
        headers = self._headers()
        if start or end is not None:
            headers["x-ms-range"] = f"bytes={start}-{'' if end is None else end}"
        if etag:
            headers["If-Match"] = etag
        reply = self.wire.stream("GET", self._blob(key), headers)
        self.clock.note(reply.headers.get("Date"))
        if reply.status not in (200, 206):
            raise _fault_of(Answer(reply.status, reply.headers, reply.whole()))
        entry = entry_of_headers(key, reply.headers)
        return Reading(entry, start, int(reply.headers.get("Content-Length") or 0), reply.chunks(), reply.close)

    def sign(self, key: str, pinned: Pinned, *, ttl_seconds: int = LONGEST_TTL_SECONDS) -> SignedUrl:
        from azure.storage.blob import generate_blob_sas

        url = self._blob(key)
        seconds = lifetime(ttl_seconds, self.ends_at, self.clock)
        # Whole seconds, as the signature has them.
        expires_at = int(self.clock.now()) + seconds
        signature = generate_blob_sas(
            self.settings.account,
            self.settings.container,
            key,
            user_delegation_key=self.delegation,
            permission="r",
            expiry=datetime.fromtimestamp(expires_at, tz=UTC),
            protocol="https",
            cache_control=pinned.cache_control,
            content_disposition=pinned.disposition,
            content_type=pinned.content_type,
        )
        return SignedUrl(Hidden(f"{url}?{signature}"), expires_at, seconds)

    def probe_write(self) -> WriteProof:
        url = self._blob(f"{self.prefix}.crewline-probe-{secrets.token_hex(8)}")
        put = self._answer("PUT", url, {"x-ms-blob-type": "BlockBlob", "If-None-Match": "*"}, b"")
        return write_proof(put, self._answer("DELETE", url), _fault_of)

    def bucket_region(self) -> str:
        """Azure does not tell a reader where the account lies; asking shows that the container is there."""
        answer = self._answer("GET", f"{self._container()}?restype=container")
        if answer.status not in (200, 403):
            raise _fault_of(answer)
        return ""

    def is_public(self, key: str) -> bool:
        return self.wire.opens(self._blob(key), {"x-ms-version": API_VERSION})

    def delegation_key(self) -> Any:
        """A key for signatures that is worth nothing after the session, nor when the customer revokes it."""
        try:
            from azure.storage.blob import UserDelegationKey
        except ImportError as error:
            raise not_installed(error) from error
        start, end = (_stamp(at) for at in (self.clock.now() - 60, self.ends_at))
        body = f"<KeyInfo><Start>{start}</Start><Expiry>{end}</Expiry></KeyInfo>".encode()
        url = f"{self.endpoint}/?restype=service&comp=userdelegationkey"
        answer = self._answer("POST", url, {"Content-Type": "application/xml"}, body)
        if answer.status == 403:
            raise StorageFault("role_denied", _code_of(answer))
        try:
            facts = {item.tag: item.text or "" for item in fromstring(_accepted(answer).body, forbid_dtd=True)}
            key = UserDelegationKey()
            key.signed_oid, key.signed_tid = facts["SignedOid"], facts["SignedTid"]
            key.signed_start, key.signed_expiry = facts["SignedStart"], facts["SignedExpiry"]
            key.signed_service, key.signed_version = facts["SignedService"], facts["SignedVersion"]
            key.value = facts["Value"]
        except (ParseError, ValueError, KeyError) as error:
            raise StorageFault("misconfigured") from error
        return key

    def _container(self) -> str:
        return f"{self.endpoint}/{self.settings.container}"

    def _blob(self, key: str) -> str:
        return f"{self._container()}/{quote(keys.checked_key(key, self.prefix), safe='/~')}"

    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token.reveal()}", "x-ms-version": API_VERSION}

    def _answer(
        self, method: str, url: str, headers: Mapping[str, str] | None = None, body: bytes | None = None
    ) -> Answer:
        answer = self.wire.ask(method, url, {**self._headers(), **(headers or {})}, body)
        self.clock.note(answer.headers.get("Date"))
        return answer


def _stamp(at: float) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(at))


def _entra_fault(message: str) -> StorageFault:
    """Of Entra's long message only its number is looked at; without one it was not Entra that refused."""
    if "CERTIFICATE_VERIFY_FAILED" in message:
        return StorageFault("untrusted_certificate")
    if "AADSTS" not in message:
        return StorageFault("unreachable")
    if any(code in message for code in NO_CONSENT):
        return StorageFault("role_denied")
    return StorageFault("throttled" if any(code in message for code in BUSY) else "operator_credentials")


def _page(found: Element, prefix: str, pattern: str) -> Page:
    entries, unusable = [], 0
    for item in found.iter("Blob"):
        key = item.findtext("Name") or ""
        facts = {fact.tag: fact.text or "" for fact in item.iterfind("Properties/*")}
        if not keys.is_usable(key, prefix):
            unusable += not key.endswith("/")
        elif keys.matches(key, prefix, pattern):
            modified = parsedate_to_datetime(facts["Last-Modified"]).astimezone(UTC)
            # A list has the tag without quotation marks, an object with them.
            etag = '"' + facts["Etag"].strip('"') + '"'
            entries.append(Entry(key, int(facts["Content-Length"]), etag, modified, facts.get("Content-Type", "")))
    return Page(tuple(entries), found.findtext("NextMarker") or "", unusable)


def _accepted(answer: Answer) -> Answer:
    if answer.status not in (200, 201, 202, 206):
        raise _fault_of(answer)
    return answer


def _code_of(answer: Answer) -> str:
    return answer.headers.get("x-ms-error-code") or ""


def _fault_of(answer: Answer) -> StorageFault:
    code = _code_of(answer)
    found = CODES.get(code) or STATUSES.get(answer.status)
    return StorageFault(found or ("unreachable" if answer.status >= 500 else "misconfigured"), code)
