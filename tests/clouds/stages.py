"""One stage for each kind of storage: its double with the same objects, and a provider that points at it."""

import json
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from tempfile import NamedTemporaryFile
from typing import Any

from tests.clouds.double import Double, Stored, running
from tests.clouds.fake_aws import FakeAws, Role
from tests.clouds.fake_azure import CLIENT, CLIENT_SECRET, TENANT, FakeAzure, certificate
from tests.clouds.fake_gcp import THEIRS, FakeGcp
from workforce.storage_providers.aws import AwsProvider, AwsSettings
from workforce.storage_providers.azure import AzureProvider, AzureSettings
from workforce.storage_providers.gcs import GcsProvider, GcsSettings
from workforce.storage_providers.hidden import Hidden
from workforce.storage_providers.protocol import Owner, Provider, Session
from workforce.storage_providers.s3_compatible import S3CompatibleProvider, S3CompatibleSettings
from workforce.storage_providers.surroundings import Surroundings

OWNER = Owner("0199a1b2c3d47e5f8a9b0c1d2e3f4a5b", "0199ffffc3d47e5f8a9b0c1d2e3f4a5b")
PREFIX = "cars/2026/"
PICTURE = bytes(range(256)) * 1024
ODD = "cars/2026/ä b+c&d=e%f'(1)~.png"
OBJECTS = {
    "cars/2026/a.png": PICTURE,
    "cars/2026/b.png": b"picture b",
    "cars/2026/deep/c.jpg": b"picture c",
    "cars/2026/notes.txt": b"<script>not a picture</script>",
    ODD: b"picture with an odd name",
    # What is never asked for: a folder's stand-in, a doubled slash, and what lies outside.
    "cars/2026/": b"",
    "cars/2026/x//y.png": b"never asked for",
    "cars/2026-others/secret.png": b"SECRET of others",
    "cars/2025/old.png": b"SECRET old",
}
USABLE = sorted(
    (key for key in OBJECTS if key.startswith(PREFIX) and "//" not in key and key != PREFIX), key=str.encode
)
ROLE = "arn:aws:iam::222233334444:role/crewline-reads"
US = "arn:aws:iam::111122223333:user/crewline"
EXTERNAL_ID = "crewline-external-id-0123456789abcdef"


@dataclass
class Stage:
    kind: str
    provider: Provider
    double: Any
    # The customer takes our rights away; what was signed before has to stop working too, where the vendor can.
    revoke: Callable[[], None]
    # The customer's side may write, beyond what we ask for.
    allow_writing: Callable[[], None]
    handshakes: Callable[[], int]
    secrets: Callable[[], list[str]]
    region: str = ""
    pins_caching: bool = True
    tls: Any = None

    def change(self, key: str, body: bytes) -> None:
        self.double.objects[key] = Stored(body)

    def open(self) -> Session:
        return self.provider.open_session(OWNER)


def fill(double: Double) -> None:
    for key, body in OBJECTS.items():
        double.objects[key] = Stored(body, "text/html" if key.endswith(".txt") else "application/octet-stream")


@contextmanager
def aws_stage(monkeypatch: Any) -> Iterator[Stage]:
    double = FakeAws()
    double.add_user("AKIACREWLINE", "SECRET-of-the-operator", US)
    double.roles[ROLE] = Role(US, EXTERNAL_ID)
    fill(double)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIACREWLINE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "SECRET-of-the-operator")
    with running(double):
        settings = AwsSettings("pictures", PREFIX, "eu-central-1", ROLE, EXTERNAL_ID)
        around = Surroundings(sts_endpoint=double.url, s3_endpoint=double.url, timeout_seconds=2)
        yield Stage(
            "aws",
            AwsProvider(settings, around),
            double,
            revoke=lambda: double.revoke_sessions(ROLE),
            allow_writing=lambda: double.roles[ROLE].actions.extend(["s3:PutObject", "s3:DeleteObject"]),
            handshakes=lambda: double.actions().count("sts:AssumeRole"),
            region="eu-central-1",
            secrets=lambda: [part for key in double.keys.values() for part in (key.secret, key.token) if part],
        )


@contextmanager
def s3_compatible_stage(monkeypatch: Any) -> Iterator[Stage]:
    double = FakeAws(region="us-east-1")
    double.add_user("LEGACYKEY", "SECRET-of-the-bucket", "arn:aws:iam::222233334444:user/reader")
    reader = double.roles["reader"] = Role("", None)
    double.keys["LEGACYKEY"].role = reader
    fill(double)
    with running(double):
        settings = S3CompatibleSettings(
            double.url,
            "pictures",
            PREFIX,
            "us-east-1",
            "LEGACYKEY",
            Hidden("SECRET-of-the-bucket"),
            datetime.now(UTC) + timedelta(days=30),
        )
        around = Surroundings(private_endpoints=(double.url,), timeout_seconds=2)
        yield Stage(
            "s3_compatible",
            S3CompatibleProvider(settings, around),
            double,
            revoke=lambda: double.keys.pop("LEGACYKEY") and None,
            allow_writing=lambda: reader.actions.extend(["s3:PutObject", "s3:DeleteObject"]),
            handshakes=lambda: sum(call.method == "HEAD" and call.path == "/pictures/" for call in double.log),
            region="us-east-1",
            secrets=lambda: ["SECRET-of-the-bucket"],
        )


@contextmanager
def gcs_stage(monkeypatch: Any) -> Iterator[Stage]:
    double = FakeGcp()
    fill(double)
    with running(double), NamedTemporaryFile("w", suffix=".json") as identity:
        json.dump(double.identity_file(), identity)
        identity.flush()
        monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", identity.name)
        around = Surroundings(iam_endpoint=double.url, gcs_endpoint=double.url, timeout_seconds=2)
        theirs = double.accounts[THEIRS]
        yield Stage(
            "gcs",
            GcsProvider(GcsSettings("pictures", PREFIX, THEIRS), around),
            double,
            revoke=theirs.may.clear,
            allow_writing=lambda: theirs.may.update(["storage.objects.create", "storage.objects.delete"]),
            handshakes=lambda: double.actions().count("generateAccessToken"),
            secrets=lambda: [*double.tokens],
            region="europe-west3",
            pins_caching=False,
        )


@contextmanager
def azure_stage(monkeypatch: Any) -> Iterator[Stage]:
    double = FakeAzure()
    fill(double)
    with running(double):
        around = Surroundings(
            entra_endpoint=double.url,
            blob_endpoint=double.url,
            entra_client_id=CLIENT,
            entra_client_secret=Hidden(CLIENT_SECRET),
            ca_file=str(certificate()),
            timeout_seconds=2,
        )
        yield Stage(
            "azure",
            AzureProvider(AzureSettings(TENANT, "pictures", "drive", PREFIX), around),
            double,
            revoke=double.revoke,
            allow_writing=lambda: double.roles.add("write"),
            handshakes=lambda: double.actions().count("userdelegationkey"),
            secrets=lambda: [*double.tokens, *double.delegation_keys.values(), CLIENT_SECRET],
            tls=ssl.create_default_context(cafile=str(certificate())),
        )


STAGES = {"aws": aws_stage, "s3_compatible": s3_compatible_stage, "gcs": gcs_stage, "azure": azure_stage}
