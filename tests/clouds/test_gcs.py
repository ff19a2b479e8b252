"""Google: in the name of the customer's service account, with signatures that are Google's own."""

from base64 import b64decode
from typing import Any

import pytest
from google.cloud.storage._signing import generate_signed_url_v4
from google.oauth2 import service_account

from tests.clouds.fake_gcp import OURS, THEIRS
from tests.clouds.stages import OWNER, PREFIX, gcs_stage
from workforce.storage_providers import gcs
from workforce.storage_providers.faults import StorageFault
from workforce.storage_providers.gcs import GcsProvider, GcsSettings, UnsignedUrl
from workforce.storage_providers.protocol import Pinned
from workforce.storage_providers.surroundings import Surroundings

PINNED = Pinned("text/plain; charset=utf-8", "ä b+c&d=e%f'(1)~.png")


def test_a_service_account_that_does_not_let_us_act_in_its_name_is_told_apart(monkeypatch: Any) -> None:
    with gcs_stage(monkeypatch) as stage:
        session = stage.open()
        stage.double.accounts[THEIRS].token_creators.clear()
        for ask in (stage.open, lambda: session.sign("cars/2026/a.png", PINNED)):
            with pytest.raises(StorageFault) as fault:
                ask()
            assert (fault.value.code, fault.value.details) == ("role_denied", {"vendor_code": "PermissionDenied"})
        monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", "/dev/null")
        with pytest.raises(StorageFault) as fault:
            stage.open()
        assert fault.value.code == "operator_credentials"


def test_our_own_token_may_end_before_the_session(monkeypatch: Any) -> None:
    with gcs_stage(monkeypatch) as stage:
        session = stage.open()
        for token in [token for token, given in stage.double.tokens.items() if given.account == OURS]:
            del stage.double.tokens[token]
        assert session.sign("cars/2026/a.png", PINNED).ttl_seconds == 300
        assert stage.double.actions().count("token") == 2


def test_the_token_of_a_session_only_reads_even_where_the_account_may_write(monkeypatch: Any) -> None:
    with gcs_stage(monkeypatch) as stage:
        stage.allow_writing()
        assert not stage.open().probe_write().may_write
        assert stage.provider.open_session(OWNER, narrowed=False).probe_write().may_write


def test_what_google_signs_is_what_its_own_library_asks_for(monkeypatch: Any) -> None:
    with gcs_stage(monkeypatch) as stage:
        own = service_account.Credentials.from_service_account_info(stage.double.identity_file())
    resource, at = "/pictures/cars/2026/%C3%A4%20b%2Bc~.png", "20261122T030000Z"
    signed: list[bytes] = []
    monkeypatch.setattr(own, "sign_bytes", lambda text: signed.append(text) or b"signature")
    theirs = generate_signed_url_v4(
        own,
        resource,
        expiration=300,
        api_access_endpoint="https://storage.googleapis.com",
        response_type=PINNED.content_type,
        response_disposition=PINNED.disposition,
        _request_timestamp=at,
    )
    query = {"response-content-type": PINNED.content_type, "response-content-disposition": PINNED.disposition}
    ours = UnsignedUrl(f"https://storage.googleapis.com{resource}", query, OURS)
    text, ordered = ours.string_to_sign(now=1795316400, ttl_seconds=300)
    assert text == signed[0]
    assert ordered == theirs.partition("?")[2].rpartition("&")[0] and b64decode("c2lnbmF0dXJl") == b"signature"


@pytest.mark.parametrize("account", ["reader@evil.example", "a/../b@x.iam.gserviceaccount.com", "", "x@y?z"])
def test_settings_that_would_lead_elsewhere_are_refused(account: str) -> None:
    with pytest.raises(StorageFault):
        GcsSettings("pictures", PREFIX, account)
    with pytest.raises(StorageFault):
        GcsSettings("pic/tures", PREFIX, THEIRS)


def test_nothing_is_asked_of_google_without_an_identity(monkeypatch: Any) -> None:
    from google.auth import exceptions

    def none_found(**_: Any) -> Any:
        raise exceptions.DefaultCredentialsError("SECRET details")

    monkeypatch.setattr("google.auth.default", none_found)
    with pytest.raises(StorageFault) as fault:
        GcsProvider(GcsSettings("pictures", PREFIX, THEIRS), Surroundings()).open_session(OWNER)
    assert fault.value.code == "operator_credentials" and "SECRET" not in repr(fault.value)
    assert gcs.READ_ONLY.endswith("read_only")
