"""What the operator sets, a site without the cloud libraries, and a start that loads none of them."""

import builtins
import subprocess
import sys
from typing import Any

import pytest

from config import env
from tests.clouds.fake_azure import CLIENT, TENANT
from tests.clouds.fake_gcp import THEIRS
from tests.clouds.stages import EXTERNAL_ID, OWNER, PREFIX, ROLE
from workforce.storage_providers.aws import AwsProvider, AwsSettings
from workforce.storage_providers.azure import AzureProvider, AzureSettings
from workforce.storage_providers.faults import StorageFault
from workforce.storage_providers.gcs import GcsProvider, GcsSettings
from workforce.storage_providers.hidden import Hidden
from workforce.storage_providers.protocol import Provider
from workforce.storage_providers.surroundings import Surroundings

AROUND = Surroundings(entra_client_id=CLIENT, entra_client_secret=Hidden("x"))
PROVIDERS: list[Provider] = [
    AwsProvider(AwsSettings("pictures", PREFIX, "eu-central-1", ROLE, EXTERNAL_ID), AROUND),
    GcsProvider(GcsSettings("pictures", PREFIX, THEIRS), AROUND),
    AzureProvider(AzureSettings(TENANT, "pictures", "drive", PREFIX), AROUND),
]
VENDORS = ("boto3", "botocore", "google", "azure", "msal", "requests")


@pytest.mark.parametrize("provider", PROVIDERS, ids=lambda one: type(one).__name__)
def test_without_the_libraries_a_sentence_says_what_to_install(provider: Provider, monkeypatch: Any) -> None:
    real = builtins.__import__

    def missing(name: str, *rest: Any, **more: Any) -> Any:
        if name.partition(".")[0] in VENDORS:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
        return real(name, *rest, **more)

    monkeypatch.setattr(builtins, "__import__", missing)
    with pytest.raises(StorageFault) as fault:
        provider.open_session(OWNER)
    assert fault.value.code == "clouds_not_installed" and "requirements-clouds.txt" in fault.value.message


def test_importing_every_kind_loads_no_library_of_a_vendor_and_no_django() -> None:
    kinds = ", ".join(
        f"workforce.storage_providers.{name}" for name in ("aws", "s3_compatible", "gcs", "azure", "local")
    )
    code = (
        f"import sys, {kinds}; print({{name.partition('.')[0] for name in sys.modules}} & {{*{(*VENDORS, 'django')}}})"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.strip() == "set()"


def test_the_settings_are_the_surroundings(settings: Any, monkeypatch: Any) -> None:
    assert Surroundings(**settings.STORAGE) == Surroundings()
    monkeypatch.setenv("STORAGE_ENDPOINTS", "https://minio.example.org, https://ceph.example.org:8443")
    monkeypatch.setenv("STORAGE_PRIVATE_ENDPOINTS", "http://10.0.0.5:9000")
    monkeypatch.setenv("AZURE_CLIENT_SECRET", "SECRET-CANARY")
    found = Surroundings(**env.storage())
    assert len(found.allowed_origins) == 3
    assert "SECRET-CANARY" not in repr(found) + repr(env.storage())
    for bad in ("minio.example.org", "https://u:SECRET-CANARY@minio.example.org", "https://minio.example.org/path"):
        monkeypatch.setenv("STORAGE_ENDPOINTS", bad)
        with pytest.raises(env.BadEnvironment) as stopped:
            env.storage()
        assert "STORAGE_ENDPOINTS" in str(stopped.value) and "CANARY" not in str(stopped.value)
