"""Who must set up a second factor and has not is signed in as far as the page for it: page, admin and API say so."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase

from workforce import second_factor
from workforce.errors import SecondFactorRequired
from workforce.pages.refusals import answer_refusal

OPEN = {
    "second-factor",
    "second-factor-begin",
    "second-factor-confirm",
    "logout",
    "admin:logout",
    "healthz",
    "notices-stop",
}


class RefuseWithoutSecondFactor:
    def __init__(self, answer: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.answer = answer

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.answer(request)

    def process_view(self, request: HttpRequest, view: Any, args: Any, values: Any) -> HttpResponse | None:
        if not getattr(request.user, "lacks_second_factor", False):
            return None
        if request.resolver_match is not None and request.resolver_match.view_name in OPEN:
            return None
        is_api = getattr(view, "cls", None) is not None
        return answer_refusal(request, SecondFactorRequired(second_factor.REQUIRED), as_json=is_api)
