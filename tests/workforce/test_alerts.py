"""Alerts: raised once a day for a fact, told by letter, seen by the organization's admins and nobody else."""

from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from labeling import exports
from tests.cast import PASSWORD, Cast
from tests.labeling.api.hands import with_token
from tests.line import Line
from workforce import alerts, sessions
from workforce.errors import NotAllowed, NotFound
from workforce.models import Alert, AuditEvent, Event, KnownNetwork, Membership, Person
from workforce.tasks import send_alert_letters

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("quick_hashes", "nothing_counted")]


@pytest.fixture
def nothing_counted() -> None:
    cache.clear()


def client_of(person: Person) -> Client:
    client = Client()
    client.force_login(person)
    return client


def sign_in(name: str, address: str) -> Client:
    client = Client(REMOTE_ADDR=address, HTTP_USER_AGENT="Mozilla/5.0 (X11; Linux) Firefox/140.0")
    answer = client.post(reverse("login"), {"username": f"{name}@example.org", "password": PASSWORD})
    assert answer.status_code == 302
    return client


def send_letters() -> None:
    for job in Event.objects.filter(task=alerts.LETTER_TASK, done_at=None):
        send_alert_letters(job.pk)


# --- The rule ---------------------------------------------------------------------------------------------------
def test_one_alert_and_one_letter_a_day(cast: Cast) -> None:
    for _ in range(3):
        alerts.raise_alert(cast.home.pk, cast.max, Alert.Kind.MANY_DENIALS)
    assert Alert.objects.count() == Event.objects.filter(task=alerts.LETTER_TASK).count() == 1
    assert alerts.raise_alert(cast.home.pk, cast.max, Alert.Kind.MANY_DENIALS, fact="other") is not None
    Alert.objects.update(raised_on=Alert.objects.first().raised_on - timedelta(days=1))  # type: ignore[union-attr]
    assert alerts.raise_alert(cast.home.pk, cast.max, Alert.Kind.MANY_DENIALS) is not None


def test_letters_go_to_the_active_admins(cast: Cast) -> None:
    Membership.objects.filter(person=cast.max).update(role=Membership.Role.ORGANIZATION_ADMIN)
    Membership.objects.filter(person=cast.wim).update(role=Membership.Role.ORGANIZATION_ADMIN, is_active=False)
    Person.objects.filter(pk=cast.lena.pk).update(name="Lena\nBcc: x@example.org")
    cast.lena.refresh_from_db()
    alerts.raise_alert(cast.home.pk, cast.lena, Alert.Kind.MANY_DENIALS)
    send_letters()
    send_letters()
    assert sorted(letter.to[0] for letter in mail.outbox) == ["ada@example.org", "max@example.org"]
    assert "was refused more than 30 times" in str(mail.outbox[0].body) and "/admin/alerts/" in str(mail.outbox[0].body)
    assert all("Bcc" not in letter.message() for letter in mail.outbox)


def test_the_page_is_the_organization_admins(cast: Cast) -> None:
    alert = alerts.raise_alert(cast.home.pk, cast.lena, Alert.Kind.MANY_DENIALS)
    assert alert is not None
    page, seen = reverse("admin:alerts"), reverse("admin:alert-seen", args=[alert.uid])
    assert "Lena Lund was refused" in client_of(cast.ada).get(page).content.decode()
    assert "Lena Lund" not in client_of(cast.otto).get(page).content.decode()
    for person in (cast.max, cast.wim, cast.lena):
        assert client_of(person).get(page).status_code == client_of(person).post(seen).status_code == 403
    assert client_of(cast.otto).post(seen).status_code == 404
    alert.refresh_from_db()
    assert alert.seen_at is None
    assert client_of(cast.ada).post(seen).status_code == client_of(cast.ada).post(seen).status_code == 302
    alert.refresh_from_db()
    assert alert.seen_by == cast.ada and AuditEvent.objects.filter(action="alert.seen").count() == 1
    assert "Lena Lund was" not in client_of(cast.ada).get(page, {"state": "open"}).content.decode()
    assert "Lena Lund was" in client_of(cast.ada).get(page, {"state": "seen", "kind": alert.kind}).content.decode()
    for person, refusal in ((cast.max, NotAllowed), (cast.otto, NotFound)):
        with pytest.raises(refusal):
            alerts.mark_seen(person, alert)


