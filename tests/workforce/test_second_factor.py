"""The second factor: set up once, asked for at each sign-in, required by organizations at every door."""

import re
import threading
import time
from collections import Counter
from typing import Any

import pyotp
import pytest
from asgiref.sync import async_to_sync, sync_to_async
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from tests.cast import PASSWORD, Cast
from tests.workforce.test_live import closed_with, socket_of
from workforce import sealed, second_factor, tokens
from workforce.errors import NotAllowed, NotFound, RuleViolation, SecondFactorRequired
from workforce.models import AuditEvent, Organization, Person, SecondFactor, SignInTry
from workforce.pages.second_factor_gate import OPEN
from workforce.sign_in_limits import LIMITS

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("quick_hashes")]
PER_ACCOUNT = LIMITS[SignInTry.Kind.CODE].per_account


def set_up(person: Person) -> tuple[pyotp.TOTP, list[str]]:
    secret, _ = second_factor.begin_set_up(person, password=PASSWORD, address=None)
    totp = pyotp.TOTP(secret)
    codes = second_factor.confirm_set_up(person, code=totp.now(), address=None)
    # The code that confirmed is spent; tests go on as if half a minute had passed.
    SecondFactor.objects.filter(person=person).update(last_step=0)
    return totp, codes


def require_in(organization: Organization) -> None:
    Organization.objects.filter(pk=organization.pk).update(requires_second_factor=True)


def client_of(person: Person) -> Client:
    client = Client()
    client.force_login(person)
    return client


def past_the_password(person: Person, then: str = "") -> Client:
    client = Client()
    answer = client.post(reverse("login"), {"username": person.email, "password": PASSWORD, "next": then})
    assert answer.headers["Location"] == reverse("sign-in-code")
    return client


def give(client: Client, code: str) -> Any:
    return client.post(reverse("sign-in-code"), {"code": code})


def is_signed_in(client: Client) -> bool:
    return client.get(reverse("account")).status_code == 200


# --- Setting up -------------------------------------------------------------------------------------------------
def test_setting_up_shows_secret_and_codes_once(cast: Cast) -> None:
    client = client_of(cast.lena)
    begun = client.post(reverse("second-factor-begin"), {"password": PASSWORD}).content.decode()
    found = re.search(r'<code class="cl-secret">([A-Z2-7 ]+)</code>', begun)
    assert found is not None and "data:image/svg+xml" in begun
    secret = found[1].replace(" ", "")
    assert not second_factor.is_set_up(cast.lena)
    wrong = client.post(reverse("second-factor-confirm"), {"code": "000000"})
    assert wrong.status_code == 422 and found[1] not in wrong.content.decode()
    done = client.post(reverse("second-factor-confirm"), {"code": pyotp.TOTP(secret).now()}).content.decode()
    codes = re.findall(r"<span>([A-Z2-7]{4}-[A-Z2-7]{4}-[A-Z2-7]{4}-[A-Z2-7]{4})</span>", done)
    assert len(set(codes)) == second_factor.RECOVERY_CODES
    later = client.get(reverse("second-factor")).content.decode() + client.get(reverse("account")).content.decode()
    assert found[1] not in later and secret not in later and not [code for code in codes if code in later]
    assert str(len(codes)) in later
    kept = SecondFactor.objects.get(person=cast.lena)
    assert secret.encode() not in bytes(kept.sealed_secret) and codes[0] not in str(kept.recovery_digests)
    assert secret not in str(dict(client.session)) and secret not in str(AuditEvent.objects.values())
    assert AuditEvent.objects.filter(action="second_factor.set_up", actor=cast.lena).exists()


def test_setting_up_needs_the_password_and_is_done_once(cast: Cast) -> None:
    client = client_of(cast.lena)
    assert client.post(reverse("second-factor-begin"), {"password": "wrong"}).status_code == 422
    assert not SecondFactor.objects.exists()
    set_up(cast.lena)
    client = client_of(cast.lena)
    before = bytes(SecondFactor.objects.get(person=cast.lena).sealed_secret)
    assert client.post(reverse("second-factor-begin"), {"password": PASSWORD}).status_code == 422
    assert bytes(SecondFactor.objects.get(person=cast.lena).sealed_secret) == before
    assert client.post(reverse("second-factor-confirm"), {"code": "000000"}).status_code == 422


