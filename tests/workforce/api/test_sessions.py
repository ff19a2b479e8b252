"""The pages' own door to the API: a page whose sign-in was replaced learns it by its own code."""

import pytest
from django.test import Client
from django.urls import reverse

from tests.cast import Cast

pytestmark = pytest.mark.django_db


def test_a_page_with_an_old_token_is_told_so(cast: Cast) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(cast.max)
    answer = client.post(reverse("api-tokens"), {}, content_type="application/json")
    assert answer.status_code == 403
    assert answer.json() == {
        "code": "csrf_failed",
        "message": "The sign-in of this page was changed in another tab. Nothing was changed; load the page again.",
    }


def test_who_is_not_signed_in_is_told_that(cast: Cast) -> None:
    answer = Client(enforce_csrf_checks=True).post(reverse("api-tokens"), {}, content_type="application/json")
    assert (answer.status_code, answer.json()["code"]) == (401, "not_signed_in")
