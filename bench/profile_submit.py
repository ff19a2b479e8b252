"""Where a claim and a submit spend their time: statements, and CPU by function, in one process without a network.

Loaded by ``manage.py shell`` in the temporary home, like ``bench.fill``."""

import cProfile
import io
import json
import pstats
import random
import re
import time
import uuid
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from bench.work import make_payload

WARM_UP = 15
LAYERS = re.compile(r"db/models/|db/backends|psycopg/|rest_framework/")
Act = Callable[[], Any]


class Hand:
    """One person who claims and submits through the whole of Django, without a server in between."""

    def __init__(self, headers: dict[str, str], project: str) -> None:
        self.client = Client(enforce_csrf_checks=True, headers={"Host": "localhost", **headers})
        self.project, self.rng, self.rows = project, random.Random(1), []

    def post(self, path: str, body: Any, **headers: str) -> Any:
        return self.client.post(path, json.dumps(body), content_type="application/json", headers=headers)

    def claim(self) -> None:
        have = [row["slot"]["uid"] for row in self.rows]
        answer = self.post(f"/api/v1/projects/{self.project}/claim/", {"have": have})
        assert answer.status_code == 200, answer.content
        self.rows += answer.json()["rows"]

    def submit(self) -> None:
        row = self.rows.pop(0)
        body = {
            "lease_token": row["slot"]["lease_token"],
            "payload": make_payload(self.rng),
            "ontology_version": row["ontology"]["version"],
        }
        answer = self.post(row["urls"]["submit"], body, **{"Idempotency-Key": str(uuid.uuid4())})
        assert answer.status_code == 201, answer.content


def profile(headers: dict[str, str], project: str, cycles: int) -> str:
    hand = Hand(headers, project)
    for _ in range(WARM_UP):
        hand.claim()
        hand.submit()
    profiles = {"claim": cProfile.Profile(), "submit": cProfile.Profile()}
    used = Counter[str]()
    for _ in range(cycles):
        for name in profiles:
            began = time.process_time()
            getattr(hand, name)()
            used[name] += time.process_time() - began  # type: ignore[assignment]  # seconds
    for _ in range(cycles):
        for name, profiler in profiles.items():
            profiler.runcall(getattr(hand, name))
    text = ""
    for name, profiler in profiles.items():
        if name == "submit":
            hand.claim()
        text += f"\n## {name}: {used[name] / cycles * 1000:.1f} ms of CPU in Python (process time, no profiler)\n"
        text += _statements(getattr(hand, name)) + _functions(profiler, cycles)
    return text


def _statements(act: Act) -> str:
    with CaptureQueriesContext(connection) as seen:
        act()
    kinds: Counter[str] = Counter()
    for query in seen.captured_queries:
        words = re.sub(r"\s+", " ", query["sql"]).strip().replace('"', "")
        kind = words.partition(" ")[0]
        table = re.search(r"(?:FROM|INTO|UPDATE) (\w+_\w+)", words)
        kinds[f"{kind} {table[1] if table else ''}".strip()] += 1
    lines = [f"  {count:3} {kind}" for kind, count in kinds.most_common()]
    return "\n".join([f"{len(seen)} statements", *lines, ""])


def _functions(profiler: cProfile.Profile, cycles: int) -> str:
    """The functions of the checkout and of the database layer, by time with what they call."""
    out = io.StringIO()
    stats = pstats.Stats(profiler, stream=out)
    root = str(Path(settings.BASE_DIR))
    found = []
    for (path, line, name), (_, calls, own, total, _) in stats.stats.items():  # type: ignore[attr-defined]
        if (path.startswith(root) and ".venv" not in path) or LAYERS.search(path):
            short = path.removeprefix(root).rpartition("site-packages/")[2].lstrip("/")
            found.append((total / cycles * 1000, own / cycles * 1000, calls / cycles, f"{short}:{line} {name}"))
    lines = [f"  {total:7.2f} {own:7.2f} {calls:6.1f}  {name}" for total, own, calls, name in sorted(found)[::-1][:70]]
    return "\n".join(["  with callees ms, own ms, calls (under the profiler)", *lines, ""])


def main(headers: dict[str, str], project: str, cycles: int) -> None:
    print(profile(headers, project, cycles))
