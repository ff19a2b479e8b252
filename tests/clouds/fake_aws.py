"""A double of STS and S3 that holds to what AWS promises: every signature is computed again from the request as it
came, roles trust by principal and external ID, a session ends and does what role and session policy both allow."""

import fnmatch
import hmac
import json
import secrets
import time
from calendar import timegm
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any
from urllib.parse import parse_qsl, quote
from xml.sax.saxutils import escape

from tests.clouds.double import Answer, Call, Double, Stored

STS_TOLERANCE, S3_TOLERANCE = 5 * 60, 15 * 60
READ_ONLY = ["s3:GetObject", "s3:ListBucket", "s3:GetBucketLocation"]


class Refused(Exception):
    def __init__(self, status: int, code: str, message: str = "") -> None:
        self.status, self.code, self.message = status, code, message


@dataclass
class Role:
    """A role of a customer: whom it trusts, and what it may do."""

    trusts: str
    external_id: str | None
    actions: list[str] = field(default_factory=lambda: list(READ_ONLY))
    resource: str = "arn:aws:s3:::*"
    # AWSRevokeOlderSessions: sessions issued before are refused.
    revoked_before: float = 0


@dataclass
class Key:
    secret: str
    principal: str
    token: str = ""
    role: Role | None = None
    policy: Any = None
    issued: float = 0
    expires: float = float("inf")
    name: str = ""


@dataclass
class Signed:
    """What a request says of its own signature."""

    credential: str
    stamp: str
    names: list[str]
    payload: str
    signature: str


