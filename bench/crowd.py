"""The people: a process of its own that drives claim and submit over HTTP and prints what it saw as JSON.

Each person has one keep-alive connection and does what the editor does without any thinking time: ask for the next
rows (naming those in hand), then submit the oldest one in hand. Input and output are JSON on the standard streams."""

import asyncio
import json
import random
import sys
import time
import uuid
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import uvloop

from bench.work import make_payload

GIVE_UP_AFTER = 20


@dataclass
class Seen:
    claims: list[float] = field(default_factory=list)
    submits: list[float] = field(default_factory=list)
    cycles: list[float] = field(default_factory=list)
    others: Counter[str] = field(default_factory=Counter)
    rows: Counter[str] = field(default_factory=Counter)
    end: float = 0.0
    last: float = 0.0


class Door:
    """One keep-alive connection; knows just enough HTTP for answers with a Content-Length."""

    def __init__(self, host: str, port: int, headers: dict[str, str]) -> None:
        self.host, self.port = host, port
        lines = [f"Host: {host}:{port}", "Content-Type: application/json"]
        self.head = "\r\n".join([*lines, *(f"{name}: {value}" for name, value in headers.items())])
        self.reader: asyncio.StreamReader | None = None
        self.writer: asyncio.StreamWriter | None = None

    async def open(self) -> None:
        self.reader, self.writer = await asyncio.open_connection(self.host, self.port, limit=2**22)

    async def post(self, path: str, body: Any, key: str = "") -> tuple[int, Any]:
        assert self.reader is not None and self.writer is not None
        if self.reader.at_eof():  # the server ends connections on which nothing was asked for a while
            await self.open()
        data = json.dumps(body).encode()
        extra = f"Idempotency-Key: {key}\r\n" if key else ""
        head = f"POST {path} HTTP/1.1\r\n{self.head}\r\n{extra}Content-Length: {len(data)}\r\n\r\n"
        self.writer.write(head.encode() + data)
        answer = await self.reader.readuntil(b"\r\n\r\n")
        status = int(answer[9:12])
        length = int(answer.lower().partition(b"content-length:")[2].partition(b"\r\n")[0])
        content = await self.reader.readexactly(length)
        if b"application/json" not in answer:
            return status, {"code": "no_json"}  # a server error's page
        return status, json.loads(content)


async def work(door: Door, project: str, seed: int, seen: Seen) -> None:
    rng, hand, failures = random.Random(seed), [], 0
    while time.perf_counter() < seen.end and failures < GIVE_UP_AFTER:
        began = time.perf_counter()
        have = [row["slot"]["uid"] for row in hand]
        status, answer = await door.post(f"/api/v1/projects/{project}/claim/", {"have": have})
        claimed = time.perf_counter()
        if status != 200:
            seen.others[f"claim {status} {answer.get('code')}"] += 1
            failures += 1
            continue
        hand += answer["rows"]
        if not hand:
            seen.others[f"empty {answer['empty']['code']}"] += 1
            failures += 1
            continue
        row = hand.pop(0)
        body = {
            "lease_token": row["slot"]["lease_token"],
            "payload": make_payload(rng),
            "ontology_version": row["ontology"]["version"],
        }
        asked = time.perf_counter()
        status, answer = await door.post(row["urls"]["submit"], body, key=str(uuid.uuid4()))
        ended = time.perf_counter()
        if status != 201:
            seen.others[f"submit {status} {answer.get('code')}"] += 1
            failures += 1
            continue
        failures = 0
        seen.claims.append(claimed - began)
        seen.submits.append(ended - asked)
        seen.cycles.append(ended - began)
        seen.rows[row["row"]["uid"]] += 1
        seen.last = ended


async def drive(plan: dict[str, Any]) -> dict[str, Any]:
    doors = [Door("127.0.0.1", plan["port"], person["headers"]) for person in plan["people"]]
    await asyncio.gather(*(door.open() for door in doors))
    used, first = time.process_time(), time.perf_counter()
    seen = Seen(end=first + plan["seconds"])
    seeds = range(plan["seed"] * 1000, plan["seed"] * 1000 + len(doors))
    await asyncio.gather(*(work(door, plan["project"], seed, seen) for door, seed in zip(doors, seeds, strict=True)))
    return {
        "claims": seen.claims,
        "submits": seen.submits,
        "cycles": seen.cycles,
        "others": dict(seen.others),
        "twice": sum(count > 1 for count in seen.rows.values()),
        "wall": max(seen.last - first, 1e-9),
        "client_cpu": time.process_time() - used,
    }


if __name__ == "__main__":
    json.dump(uvloop.run(drive(json.load(sys.stdin))), sys.stdout)
