"""The role of a customer: whom it trusts, what the session may do, and who is seen in the customer's log."""

import json
from typing import Any

import pytest
from botocore.auth import S3SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from tests.clouds.stages import EXTERNAL_ID, OWNER, PREFIX, ROLE, US, aws_stage
from workforce.errors import InvalidInput
from workforce.storage_providers import sigv4
from workforce.storage_providers.aws import AwsProvider, AwsSettings, session_name, session_policy
from workforce.storage_providers.faults import StorageFault
from workforce.storage_providers.hidden import Hidden
from workforce.storage_providers.protocol import Owner, Pinned

SETTINGS = AwsSettings("pictures", PREFIX, "eu-central-1", ROLE, EXTERNAL_ID)


def test_a_role_opens_only_to_us_with_its_own_external_id(monkeypatch: Any) -> None:
    with aws_stage(monkeypatch) as stage:
        around = stage.provider.surroundings
        theirs = AwsSettings("pictures", PREFIX, "eu-central-1", ROLE, "the-external-id-of-another-organization")
        with pytest.raises(StorageFault) as fault:
            AwsProvider(theirs, around).open_session(OWNER)
        assert (fault.value.code, fault.value.details) == ("role_denied", {"vendor_code": "AccessDenied"})
        proofs = {given: stage.provider.is_assumable_with(OWNER, given) for given in (EXTERNAL_ID, "another", None)}
        assert proofs == {EXTERNAL_ID: True, "another": False, None: False}
        # A trust policy that forgets the condition is what the proof is there to find.
        stage.double.roles[ROLE].external_id = None
        assert stage.provider.is_assumable_with(OWNER, None) and stage.provider.is_assumable_with(OWNER, "another")
        stage.double.roles[ROLE].trusts = "arn:aws:iam::999900009999:user/somebody"
        assert not stage.provider.is_assumable_with(OWNER, EXTERNAL_ID)
        assert stage.double.objects and not [call for call in stage.double.log if call.action.startswith("s3:")]


def test_the_session_is_an_hour_narrowed_and_named_after_its_owner(monkeypatch: Any) -> None:
    with aws_stage(monkeypatch) as stage:
        # The role itself reads everything; the session does not.
        session = stage.open()
        assert session.ends_at - session.clock.now() <= 3600
        session.prefix = "cars/"
        for key in ("cars/2025/old.png", "cars/2026-others/secret.png"):
            with pytest.raises(StorageFault) as fault:
                session.read(key)
            assert fault.value.code == "denied"
        with pytest.raises(StorageFault):
            session.list_keys()
        session.prefix = PREFIX
        session.list_keys()
        assert {call.who for call in stage.double.log if call.action.startswith("s3:")} == {session_name(OWNER)}
    name = session_name(OWNER)
    assert OWNER.organization[:24] in name and OWNER.integration[:24] in name and len(name) <= 64
    assert session_name(Owner("a b/ü", "x")) == "crewline-ab-x"
    statements = json.loads(session_policy(SETTINGS))["Statement"]
    assert {statement["Action"] for statement in statements} == {
        "s3:GetObject", "s3:ListBucket", "s3:GetBucketLocation", "kms:Decrypt",
    }  # fmt: skip
    assert len(session_policy(AwsSettings("b" * 63, "p" * 399 + "/", "eu-central-1", ROLE, EXTERNAL_ID))) < 2048


def test_an_object_whose_key_we_may_not_use_is_told_apart(monkeypatch: Any) -> None:
    with aws_stage(monkeypatch) as stage:
        stage.double.objects["cars/2026/b.png"].key_denied = True
        for ask in (stage.open().read, stage.open().head):
            with pytest.raises(StorageFault) as fault:
                ask("cars/2026/b.png")
            assert fault.value.code == "decryption_denied"


