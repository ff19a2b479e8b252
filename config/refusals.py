"""What nobody answered: a page for people, JSON for what asks below the API."""

from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views import defaults

API = "/api/"
NO_SUCH_ADDRESS = "There is no such address. Those of the API stand in /api/v1/schema/; each ends with a slash."
BROKEN = "Something broke here; it is in our log. Ask again: under the same Idempotency-Key nothing is done twice."


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    if request.path.startswith(API):
        return JsonResponse({"code": "not_found", "message": NO_SUCH_ADDRESS}, status=404)
    return defaults.page_not_found(request, exception)


def server_error(request: HttpRequest, *args: Any) -> HttpResponse:
    if request.path.startswith(API):
        return JsonResponse({"code": "server_error", "message": BROKEN}, status=500)
    return defaults.server_error(request)
