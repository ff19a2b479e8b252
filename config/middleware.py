"""The admin's looser Content-Security-Policy, every other page keeps the strict one; a slash that was left out."""

from collections.abc import Callable

from csp.constants import SELF, UNSAFE_EVAL, UNSAFE_INLINE
from django.http import HttpRequest, HttpResponse, HttpResponsePermanentRedirect
from django.middleware.common import CommonMiddleware
from django.urls import reverse

# The admin theme evaluates strings (Alpine) and sets styles inline; without these two its login page is dead.
ADMIN_DIRECTIVES = {"script-src": [SELF, UNSAFE_EVAL], "style-src": [SELF, UNSAFE_INLINE]}


class RelaxAdminPolicy:
    """Stands inside the CSP middleware and marks the admin's answers with a replacement of two directives."""

    def __init__(self, answer: Callable[[HttpRequest], HttpResponse]) -> None:
        self.answer = answer
        self.admin_path = reverse("admin:index")

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.answer(request)
        if request.path_info.startswith(self.admin_path):
            response._csp_replace = ADMIN_DIRECTIVES  # type: ignore[attr-defined]  # the middleware's own hook
        return response


class SameAgain(HttpResponsePermanentRedirect):
    """308: the client asks again with the method and the body it had; after a 301 a POST comes back as a GET."""

    status_code = 308


class CommonWithSlash(CommonMiddleware):
    response_redirect_class = SameAgain
