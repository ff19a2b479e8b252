"""The frame: who gets in, what the sidebar shows, what the search finds."""

import pytest
from django.test import Client
from django.urls import reverse

from tests.line import Line
from tests.workforce.admin.conftest import Enter
from workforce.models import Membership

pytestmark = pytest.mark.django_db

STAFF = ("ada", "max", "pia")
OTHERS = ("lena", "rita", "eva", "tom", "vera", "vito", "wim", "nora", "dora")


@pytest.mark.parametrize("name", OTHERS)
@pytest.mark.parametrize("page", ["", "projects/", "labels/", "people/", "search/?s=cars", "no-such-page/"])
def test_nobody_else_gets_in(line: Line, enter: Enter, name: str, page: str) -> None:
    answer = enter(name).get(f"/admin/{page}")
    assert answer.status_code == (302 if name == "dora" else 403)


def test_a_stranger_is_sent_to_the_one_sign_in_page(line: Line) -> None:
    answer = Client().get("/admin/projects/", follow=True)
    assert answer.redirect_chain[-1][0].startswith("/login/?next=/admin/projects/")


@pytest.mark.parametrize("name", STAFF)
def test_staff_gets_in_and_sees_no_list_of_apps(line: Line, enter: Enter, name: str) -> None:
    text = enter(name).get("/admin/projects/").content.decode()
    assert "Log out" in text
    assert getattr(line.cast, name).name in text
    for shape in ("Authentication and Authorization", "Site administration", "app_list"):
        assert shape not in text


def sidebar_of(client: Client) -> list[str]:
    groups = client.get("/admin/projects/").context["sidebar_navigation"]
    return [item["title"] for group in groups for item in group["items"]]


def test_the_sidebar_shows_what_the_role_may_open(line: Line, enter: Enter) -> None:
    of_admin, of_lead = sidebar_of(enter("ada")), sidebar_of(enter("pia"))
    assert {
        "Projects",
        "Labels",
        "People",
        "Teams and vendors",
        "Datasets",
        "Ontologies",
        "Tokens",
        "Audit log",
    } <= set(of_admin)
    assert "Audit log" not in sidebar_of(enter("max"))
    assert {"Datasets", "Ontologies", "Tokens", "Recertification"} <= set(of_lead)
    assert not {"People", "Teams and vendors", "Explain access", "Audit log"} & set(of_lead)


def test_every_line_of_the_sidebar_opens(line: Line, enter: Enter) -> None:
    for name in STAFF:
        client = enter(name)
        groups = client.get("/admin/projects/").context["sidebar_navigation"]
        for item in (item for group in groups for item in group["items"]):
            assert client.get(item["link"]).status_code == 200, item["link"]


def found(client: Client, term: str) -> set[str]:
    answer = client.get("/admin/search/", {"s": term, "extended": 1})
    return {result.title for result in answer.context["results"]} if answer.context else set()


def test_the_search_finds_own_things_only(line: Line, enter: Enter) -> None:
    assert found(enter("ada"), "car") == {"Cars", "Cars in the street"}
    assert "Lena Lund" in found(enter("max"), "lena")
    assert found(enter("pia"), "car") == {"Cars", "Cars in the street"}
    assert found(enter("pia"), "lena") == set()
    assert found(enter("otto"), "car") == found(enter("otto"), "lena") == set()


def test_the_search_keeps_no_answer(line: Line, enter: Enter) -> None:
    client = enter("max")
    assert found(client, "lena")
    line.cast.max.memberships.update(role=Membership.Role.MEMBER)
    assert client.get("/admin/search/", {"s": "lena"}).status_code == 403


@pytest.mark.parametrize("term", ["", "a", "\0\0\0", "%%%", "' or 1=1"])
def test_odd_terms_find_nothing(line: Line, enter: Enter, term: str) -> None:
    assert found(enter("ada"), term) == set()


def test_staff_who_label_find_the_way_back(line: Line, enter: Enter) -> None:
    """In the menu under the own name, on every page of labelers; who has no door there is shown none."""
    address = reverse("my-issues")
    for name, has_door in (("max", True), ("pia", True), ("lena", False), ("rita", False)):
        menu = enter(name).get(address).content.decode().split("data-menu")[1].split("</details>")[0]
        assert (f'href="{reverse("admin:index")}"' in menu) == has_door, name