def test_a_secret_opens_only_in_its_own_row(cast: Cast, settings: Any) -> None:
    value = sealed.seal("secret", "second factor:a")
    assert sealed.open_sealed(value, "second factor:a") == "secret"
    with pytest.raises(sealed.CannotOpen):
        sealed.open_sealed(value, "second factor:b")
    with pytest.raises(sealed.CannotOpen):
        sealed.open_sealed(value[:-1] + bytes([value[-1] ^ 1]), "second factor:a")
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another-key-for-tests-0123456789"
    assert sealed.open_sealed(value, "second factor:a") == "secret"
    settings.SECRET_KEY_FALLBACKS = []
    with pytest.raises(sealed.CannotOpen):
        sealed.open_sealed(value, "second factor:a")


# --- Signing in -------------------------------------------------------------------------------------------------
def test_the_code_is_asked_for_and_each_works_once(cast: Cast) -> None:
    totp, _ = set_up(cast.lena)
    client = past_the_password(cast.lena, then="/account/")
    assert not is_signed_in(client)
    assert PASSWORD not in str(dict(client.session))
    key = client.session.session_key
    code = totp.now()
    answer = give(client, f" {code[:3]} {code[3:]} ")
    assert answer.headers["Location"] == "/account/" and is_signed_in(client)
    assert client.session.session_key != key
    assert "That code is not right" in give(past_the_password(cast.lena), code).content.decode()


def test_who_owes_a_code_is_nobody_at_every_door(cast: Cast) -> None:
    set_up(cast.ada)
    client, nobody = past_the_password(cast.ada), Client()
    for path in ("/", "/account/", "/admin/people/", "/api/v1/projects/", "/account/second-factor/"):
        answer, expected = client.get(path), nobody.get(path)
        assert (answer.status_code, answer.headers.get("Location")) == (
            expected.status_code,
            expected.headers.get("Location"),
        )
        assert answer.status_code in (302, 401)


