"""The table has a line for every door and every line has its door; and each kind of hole, planted, is found."""

from pathlib import Path
from typing import Any

import pytest
from django.contrib.admin import AdminSite, ModelAdmin
from django.http import HttpRequest, HttpResponse
from django.urls import include, path
from django.views.decorators.http import require_http_methods, require_POST
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from tests.access import doors
from tests.access.judge import problems_of_method, rolled_back
from tests.access.requests_of_routes import requests_of
from tests.access.stages import World
from tests.access.table import ACTORS, BY_LINK, STAND_INS, read_cells, read_doors, read_lines, related_cells
from workforce import live
from workforce.consumers import LiveConsumer
from workforce.models import Team

# Doors that show nothing of anybody's, or lead on: the same answer whoever asks.
SAYS_THE_SAME = {"healthz", "login", "password-reset", "password-reset-confirm", "api-schema", "admin:formulas"}
# A number, and what one is told of.
SAYS_THE_SAME |= {"notices-unread", "account-notices", "notices-stop"}
SAYS_THE_SAME |= {"admin:roles", "second-factor", "vendor-start", "api-issue-times"}
SAID = {(line["route"], line["method"]) for line in read_lines()}


def test_every_door_has_its_line() -> None:
    wanted = doors.missing(doors.doors_of_the_program(), SAID)
    assert not wanted, "matrix.csv lacks these lines (fill in the ?):\n" + "\n".join(wanted)


def test_every_line_has_its_door() -> None:
    left = doors.gone(doors.doors_of_the_program(), SAID)
    assert not left, "lines of matrix.csv whose door is gone:\n" + "\n".join(left)


def test_every_line_says_something_of_every_actor() -> None:
    cells: dict[tuple[str, str], set[str]] = {}
    for cell in read_cells():
        cells.setdefault((cell.route, cell.method), set()).add(cell.actor)
    everybody = {actor for actor in ACTORS if "token" not in actor}
    short = [
        f"{route} {method}: {sorted(everybody - found)}"
        for (route, method), found in cells.items()
        if everybody - found
    ]
    assert short == []


def test_what_is_guarded_elsewhere_names_a_door_that_has_cells() -> None:
    guarded = {cell.route for cell in read_cells()}
    notes = {line["route"]: line["note"] for line in read_lines()}
    for door, by in read_doors().items():
        if by == "none":
            assert notes[door], f"{door} is guarded by no door: the note says why that is right"
        else:
            assert set(by.split("+")) <= guarded, f"{door} names {by}, which has no cells"


def test_every_door_that_names_a_thing_is_asked_for_another_tenants() -> None:
    asked = {cell.route for cell in related_cells(read_cells()) if cell.relation == "foreign"}
    left = sorted(route for route, things in doors.named_things().items() if things and route not in asked | BY_LINK)
    assert not left, f"say in OF_A_PROJECT or OF_AN_ORGANIZATION (table.py) where these hang: {left}"


def test_every_read_that_is_allowed_shows_what_only_its_stage_has(world: World) -> None:
    """Otherwise an allowed read may be an empty page, and an empty list may be full of somebody else's things."""
    reads = {cell.route: cell for cell in read_cells() if cell.method == "GET" and cell.expect == "allow"}
    assert set(reads) >= SAYS_THE_SAME, "leave out what is gone"
    wrong: list[str] = []
    for route, cell in sorted(reads.items()):
        with rolled_back():
            ours, theirs = (requests_of(stage, cell, None).shows for stage in (world.home, world.foreign))
        if route in SAYS_THE_SAME:
            continue
        if not ours:
            wrong.append(f"{route}: say in requests_of_routes.py what a good answer shows")
        elif set(ours) & set(theirs):
            wrong.append(f"{route}: another stage shows {sorted(map(str, set(ours) & set(theirs)))} too")
    assert not wrong, "\n".join(wrong)


def test_stand_ins_are_actors() -> None:
    assert {like for *_, like in STAND_INS if not like.startswith("=")} <= set(ACTORS)


# --- What a route does not take ---------------------------------------------------------------------------------
def test_other_methods_are_refused_everywhere(world: World) -> None:
    """405, or what the door says to everybody else; never an answer and never a fault of the server. A session and a
    token take turns at the API."""
    wrong: list[str] = []
    for turn, route in enumerate(sorted(doors.routes())):
        actor = "token_manage" if route.startswith("api-") and turn % 2 else "organization_admin"
        with rolled_back():
            wrong += problems_of_method(route, {method for said, method in SAID if said == route}, actor, world)
    assert not wrong, "\n".join(wrong)


