"""What every kind of storage keeps, each against a double of its vendor that computes the signatures again."""

import copy
import json
import logging
import pickle
import urllib.request
from collections.abc import Iterator
from typing import Any
from urllib.error import HTTPError
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import pytest

from tests.clouds.stages import ODD, OWNER, PICTURE, PREFIX, STAGES, USABLE, Stage
from workforce.errors import InvalidInput
from workforce.storage_providers.faults import StorageFault
from workforce.storage_providers.hidden import Hidden
from workforce.storage_providers.protocol import Pinned, Session, WriteProof

PNG = Pinned("image/png", "a.png")
BAD_KEYS = {
    "empty": "",
    "the prefix itself": PREFIX,
    "outside": "cars/2025/old.png",
    "beside the prefix": "cars/2026-others/secret.png",
    "a wildcard": "cars/2026/*",
    "a question mark": "cars/2026/a.pn?",
    "up and out": "cars/2026/../2025/old.png",
    "up by an encoded way": "cars/2026/%2e%2e/2025/old.png",
    "an encoded slash": "cars/2026/a%2F..%2Fb",
    "a backslash": "cars/2026/..\\2025\\old.png",
    "a NUL": "cars/2026/a.png\0.jpg",
    "a line break": "cars/2026/a.png\r\nX: y",
    "an empty part": "cars/2026//a.png",
    "a folder": "cars/2026/deep/",
    "absolute": "/cars/2026/a.png",
    "another bucket": "s3://other/cars/2026/a.png",
    "half a character": "cars/2026/\ud800.png",
    "too long": PREFIX + "a" * 1024,
}


@pytest.fixture(params=[*STAGES])
def stage(request: Any, monkeypatch: Any) -> Iterator[Stage]:
    with STAGES[request.param](monkeypatch) as prepared:
        yield prepared


def fetch(url: str, stage: Stage, method: str = "GET", **headers: str) -> tuple[int, dict[str, str], bytes]:
    """As a browser does: no cookies, no credentials."""
    data = b"changed" if method == "PUT" else None
    request = urllib.request.Request(url, data=data, method=method, headers=headers)
    try:
        with urllib.request.urlopen(request, context=stage.tls) as answer:
            return answer.status, {name.lower(): value for name, value in answer.headers.items()}, answer.read()
    except HTTPError as refused:
        return refused.code, {}, refused.read()


def all_pages(session: Session, **wanted: Any) -> list[str]:
    found, marker = [], ""
    for _ in range(20):
        page = session.list_keys(marker=marker, **wanted)
        found += [entry.key for entry in page.entries]
        marker = page.marker
        if not marker:
            return found
    raise AssertionError("the list does not end")


# --- Reading ----------------------------------------------------------------------------------------------------
def test_keys_are_listed_in_pages_by_pattern_and_only_below_the_prefix(stage: Stage) -> None:
    session = stage.open()
    assert all_pages(session) == all_pages(session, limit=2) == USABLE
    assert all_pages(session, pattern="*.png", limit=3) == [key for key in USABLE if key.endswith(".png")]
    page = session.list_keys()
    sizes = {entry.key: entry.size for entry in page.entries}
    assert sizes["cars/2026/a.png"] == len(PICTURE) and page.unusable == 1
    assert all(entry.etag and entry.modified_at.tzinfo for entry in page.entries)
    etag = {entry.key: entry.etag for entry in page.entries}
    stage.change("cars/2026/b.png", b"picture b, changed")
    again = {entry.key: entry.etag for entry in session.list_keys().entries}
    assert [key for key in USABLE if etag[key] != again[key]] == ["cars/2026/b.png"]