# --- A new address ----------------------------------------------------------------------------------------------
@pytest.mark.parametrize(("name", "is_told"), [("ada", True), ("max", True), ("pia", True), ("lena", False)])
def test_a_new_network_of_who_runs_things_is_told(line: Line, name: str, is_told: bool) -> None:
    sign_in(name, "10.0.0.1")
    sign_in(name, "10.0.0.99")
    assert not Alert.objects.exists()
    sign_in(name, "10.0.1.1")
    sign_in(name, "10.0.1.2")
    assert Alert.objects.count() == int(is_told)
    if is_told:
        alert = Alert.objects.get()
        assert (alert.organization, alert.kind) == (line.cast.home, Alert.Kind.NEW_ADDRESS)
        assert alerts.in_words(alert).endswith("new for them: 10.0.1.1, Firefox on Linux.")


def test_a_session_that_moves_is_told(cast: Cast) -> None:
    client = sign_in("max", "10.0.0.1")
    cache.clear()
    client.get(reverse("account"), REMOTE_ADDR="10.9.9.9")
    assert Alert.objects.get().person == cast.max


def test_ipv6_counts_by_line_and_nonsense_not_at_all(cast: Cast) -> None:
    for address in ("2001:db8:1:2::1", "2001:db8:1:2::2", None, "", "nonsense"):
        alerts.note_network(cast.max, address, "x")
    assert KnownNetwork.objects.count() == 1 and not Alert.objects.exists()
    alerts.note_network(cast.max, "2001:db8:1:3::1", "x")
    assert Alert.objects.count() == 1


def test_networks_are_forgotten_after_a_year(cast: Cast) -> None:
    alerts.note_network(cast.max, "10.0.0.1", "x")
    known = KnownNetwork.objects.get()
    KnownNetwork.objects.update(last_seen_at=known.last_seen_at - timedelta(days=366))
    alerts.forget_old_networks()
    assert not KnownNetwork.objects.exists()


# --- Many refusals ----------------------------------------------------------------------------------------------
@pytest.mark.parametrize("path", ["/admin/people/", "/api/v1/projects/2a0b3f6e-9a9a-4d46-b8a5-5a0c7c1d1c11/"])
def test_many_refusals_of_one_person_are_told(cast: Cast, path: str) -> None:
    client = client_of(cast.lena)
    for _ in range(alerts.MOST_DENIALS):
        assert client.get(path).status_code in (403, 404)
    assert not Alert.objects.exists()
    for _ in range(3):
        client.get(path)
    alert = Alert.objects.get()
    assert (alert.kind, alert.person, alert.organization) == (Alert.Kind.MANY_DENIALS, cast.lena, cast.home)


def test_what_a_tokens_scope_refuses_counts_as_well(cast: Cast) -> None:
    client = with_token(cast.vito, cast.home, "read")
    for _ in range(alerts.MOST_DENIALS + 1):
        assert client.get("/api/v1/people/").status_code == 403
    alert = Alert.objects.get()
    assert (alert.kind, alert.person, alert.organization) == (Alert.Kind.MANY_DENIALS, cast.vito, cast.home)


def test_refusals_long_ago_do_not_count(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    now = [1_800_000_000.0]
    monkeypatch.setattr("workforce.alerts.time.time", lambda: now[0])
    for _ in range(3):
        for _ in range(alerts.MOST_DENIALS):
            alerts.note_denial(cast.lena)
        now[0] += alerts.DENIAL_MINUTES * 60 + 60
    assert not Alert.objects.exists()
    for _ in range(alerts.MOST_DENIALS):
        alerts.note_denial(cast.lena)
    now[0] += (alerts.DENIAL_MINUTES - 2) * 60
    alerts.note_denial(cast.lena)
    assert Alert.objects.count() == 1


# --- Bulk downloads ---------------------------------------------------------------------------------------------
def test_an_export_is_told(line: Line) -> None:
    exports.export_lines(line.cast.pia, line.project)
    exports.export_lines(line.cast.pia, line.project)
    alert = Alert.objects.get()
    assert (alert.kind, alert.person) == (Alert.Kind.BULK_DOWNLOAD, line.cast.pia)
    assert alerts.in_words(alert) == f"Pia Peters exported the labels of {line.project.name}."


def test_many_pictures_in_an_hour_are_told(line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(alerts, "MOST_PICTURES", 5)
    client = client_of(line.cast.max)
    uid = line.slots().first().project_row.uid
    for route in ("asset", "thumbnail"):
        for _ in range(5):
            assert client.get(reverse(route, args=[uid])).status_code == 200
    assert not Alert.objects.exists()
    assert client.get(reverse("api-row-picture", args=[uid])).status_code == 200
    assert Alert.objects.get().kind == Alert.Kind.BULK_DOWNLOAD


def test_without_valkey_nothing_stops(cast: Cast, settings: Any) -> None:
    settings.CACHES = {
        "default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": "redis://127.0.0.1:1"}
    }
    assert client_of(cast.lena).get("/admin/people/").status_code == 403
    assert sessions.sessions_of(cast.lena).count() == 1
