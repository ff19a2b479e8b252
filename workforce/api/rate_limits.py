"""How often a token may ask: so many requests in each minute of the clock, counted in Valkey, where requests that come
at once are counted one by one. Every answer to a token says what is left; people at their pages are not counted.

Without Valkey nobody is counted: work goes on."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from math import ceil
from typing import TYPE_CHECKING

from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest, HttpResponseBase
from redis.exceptions import RedisError
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from workforce.models import Token

if TYPE_CHECKING:
    from rest_framework.views import APIView

WINDOW_SECONDS = 60


@dataclass(frozen=True)
class Rate:
    limit: int
    count: int
    resets_in: int

    @property
    def remaining(self) -> int:
        return max(0, self.limit - self.count)


class RateOfToken(BaseThrottle):
    def allow_request(self, request: Request, view: "APIView") -> bool:
        if not isinstance(request.auth, Token):
            return True
        rate = count_request(request.auth)
        if rate is None:
            return True
        request._request.rate = rate  # type: ignore[attr-defined]  # for the headers of the answer
        self.resets_in = rate.resets_in
        return rate.count <= rate.limit

    def wait(self) -> float:
        return float(self.resets_in)


def count_request(token: Token) -> Rate | None:
    """This request and those before it in the same minute; none when they cannot be counted."""
    now = time.time()
    window, passed = divmod(now, WINDOW_SECONDS)
    key = f"rate:{token.uid}:{int(window)}"
    try:
        cache.add(key, 0, 2 * WINDOW_SECONDS)
        count = cache.incr(key)
    except (ValueError, RedisError, OSError):
        return None
    return Rate(settings.API_REQUESTS_PER_MINUTE, count, ceil(WINDOW_SECONDS - passed))


class RateHeaders:
    """Says what is left, on refusals too."""

    def __init__(self, answer: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.answer = answer

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.answer(request)
        rate = getattr(request, "rate", None)
        if isinstance(rate, Rate):
            response["RateLimit-Limit"] = str(rate.limit)
            response["RateLimit-Remaining"] = str(rate.remaining)
            response["RateLimit-Reset"] = str(rate.resets_in)
        return response
