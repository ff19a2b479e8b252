"""Storages that speak S3 and have no roles: keys of the customer, kept sealed, flagged, and with an end.

Only hosts that the operator listed are asked."""

from dataclasses import dataclass
from datetime import datetime

from workforce.storage_providers import keys
from workforce.storage_providers.addresses import origin_of
from workforce.storage_providers.clock import VendorClock
from workforce.storage_providers.faults import StorageFault
from workforce.storage_providers.hidden import Hidden
from workforce.storage_providers.protocol import LONGEST_SESSION_SECONDS, Owner
from workforce.storage_providers.s3_objects import BUCKET, REGION, S3Session
from workforce.storage_providers.sigv4 import AwsCredentials
from workforce.storage_providers.surroundings import Surroundings


@dataclass(frozen=True)
class S3CompatibleSettings:
    endpoint: str
    bucket: str
    prefix: str
    region: str
    access_key_id: str
    secret_access_key: Hidden
    # When somebody has to enter new keys; without an end they would be forgotten here.
    keys_expire_at: datetime

    def __post_init__(self) -> None:
        keys.checked_prefix(self.prefix)
        if not (BUCKET.fullmatch(self.bucket) and REGION.fullmatch(self.region) and self.access_key_id.isascii()):
            raise StorageFault("misconfigured")


class S3CompatibleProvider:
    signs = True
    is_legacy = True

    def __init__(self, settings: S3CompatibleSettings, surroundings: Surroundings) -> None:
        self.settings, self.surroundings = settings, surroundings

    def open_session(self, owner: Owner, *, narrowed: bool = True) -> S3Session:
        """Keys cannot be narrowed; the rules for keys are all that holds them to the prefix."""
        settings, clock = self.settings, VendorClock()
        origin = origin_of(settings.endpoint)
        if origin not in self.surroundings.allowed_origins:
            raise StorageFault("endpoint_refused")
        credentials = AwsCredentials(settings.access_key_id, settings.secret_access_key, Hidden(""), settings.region)
        # Not the origin's spelling: the Host header of a default port names no port, and it is signed.
        bucket_url = f"{settings.endpoint.rstrip('/')}/{settings.bucket}"
        session = S3Session(bucket_url, settings.prefix, credentials, 0, clock, self.surroundings.wire())
        try:
            session.bucket_region()  # asks once: the answer tells the vendor's time, and that somebody is there
        except StorageFault as fault:
            if fault.code != "denied":  # keys that may read objects and nothing else are good enough
                raise
        expiry = settings.keys_expire_at.timestamp()
        if expiry <= clock.now():
            raise StorageFault("keys_expired")
        session.ends_at = min(clock.now() + LONGEST_SESSION_SECONDS, expiry)
        return session
