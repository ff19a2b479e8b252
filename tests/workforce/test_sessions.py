"""Where people are signed in: listed without a key, ended one by one or all at once, on pages and sockets."""

from datetime import timedelta
from typing import Any

import pytest
from asgiref.sync import async_to_sync, sync_to_async
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from tests.cast import PASSWORD, Cast
from tests.workforce.test_live import MOST_SECONDS, closed_with, socket_of
from workforce import people, second_factor, sessions
from workforce.errors import InvalidInput, NotFound
from workforce.models import AuditEvent, BrowserSession, ClockTimestamp, Person

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("quick_hashes")]
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1 Version/18.0 Mobile Safari/604.1"
EDGE = "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36 Edg/140.0"


def sign_in(name: str, agent: str = FIREFOX, address: str = "10.0.0.1") -> Client:
    client = Client(HTTP_USER_AGENT=agent, REMOTE_ADDR=address)
    client.post(reverse("login"), {"username": f"{name}@example.org", "password": PASSWORD})
    return client


def is_signed_in(client: Client) -> bool:
    return client.get(reverse("account")).status_code == 200


def test_the_list_says_what_where_and_when_but_no_key(cast: Cast) -> None:
    here, there = sign_in("lena"), sign_in("lena", IPHONE, "10.0.0.2")
    sign_in("leo", EDGE, "10.0.0.3")
    text = here.get(reverse("account")).content.decode()
    assert "Firefox on Linux" in text and "Safari on iPhone" in text and "10.0.0.2" in text
    assert "Edge on Windows" not in text and text.count("This one") == 1
    for client in (here, there):
        assert str(client.session.session_key) not in text
        assert client.session.session_key not in str(dict(client.session)) + str(AuditEvent.objects.values())


def test_one_session_ends_and_the_others_go_on(cast: Cast) -> None:
    here, there, leo = sign_in("lena"), sign_in("lena", IPHONE), sign_in("leo")
    uid = BrowserSession.objects.get(session_key=there.session.session_key).uid
    assert leo.post(reverse("account-session-end", args=[uid])).status_code == 404
    assert is_signed_in(there)
    assert here.post(reverse("account-session-end", args=[uid])).status_code == 302
    assert is_signed_in(here) and not is_signed_in(there) and is_signed_in(leo)
    assert here.post(reverse("account-session-end", args=[uid])).status_code == 404
    event = AuditEvent.objects.get(action="session.ended")
    assert event.actor == cast.lena and event.after["device"] == "Safari on iPhone"
    with pytest.raises(NotFound):
        sessions.end_session(cast.leo, str(uid))


def test_sign_out_everywhere_ends_all_of_mine(cast: Cast) -> None:
    here, there, leo = sign_in("lena"), sign_in("lena", IPHONE), sign_in("leo")
    assert here.post(reverse("account-sign-out-everywhere")).headers["Location"] == reverse("login")
    assert not is_signed_in(here) and not is_signed_in(there) and is_signed_in(leo)
    assert not BrowserSession.objects.filter(person=cast.lena).exists()
    assert AuditEvent.objects.get(action="session.all_ended").after == {"count": 2}


def test_logging_out_takes_it_from_the_list(cast: Cast) -> None:
    client = sign_in("lena")
    client.post(reverse("logout"))
    assert not BrowserSession.objects.exists() and not Session.objects.exists()


def test_a_new_password_keeps_only_this_session(cast: Cast) -> None:
    here, there = sign_in("lena"), sign_in("lena", IPHONE)
    values = {"current": PASSWORD, "new": "quiet-harbour-71", "again": "quiet-harbour-71"}
    here.post(reverse("account-password"), values)
    assert is_signed_in(here) and not is_signed_in(there)
    (left,) = BrowserSession.objects.filter(person=cast.lena)
    assert left.session_key == here.session.session_key and left.device == "Firefox on Linux"
    assert Session.objects.count() == 1


