"""What no endpoint answers: an address that is none, one without its slash, and what broke."""

import pytest
from django.test import Client, RequestFactory
from django.urls import path, reverse

from config import refusals, urls
from tests.line import Line

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("address", ["/api/v1/nothing/", "/api/v1/projects/no-uid/", "/api/v2/projects/", "/api/"])
@pytest.mark.parametrize("method", ["get", "post"])
def test_an_address_of_the_api_that_is_none_is_told_in_json(client: Client, address: str, method: str) -> None:
    answer = getattr(client, method)(address)
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    assert "slash" in answer.json()["message"]


def test_a_page_that_is_none_is_told_as_a_page(client: Client) -> None:
    answer = client.get("/nothing/")
    assert answer.status_code == 404 and "text/html" in answer.headers["Content-Type"]


def test_an_act_without_the_slash_is_asked_for_again_as_it_was(line: Line) -> None:
    client = Client()
    client.force_login(line.cast.lena)
    where = reverse("api-claim", args=[line.project.uid])
    answer = client.post(where.rstrip("/"), {"have": []}, content_type="application/json", follow=True)
    assert answer.redirect_chain == [(where, 308)]
    assert answer.status_code == 200 and answer.json()["rows"]


def break_down(request: object) -> None:
    raise RuntimeError("broken")


urlpatterns = [path("api/broken/", break_down), *urls.urlpatterns]
handler500 = refusals.server_error


@pytest.mark.urls(__name__)
def test_what_broke_is_told_in_json() -> None:
    answer = Client(raise_request_exception=False).get("/api/broken/")
    assert (answer.status_code, answer.json()["code"]) == (500, "server_error")


def test_a_page_that_broke_is_told_as_a_page() -> None:
    answer = refusals.server_error(RequestFactory().get("/broken/"))
    assert answer.status_code == 500 and "text/html" in answer.headers["Content-Type"]