def test_the_first_step_runs_out_and_ends_with_the_password(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    totp, _ = set_up(cast.lena)
    client = past_the_password(cast.lena)
    with monkeypatch.context() as clock:
        now = time.time()
        clock.setattr("workforce.pages.sign_in.time.time", lambda: now + 601)
        assert give(client, totp.now()).headers["Location"] == reverse("login")
    client = past_the_password(cast.lena)
    cast.lena.set_password("quiet-harbour-71")
    cast.lena.save()
    assert give(client, totp.now()).headers["Location"] == reverse("login")
    cast.lena.set_password(PASSWORD)
    cast.lena.save()
    client = past_the_password(cast.lena)
    Person.objects.filter(pk=cast.lena.pk).update(is_active=False)
    assert give(client, totp.now()).headers["Location"] == reverse("login")
    assert not is_signed_in(client)


def test_a_recovery_code_signs_in_once(cast: Cast) -> None:
    _, codes = set_up(cast.lena)
    assert give(past_the_password(cast.lena), codes[0].lower()).status_code == 302
    assert give(past_the_password(cast.lena), codes[0]).status_code == 200
    assert give(past_the_password(cast.lena), codes[1].replace("-", "")).status_code == 302
    event = AuditEvent.objects.filter(action="second_factor.recovery_code_used").latest("pk")
    assert event.after == {"codes_left": second_factor.RECOVERY_CODES - 2}


def test_wrong_codes_lock_as_wrong_passwords_do(cast: Cast) -> None:
    totp, codes = set_up(cast.lena)
    client = past_the_password(cast.lena)
    for _ in range(PER_ACCOUNT):
        assert give(client, "000000").status_code == 200
    for code in (totp.now(), codes[0]):
        answer = give(past_the_password(cast.lena), code)
        assert answer.status_code == 429 and int(answer["Retry-After"]) > 0
    assert not is_signed_in(client)


@pytest.mark.django_db(transaction=True)
def test_one_code_in_parallel_tries_counts_once(cast: Cast) -> None:
    totp, codes = set_up(cast.lena)
    outcomes: Counter[str] = Counter()

    def work(code: str) -> None:
        try:
            second_factor.prove_code(cast.lena, code, None)
            outcomes["right"] += 1
        except RuleViolation as refusal:
            outcomes[refusal.code] += 1
        finally:
            connection.close()

    for code in (totp.now(), codes[0]):
        threads = [threading.Thread(target=work, args=(code,)) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)
    assert outcomes == {"right": 2, "wrong_code": 6}


# --- Renewing and removing --------------------------------------------------------------------------------------
def test_new_recovery_codes_end_the_old(cast: Cast) -> None:
    totp, old = set_up(cast.lena)
    client = client_of(cast.lena)
    assert client.post(reverse("second-factor-codes"), {"code": "000000"}).status_code == 422
    assert client.post(reverse("second-factor-codes"), {"code": totp.now()}).status_code == 200
    with pytest.raises(RuleViolation):
        second_factor.prove_code(cast.lena, old[0], None)


def test_removing_needs_both_and_no_organization_that_asks(cast: Cast) -> None:
    totp, _ = set_up(cast.lena)
    client = client_of(cast.lena)
    for values in ({"password": "wrong", "code": totp.now()}, {"password": PASSWORD, "code": "000000"}):
        assert client.post(reverse("second-factor-remove"), values).status_code == 422
    require_in(cast.home)
    right = {"password": PASSWORD, "code": totp.now()}
    assert client.post(reverse("second-factor-remove"), right).status_code == 422
    assert second_factor.is_set_up(cast.lena)
    Organization.objects.update(requires_second_factor=False)
    assert client.post(reverse("second-factor-remove"), right).status_code == 302
    assert not second_factor.is_set_up(cast.lena)
    assert AuditEvent.objects.filter(action="second_factor.removed", actor=cast.lena).exists()


def test_the_operator_helps_who_lost_everything(cast: Cast) -> None:
    set_up(cast.lena)
    call_command("remove_second_factor", "lena@example.org")
    assert not second_factor.is_set_up(cast.lena)


# --- Required by an organization --------------------------------------------------------------------------------
def test_an_admin_requires_it_after_setting_up_the_own(cast: Cast) -> None:
    with pytest.raises(RuleViolation) as refused:
        second_factor.require_second_factor(cast.ada, cast.home, is_required=True)
    assert refused.value.code == "set_up_your_own_first"
    set_up(cast.ada)
    second_factor.require_second_factor(cast.ada, cast.home, is_required=True)
    second_factor.require_second_factor(cast.ada, cast.home, is_required=True)
    event = AuditEvent.objects.get(action="organization.second_factor")
    assert (event.before, event.after) == ({"requires_second_factor": False}, {"requires_second_factor": True})
    for name, refusal in (("max", NotAllowed), ("lena", NotAllowed), ("otto", NotFound)):
        with pytest.raises(refusal):
            second_factor.require_second_factor(getattr(cast, name), cast.home, is_required=False)


def test_the_settings_page_is_the_organization_admins(cast: Cast) -> None:
    page = "/admin/organization/"
    assert "Home: second factor" in client_of(cast.ada).get(page).content.decode()
    assert "Home" not in re.sub(r"(?s)<nav.*?</nav>|<title>.*?</title>", "", _cards(client_of(cast.otto).get(page)))
    assert client_of(cast.max).get(page).status_code == client_of(cast.lena).get(page).status_code == 403
    set_up(cast.ada)
    client = client_of(cast.ada)
    client.post(f"{page}{cast.home.uid}/second-factor/", {"is_required": "on"})
    assert Organization.objects.get(pk=cast.home.pk).requires_second_factor
    client.post(f"{page}{cast.home.uid}/second-factor/", {})
    assert not Organization.objects.get(pk=cast.home.pk).requires_second_factor
    assert client_of(cast.otto).post(f"{page}{cast.home.uid}/second-factor/", {}).status_code == 404


def _cards(answer: Any) -> str:
    return " ".join(re.findall(r"(?s)<form class=\"cl-card\".*?</form>", answer.content.decode()))


def every_path(patterns: list[Any], prefix: str = "") -> list[tuple[str, str]]:
    """View name and a path for each address, with values that need not exist: the gate stands before the view."""
    found = []
    for pattern in patterns:
        text = prefix + re.sub(r"<uuid:\w+>", "2a0b3f6e-9a9a-4d46-b8a5-5a0c7c1d1c11", str(pattern.pattern))
        text = re.sub(r"<int:\w+>", "1", re.sub(r"<(?:slug|str|path|\w+):\w+>|<\w+>", "x", text))
        if isinstance(pattern, URLResolver):
            found += every_path(pattern.url_patterns, text)
        elif isinstance(pattern, URLPattern) and "(?P<" not in text:
            found.append((str(pattern.name), "/" + text))
    return found


def test_who_lacks_it_gets_to_its_page_and_nowhere_else(cast: Cast) -> None:
    require_in(cast.home)
    paths = every_path(get_resolver().url_patterns)
    assert len(paths) > 90
    for person in (cast.ada, cast.lena):
        client = client_of(person)
        for name, path in paths:
            if name in OPEN or path == "/admin/logout/":
                continue
            for method in ("get", "post"):
                answer = getattr(client, method)(path)
                assert answer.status_code == 403, (path, method, answer.status_code)
                is_api = path.startswith("/api/")
                assert ("second_factor_required" if is_api else "asks for a second factor") in answer.content.decode()
        assert client.get("/", headers={"Accept": "application/json"}).json()["code"] == "second_factor_required"
        assert client.get(reverse("second-factor")).status_code == 200
    assert is_signed_in(client_of(cast.otto))


def test_the_sign_in_leads_to_that_page(cast: Cast) -> None:
    require_in(cast.home)
    answer = Client().post(reverse("login"), {"username": "lena@example.org", "password": PASSWORD})
    assert answer.headers["Location"] == reverse("second-factor")


def test_setting_up_opens_everything(cast: Cast) -> None:
    require_in(cast.home)
    client = client_of(cast.lena)
    assert client.get("/").status_code == 403
    set_up(cast.lena)
    assert client_of(cast.lena).get("/").status_code == 200


def test_tokens_rest_until_it_is_set_up(cast: Cast) -> None:
    _, clear = tokens.issue_token(cast.max, cast.home, name="nightly", scopes=["read"])
    headers = {"Authorization": f"Token {clear}"}
    assert Client().get("/api/v1/projects/", headers=headers).status_code == 200
    require_in(cast.home)
    answer = Client().get("/api/v1/projects/", headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (403, "second_factor_required")
    set_up(cast.max)
    assert Client().get("/api/v1/projects/", headers=headers).status_code == 200
    second_factor.remove_lost(cast.max)
    assert Client().get("/api/v1/projects/", headers=headers).status_code == 403


def test_a_service_has_no_app_and_is_not_asked(cast: Cast) -> None:
    require_in(cast.home)
    Person.objects.filter(pk=cast.max.pk).update(kind=Person.Kind.SERVICE)
    cast.max.refresh_from_db()
    second_factor.require_for_token(cast.max, cast.home.pk)
    with pytest.raises(SecondFactorRequired):
        second_factor.require_for_token(cast.lena, cast.home.pk)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("when", ["before", "after"])
def test_the_socket_says_so_and_closes(cast: Cast, when: str) -> None:
    if when == "before":
        require_in(cast.home)

    @async_to_sync
    async def scene() -> None:
        socket, _ = await sync_to_async(socket_of)(cast.lena)
        assert await socket.connect()
        if when == "after":
            await sync_to_async(require_in)(cast.home)
        frame = await socket.receive_json_from(timeout=5)
        assert frame["code"] == "second_factor_required"
        assert (await closed_with(socket))[0] == 4403

    scene()
