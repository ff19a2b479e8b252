"""What the answers of several vendors have in common."""

from collections.abc import Callable
from datetime import UTC
from email.utils import parsedate_to_datetime
from http.client import HTTPMessage

from workforce.storage_providers.faults import StorageFault
from workforce.storage_providers.protocol import Entry, WriteProof
from workforce.storage_providers.wire import Answer


def entry_of_headers(key: str, headers: HTTPMessage) -> Entry:
    """The size is that of the whole object, also where only a part of it came."""
    total = (headers.get("Content-Range") or "").rpartition("/")[2] or headers.get("Content-Length") or "0"
    try:
        modified = parsedate_to_datetime(headers.get("Last-Modified") or "").astimezone(UTC)
        return Entry(key, int(total), headers.get("ETag") or "", modified, headers.get("Content-Type") or "")
    except (ValueError, TypeError) as error:
        raise StorageFault("misconfigured") from error


def write_proof(put: Answer, delete: Answer, fault_of: Callable[[Answer], StorageFault]) -> WriteProof:
    """A vendor that is in trouble proves nothing. Removing what is not there is answered with 404 to those who may."""
    for answer in (put, delete):
        if answer.status == 429 or answer.status >= 500:
            raise fault_of(answer)
    return WriteProof(put.status < 300, delete.status < 300 or delete.status == 404)
