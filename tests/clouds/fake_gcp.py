"""A double of Google: tokens by a signed assertion, IAM Credentials (tokens and signatures in the name of a service
account), and a storage that verifies V4 signatures with the account's public key."""

import json
import secrets
import time
from base64 import b64decode, b64encode, urlsafe_b64decode
from calendar import timegm
from dataclasses import dataclass, field
from functools import cache
from hashlib import sha256
from typing import Any
from urllib.parse import parse_qsl, unquote

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from tests.clouds.double import Answer, Call, Double, Stored

OURS = "crewline@our-project.iam.gserviceaccount.com"
THEIRS = "reader@their-project.iam.gserviceaccount.com"
VIEWER = ("storage.objects.get", "storage.objects.list", "storage.buckets.get")
SKEW = 5 * 60


@cache
def private_key(account: str) -> rsa.RSAPrivateKey:
    """Made once a process: a new one takes a tenth of a second."""
    return rsa.generate_private_key(65537, 2048)


class Refused(Exception):
    def __init__(self, status: int, reason: str) -> None:
        self.status, self.reason = status, reason


@dataclass
class Given:
    account: str
    scopes: str
    expires: float


@dataclass
class Account:
    """A service account of the customer: who may act in its name, and what it may do in the bucket."""

    token_creators: set[str] = field(default_factory=lambda: {OURS})
    may: set[str] = field(default_factory=lambda: set(VIEWER))