def test_a_session_that_ended_and_an_operator_without_identity_have_codes(monkeypatch: Any) -> None:
    with aws_stage(monkeypatch) as stage:
        session = stage.open()
        stage.double.skew_seconds = 3601
        with pytest.raises(StorageFault) as fault:
            session.list_keys()
        assert fault.value.code == "expired"
        stage.double.skew_seconds = 0
        session.credentials = sigv4.AwsCredentials("ASIA", Hidden("x"), Hidden("y"), "us-west-2")
        with pytest.raises(StorageFault) as fault:
            session.list_keys()
        assert fault.value.code == "keys_refused"
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "another")
        with pytest.raises(StorageFault) as fault:
            stage.open()
        assert fault.value.code == "operator_credentials"
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            monkeypatch.delenv(name)
        monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
        monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/dev/null")
        with pytest.raises(StorageFault) as fault:
            stage.open()
        assert fault.value.code == "operator_credentials"
        assert US.startswith("arn:")


@pytest.mark.parametrize(
    "changes",
    [
        {"role_arn": "arn:aws:iam::12:role/x"},
        {"role_arn": "arn:aws:iam::222233334444:user/x"},
        {"bucket": "a/../b"},
        {"bucket": "pictures.evil.example/x?"},
        {"region": "eu-central-1.evil.example/"},
        {"prefix": "cars"},
        {"prefix": "cars/*/"},
        {"prefix": "cars/${aws:username}/"},
        {"prefix": "../"},
    ],
)
def test_settings_that_would_lead_elsewhere_are_refused(changes: dict[str, str]) -> None:
    values = {"bucket": "pictures", "prefix": PREFIX, "region": "eu-central-1", "role_arn": ROLE, **changes}
    with pytest.raises((StorageFault, InvalidInput)):
        AwsSettings(external_id=EXTERNAL_ID, **values)


def test_our_signature_is_the_vendors_own(monkeypatch: Any) -> None:
    """The same address signed by botocore, at the same second, with every sign that needs quoting."""
    pinned = Pinned("text/plain; charset=utf-8", "ä b+c&d=e%f'(1)~.png")
    query = {"response-content-type": pinned.content_type, "response-content-disposition": pinned.disposition}
    for token in ("", "TOKEN+/="):
        credentials = sigv4.AwsCredentials("AKIA", Hidden("secret"), Hidden(token), "eu-central-1")
        url = "https://pictures.s3.eu-central-1.amazonaws.com/cars/%C3%A4%20b%2Bc~.png"
        ours = sigv4.presigned("GET", url, query, credentials, now=1_795_000_000, ttl_seconds=300)
        theirs = S3SigV4QueryAuth(Credentials("AKIA", "secret", token or None), "s3", "eu-central-1", expires=300)
        request = AWSRequest("GET", url, params=dict(query))
        import datetime

        at = datetime.datetime.fromtimestamp(1_795_000_000, tz=datetime.UTC).replace(tzinfo=None)
        monkeypatch.setattr("botocore.auth.get_current_datetime", lambda at=at: at)
        theirs.add_auth(request)
        assert ours.rpartition("=")[2] == request.url.rpartition("=")[2]
        assert sorted(ours.partition("?")[2].split("&")) == sorted(request.url.partition("?")[2].split("&"))


def test_addresses_of_real_buckets(monkeypatch: Any) -> None:
    from workforce.storage_providers.surroundings import Surroundings

    def url_of(bucket: str, role: str) -> str:
        return AwsProvider(AwsSettings(bucket, PREFIX, "eu-central-1", role, EXTERNAL_ID), Surroundings())._bucket_url()

    assert url_of("pictures", ROLE) == "https://pictures.s3.eu-central-1.amazonaws.com"
    assert url_of("my.pictures", ROLE) == "https://s3.eu-central-1.amazonaws.com/my.pictures"
    china = ROLE.replace("arn:aws:", "arn:aws-cn:")
    assert url_of("pictures", china) == "https://pictures.s3.eu-central-1.amazonaws.com.cn"
