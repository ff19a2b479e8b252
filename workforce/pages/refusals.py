"""One place where a page turns a refusal into an answer, notes the address for the audit log, when a session was last
seen and who is refused often, and keeps private answers out of caches."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import render

from workforce import alerts, sessions
from workforce.audit import address_of_request
from workforce.errors import Refusal

DENIALS = (403, 404)


class TranslateRefusals:
    def __init__(self, answer: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.answer = answer

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        token = address_of_request.set(request.META.get("REMOTE_ADDR") or None)
        try:
            response = self.answer(request)
        finally:
            address_of_request.reset(token)
        if request.user.is_authenticated:
            if not response.has_header("Cache-Control"):
                response["Cache-Control"] = "no-store"
            if request.session.session_key:
                sessions.note_seen(request.session.session_key, request.META.get("REMOTE_ADDR"))
            if response.status_code in DENIALS:
                alerts.note_denial(request.user)
        return response

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        return answer_refusal(request, error) if isinstance(error, Refusal) else None


def answer_refusal(request: HttpRequest, refusal: Refusal, *, as_json: bool = False) -> HttpResponse:
    if as_json or request.headers.get("Accept", "").startswith("application/json"):
        return JsonResponse(refusal.as_answer(), status=refusal.status, headers=refusal.headers)
    answer = render(request, "refusal.html", {"refusal": refusal}, status=refusal.status)
    for name, value in refusal.headers.items():
        answer[name] = value
    return answer