class FakeGcp(Double):
    def __init__(self, bucket: str = "pictures") -> None:
        super().__init__()
        self.bucket, self.accounts, self.tokens = bucket, {THEIRS: Account()}, dict[str, Given]()

    def identity_file(self) -> dict[str, str]:
        """What an operator downloads for the site's own account."""
        pem = private_key(OURS).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
        return {
            "type": "service_account", "project_id": "our-project", "private_key_id": "1", "private_key": pem,
            "client_email": OURS, "client_id": "1", "token_uri": f"{self.url}/token",
        }  # fmt: skip

    def answer(self, call: Call) -> Answer:
        try:
            if call.path == "/token":
                return self._token(call)
            if call.path.startswith("/v1/projects/-/serviceAccounts/"):
                return self._iam(call)
            return self._storage(call)
        except Refused as refused:
            found = {"error": {"code": refused.status, "message": "SECRET details", "status": refused.reason}}
            return Answer(refused.status, json.dumps(found).encode(), {"Content-Type": "application/json"})

    # --- Tokens -------------------------------------------------------------------------------------------------
    def _token(self, call: Call) -> Answer:
        call.action = "token"
        head, claims, signature = dict(parse_qsl(call.body.decode()))["assertion"].split(".")
        self._verify(OURS, _unpadded(signature), f"{head}.{claims}".encode(), 401)
        found = json.loads(_unpadded(claims))
        return _json(
            {"access_token": self._give(found["iss"], found["scope"]), "expires_in": 3600, "token_type": "Bearer"}
        )

    def _give(self, account: str, scopes: str, seconds: float = 3600) -> str:
        token = f"ya29.{secrets.token_urlsafe(40)}"
        self.tokens[token] = Given(account, scopes, self.now() + seconds)
        return token

    def _bearer(self, call: Call) -> Given | None:
        token = call.headers.get("authorization", "").removeprefix("Bearer ")
        if not token:
            return None
        given = self.tokens.get(token)
        if given is None or given.expires <= self.now():
            raise Refused(401, "UNAUTHENTICATED")
        return given

    def _iam(self, call: Call) -> Answer:
        account, _, call.action = call.path.rpartition("/")[2].partition(":")
        given, wanted = self._bearer(call), json.loads(call.body)
        theirs = self.accounts.get(account)
        if theirs is None or given is None or given.account not in theirs.token_creators:
            raise Refused(403, "PERMISSION_DENIED")
        call.who = given.account
        if call.action == "signBlob":
            signed = private_key(account).sign(b64decode(wanted["payload"]), padding.PKCS1v15(), SHA256())
            return _json({"keyId": "1", "signedBlob": b64encode(signed).decode()})
        seconds = int(wanted["lifetime"].removesuffix("s"))
        if seconds > 3600:
            raise Refused(400, "INVALID_ARGUMENT")
        ends = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(self.now() + seconds))
        return _json({"accessToken": self._give(account, " ".join(wanted["scope"]), seconds), "expireTime": ends})

    # --- Storage ------------------------------------------------------------------------------------------------
    def _storage(self, call: Call) -> Answer:
        if call.path.startswith(f"/{self.bucket}/"):
            return self._xml(call, call.path.removeprefix(f"/{self.bucket}/"))
        path = call.raw_path.removeprefix("/upload").removeprefix("/storage/v1/b/")
        bucket, _, rest = path.partition("/o")
        if unquote(bucket) != self.bucket:
            raise Refused(404, "NOT_FOUND")
        key = unquote(rest.removeprefix("/")) or call.query.get("name", "")
        given = self._bearer(call)
        call.action = self._needed(call, key, has_o="/o" in path)
        if not (call.action == "storage.objects.get" and key in self.objects and self.objects[key].is_public):
            self._authorize(call, given)
        return self._act(call, key)

    def _needed(self, call: Call, key: str, *, has_o: bool) -> str:
        if not has_o:
            return "storage.buckets.get"
        if not key:
            return "storage.objects.list"
        return {"POST": "storage.objects.create", "DELETE": "storage.objects.delete"}.get(
            call.method, "storage.objects.get"
        )

    def _authorize(self, call: Call, given: Given | None) -> None:
        if given is None:
            raise Refused(401, "UNAUTHENTICATED")
        call.who = given.account
        writes = call.action.endswith(("create", "delete"))
        if call.action not in self.accounts[given.account].may or (writes and "read_only" in given.scopes):
            raise Refused(403, "PERMISSION_DENIED")

    def _act(self, call: Call, key: str) -> Answer:
        kind = call.action.rpartition(".")[2]
        if call.action == "storage.buckets.get":
            return _json({"location": "EUROPE-WEST3"})
        if kind == "list":
            return self._list(call)
        if kind == "create":
            self.objects[key] = Stored(call.body)
            return _json(self._item(key))
        if key not in self.objects:
            raise Refused(404, "NOT_FOUND")
        if kind == "delete":
            del self.objects[key]
            return Answer(204)
        if call.query.get("alt") != "media":
            return _json(self._item(key))
        if call.query.get("ifGenerationMatch", self._generation(key)) != self._generation(key):
            raise Refused(412, "FAILED_PRECONDITION")
        return self.stored_answer(call, key, {})

    def _generation(self, key: str) -> str:
        return str(int.from_bytes(sha256(self.objects[key].body).digest()[:6], "big"))

    def _item(self, key: str) -> dict[str, Any]:
        stored = self.objects[key]
        updated = time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime(stored.modified))
        return {
            "name": key, "size": str(len(stored.body)), "etag": stored.etag.strip('"'), "updated": updated,
            "generation": self._generation(key), "contentType": stored.content_type,
        }  # fmt: skip

    def _list(self, call: Call) -> Answer:
        after = b64decode(call.query["pageToken"]).decode() if "pageToken" in call.query else ""
        found = sorted(
            (key for key in self.objects if key.startswith(call.query["prefix"]) and key > after), key=str.encode
        )
        page = found[: int(call.query["maxResults"])]
        answer: dict[str, Any] = {"items": [self._item(key) for key in page]} if page else {}
        if len(page) < len(found):
            answer["nextPageToken"] = b64encode(page[-1].encode()).decode()
        return _json(answer)

    # --- Signed addresses ---------------------------------------------------------------------------------------
    def _xml(self, call: Call, key: str) -> Answer:
        call.action = "signed"
        try:
            query = call.query
            account, day, region, service, end = query["X-Goog-Credential"].split("/")
            signed_at = timegm(time.strptime(query["X-Goog-Date"], "%Y%m%dT%H%M%SZ"))
            if not signed_at - SKEW <= self.now() <= signed_at + int(query["X-Goog-Expires"]):
                raise Refused(400, "ExpiredToken")
            names = query["X-Goog-SignedHeaders"].split(";")
            pieces = sorted(part for part in call.raw_query.split("&") if not part.startswith("X-Goog-Signature="))
            headers = "".join(f"{name}:{call.headers[name]}\n" for name in names)
            asked = "\n".join(
                (call.method, call.raw_path, "&".join(pieces), headers, ";".join(names), "UNSIGNED-PAYLOAD")
            )
            scope = f"{day}/{region}/{service}/{end}"
            text = f"{query['X-Goog-Algorithm']}\n{query['X-Goog-Date']}\n{scope}\n{sha256(asked.encode()).hexdigest()}"
            self._verify(account, bytes.fromhex(query["X-Goog-Signature"]), text.encode(), 403)
            if "storage.objects.get" not in self.accounts[account].may:
                raise Refused(403, "AccessDenied")
        except Refused as refused:
            # The storage's own word for it is XML, and an address that is over is 400.
            return Answer(403, self.error(refused.reason, "SECRET details"))
        overrides = {name: query.get(f"response-{name.lower()}") for name in ("Content-Type", "Content-Disposition")}
        return self.stored_answer(call, key, {name: value for name, value in overrides.items() if value})

    def _verify(self, account: str, signature: bytes, text: bytes, status: int) -> None:
        if account not in {OURS, *self.accounts}:
            raise Refused(status, "SignatureDoesNotMatch")
        try:
            private_key(account).public_key().verify(signature, text, padding.PKCS1v15(), SHA256())
        except InvalidSignature as error:
            raise Refused(status, "SignatureDoesNotMatch") from error


def _unpadded(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _json(found: dict[str, Any]) -> Answer:
    return Answer(200, json.dumps(found).encode(), {"Content-Type": "application/json"})
