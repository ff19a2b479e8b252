"""Every error of the API in one shape: ``{"code", "message", …}``; refusals of rules keep their details."""

from collections.abc import Iterator, Mapping
from typing import Any

from django.core.exceptions import PermissionDenied, RequestDataTooBig
from django.http import Http404
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.settings import api_settings
from rest_framework.views import exception_handler, set_rollback

from workforce.api.authentication import CSRF_FAILED
from workforce.errors import NotAllowed, NotFound, Refusal, TooLarge

CODES = {
    400: "invalid",
    401: "not_signed_in",
    403: "not_allowed",
    404: "not_found",
    405: "method_not_allowed",
    406: "not_acceptable",
    415: "unsupported_media_type",
    429: "too_many_requests",
}


MOST_NAMED = 100
NOT_SIGNED_IN = "Nobody is signed in here. Send a token as `Authorization: Token crew_…`."


def answer_with_code(error: Exception, context: dict[str, Any]) -> Response | None:
    if isinstance(error, Http404):
        error = NotFound()
    elif isinstance(error, PermissionDenied):
        error = NotAllowed()
    elif isinstance(error, RequestDataTooBig):
        error = TooLarge("too_large", "The body is larger than 10 MB. Nothing was changed.")
    if isinstance(error, Refusal):
        set_rollback()
        return Response(error.as_answer(), status=error.status, headers=error.headers)
    response = exception_handler(error, context)
    if response is None:
        return None
    if isinstance(error, exceptions.ValidationError):
        body = {
            "code": "invalid_input",
            "message": "Some values are wrong. Nothing was changed.",
            "faults": list(_faults(error.detail, ""))[:MOST_NAMED],
        }
        response.data, response.status_code = body, 422
    elif isinstance(error, exceptions.ParseError):
        # As unreadable JSON is: the client's one reader of 422 serves.
        response.data, response.status_code = {"code": "bad_body", "message": str(error.detail)}, 422
    else:
        detail = getattr(error, "detail", "")
        is_stale_page = getattr(detail, "code", "") == CSRF_FAILED
        code = CSRF_FAILED if is_stale_page else CODES.get(response.status_code, "refused")
        message = NOT_SIGNED_IN if isinstance(error, exceptions.NotAuthenticated) else str(detail)
        response.data = {"code": code, "message": message}
    return response


def _faults(found: Any, path: str) -> Iterator[dict[str, str]]:
    """Each wrong place as {path, code, message}, as rules name them: ``reasons[0].code``."""
    if isinstance(found, Mapping):
        for name, inner in found.items():
            yield from _faults(inner, _place(path, name))
    elif isinstance(found, list):
        for at, inner in enumerate(found):
            # A list of messages is about one place; a list of mappings about each entry of a list.
            yield from _faults(inner, f"{path}[{at}]" if isinstance(inner, Mapping) else path)
    else:
        yield {"path": path, "code": str(getattr(found, "code", "invalid")), "message": str(found)}


def _place(path: str, name: object) -> str:
    if name == api_settings.NON_FIELD_ERRORS_KEY:
        return path
    if isinstance(name, int):
        return f"{path}[{name}]"
    return f"{path}.{name}" if path else str(name)
