"""Azure: an application that the customer consented to, and signatures that end with the session."""

from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.clouds.fake_azure import TENANT
from tests.clouds.stages import OWNER, PREFIX, azure_stage
from tests.clouds.test_every_kind import PNG, fetch
from workforce.storage_providers.azure import AzureProvider, AzureSettings
from workforce.storage_providers.faults import StorageFault
from workforce.storage_providers.hidden import Hidden


def code_of(ask: Any) -> str:
    with pytest.raises(StorageFault) as fault:
        ask()
    assert "SECRET" not in repr(fault.value) + str(fault.value.as_answer())
    return fault.value.code


def test_whose_fault_it_is_that_no_session_opens(monkeypatch: Any) -> None:
    with azure_stage(monkeypatch) as stage:
        around, settings = stage.provider.surroundings, stage.provider.settings
        stage.double.roles.discard("delegate")
        assert code_of(stage.open) == "role_denied"
        stage.double.consented = False
        assert code_of(stage.open) == "role_denied"
        stage.double.consented = True
        for changed in (
            replace(around, entra_client_secret=Hidden("another")),
            replace(around, entra_client_id=""),
        ):
            assert code_of(lambda changed=changed: AzureProvider(settings, changed).open_session(OWNER)) == (
                "operator_credentials"
            )
        # The site does not know the certificate.
        assert code_of(lambda: AzureProvider(settings, replace(around, ca_file="")).open_session(OWNER)) in (
            "unreachable",
            "untrusted_certificate",
        )
        none = replace(settings, container="none")
        assert code_of(lambda: AzureProvider(none, around).open_session(OWNER)) == "no_bucket"


def test_a_signature_reads_one_blob_over_tls_and_ends_with_the_session(monkeypatch: Any) -> None:
    with azure_stage(monkeypatch) as stage:
        session = stage.open()
        address = session.sign("cars/2026/a.png", PNG).reveal()
        facts = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
        assert (facts["sp"], facts["sr"], facts["spr"], facts["rscc"]) == ("r", "b", "https", "private, no-store")
        # Revoking the delegation keys alone ends what was signed, while the roles are still there.
        stage.double.delegation_keys.clear()
        assert fetch(address, stage)[0] == 403
        assert session.list_keys().entries
        # What is signed says that it is worth nothing after the session.
        assert abs(session.ends_at - session.clock.now() - 3600) < 5
        assert facts["ske"] == session.delegation.signed_expiry


@pytest.mark.parametrize(
    "changes",
    [
        {"tenant_id": "common/../x"},
        {"tenant_id": ""},
        {"account": "evil.example/"},
        {"account": "Pictures"},
        {"container": "a--b"},
        {"container": "../x"},
    ],
)
def test_settings_that_would_lead_elsewhere_are_refused(changes: dict[str, str]) -> None:
    values = {"tenant_id": TENANT, "account": "pictures", "container": "drive", "prefix": PREFIX, **changes}
    with pytest.raises(StorageFault):
        AzureSettings(**values)
