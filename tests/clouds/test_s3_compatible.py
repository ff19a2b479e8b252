"""Storages with keys: only listed hosts, keys with an end, and a real server that checks our signatures."""

import socket
import threading
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.error import HTTPError

import pytest
import uvicorn

from tests.clouds.double import Answer
from tests.clouds.stages import OBJECTS, ODD, OWNER, PREFIX, USABLE, s3_compatible_stage
from workforce.storage_providers.faults import StorageFault
from workforce.storage_providers.hidden import Hidden
from workforce.storage_providers.protocol import Pinned
from workforce.storage_providers.s3_compatible import S3CompatibleProvider, S3CompatibleSettings
from workforce.storage_providers.surroundings import Surroundings


def test_only_listed_hosts_are_asked_and_private_ones_only_where_the_operator_says_so(monkeypatch: Any) -> None:
    with s3_compatible_stage(monkeypatch) as stage:
        settings = stage.provider.settings
        for around in (Surroundings(), Surroundings(endpoints=(settings.endpoint,))):
            with pytest.raises(StorageFault) as fault:
                S3CompatibleProvider(settings, around).open_session(OWNER)
            assert fault.value.code == "endpoint_refused"
        for endpoint in (
            "http://169.254.169.254",
            settings.endpoint + "/x",
            "http://localhost:" + settings.endpoint[-5:],
        ):
            with pytest.raises(StorageFault) as fault:
                elsewhere = replace(settings, endpoint=endpoint)
                S3CompatibleProvider(elsewhere, stage.provider.surroundings).open_session(OWNER)
            assert fault.value.code == "endpoint_refused"
        assert stage.double.log == []
        assert stage.provider.is_legacy


def test_keys_have_an_end_and_no_address_outlives_it(monkeypatch: Any) -> None:
    with s3_compatible_stage(monkeypatch) as stage:
        around, now = stage.provider.surroundings, datetime.now(UTC)
        ended = replace(stage.provider.settings, keys_expire_at=now - timedelta(seconds=5))
        with pytest.raises(StorageFault) as fault:
            S3CompatibleProvider(ended, around).open_session(OWNER)
        assert fault.value.code == "keys_expired"
        ending = replace(stage.provider.settings, keys_expire_at=now + timedelta(seconds=100))
        session = S3CompatibleProvider(ending, around).open_session(OWNER)
        assert session.sign("cars/2026/a.png", Pinned("image/png")).ttl_seconds in range(95, 101)
        wrong = replace(stage.provider.settings, secret_access_key=Hidden("another"))
        with pytest.raises(StorageFault) as fault:
            S3CompatibleProvider(wrong, around).open_session(OWNER).list_keys()
        assert fault.value.code == "keys_refused"


def test_keys_that_only_read_objects_open_a_session_and_a_missing_bucket_does_not(monkeypatch: Any) -> None:
    with s3_compatible_stage(monkeypatch) as stage:
        stage.double.roles["reader"].actions.remove("s3:ListBucket")
        session = stage.open()
        assert session.read("cars/2026/b.png").whole() == b"picture b"
        with pytest.raises(StorageFault) as fault:
            session.list_keys()
        assert fault.value.code == "denied"
        with pytest.raises(StorageFault) as fault:
            none = replace(stage.provider.settings, bucket="none")
            S3CompatibleProvider(none, stage.provider.surroundings).open_session(OWNER)
        assert fault.value.code == "no_bucket"


def test_a_list_that_tries_tricks_is_refused(monkeypatch: Any) -> None:
    bomb = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "SECRET">]><ListBucketResult>&a;</ListBucketResult>'
    with s3_compatible_stage(monkeypatch) as stage:
        session = stage.open()
        for body in (bomb, b"", b"<html>", b"<R><Contents><Key>cars/2026/x</Key></Contents></R>", b"\xff\xfe"):
            stage.double.answer = lambda call, body=body: Answer(200, body)
            with pytest.raises(StorageFault) as fault:
                session.list_keys()
            assert fault.value.code == "misconfigured"


@contextmanager
def nanio(folder: Path) -> Iterator[str]:
    """A real S3 server, in a thread, on a port that the system chose."""
    from nanio.app import build_app
    from nanio.auth.credentials import StaticCredentialResolver
    from nanio.config import Settings

    known = StaticCredentialResolver({"LEGACYKEY": "SECRET-of-the-bucket"})
    settings = Settings(data_dir=folder, credentials=known, access_log=False)
    server = uvicorn.Server(uvicorn.Config(build_app(settings), log_config=None, access_log=False))
    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        server.should_exit = True
        thread.join()


def status_of(url: str, method: str = "GET") -> int:
    try:
        with urllib.request.urlopen(urllib.request.Request(url, method=method)) as answer:
            return int(answer.status)
    except HTTPError as refused:
        return refused.code


def test_a_real_server_takes_what_we_sign_and_refuses_what_was_changed(tmp_path: Path) -> None:
    for key in USABLE:
        (tmp_path / "pictures" / key).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "pictures" / key).write_bytes(OBJECTS[key])
    with nanio(tmp_path) as url:
        expiry = datetime.now(UTC) + timedelta(days=1)
        settings = S3CompatibleSettings(
            url, "pictures", PREFIX, "us-east-1", "LEGACYKEY", Hidden("SECRET-of-the-bucket"), expiry
        )
        session = S3CompatibleProvider(settings, Surroundings(private_endpoints=(url,))).open_session(OWNER)
        assert [entry.key for entry in session.list_keys().entries] == USABLE
        assert session.read("cars/2026/a.png", start=5, end=9).whole() == OBJECTS["cars/2026/a.png"][5:10]
        address = session.sign(ODD, Pinned("image/png", "a.png")).reveal()
        assert status_of(address) == 200
        for changed in (address.replace("image%2Fpng", "text%2Fhtml"), address[:-1] + "x", address.partition("?")[0]):
            assert status_of(changed) == 403
        assert status_of(address, "DELETE") == 403
        with pytest.raises(StorageFault) as fault:
            wrong = replace(settings, secret_access_key=Hidden("another"))
            S3CompatibleProvider(wrong, Surroundings(private_endpoints=(url,))).open_session(OWNER).list_keys()
        assert fault.value.code in ("denied", "keys_refused")