def test_objects_are_read_whole_in_ranges_and_only_while_unchanged(stage: Stage) -> None:
    session = stage.open()
    entry = session.head("cars/2026/a.png")
    assert (entry.size, session.head(ODD).size) == (len(PICTURE), len(b"picture with an odd name"))
    reading = session.read("cars/2026/a.png")
    assert reading.length == len(PICTURE) and b"".join(reading) == PICTURE
    assert session.read("cars/2026/a.png", start=1000, end=1009).whole() == PICTURE[1000:1010]
    assert session.read("cars/2026/a.png", start=len(PICTURE) - 5, etag=entry.etag).whole() == PICTURE[-5:]
    part = session.read("cars/2026/a.png", start=5, end=9)
    assert (part.entry.size, part.start, part.length) == (len(PICTURE), 5, 5)
    part.close()
    with pytest.raises(StorageFault):
        part.whole()
    stage.change("cars/2026/a.png", b"another")
    for code, ask in {
        "changed": lambda: session.read("cars/2026/a.png", etag=entry.etag),
        "range_refused": lambda: session.read("cars/2026/a.png", start=100),
        "not_found": lambda: session.read("cars/2026/none.png"),
    }.items():
        with pytest.raises(StorageFault) as fault:
            ask()
        assert fault.value.code == code
    with pytest.raises(StorageFault) as fault:
        session.head("cars/2026/none.png")
    assert fault.value.code == "not_found"


def test_a_key_that_may_not_be_asked_for_is_refused_before_anybody_is_asked(stage: Stage) -> None:
    session = stage.open()
    before = len(stage.double.log)
    for what, key in BAD_KEYS.items():
        for ask in (session.head, session.read, session.is_public, lambda key: session.sign(key, PNG)):
            with pytest.raises(InvalidInput) as refused:
                ask(key)
            assert refused.value.code == "bad_key", what
    assert len(stage.double.log) == before


# --- Signed addresses -------------------------------------------------------------------------------------------
def test_an_address_opens_one_object_with_pinned_headers_and_nothing_else(stage: Stage) -> None:
    session = stage.open()
    notes = session.sign("cars/2026/notes.txt", Pinned("text/plain", 'nötes "1".txt'))
    status, headers, body = fetch(notes.reveal(), stage)
    assert status == 200 and body == b"<script>not a picture</script>"
    # Their owner had called it HTML.
    assert headers["content-type"] == "text/plain"
    assert headers["content-disposition"] == "inline; filename*=UTF-8''n%C3%B6tes%20%221%22.txt"
    assert not stage.pins_caching or headers["cache-control"] == "private, no-store"
    odd = session.sign(ODD, PNG).reveal()
    assert fetch(odd, stage)[2] == b"picture with an odd name"
    assert fetch(odd, stage, Range="bytes=0-6")[::2] == (206, b"picture")
    for method in ("PUT", "DELETE"):
        assert fetch(odd, stage, method)[0] in (401, 403, 405), method
    assert session.head(ODD).size == len(b"picture with an odd name")
    for changed in tampered(session.sign("cars/2026/a.png", PNG).reveal()):
        assert fetch(changed, stage)[0] in (400, 401, 403, 404), changed


def tampered(url: str) -> Iterator[str]:
    parts = urlsplit(url)
    for other in ("cars/2026/b.png", "cars/2025/old.png"):
        yield urlunsplit(parts._replace(path=parts.path.replace("cars/2026/a.png", other)))
    query = parse_qsl(parts.query)
    for at, (name, value) in enumerate(query):
        longer = value[:-1] + ("0" if value[-1] != "0" else "1")
        for changed in ([*query[:at], (name, longer), *query[at + 1 :]], [*query[:at], *query[at + 1 :]]):
            yield urlunsplit(parts._replace(query=urlencode(changed)))
    yield urlunsplit(parts._replace(query=""))
    yield url.replace("image%2Fpng", "text%2Fhtml").replace("image/png", "text/html")


def test_an_address_dies_after_five_minutes_and_with_its_session(stage: Stage) -> None:
    session = stage.open()
    address = session.sign("cars/2026/a.png", PNG, ttl_seconds=86_400)
    assert address.ttl_seconds == 300 and 298 < address.expires_at - session.clock.now() <= 300
    short = session.sign("cars/2026/a.png", PNG, ttl_seconds=20)
    assert fetch(short.reveal(), stage)[0] == 200
    stage.double.skew_seconds = 21 + 1
    assert fetch(short.reveal(), stage)[0] in (401, 403)
    assert fetch(address.reveal(), stage)[0] == 200
    stage.double.skew_seconds = 300 + 2
    assert fetch(address.reveal(), stage)[0] in (401, 403)
    stage.double.skew_seconds = 0
    session.ends_at = session.clock.now() + 100.5
    assert session.sign("cars/2026/a.png", PNG).ttl_seconds == 100
    session.ends_at = session.clock.now()
    with pytest.raises(StorageFault) as fault:
        session.sign("cars/2026/a.png", PNG)
    assert fault.value.code == "expired"


