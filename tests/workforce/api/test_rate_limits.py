"""So many requests of a token in a minute, counted one by one however many come at once."""

import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection
from django.urls import reverse

from tests.cast import Cast
from tests.labeling.api.hands import signed_in, with_clear, with_token
from workforce import tokens
from workforce.api import rate_limits


@pytest.fixture(autouse=True)
def ten_a_minute(settings: Any) -> None:
    settings.API_REQUESTS_PER_MINUTE = 10
    # A minute that is about to end would be counted as two.
    if time.time() % rate_limits.WINDOW_SECONDS > rate_limits.WINDOW_SECONDS - 20:
        time.sleep(rate_limits.WINDOW_SECONDS - time.time() % rate_limits.WINDOW_SECONDS)


@pytest.mark.django_db
def test_every_answer_to_a_token_says_what_is_left(cast: Cast) -> None:
    client = with_token(cast.vito, cast.home, "read")
    left = []
    for path in (reverse("api-vendors"), reverse("api-project", args=["00000000-0000-4000-8000-000000000000"])):
        answer = client.get(path)
        assert answer["RateLimit-Limit"] == "10" and 1 <= int(answer["RateLimit-Reset"]) <= 60
        left.append(int(answer["RateLimit-Remaining"]))
    assert left == [9, 8], "a refusal is counted too"


@pytest.mark.django_db
def test_beyond_the_limit_nothing_is_done_and_the_answer_says_when_to_come_again(cast: Cast) -> None:
    client, other = with_token(cast.vito, cast.home, "read"), with_token(cast.max, cast.home, "read")
    answers = [client.get(reverse("api-vendors")) for _ in range(12)]
    assert [one.status_code for one in answers] == [200] * 10 + [429] * 2
    assert answers[-1].json()["code"] == "too_many_requests"
    assert answers[-1]["RateLimit-Remaining"] == "0"
    assert 1 <= int(answers[-1]["Retry-After"]) <= 60
    assert other.get(reverse("api-vendors")).status_code == 200, "each token is counted by itself"


@pytest.mark.django_db
def test_people_at_their_pages_are_not_counted(cast: Cast) -> None:
    client = signed_in(cast.vito)
    answers = [client.get(reverse("api-vendors")) for _ in range(12)]
    assert {one.status_code for one in answers} == {200}
    assert not answers[-1].has_header("RateLimit-Limit")


@pytest.mark.django_db(transaction=True)
def test_of_fifty_at_once_exactly_ten_pass(cast: Cast) -> None:
    _, clear = tokens.issue_token(cast.vito, cast.home, name="many", scopes=["read"])

    def ask(_: int) -> int:
        try:
            return int(with_clear(clear).get(reverse("api-vendors")).status_code)
        finally:
            connection.close()

    with ThreadPoolExecutor(max_workers=50) as pool:
        answers = list(pool.map(ask, range(50)))
    assert (answers.count(200), answers.count(429)) == (10, 40)


@pytest.mark.django_db
def test_without_valkey_the_work_goes_on(cast: Cast, settings: Any) -> None:
    away = {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": "redis://127.0.0.1:1"}
    settings.CACHES = {"default": away}
    answer = with_token(cast.vito, cast.home, "read").get(reverse("api-vendors"))
    assert answer.status_code == 200 and not answer.has_header("RateLimit-Limit")
