"""What the operator of this site says about storages: whom it may reach, and who it is at each vendor.

The vendors' addresses are here and not in an integration's settings, so that no customer can point a handshake
elsewhere. Empty means the vendor's own public address."""

from dataclasses import dataclass, field
from functools import cached_property

from workforce.storage_providers.addresses import origin_of
from workforce.storage_providers.hidden import Hidden
from workforce.storage_providers.wire import Wire


@dataclass(frozen=True)
class Surroundings:
    # S3-compatible storages that customers may name, as origins; those of the second list may be private addresses.
    endpoints: tuple[str, ...] = ()
    private_endpoints: tuple[str, ...] = ()
    # Folders below which a local storage may lie.
    folders: tuple[str, ...] = ()
    # A file of certificates that are trusted besides none of the system's; empty means the system's.
    ca_file: str = ""
    timeout_seconds: float = 15
    sts_endpoint: str = ""
    s3_endpoint: str = ""
    iam_endpoint: str = "https://iamcredentials.googleapis.com"
    gcs_endpoint: str = "https://storage.googleapis.com"
    entra_endpoint: str = "https://login.microsoftonline.com"
    # ``{account}`` stands for the name of the storage account.
    blob_endpoint: str = "https://{account}.blob.core.windows.net"
    # Our application at Entra, registered for several tenants.
    entra_client_id: str = ""
    entra_client_secret: Hidden = field(default_factory=lambda: Hidden(""))

    @cached_property
    def allowed_origins(self) -> frozenset[str]:
        return frozenset(origin_of(url) for url in (*self.endpoints, *self.private_endpoints))

    def wire(self, *trusted: str) -> Wire:
        """``trusted`` are addresses that the operator set, not a customer: they may be private."""
        private = frozenset(origin_of(url) for url in (*self.private_endpoints, *trusted) if url)
        return Wire(private_origins=private, ca_file=self.ca_file, timeout_seconds=self.timeout_seconds)