def test_a_second_factor_ends_what_a_password_alone_opened(cast: Cast) -> None:
    import pyotp

    here, there = sign_in("lena"), sign_in("lena", IPHONE)
    secret, _ = second_factor.begin_set_up(cast.lena, password=PASSWORD, address=None)
    assert here.post(reverse("second-factor-confirm"), {"code": pyotp.TOTP(secret).now()}).status_code == 200
    assert is_signed_in(here) and not is_signed_in(there)


def test_last_seen_is_noted_once_a_minute(cast: Cast) -> None:
    client = sign_in("lena")
    long_ago = ClockTimestamp() - timedelta(hours=1)
    BrowserSession.objects.update(last_seen_at=long_ago)
    before = BrowserSession.objects.get().last_seen_at
    client.get("/")
    assert BrowserSession.objects.get().last_seen_at == before
    cache.clear()
    client.get("/", REMOTE_ADDR="10.7.7.7")
    seen = BrowserSession.objects.get()
    assert seen.last_seen_at > before and seen.address == "10.7.7.7"


def test_ended_sessions_are_forgotten(cast: Cast) -> None:
    sign_in("lena"), sign_in("leo")
    Session.objects.filter(session_key__in=BrowserSession.objects.filter(person=cast.leo).values("session_key")).update(
        expire_date=ClockTimestamp() - timedelta(seconds=1)
    )
    assert not sessions.sessions_of(cast.leo).exists()
    sessions.forget_ended()
    assert Session.objects.count() == BrowserSession.objects.count() == 1


def test_the_list_costs_the_same_for_many(cast: Cast) -> None:
    client = sign_in("lena")

    def queries() -> int:
        with CaptureQueriesContext(
            connection,
        ) as found:
            assert is_signed_in(client)
        return len(found)

    few = queries()
    for _ in range(6):
        sign_in("lena", IPHONE)
    assert queries() == few


@pytest.mark.parametrize(
    ("agent", "words"),
    [
        (FIREFOX, "Firefox on Linux"),
        (IPHONE, "Safari on iPhone"),
        (EDGE, "Edge on Windows"),
        ("curl/8.0", "curl/8.0"),
        ("", "Unknown device"),
        ("x" * 500, "x" * 100),
    ],
)
def test_devices_in_words(agent: str, words: str) -> None:
    assert sessions.device_in_words(agent) == words


def test_a_name_is_changed_by_its_owner(cast: Cast) -> None:
    client = sign_in("lena")
    assert client.post(reverse("account-name"), {"name": " Lena  Lind "}).status_code == 302
    assert Person.objects.get(pk=cast.lena.pk).name == "Lena Lind"
    event = AuditEvent.objects.get(action="person.renamed")
    assert (event.before, event.after) == ({"name": "Lena Lund"}, {"name": "Lena Lind"})
    assert client.post(reverse("account-name"), {"name": "   "}).status_code == 422
    with pytest.raises(InvalidInput):
        people.rename(cast.lena, " ")


def test_everybody_finds_the_page(cast: Cast) -> None:
    assert f'href="{reverse("account")}"' in sign_in("lena").get("/").content.decode()
    assert f'href="{reverse("account")}"' in sign_in("ada").get("/admin/people/").content.decode()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("how", ["end", "everywhere", "password"])
def test_a_socket_of_an_ended_session_dies_within_five_seconds(cast: Cast, how: str) -> None:
    def end(client: Client) -> None:
        other = sign_in("lena", IPHONE)
        uid = BrowserSession.objects.get(session_key=client.session.session_key).uid
        values: dict[str, Any] = {"current": PASSWORD, "new": "quiet-harbour-71", "again": "quiet-harbour-71"}
        route = {
            "end": reverse("account-session-end", args=[uid]),
            "everywhere": reverse("account-sign-out-everywhere"),
            "password": reverse("account-password"),
        }[how]
        assert other.post(route, values).status_code == 302

    @async_to_sync
    async def scene() -> None:
        socket, client = await sync_to_async(socket_of)(cast.lena)
        assert await socket.connect()
        await sync_to_async(end)(client)
        code, seconds = await closed_with(socket)
        assert code == 4401 and seconds <= MOST_SECONDS

    scene()
