"""One way to ask a storage over HTTP: to checked addresses only, without redirects, with time limits.

Standard library only, so that S3-compatible storages need nothing that ``make run`` does not have. What a peer wrote
never leaves this package except through the translation of its error code."""

import http.client
import socket
import ssl
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from http.client import HTTPMessage
from urllib.parse import urlsplit

from workforce.storage_providers import addresses
from workforce.storage_providers.addresses import origin_of
from workforce.storage_providers.faults import StorageFault

CHUNK_BYTES = 64 * 1024
# Lists and error messages; objects are streamed.
LONGEST_ANSWER = 16 * 1024 * 1024


@dataclass(frozen=True)
class Answer:
    status: int
    headers: HTTPMessage
    body: bytes = field(repr=False)


class Reply:
    """An answer whose body is still coming. Closing it early drops the connection."""

    def __init__(self, connection: http.client.HTTPConnection, response: http.client.HTTPResponse) -> None:
        self._connection, self._response = connection, response
        self.status = response.status
        self.headers = response.headers

    def chunks(self) -> Iterator[bytes]:
        try:
            while chunk := self._response.read(CHUNK_BYTES):
                yield chunk
            if self._response.length:
                raise StorageFault("unreachable")  # the connection ended before the object did
        except (OSError, http.client.HTTPException) as error:
            raise StorageFault("unreachable") from error
        finally:
            self.close()

    def whole(self) -> bytes:
        found = bytearray()
        for chunk in self.chunks():
            found += chunk
            if len(found) > LONGEST_ANSWER:
                self.close()
                raise StorageFault("misconfigured")
        return bytes(found)

    def close(self) -> None:
        self._response.close()
        self._connection.close()


class Wire:
    """``private_origins`` are the origins that may lead to private addresses, in ``origin_of``'s spelling."""

    def __init__(self, *, private_origins: frozenset[str], ca_file: str = "", timeout_seconds: float = 15) -> None:
        self._private_origins = private_origins
        self._timeout = timeout_seconds
        self._tls = ssl.create_default_context(cafile=ca_file or None)

    def ask(self, method: str, url: str, headers: Mapping[str, str] | None = None, body: bytes | None = None) -> Answer:
        reply = self.stream(method, url, headers, body)
        return Answer(reply.status, reply.headers, reply.whole())

    def opens(self, url: str, headers: Mapping[str, str] | None = None) -> bool:
        """Whether the address answers with an object, of which no more than the head is read."""
        reply = self.stream("GET", url, {"Range": "bytes=0-0", **(headers or {})})
        reply.close()
        return reply.status in (200, 206, 416)

    def stream(
        self, method: str, url: str, headers: Mapping[str, str] | None = None, body: bytes | None = None
    ) -> Reply:
        parts = urlsplit(url)
        target = parts.path + (f"?{parts.query}" if parts.query else "")
        connection = self._connect(origin_of(f"{parts.scheme}://{parts.netloc}"))
        try:
            # The host as it was signed: the library would leave out a default port.
            known = {"Host": parts.netloc, "Accept-Encoding": "identity"}
            connection.request(method, target, body, {**known, **(headers or {})})
            return Reply(connection, connection.getresponse())
        except (OSError, http.client.HTTPException) as error:
            connection.close()
            raise StorageFault("unreachable") from error

    def _connect(self, origin: str) -> http.client.HTTPConnection:
        parts = urlsplit(origin)
        host, port = parts.hostname or "", parts.port or 0
        places = addresses.addresses_of(host, port, may_be_private=origin in self._private_origins)
        connection = http.client.HTTPConnection(host, port, timeout=self._timeout)
        connection.sock = self._socket(places, host if parts.scheme == "https" else "")
        return connection

    def _socket(self, places: list[tuple[int, tuple[str, int]]], tls_host: str) -> socket.socket:
        failed: Exception | None = None
        for family, place in places:
            plain = socket.socket(family, socket.SOCK_STREAM)
            plain.settimeout(self._timeout)
            try:
                plain.connect(place)
                plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                return self._tls.wrap_socket(plain, server_hostname=tls_host) if tls_host else plain
            except ssl.SSLCertVerificationError as error:
                plain.close()
                raise StorageFault("untrusted_certificate") from error
            except OSError as error:
                plain.close()
                failed = error
        raise StorageFault("unreachable") from failed
