"""Amazon S3 by a role of the customer: assumed with an external ID of ours, for an hour, narrowed to the prefix."""

import json
import re
import time
from dataclasses import dataclass
from typing import Any

from workforce.storage_providers import keys
from workforce.storage_providers.clock import VendorClock
from workforce.storage_providers.faults import StorageFault, not_installed
from workforce.storage_providers.hidden import Hidden
from workforce.storage_providers.protocol import LONGEST_SESSION_SECONDS, Owner
from workforce.storage_providers.s3_objects import BUCKET, REGION, S3Session
from workforce.storage_providers.sigv4 import AwsCredentials
from workforce.storage_providers.surroundings import Surroundings

ROLE = re.compile(r"arn:(aws|aws-cn|aws-us-gov):iam::(\d{12}):role/[\w+=,.@/-]{1,512}", re.ASCII)
# What AWS allows in the name of a session, and in an external ID.
_NOT_IN_NAMES = re.compile(r"[^\w+=,.@-]", re.ASCII)
_NAME_PART = 24
CODES = {
    "AccessDenied": "role_denied",
    "MalformedPolicyDocument": "misconfigured",
    "PackedPolicyTooLarge": "misconfigured",
    "ValidationError": "misconfigured",
    "RegionDisabledException": "wrong_region",
    "ExpiredToken": "operator_credentials",
    "InvalidClientTokenId": "operator_credentials",
    "UnrecognizedClientException": "operator_credentials",
    "SignatureDoesNotMatch": "operator_credentials",
    "Throttling": "throttled",
    "ThrottlingException": "throttled",
    "RequestExpired": "clock_skew",
}
SKEW_SECONDS = 120


@dataclass(frozen=True)
class AwsSettings:
    bucket: str
    prefix: str
    region: str
    role_arn: str
    external_id: str

    def __post_init__(self) -> None:
        keys.checked_prefix(self.prefix)
        if not (BUCKET.fullmatch(self.bucket) and REGION.fullmatch(self.region) and ROLE.fullmatch(self.role_arn)):
            raise StorageFault("misconfigured")

    @property
    def partition(self) -> str:
        return self.role_arn.split(":")[1]

    @property
    def account(self) -> str:
        return self.role_arn.split(":")[4]


