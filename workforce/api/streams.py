"""Long answers, piece by piece, from either kind of server.

Django gathers a synchronous generator into one list under ASGI, and an asynchronous one under WSGI. Here the request
says by which door it came, and the pieces stay pieces."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

from asgiref.sync import sync_to_async
from django.core.handlers.asgi import ASGIRequest
from django.http import HttpRequest, StreamingHttpResponse
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request

LINES = "application/x-ndjson"
FILE_PIECE = 256 * 1024


class LinesRenderer(JSONRenderer):
    """Lets a client ask for JSON Lines; a refusal in its place is one line of JSON."""

    media_type = LINES
    format = "ndjson"


def stream_answer(
    request: Request, pieces: Iterator[bytes], *, file_name: str, media_type: str = LINES
) -> StreamingHttpResponse:
    """``pieces`` as a download. They are read on the thread of the request, so one transaction may span them."""
    is_async = isinstance(request._request, ASGIRequest)
    content = read_aside(pieces) if is_async else pieces
    answer = StreamingHttpResponse(content, content_type=media_type)
    answer["Content-Disposition"] = f'attachment; filename="{file_name}"'
    answer["X-Content-Type-Options"] = "nosniff"
    answer["Cache-Control"] = "no-store"
    return answer


def show_file(request: HttpRequest, file: Path, *, media_type: str) -> StreamingHttpResponse:
    """A file's bytes, shown and not downloaded, with its length."""
    pieces = _pieces_of(file)
    content = read_aside(pieces) if isinstance(request, ASGIRequest) else pieces
    answer = StreamingHttpResponse(content, content_type=media_type)
    answer["Content-Length"] = str(file.stat().st_size)
    answer["Content-Disposition"] = "inline"
    answer["X-Content-Type-Options"] = "nosniff"
    # The bytes came from outside: even if a browser took them for a page, nothing in it could run.
    answer["Content-Security-Policy"] = "default-src 'none'; sandbox"
    answer["Cache-Control"] = "private, max-age=300"
    return answer


def _pieces_of(file: Path) -> Iterator[bytes]:
    with file.open("rb") as source:
        while piece := source.read(FILE_PIECE):
            yield piece


async def read_aside(pieces: Iterator[bytes]) -> AsyncIterator[bytes]:
    """The same pieces, each made outside the event loop; closed with the answer, also when the client leaves."""
    try:
        while (piece := await sync_to_async(_next)(pieces)) is not None:
            yield piece
    finally:
        close = getattr(pieces, "close", None)
        if close is not None:
            await sync_to_async(close)()


def _next(pieces: Iterator[bytes]) -> bytes | None:
    """None at the end: StopIteration cannot leave a thread."""
    return next(pieces, None)
