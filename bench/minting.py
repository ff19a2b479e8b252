"""Signed addresses a second, of each kind of storage against its double, next to the raw limits.

    python -m bench.minting
    python -m bench.minting --addresses 5000 --rounds 5

Everything runs in this one process; nothing outside is asked. Sides take turns, and the median of the rounds counts."""

import argparse
import hmac
import os
import statistics
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from hashlib import sha256
from typing import Any

import boto3
from botocore.config import Config
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.hashes import SHA256

from bench.machine import processor
from tests.clouds.fake_gcp import THEIRS, private_key
from tests.clouds.stages import STAGES, Stage
from workforce.storage_providers.protocol import Pinned, Session
from workforce.storage_providers.sessions import SessionCache, SessionKey

PINNED = Pinned("image/png", "a.png")
KEY = "cars/2026/a.png"
AT_ONCE = 500


class Environment:
    """What the stages of the tests set, set here for good."""

    def setenv(self, name: str, value: str) -> None:
        os.environ[name] = value


def bare_hmac(number: int) -> None:
    """The floor of every signature by a shared key: one digest of the request, one of the string to sign."""
    asked = b"GET\n/pictures/cars/2026/a.png\nresponse-content-type=image%2Fpng&X-Amz-Expires=300\nhost:x\n\nhost\n"
    for turn in range(number):
        hmac.digest(b"k" * 32, sha256(asked + turn.to_bytes(4, "big")).hexdigest().encode(), "sha256").hex()


def bare_rsa(number: int) -> None:
    key = private_key(THEIRS)
    for turn in range(number):
        key.sign(b"GOOG4-RSA-SHA256\n%d" % turn, padding.PKCS1v15(), SHA256())


def boto3_presign(number: int) -> None:
    client = boto3.client(
        "s3",
        region_name="eu-central-1",
        aws_access_key_id="AKIA",
        aws_secret_access_key="secret",
        aws_session_token="token",
        config=Config(signature_version="s3v4"),
    )
    wanted = {
        "Bucket": "pictures",
        "Key": KEY,
        "ResponseContentType": PINNED.content_type,
        "ResponseContentDisposition": PINNED.disposition,
        "ResponseCacheControl": PINNED.cache_control,
    }
    for _ in range(number):
        client.generate_presigned_url("get_object", Params=wanted, ExpiresIn=300)


def ours(session: Session) -> Callable[[int], None]:
    def sign(number: int) -> None:
        for _ in range(number):
            session.sign(KEY, PINNED).reveal()

    return sign


def rates(sides: dict[str, tuple[Callable[[int], None], int]], rounds: int) -> dict[str, float]:
    """Addresses a second of wall time, the median of the rounds."""
    found: dict[str, list[float]] = {name: [] for name in sides}
    for work, _ in sides.values():
        work(5)
    for _ in range(rounds):
        for name, (work, number) in sides.items():
            started = time.perf_counter()
            work(number)
            found[name].append(number / (time.perf_counter() - started))
    return {name: statistics.median(values) for name, values in found.items()}


def mint_at_once(stage: Stage) -> tuple[float, int]:
    """Seconds until everybody has an address from a cold start, and how many handshakes that took."""
    cache, before = SessionCache(), stage.handshakes()

    def mint(_: Any) -> str:
        session = cache.session(SessionKey("organization", "integration", 1), stage.open)
        return session.sign(KEY, PINNED).reveal()

    with ThreadPoolExecutor(AT_ONCE) as pool:
        started = time.perf_counter()
        list(pool.map(mint, range(AT_ONCE)))
        return time.perf_counter() - started, stage.handshakes() - before


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--addresses", type=int, default=2000)
    parser.add_argument("--rounds", type=int, default=5)
    chosen = parser.parse_args()
    number = chosen.addresses
    # A signature that is a request, or RSA, takes so much longer that fewer of them are enough.
    few = max(number // 10, 10)
    with ExitStack() as stack:
        stages = {name: stack.enter_context(stage(Environment())) for name, stage in STAGES.items()}
        sides = {name: (ours(stage.open()), few if name == "gcs" else number) for name, stage in stages.items()}
        sides["bare HMAC"], sides["bare RSA"] = (bare_hmac, number), (bare_rsa, few)
        sides["boto3's presign"] = (boto3_presign, few)
        found = rates(sides, chosen.rounds)
        report(found)
        for name, stage in stages.items():
            seconds, handshakes = mint_at_once(stage)
            sys.stdout.write(f"{name}: {AT_ONCE} at once, cold: {handshakes} handshake(s), {seconds:.2f} s\n")


def report(found: dict[str, float]) -> None:
    sys.stdout.write(
        f"{processor()}\n\n| kind | addresses/s | ÷ bare signature | ÷ boto3's presign |\n|---|---|---|---|\n"
    )
    for name, rate in found.items():
        floor = found["bare RSA" if name in ("gcs", "bare RSA") else "bare HMAC"]
        against = rate / found["boto3's presign"]
        sys.stdout.write(f"| {name} | {rate:,.0f} | {rate / floor:.3f} | {against:.2f} |\n")


if __name__ == "__main__":
    main()
