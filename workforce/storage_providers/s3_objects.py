"""The objects of a bucket that speaks S3: of AWS, and of everything compatible with it. Every request, also a list
or a probe, is an address signed for a minute."""

import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from urllib.parse import quote, unquote_plus
from xml.etree.ElementTree import Element, ParseError

from defusedxml.ElementTree import fromstring

from workforce.storage_providers import keys
from workforce.storage_providers.answers import entry_of_headers, write_proof
from workforce.storage_providers.clock import VendorClock
from workforce.storage_providers.faults import StorageFault
from workforce.storage_providers.hidden import Hidden
from workforce.storage_providers.protocol import (
    LONGEST_TTL_SECONDS,
    PAGE_LIMIT,
    Entry,
    Page,
    Pinned,
    Reading,
    SignedUrl,
    WriteProof,
    lifetime,
)
from workforce.storage_providers.sigv4 import AwsCredentials, presigned
from workforce.storage_providers.wire import Answer, Reply, Wire

OWN_TTL_SECONDS = 60
BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
REGION = re.compile(r"[a-z0-9-]{2,32}")
CODES = {
    "AccessDenied": "denied",
    "AllAccessDisabled": "denied",
    "NoSuchKey": "not_found",
    "NoSuchBucket": "no_bucket",
    "ExpiredToken": "expired",
    "RequestExpired": "expired",
    "InvalidToken": "keys_refused",
    "InvalidAccessKeyId": "keys_refused",
    "SignatureDoesNotMatch": "keys_refused",
    "RequestTimeTooSkewed": "clock_skew",
    "SlowDown": "throttled",
    "Throttling": "throttled",
    "TooManyRequests": "throttled",
    "PermanentRedirect": "wrong_region",
    "AuthorizationHeaderMalformed": "wrong_region",
    "AuthorizationQueryParametersError": "wrong_region",
    "IllegalLocationConstraintException": "wrong_region",
    "InvalidObjectState": "archived",
    "PreconditionFailed": "changed",
    "InvalidRange": "range_refused",
}
STATUSES = {301: "wrong_region", 307: "wrong_region", 403: "denied", 404: "not_found", 412: "changed"}
STATUSES |= {416: "range_refused", 429: "throttled", 503: "throttled"}