def test_what_the_customer_takes_back_stops_working(stage: Stage) -> None:
    session = stage.open()
    address = session.sign("cars/2026/a.png", PNG).reveal()
    stage.revoke()
    assert fetch(address, stage)[0] in (401, 403)
    for ask in (session.list_keys, lambda: session.head("cars/2026/a.png"), lambda: session.read("cars/2026/a.png")):
        with pytest.raises(StorageFault) as fault:
            ask()
        assert fault.value.code in ("denied", "keys_refused", "expired")


# --- Proofs -----------------------------------------------------------------------------------------------------
def test_the_proofs_tell_what_the_customer_granted(stage: Stage) -> None:
    session = stage.open()
    objects = dict(stage.double.objects)
    assert session.probe_write() == WriteProof(may_write=False, may_delete=False)
    assert session.is_public("cars/2026/a.png") is False
    stage.double.objects["cars/2026/a.png"].is_public = True
    assert session.is_public("cars/2026/a.png") is True
    assert session.bucket_region() == stage.region
    stage.allow_writing()
    assert stage.provider.open_session(OWNER, narrowed=False).probe_write() == WriteProof(True, True)
    assert stage.double.objects == objects


# --- Trouble ----------------------------------------------------------------------------------------------------
def test_trouble_is_told_in_a_few_codes_and_never_in_the_vendors_words(stage: Stage) -> None:
    session = stage.open()
    for status, code in {500: "unreachable", 503: "throttled", 429: "throttled", 502: "unreachable"}.items():
        stage.double.fail_status = status
        for ask in (session.list_keys, session.probe_write, lambda: session.read("cars/2026/a.png")):
            with pytest.raises(StorageFault) as fault:
                ask()
            assert fault.value.code == code and fault.value.is_passing
            told = json.dumps(fault.value.as_answer()) + repr(fault.value)
            assert "10.1.2.3" not in told and "127.0.0.1" not in told and "SECRET" not in told
    with pytest.raises(StorageFault) as fault:
        stage.open()
    assert fault.value.is_passing
    stage.double.fail_status = 0
    assert session.list_keys().entries


@pytest.mark.parametrize("minutes", [-10, 10])
def test_a_clock_that_is_ten_minutes_off_is_noticed_and_made_up_for(stage: Stage, minutes: int) -> None:
    stage.double.skew_seconds = minutes * 60
    session = stage.open()
    assert abs(session.clock.offset_seconds - minutes * 60) < 3
    assert abs(session.ends_at - stage.double.now() - 3600) < 5
    assert session.list_keys().entries
    address = session.sign("cars/2026/a.png", PNG)
    assert fetch(address.reveal(), stage)[0] == 200
    stage.double.skew_seconds += 302
    assert fetch(address.reveal(), stage)[0] in (401, 403)


# --- Nothing shows ----------------------------------------------------------------------------------------------
def test_no_secret_shows_in_values_logs_faults_and_pickles(stage: Stage, caplog: Any) -> None:
    caplog.set_level(logging.DEBUG)
    session = stage.open()
    address = session.sign("cars/2026/a.png", PNG)
    session.list_keys()
    stage.revoke()
    with pytest.raises(StorageFault) as fault:
        session.head("cars/2026/a.png")
    signature = parse_qsl(urlsplit(address.reveal()).query)[-1][1]
    shown = [*(repr(one) + str(one) + f"{one}" for one in (session, address, stage.provider, fault.value)), caplog.text]
    shown.append(json.dumps(fault.value.as_answer()))
    hidden = [*stage.secrets(), signature]
    assert len(hidden) > 1
    for text in shown:
        assert not [secret for secret in hidden if secret in text]
    for one in (address, address.address):
        with pytest.raises(TypeError):
            pickle.dumps(one)
    assert copy.deepcopy(address) == address and address.address != Hidden("x")