class AwsProvider:
    signs = True
    is_legacy = False

    def __init__(self, settings: AwsSettings, surroundings: Surroundings) -> None:
        self.settings, self.surroundings = settings, surroundings
        self.clock = VendorClock()

    def open_session(self, owner: Owner, *, narrowed: bool = True) -> S3Session:
        request: dict[str, Any] = {"ExternalId": self.settings.external_id}
        if narrowed:
            request["Policy"] = session_policy(self.settings)
        given = self._assume_role(owner, request)
        credentials = AwsCredentials(
            given["AccessKeyId"], Hidden(given["SecretAccessKey"]), Hidden(given["SessionToken"]), self.settings.region
        )
        ends_at = min(given["Expiration"].timestamp(), self.clock.now() + LONGEST_SESSION_SECONDS)
        wire = self.surroundings.wire(self.surroundings.s3_endpoint)
        return S3Session(self._bucket_url(), self.settings.prefix, credentials, ends_at, self.clock, wire)

    def is_assumable_with(self, owner: Owner, external_id: str | None) -> bool:
        """For the proof that the trust policy asks for our external ID: with another or none this must be False."""
        request = {"Policy": session_policy(self.settings)}
        if external_id is not None:
            request["ExternalId"] = external_id
        try:
            self._assume_role(owner, request)
        except StorageFault as fault:
            if fault.code != "role_denied":
                raise
            return False
        return True

    def _bucket_url(self) -> str:
        bucket, region = self.settings.bucket, self.settings.region
        if self.surroundings.s3_endpoint:
            return f"{self.surroundings.s3_endpoint.rstrip('/')}/{bucket}"
        suffix = "amazonaws.com.cn" if self.settings.partition == "aws-cn" else "amazonaws.com"
        # A bucket with a dot does not fit the wildcard of the certificate.
        if "." in bucket:
            return f"https://s3.{region}.{suffix}/{bucket}"
        return f"https://{bucket}.s3.{region}.{suffix}"

    def _assume_role(self, owner: Owner, request: dict[str, Any]) -> dict[str, Any]:
        request = {
            "RoleArn": self.settings.role_arn,
            "RoleSessionName": session_name(owner),
            "DurationSeconds": LONGEST_SESSION_SECONDS,
            **request,
        }
        try:
            return self._ask_sts(request)
        except _WrongClock:
            return self._ask_sts(request)  # the refusal told the right time

    def _ask_sts(self, request: dict[str, Any]) -> dict[str, Any]:
        try:
            from botocore import exceptions
        except ImportError as error:
            raise not_installed(error) from error
        before = self.clock.offset_seconds
        try:
            answer = self._sts_client().assume_role(**request)
        except exceptions.ClientError as error:
            found = error.response
            self.clock.note(found["ResponseMetadata"].get("HTTPHeaders", {}).get("date"))
            if abs(self.clock.offset_seconds - before) > SKEW_SECONDS:
                raise _WrongClock from None
            raise _fault_of(found) from None
        except (exceptions.NoCredentialsError, exceptions.CredentialRetrievalError) as error:
            raise StorageFault("operator_credentials") from error
        except (exceptions.BotoCoreError, OSError) as error:
            raise StorageFault("unreachable") from error
        self.clock.note(answer["ResponseMetadata"]["HTTPHeaders"].get("date"))
        return dict(answer["Credentials"])

    def _sts_client(self) -> Any:
        """A client that signs by the vendor's clock instead of ours. Who we are is found as every AWS tool finds it:
        the environment, a profile, or the machine's own role."""
        import boto3
        from botocore import UNSIGNED, auth
        from botocore.config import Config

        session, clock, region = boto3.Session(), self.clock, self.settings.region

        class ByVendorClock(auth.SigV4Auth):
            def add_auth(self, request: Any) -> None:
                request.context["timestamp"] = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(clock.now()))
                self._modify_request_before_signing(request)
                text = self.string_to_sign(request, self.canonical_request(request))
                self._inject_signature_to_request(request, self.signature(text, request))

        def sign(request: Any, **_: Any) -> None:
            credentials = session.get_credentials()
            if credentials is None:
                raise StorageFault("operator_credentials")
            ByVendorClock(credentials.get_frozen_credentials(), "sts", region).add_auth(request)

        seconds = self.surroundings.timeout_seconds
        client = session.client(
            "sts",
            region_name=region,
            endpoint_url=self.surroundings.sts_endpoint or None,
            verify=self.surroundings.ca_file or None,
            config=Config(
                signature_version=UNSIGNED,
                connect_timeout=seconds,
                read_timeout=seconds,
                retries={"total_max_attempts": 1},
            ),
        )
        client.meta.events.register("request-created.sts", sign)
        return client


class _WrongClock(Exception):
    """Signed by a clock that was minutes off, which is known now."""


def session_name(owner: Owner) -> str:
    """Who asks, as the customer reads it in CloudTrail; at most 64 characters of a small alphabet."""
    parts = (_NOT_IN_NAMES.sub("", part)[:_NAME_PART] for part in (owner.organization, owner.integration))
    return "crewline-" + "-".join(parts)


def session_policy(settings: AwsSettings) -> str:
    """What the session may do even where the role may do more: read below the prefix, list it, and decrypt for that."""
    bucket = f"arn:{settings.partition}:s3:::{settings.bucket}"
    in_prefix = {"StringLike": {"s3:prefix": [f"{settings.prefix}*"]}}
    through_s3 = {"StringLike": {"kms:ViaService": "s3.*.amazonaws.com*"}}
    statements = [
        {"Effect": "Allow", "Action": "s3:GetObject", "Resource": f"{bucket}/{settings.prefix}*"},
        {"Effect": "Allow", "Action": "s3:ListBucket", "Resource": bucket, "Condition": in_prefix},
        {"Effect": "Allow", "Action": "s3:GetBucketLocation", "Resource": bucket},
        {"Effect": "Allow", "Action": "kms:Decrypt", "Resource": "*", "Condition": through_s3},
    ]
    return json.dumps({"Version": "2012-10-17", "Statement": statements}, separators=(",", ":"))


def _fault_of(found: dict[str, Any]) -> StorageFault:
    code = str(found.get("Error", {}).get("Code", ""))
    status = found["ResponseMetadata"].get("HTTPStatusCode", 0)
    if status in (429, 503):
        return StorageFault("throttled", code)
    return StorageFault(CODES.get(code) or ("unreachable" if status >= 500 else "misconfigured"), code)
