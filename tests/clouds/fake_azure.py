"""A double of Entra and Azure Blob Storage, over HTTPS with a certificate made here. It computes the signature of a
user-delegation SAS again from the key it gave out, and asks the roles at every request."""

import datetime
import hmac
import ipaddress
import json
import secrets
import ssl
import time
from base64 import b64decode, b64encode
from calendar import timegm
from email.utils import formatdate
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from typing import Any
from urllib.parse import parse_qsl, unquote
from xml.etree import ElementTree
from xml.sax.saxutils import escape

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from tests.clouds.double import Answer, Call, Double, Stored

TENANT, CLIENT = "11111111-2222-3333-4444-555555555555", "99999999-8888-7777-6666-555555555555"
CLIENT_SECRET = "SECRET-of-the-application"
READER = ("delegate", "read", "list")
NEEDED = {"GET": "r", "HEAD": "r", "PUT": "w", "DELETE": "d"}
# In the order of the string to sign, from version 2025-07-05 on; the resource stands after the third.
SIGNED = (
    "sp st se", "skoid sktid skt ske sks skv saoid suoid scid skdutid sduoid sip spr sv sr snapshot ses srh srq "
    "rscc rscd rsce rscl rsct",
)  # fmt: skip


@cache
def certificate() -> Path:
    """Of 127.0.0.1, trusted by nobody but who is told the file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "double")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, SHA256())
    )
    file = Path(mkdtemp(prefix="crewline-double-")) / "certificate.pem"
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    file.write_bytes(made.public_bytes(Encoding.PEM) + private)
    return file


class Refused(Exception):
    def __init__(self, status: int, code: str) -> None:
        self.status, self.code = status, code


class FakeAzure(Double):
    def __init__(self, account: str = "pictures", container: str = "drive") -> None:
        super().__init__()
        self.account, self.container = account, container
        self.consented, self.roles = True, set(READER)
        self.tokens: dict[str, float] = {}
        self.delegation_keys: dict[tuple[str, str], str] = {}
        self.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.tls.load_cert_chain(certificate())

    def revoke(self) -> None:
        """Revoke-AzStorageAccountUserDelegationKeys, and the role taken away."""
        self.delegation_keys.clear()
        self.roles.clear()

    def answer(self, call: Call) -> Answer:
        try:
            if call.path.startswith(f"/{TENANT}/"):
                return self._entra(call)
            return self._blob(call)
        except Refused as refused:
            body = self.error(refused.code, "SECRET details")
            return Answer(refused.status, body, {"x-ms-error-code": refused.code})

    # --- Entra --------------------------------------------------------------------------------------------------
    def _entra(self, call: Call) -> Answer:
        call.action = "entra"
        base = f"{self.url}/{TENANT}"
        if call.path.endswith("/openid-configuration"):
            return _json(
                200,
                {
                    "issuer": f"{base}/v2.0",
                    "authorization_endpoint": f"{base}/oauth2/v2.0/authorize",
                    "token_endpoint": f"{base}/oauth2/v2.0/token",
                },
            )
        call.action = "token"
        wanted = dict(parse_qsl(call.body.decode()))
        if not self.consented:
            return _json(400, {"error": "unauthorized_client", "error_description": "AADSTS700016: SECRET details"})
        if (wanted["client_id"], wanted["client_secret"]) != (CLIENT, CLIENT_SECRET):
            return _json(401, {"error": "invalid_client", "error_description": "AADSTS7000215: SECRET details"})
        token = secrets.token_urlsafe(60)
        self.tokens[token] = self.now() + 3600
        return _json(200, {"token_type": "Bearer", "expires_in": 3600, "access_token": token})

    # --- Blob storage -------------------------------------------------------------------------------------------
    def _blob(self, call: Call) -> Answer:
        container, _, key = unquote(call.raw_path).removeprefix("/").partition("/")
        if call.query.get("comp") == "userdelegationkey":
            return self._delegation_key(call)
        if container != self.container:
            raise Refused(404, "ContainerNotFound")
        call.action = f"{call.method} {'blob' if key else call.query.get('comp', 'container')}"
        overrides: dict[str, str] = {}
        if "sig" in call.query:
            overrides = self._signed(call, key)
        elif "authorization" in call.headers:
            self._require(call, {"GET": "read", "HEAD": "read", "PUT": "write", "DELETE": "write"}[call.method])
        elif not (key in self.objects and self.objects[key].is_public and call.method == "GET"):
            raise Refused(401, "NoAuthenticationInformation")
        return self._act(call, key, overrides)

    def _require(self, call: Call, role: str) -> None:
        ends = self.tokens.get(call.headers["authorization"].removeprefix("Bearer "), 0)
        call.who = CLIENT
        if ends <= self.now():
            raise Refused(401, "InvalidAuthenticationInfo")
        if role not in self.roles:
            raise Refused(403, "AuthorizationPermissionMismatch")

    def _delegation_key(self, call: Call) -> Answer:
        call.action = "userdelegationkey"
        self._require(call, "delegate")
        wanted = {item.tag: item.text or "" for item in ElementTree.fromstring(call.body)}
        start, end = wanted["Start"], wanted["Expiry"]
        if _seconds(start) > self.now() or not self.now() < _seconds(end) < self.now() + 7 * 86400:
            raise Refused(400, "InvalidXmlNodeValue")
        value = b64encode(secrets.token_bytes(32)).decode()
        self.delegation_keys[(start, end)] = value
        body = f"""<?xml version="1.0" encoding="utf-8"?><UserDelegationKey><SignedOid>{CLIENT}</SignedOid>
            <SignedTid>{TENANT}</SignedTid><SignedStart>{start}</SignedStart><SignedExpiry>{end}</SignedExpiry>
            <SignedService>b</SignedService><SignedVersion>{call.headers["x-ms-version"]}</SignedVersion>
            <Value>{value}</Value></UserDelegationKey>"""
        return Answer(200, body.encode(), {"Content-Type": "application/xml"})

    def _signed(self, call: Call, key: str) -> dict[str, str]:
        query = call.query
        value = self.delegation_keys.get((query["skt"], query["ske"]))
        if value is None or query["sktid"] != TENANT or query["skoid"] != CLIENT:
            raise Refused(403, "AuthenticationFailed")
        first, rest = ([query.get(name, "") for name in names.split()] for names in SIGNED)
        text = "\n".join([*first, f"/blob/{self.account}/{self.container}/{key}", *rest])
        expected = b64encode(hmac.digest(b64decode(value), text.encode(), "sha256")).decode()
        is_over = not self.now() < min(_seconds(query["se"]), _seconds(query["ske"]))
        if not hmac.compare_digest(expected, query["sig"]) or is_over or query["sr"] != "b":
            raise Refused(403, "AuthenticationFailed")
        if NEEDED[call.method] not in query["sp"] or "read" not in self.roles:
            raise Refused(403, "AuthorizationPermissionMismatch")
        pinned = {"Cache-Control": "rscc", "Content-Disposition": "rscd", "Content-Type": "rsct"}
        return {header: query[name] for header, name in pinned.items() if name in query}

    def _act(self, call: Call, key: str, overrides: dict[str, str]) -> Answer:
        if not key:
            return self._list(call) if call.query.get("comp") == "list" else Answer(200)
        if call.method == "PUT":
            self.objects[key] = Stored(call.body)
            return Answer(201)
        if key not in self.objects:
            raise Refused(404, "BlobNotFound")
        if call.method == "DELETE":
            del self.objects[key]
            return Answer(202)
        return self.stored_answer(call, key, overrides)

    def _list(self, call: Call) -> Answer:
        after = b64decode(call.query["marker"]).decode() if "marker" in call.query else ""
        wanted = call.query["prefix"]
        found = sorted((key for key in self.objects if key.startswith(wanted) and key > after), key=str.encode)
        page = found[: int(call.query["maxresults"])]
        marker = b64encode(page[-1].encode()).decode() if len(page) < len(found) else ""
        blobs = "".join(self._item(key) for key in page)
        inner = f"<Blobs>{blobs}</Blobs><NextMarker>{marker}</NextMarker>"
        body = f"<?xml version='1.0'?><EnumerationResults>{inner}</EnumerationResults>"
        return Answer(200, body.encode(), {"Content-Type": "application/xml"})

    def _item(self, key: str) -> str:
        stored = self.objects[key]
        return (
            f"<Blob><Name>{escape(key)}</Name><Properties><Last-Modified>{formatdate(stored.modified, usegmt=True)}"
            f"</Last-Modified><Etag>{stored.etag.strip(chr(34))}</Etag><Content-Length>{len(stored.body)}</Content-Length>"
            f"<Content-Type>{stored.content_type}</Content-Type></Properties></Blob>"
        )


def _seconds(stamp: str) -> float:
    return timegm(time.strptime(stamp, "%Y-%m-%dT%H:%M:%SZ"))


def _json(status: int, found: dict[str, Any]) -> Answer:
    return Answer(status, json.dumps(found).encode(), {"Content-Type": "application/json"})
