"""A small HTTP server that stands for a vendor: its own clock, switches for trouble, and a log of every call."""

import ssl
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit


@dataclass
class Call:
    """One request as the vendor saw it; ``action`` and ``who`` are filled in by the double."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes = field(repr=False)
    raw_path: str = ""
    raw_query: str = ""
    action: str = ""
    who: str = ""
    status: int = 0


@dataclass
class Answer:
    status: int
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)


@dataclass
class Stored:
    body: bytes
    content_type: str = "application/octet-stream"
    modified: float = field(default_factory=time.time)
    is_public: bool = False
    # What stands between reading and decrypting.
    key_denied: bool = False

    @property
    def etag(self) -> str:
        return f'"{hash(self.body) & 0xFFFFFFFFFFFF:012x}"'


class Double(ABC):
    """Subclasses answer a call. The switches are plain attributes that a test sets."""

    tls: ssl.SSLContext | None = None

    def __init__(self) -> None:
        self.log: list[Call] = []
        self.skew_seconds = 0.0
        self.fail_status = 0
        self.slow_seconds = 0.0
        self.objects: dict[str, Stored] = {}
        self.cors_origins: set[str] = set()
        self._lock = threading.Lock()
        self.url = ""

    def now(self) -> float:
        return time.time() + self.skew_seconds

    @abstractmethod
    def answer(self, call: Call) -> Answer: ...

    def actions(self) -> list[str]:
        return [call.action for call in self.log]

    def note(self, call: Call, answer: Answer) -> None:
        with self._lock:
            call.status = answer.status
            self.log.append(call)

    def stored_answer(self, call: Call, key: str, overrides: dict[str, str]) -> Answer:
        """An object with its headers, or the part that was asked for."""
        found = self.objects[key]
        headers = {
            "ETag": found.etag,
            "Last-Modified": formatdate(found.modified, usegmt=True),
            "Content-Type": found.content_type,
            "Accept-Ranges": "bytes",
            **overrides,
        }
        if call.headers.get("origin") in self.cors_origins:
            headers["Access-Control-Allow-Origin"] = call.headers["origin"]
        if call.headers.get("if-match", found.etag) != found.etag:
            return Answer(412, self.error("PreconditionFailed", "changed"))
        wanted = call.headers.get("range") or call.headers.get("x-ms-range", "")
        if not wanted:
            return Answer(200, found.body, headers)
        first, _, last = wanted.removeprefix("bytes=").partition("-")
        start, end = int(first), min(int(last or len(found.body) - 1), len(found.body) - 1)
        if start >= len(found.body):
            return Answer(416, self.error("InvalidRange", "not satisfiable"))
        headers["Content-Range"] = f"bytes {start}-{end}/{len(found.body)}"
        return Answer(206, found.body[start : end + 1], headers)

    def error(self, code: str, message: str) -> bytes:
        return f'<?xml version="1.0"?><Error><Code>{code}</Code><Message>{message}</Message></Error>'.encode()

    def preflight(self, call: Call) -> Answer:
        if call.headers.get("origin") not in self.cors_origins:
            return Answer(403, self.error("AccessForbidden", "CORSResponse: not allowed"))
        return Answer(
            200,
            headers={
                "Access-Control-Allow-Origin": call.headers["origin"],
                "Access-Control-Allow-Methods": "GET, HEAD",
            },
        )


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    double: Double

    def _serve(self) -> None:
        parts = urlsplit(self.path)
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        headers = {name.lower(): value for name, value in self.headers.items()}
        query = dict(parse_qsl(parts.query, keep_blank_values=True))
        call = Call(self.command, unquote(parts.path), query, headers, body, raw_path=parts.path, raw_query=parts.query)
        if self.double.slow_seconds:
            time.sleep(self.double.slow_seconds)
        if self.double.fail_status:
            answer = Answer(self.double.fail_status, self.double.error("InternalError", "SECRET-host-10.1.2.3"))
        elif call.method == "OPTIONS":
            answer = self.double.preflight(call)
        else:
            try:
                answer = self.double.answer(call)
            except (KeyError, ValueError):
                answer = Answer(400, self.double.error("MalformedRequest", "something is missing"))
        self.double.note(call, answer)
        self.send_response_only(answer.status)
        self.send_header("Date", formatdate(self.double.now(), usegmt=True))
        for name, value in answer.headers.items():
            self.send_header(name, value)
        if answer.status != 204:
            self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(answer.body)

    do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = do_OPTIONS = _serve

    def log_message(self, format: str, *args: Any) -> None:
        """The log is the double's own."""


class _Server(ThreadingHTTPServer):
    request_queue_size = 512
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away."""


@contextmanager
def running(double: Double) -> Iterator[None]:
    server = _Server(("127.0.0.1", 0), type("Handler", (_Handler,), {"double": double}))
    if double.tls:
        server.socket = double.tls.wrap_socket(server.socket, server_side=True)
    double.url = f"{'https' if double.tls else 'http'}://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