# --- Planted holes ----------------------------------------------------------------------------------------------
class Surplus(APIView):
    def get(self, request: Request) -> Response:
        return Response({})

    def delete(self, request: Request) -> Response:
        return Response({})


def page(request: HttpRequest) -> HttpResponse:
    return HttpResponse()


def planted_routes(*more: Any) -> dict[str, set[str]]:
    inner = include(([path("deep/", page, name="deep")], "inner"))
    return doors.routes([*more, path("outer/", include([path("in/", inner)]))])


def test_a_planted_route_is_found_however_deep() -> None:
    assert doors.missing(planted_routes(), SAID) == [
        "inner:deep,GET,*=? anonymous=login deactivated=login stranger=hide,"
    ]


def test_a_planted_method_of_the_api_is_found() -> None:
    found = doors.routes([path("x/", Surplus.as_view(), name="api-schema")])
    assert doors.missing(found, SAID) == ["api-schema,DELETE,*=? anonymous=unauth deactivated=unauth stranger=hide,"]


def test_a_planted_method_of_a_page_is_found() -> None:
    found = doors.routes([path("x/", require_http_methods(["GET", "POST"])(page), name="home")])
    assert doors.missing(found, SAID) == ["home,POST,*=? anonymous=login deactivated=login stranger=hide,"]


def test_a_line_whose_route_or_method_is_gone_is_found() -> None:
    known = doors.routes([path("x/", require_POST(page), name="home")])
    assert "home,GET" in doors.gone(known, {("home", "GET"), ("home", "POST")})
    assert doors.gone({}, {("home", "GET")}) == ["home,GET"]


def test_a_planted_form_of_the_admin_is_found() -> None:
    class WithAction(ModelAdmin):  # type: ignore[type-arg]
        actions = ("promote",)

        def promote(self, request: HttpRequest, queryset: Any) -> None:
            """Never called."""

    site = AdminSite()
    site.register(Team, WithAction)
    found = doors.routes([path("admin/", site.urls)])
    assert any(line.startswith("admin:workforce_team_add,") for line in doors.missing(found, SAID))
    assert "action:workforce.team promote" in doors.actions(site)
    assert "action:workforce.team promote,POST,door=?," in doors.missing(
        {door: set() for door in doors.actions(site)}, SAID
    )


def test_a_planted_stream_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(live._streams, "salary", lambda person, uid: True)
    lines = doors.missing({door: set() for door in doors.streams()}, SAID)
    assert lines == ["stream:salary,FOLLOW,*=? anonymous=login deactivated=login stranger=hide,"]


def test_a_planted_frame_and_a_socket_without_a_table_are_found() -> None:
    class Chatty(LiveConsumer):
        frames = {**LiveConsumer.frames, "shout": LiveConsumer._leave_as_asked}

    class Mute(LiveConsumer):
        frames = None  # type: ignore[assignment]

    found = doors.frames([path("ws/live/", Chatty.as_asgi()), path("ws/other/", Mute.as_asgi())])
    assert doors.missing({door: set() for door in found}, SAID) == [
        "frame:ws/live/ shout,FRAME,door=?,",
        "frame:ws/other/ <no table of frames>,FRAME,door=?,",
    ]


SITES = {
    "signed link": (
        "from django.core import signing\n\ndef link(a):\n    return signing.dumps(a)\n",
        "secret:labeling/x.py link",
    ),
    "signer": (
        "from django.core.signing import TimestampSigner\n\ndef link(a):\n    return TimestampSigner().sign(a)\n",
        "secret:labeling/x.py link",
    ),
    "invitation": (
        "import secrets\n\nclass A:\n    def make(self):\n        return secrets.token_urlsafe(9)\n",
        "secret:labeling/x.py A.make",
    ),
    "file answer": (
        "from django.http import FileResponse\n\ndef show(r):\n    return FileResponse(r)\n",
        "file:labeling/x.py show",
    ),
    "download": ("def show(r):\n    r['Content-Disposition'] = 'attachment'\n", "file:labeling/x.py show"),
    "kept file": (
        "from django.conf import settings\n\ndef keep():\n    return settings.MEDIA_ROOT\n",
        "file:labeling/x.py keep",
    ),
}


@pytest.mark.parametrize("kind", SITES)
def test_a_planted_file_or_signed_link_is_found(kind: str, tmp_path: Path) -> None:
    text, door = SITES[kind]
    (tmp_path / "labeling").mkdir()
    (tmp_path / "labeling/x.py").write_text(text)
    assert doors.sites(tmp_path) == {door}
    assert doors.missing({door: set()}, SAID)[0].startswith(f"{door},")
