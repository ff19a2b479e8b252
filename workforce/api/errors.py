"""Every error of the API in one shape: ``{"code", "message", …}``; refusals of rules keep their details."""

from typing import Any

from django.core.exceptions import PermissionDenied, RequestDataTooBig
from django.http import Http404
from rest_framework import exceptions
from rest_framework.response import Response
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


def answer_with_code(error: Exception, context: dict[str, Any]) -> Response | None:
    if isinstance(error, Http404):
        error = NotFound()
    elif isinstance(error, PermissionDenied):
        error = NotAllowed()
    elif isinstance(error, RequestDataTooBig):
        error = TooLarge("too_large", "The body is larger than 10 MB. Nothing was changed.")
    if isinstance(error, Refusal):
        set_rollback()
        return Response(error.as_answer(), status=error.status)
    response = exception_handler(error, context)
    if response is None:
        return None
    if isinstance(error, exceptions.ValidationError):
        body = {
            "code": "invalid_input",
            "message": "Some values are wrong. Nothing was changed.",
            "faults": error.detail,
        }
        response.data, response.status_code = body, 422
    else:
        detail = getattr(error, "detail", "")
        is_stale_page = getattr(detail, "code", "") == CSRF_FAILED
        code = CSRF_FAILED if is_stale_page else CODES.get(response.status_code, "refused")
        response.data = {"code": code, "message": str(detail)}
    return response