class FakeAws(Double):
    def __init__(self, *, bucket: str = "pictures", region: str = "eu-central-1") -> None:
        super().__init__()
        self.bucket, self.region = bucket, region
        self.keys: dict[str, Key] = {}
        self.roles: dict[str, Role] = {}

    def add_user(self, access_key_id: str, secret: str, principal: str) -> None:
        self.keys[access_key_id] = Key(secret, principal)

    def revoke_sessions(self, arn: str) -> None:
        self.roles[arn].revoked_before = self.now() + 1

    # --- Routing ------------------------------------------------------------------------------------------------
    def answer(self, call: Call) -> Answer:
        try:
            if call.method == "POST" and call.path == "/":
                return self._sts(call)
            return self._s3(call)
        except Refused as refused:
            body = self.error(refused.code, refused.message)
            if call.action == "sts:AssumeRole":
                body = b"<ErrorResponse>" + body.partition(b"?>")[2] + b"</ErrorResponse>"
            headers = {"x-amz-bucket-region": self.region} if call.action.startswith("s3:") else {}
            return Answer(refused.status, body, headers)

    # --- STS ----------------------------------------------------------------------------------------------------
    def _sts(self, call: Call) -> Answer:
        call.action = "sts:AssumeRole"
        wanted = dict(parse_qsl(call.body.decode(), keep_blank_values=True))
        caller = self._signed_in_headers(call, "sts", STS_TOLERANCE)
        role = self.roles.get(wanted["RoleArn"])
        if role is None or role.trusts != caller.principal:
            raise Refused(403, "AccessDenied", f"{caller.principal} is not authorized to perform: sts:AssumeRole")
        if role.external_id is not None and wanted.get("ExternalId") != role.external_id:
            raise Refused(403, "AccessDenied", "not authorized to perform: sts:AssumeRole")
        duration = int(wanted.get("DurationSeconds", 3600))
        if not 900 <= duration <= 3600:
            raise Refused(400, "ValidationError", "The requested DurationSeconds exceeds the MaxSessionDuration")
        if len(wanted.get("Policy", "")) > 2048:
            raise Refused(400, "PackedPolicyTooLarge")
        return self._grant(call, role, wanted, duration)

    def _grant(self, call: Call, role: Role, wanted: dict[str, str], duration: int) -> Answer:
        key_id, now = f"ASIA{secrets.token_hex(8).upper()}", self.now()
        policy = json.loads(wanted["Policy"]) if "Policy" in wanted else None
        session = Key(
            secrets.token_urlsafe(30),
            "",
            "TOKEN+/" + secrets.token_urlsafe(60),
            role,
            policy,
            now,
            now + duration,
            wanted["RoleSessionName"],
        )
        self.keys[key_id] = session
        call.who = session.name
        ends = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(session.expires))
        body = f"""<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult><Credentials>
            <AccessKeyId>{key_id}</AccessKeyId><SecretAccessKey>{session.secret}</SecretAccessKey>
            <SessionToken>{session.token}</SessionToken><Expiration>{ends}</Expiration></Credentials></AssumeRoleResult>
            <ResponseMetadata><RequestId>1</RequestId></ResponseMetadata></AssumeRoleResponse>"""
        return Answer(200, body.encode(), {"Content-Type": "text/xml"})

    # --- S3 -----------------------------------------------------------------------------------------------------
    def _s3(self, call: Call) -> Answer:
        _, bucket, key = (*call.path.split("/", 2), "")[:3]
        call.action = _action(call.method, key)
        if bucket != self.bucket:
            raise Refused(404, "NoSuchBucket")
        signed = "X-Amz-Signature" in call.query or "authorization" in call.headers
        if not signed:
            return self._anonymous(call, key)
        holder = (
            self._signed_in_query(call)
            if "X-Amz-Signature" in call.query
            else self._signed_in_headers(call, "s3", S3_TOLERANCE)
        )
        call.who = holder.name or holder.principal
        self._authorize(call, holder, key)
        return self._act(call, key)

    def _anonymous(self, call: Call, key: str) -> Answer:
        if any(name.startswith("response-") for name in call.query):
            raise Refused(400, "InvalidRequest", "Request specific response headers cannot be used for anonymous GET")
        if key in self.objects and self.objects[key].is_public and call.method in ("GET", "HEAD"):
            return self.stored_answer(call, key, {})
        raise Refused(403, "AccessDenied")

    def _authorize(self, call: Call, holder: Key, key: str) -> None:
        if holder.role is None:
            return  # a user of the bucket's own account
        role = {"Statement": [{"Effect": "Allow", "Action": holder.role.actions, "Resource": holder.role.resource}]}
        resource = f"arn:aws:s3:::{self.bucket}" + (f"/{key}" if key else "")
        prefix = call.query.get("prefix", "")
        for document in (role, holder.policy):
            if document is not None and not _allows(document, call.action, resource, prefix):
                raise Refused(403, "AccessDenied", f"not authorized to perform: {call.action}")
        if key in self.objects and self.objects[key].key_denied and call.action == "s3:GetObject":
            raise Refused(403, "AccessDenied", "User is not authorized to perform: kms:Decrypt on the resource")

    def _act(self, call: Call, key: str) -> Answer:
        if not key:
            if call.method == "HEAD":
                return Answer(200, headers={"x-amz-bucket-region": self.region})
            return self._list(call)
        if call.method == "PUT":
            self.objects[key] = Stored(call.body)
            return Answer(200)
        if call.method == "DELETE":
            self.objects.pop(key, None)
            return Answer(204)
        if key not in self.objects:
            raise Refused(404, "NoSuchKey")
        overrides = {
            name: call.query.get(f"response-{name.lower()}")
            for name in ("Content-Type", "Content-Disposition", "Cache-Control")
        }
        return self.stored_answer(call, key, {name: value for name, value in overrides.items() if value})

    def _list(self, call: Call) -> Answer:
        prefix, after = call.query.get("prefix", ""), call.query.get("start-after", "")
        found = sorted((key for key in self.objects if key.startswith(prefix) and key > after), key=str.encode)
        limit = int(call.query.get("max-keys", 1000))
        items = "".join(self._item(key) for key in found[:limit])
        more = "true" if len(found) > limit else "false"
        body = f"""<?xml version="1.0" encoding="UTF-8"?><ListBucketResult
            xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><IsTruncated>{more}</IsTruncated>{items}</ListBucketResult>"""
        return Answer(200, body.encode(), {"Content-Type": "application/xml"})

    def _item(self, key: str) -> str:
        stored = self.objects[key]
        modified = time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime(stored.modified))
        return (
            f"<Contents><Key>{escape(quote(key))}</Key><LastModified>{modified}</LastModified>"
            f"<ETag>{escape(stored.etag)}</ETag><Size>{len(stored.body)}</Size></Contents>"
        )

    # --- Signatures ---------------------------------------------------------------------------------------------
    def _signed_in_headers(self, call: Call, service: str, tolerance: int) -> Key:
        fields = dict(
            part.strip().split("=", 1)
            for part in call.headers["authorization"].removeprefix("AWS4-HMAC-SHA256 ").split(",")
        )
        stamp = call.headers["x-amz-date"]
        if abs(_seconds(stamp) - self.now()) > tolerance:
            code = "RequestTimeTooSkewed" if service == "s3" else "SignatureDoesNotMatch"
            raise Refused(403, code, "Signature expired")
        holder = self._holder(fields["Credential"], call.headers.get("x-amz-security-token", ""))
        names = fields["SignedHeaders"].split(";")
        payload = call.headers.get("x-amz-content-sha256") or sha256(call.body).hexdigest()
        self._verify(call, holder, signed=Signed(fields["Credential"], stamp, names, payload, fields["Signature"]))
        return holder

    def _signed_in_query(self, call: Call) -> Key:
        query = call.query
        signed_at, seconds = _seconds(query["X-Amz-Date"]), int(query["X-Amz-Expires"])
        if not 1 <= seconds <= 604800:
            raise Refused(400, "AuthorizationQueryParametersError")
        # The real one is more patient with addresses from the future; a wrong clock is to be noticed here.
        if self.now() < signed_at - STS_TOLERANCE or self.now() > signed_at + seconds:
            raise Refused(403, "AccessDenied", "Request has expired")
        holder = self._holder(query["X-Amz-Credential"], query.get("X-Amz-Security-Token", ""))
        names = query["X-Amz-SignedHeaders"].split(";")
        scope = query["X-Amz-Credential"]
        signed = Signed(scope, query["X-Amz-Date"], names, "UNSIGNED-PAYLOAD", query["X-Amz-Signature"])
        self._verify(call, holder, signed=signed)
        return holder

    def _holder(self, credential: str, token: str) -> Key:
        holder = self.keys.get(credential.partition("/")[0])
        if holder is None:
            raise Refused(403, "InvalidAccessKeyId")
        if holder.token != token:
            raise Refused(403, "InvalidToken")
        if self.now() >= holder.expires:
            raise Refused(400, "ExpiredToken")
        if holder.role is not None and holder.issued < holder.role.revoked_before:
            raise Refused(403, "AccessDenied", "explicit deny")
        return holder

    def _verify(self, call: Call, holder: Key, *, signed: Signed) -> None:
        _, day, region, service, _ = signed.credential.split("/")
        if service == "s3" and region != self.region:
            raise Refused(400, "AuthorizationHeaderMalformed", f"expecting {self.region}")
        pieces = sorted(part for part in call.raw_query.split("&") if part and not part.startswith("X-Amz-Signature="))
        headers = "".join(f"{name}:{' '.join(call.headers.get(name, '').split())}\n" for name in signed.names)
        asked = "\n".join(
            (call.method, call.raw_path, "&".join(pieces), headers, ";".join(signed.names), signed.payload)
        )
        scope, digest = f"{day}/{region}/{service}/aws4_request", sha256(asked.encode()).hexdigest()
        text = f"AWS4-HMAC-SHA256\n{signed.stamp}\n{scope}\n{digest}"
        key = b"AWS4" + holder.secret.encode()
        for part in (day, region, service, "aws4_request", text):
            key = hmac.new(key, part.encode(), sha256).digest()
        if key.hex() != signed.signature or "host" not in signed.names:
            raise Refused(403, "SignatureDoesNotMatch")


def _seconds(stamp: str) -> float:
    return timegm(time.strptime(stamp, "%Y%m%dT%H%M%SZ"))


def _action(method: str, key: str) -> str:
    if not key:
        return "s3:ListBucket"
    return {"PUT": "s3:PutObject", "DELETE": "s3:DeleteObject"}.get(method, "s3:GetObject")


def _allows(document: Any, action: str, resource: str, prefix: str) -> bool:
    for statement in document["Statement"]:
        fits = [
            any(fnmatch.fnmatchcase(value, pattern) for pattern in ([known] if isinstance(known, str) else known))
            for value, known in ((action, statement["Action"]), (resource, statement["Resource"]))
        ]
        like = statement.get("Condition", {}).get("StringLike", {})
        wanted = like.get("s3:prefix", ["*"])
        if all(fits) and statement["Effect"] == "Allow" and any(fnmatch.fnmatchcase(prefix, one) for one in wanted):
            return True
    return False