@dataclass
class S3Session:
    # ``https://bucket.s3.region.amazonaws.com`` or, by path, ``https://host/bucket``.
    bucket_url: str
    prefix: str
    credentials: AwsCredentials
    ends_at: float
    clock: VendorClock
    wire: Wire = field(repr=False)

    def list_keys(self, *, marker: str = "", limit: int = PAGE_LIMIT, pattern: str = "*") -> Page:
        query = {"list-type": "2", "prefix": self.prefix, "max-keys": str(limit), "encoding-type": "url"}
        if marker:
            query["start-after"] = keys.checked_marker(marker, self.prefix)
        answer = self._ask("GET", "", query)
        try:
            return _page(fromstring(answer.body, forbid_dtd=True), self.prefix, pattern)
        except (ParseError, ValueError, TypeError, KeyError) as error:
            raise StorageFault("misconfigured") from error

    def head(self, key: str) -> Entry:
        keys.checked_key(key, self.prefix)
        answer = self._answer("HEAD", key)
        if answer.status in (400, 403):
            # A refused HEAD has no body that says why.
            answer = self._answer("GET", key, headers={"Range": "bytes=0-0"})
        return entry_of_headers(key, _accepted(answer).headers)

    def read(self, key: str, *, start: int = 0, end: int | None = None, etag: str = "") -> Reading:
        keys.checked_key(key, self.prefix)
        headers = {"Range": f"bytes={start}-{'' if end is None else end}"} if start or end is not None else {}
        if etag:
            headers["If-Match"] = etag
        reply = self.wire.stream("GET", self._address("GET", key), headers)
        self.clock.note(reply.headers.get("Date"))
        return _reading(key, reply, start)

    def sign(self, key: str, pinned: Pinned, *, ttl_seconds: int = LONGEST_TTL_SECONDS) -> SignedUrl:
        keys.checked_key(key, self.prefix)
        seconds = lifetime(ttl_seconds, self.ends_at, self.clock)
        query = {
            "response-content-type": pinned.content_type,
            "response-content-disposition": pinned.disposition,
            "response-cache-control": pinned.cache_control,
        }
        return SignedUrl(Hidden(self._address("GET", key, query, seconds)), self.clock.now() + seconds, seconds)

    def probe_write(self) -> WriteProof:
        key = f"{self.prefix}.crewline-probe-{secrets.token_hex(8)}"
        put = self._answer("PUT", key, headers={"If-None-Match": "*"}, body=b"")
        return write_proof(put, self._answer("DELETE", key), fault_of)

    def bucket_region(self) -> str:
        """The bucket tells its region even to those whom it refuses."""
        answer = self._answer("HEAD", "")
        region = answer.headers.get("x-amz-bucket-region", "")
        if answer.status == 404:
            raise StorageFault("no_bucket")
        if not region:
            _accepted(answer)
        return region if REGION.fullmatch(region) else ""

    def is_public(self, key: str) -> bool:
        keys.checked_key(key, self.prefix)
        return self.wire.opens(self._url(key))

    def _url(self, key: str) -> str:
        return f"{self.bucket_url}/{quote(key, safe='/-_.~')}" if key else f"{self.bucket_url}/"

    def _address(
        self, method: str, key: str, query: Mapping[str, str] | None = None, ttl_seconds: int = OWN_TTL_SECONDS
    ) -> str:
        now = self.clock.now()
        return presigned(method, self._url(key), query or {}, self.credentials, now=now, ttl_seconds=ttl_seconds)

    def _ask(self, method: str, key: str, query: Mapping[str, str]) -> Answer:
        return _accepted(self._answer(method, key, query))

    def _answer(
        self,
        method: str,
        key: str,
        query: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
    ) -> Answer:
        answer = self.wire.ask(method, self._address(method, key, query), headers, body)
        before = self.clock.offset_seconds
        self.clock.note(answer.headers.get("Date"))
        if answer.status in (400, 403) and abs(self.clock.offset_seconds - before) > OWN_TTL_SECONDS / 2:
            # Signed by a wrong clock: the answer told the right time.
            answer = self.wire.ask(method, self._address(method, key, query), headers, body)
        return answer


def fault_of(answer: Answer) -> StorageFault:
    code, message = _error_in(answer.body)
    if "kms:" in message:
        return StorageFault("decryption_denied", code)
    found = CODES.get(code) or STATUSES.get(answer.status)
    return StorageFault(found or ("unreachable" if answer.status >= 500 else "misconfigured"), code)


def _accepted(answer: Answer) -> Answer:
    if answer.status not in (200, 204, 206):
        raise fault_of(answer)
    return answer


def _reading(key: str, reply: Reply, start: int) -> Reading:
    if reply.status not in (200, 206):
        raise fault_of(Answer(reply.status, reply.headers, reply.whole()))
    if start and reply.status == 200:
        reply.close()
        raise StorageFault("range_refused")
    entry = entry_of_headers(key, reply.headers)
    return Reading(entry, start, int(reply.headers.get("Content-Length") or 0), reply.chunks(), reply.close)


def _page(found: Element, prefix: str, pattern: str) -> Page:
    entries, last, unusable = [], "", 0
    for item in found.iter():
        if item.tag.rpartition("}")[2] != "Contents":
            continue
        facts = {child.tag.rpartition("}")[2]: child.text or "" for child in item}
        last = unquote_plus(facts["Key"])
        if not keys.is_usable(last, prefix):
            unusable += not last.endswith("/")  # what ends with a slash stands for a folder
        elif keys.matches(last, prefix, pattern):
            modified = datetime.fromisoformat(facts["LastModified"]).astimezone(UTC)
            entries.append(Entry(last, int(facts["Size"]), facts["ETag"], modified))
    more = next((item.text for item in found.iter() if item.tag.rpartition("}")[2] == "IsTruncated"), "")
    return Page(tuple(entries), last if more == "true" else "", unusable)


def _error_in(body: bytes) -> tuple[str, str]:
    try:
        found = fromstring(body, forbid_dtd=True)
    except (ParseError, ValueError):
        return "", ""
    facts = {child.tag.rpartition("}")[2]: child.text or "" for child in found.iter()}
    return facts.get("Code", ""), facts.get("Message", "")
