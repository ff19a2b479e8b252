"""``python -m bench.live_scores``: from a submit to its score on an open project page, over the real line.

Web, relay and the live worker run as the supervisor starts them. People label at a given rate (a submit is due at its
own time, whatever became of the one before, so a slow line cannot slow its own measure), every row asks for two
opinions, and a manager's socket follows the project. Measured is the time from before a second opinion is sent until
the frame with the row's score arrives. Beside it, in turn: a bare event, one INSERT by psycopg on the same stream,
which meets the relay and the socket and nothing else. The ratio of the two is what the rules, the job and the scoring
add to the way that every live message goes.

With ``--sockets 200`` that many pages of as many people are open on the project; the score's way to each of them
counts, and, as *last*, the time until the slowest of them has it."""

import argparse
import asyncio
import json
import random
import sys
import time
import uuid
from collections import deque
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import psycopg
import uvloop
from websockets.asyncio.client import ClientConnection, connect

from bench.crowd import Door
from bench.lease_submit import machine_line, note, pair
from bench.place import Place, open_place
from bench.work import make_payload

OPINIONS = 2
# How long a score may be under way before it counts as lost.
PATIENCE = 20.0
WARM_UP = 5.0


@dataclass
class Cell:
    submits: list[float] = field(default_factory=list)
    # To each open page, and to the last of them.
    scores: list[float] = field(default_factory=list)
    last: list[float] = field(default_factory=list)
    events: list[float] = field(default_factory=list)
    lost: int = 0
    refused: int = 0


class Watch:
    """A manager's open project page: notes when the score of a row, or a bare event, arrived."""

    def __init__(self, place: Place, cookie: str, project: str) -> None:
        self.address = f"ws://127.0.0.1:{place.port}/ws/live/"
        self.headers = {"Cookie": cookie}
        self.origin = f"http://127.0.0.1:{place.port}"
        self.stream = f"project:{project}"
        self.arrived: dict[tuple[str, int], float] = {}

    async def run(self, is_open: asyncio.Event) -> None:
        async with connect(self.address, additional_headers=self.headers, origin=self.origin) as socket:
            await socket.send(json.dumps({"follow": self.stream}))
            await self._read(socket, is_open)

    async def _read(self, socket: ClientConnection, is_open: asyncio.Event) -> None:
        async for frame in socket:
            now, message = time.perf_counter(), json.loads(frame)
            if "following" in message:
                is_open.set()
            elif message.get("kind") == "consensus_scored":
                facts = message["payload"]
                self.arrived.setdefault((facts["row"], facts["opinions"]), now)
            elif message.get("kind") == "bench_event":
                self.arrived.setdefault((message["payload"]["id"], 0), now)


class Labeler:
    """One person with rows in hand. Who has none left when a submit is due asks for more first, outside the measure."""

    def __init__(self, door: Door, project: str, rng: random.Random) -> None:
        self.door, self.project, self.rng = door, project, rng
        self.hand: deque[dict[str, Any]] = deque()
        self.busy = asyncio.Lock()

    async def claim(self) -> None:
        body = {"have": [row["slot"]["uid"] for row in self.hand]}
        _, answer = await self.door.post(f"/api/v1/projects/{self.project}/claim/", body)
        self.hand.extend(answer.get("rows", []))

    async def submit(self, cell: Cell, opinions: dict[str, list[float]]) -> None:
        async with self.busy:
            if not self.hand:
                await self.claim()
            if not self.hand:
                cell.refused += 1
                return
            row = self.hand.popleft()
            body = {
                "lease_token": row["slot"]["lease_token"],
                "payload": make_payload(self.rng),
                "ontology_version": row["ontology"]["version"],
            }
            began = time.perf_counter()
            status, _ = await self.door.post(row["urls"]["submit"], body, key=str(uuid.uuid4()))
            if status != 201:
                cell.refused += 1
                return
            cell.submits.append(time.perf_counter() - began)
            opinions.setdefault(row["row"]["uid"], []).append(began)
            if len(self.hand) < OPINIONS:
                await self.claim()


async def work(labelers: list[Labeler], rate: float, seconds: float, cell: Cell) -> dict[str, list[float]]:
    """Submits at ``rate`` a second for ``seconds``. Returns, by row, when each opinion was sent."""
    opinions: dict[str, list[float]] = {}
    first, due = time.perf_counter(), []
    for number in range(int(rate * seconds)):
        await asyncio.sleep(max(0.0, first + number / rate - time.perf_counter()))
        due.append(asyncio.create_task(labelers[number % len(labelers)].submit(cell, opinions)))
    await asyncio.gather(*due)
    return opinions


def seconds_of(opinions: dict[str, list[float]]) -> dict[tuple[str, int], float]:
    """Of rows with both opinions: row and number of opinions, as the frame names them, with when the later was sent."""
    return {(row, OPINIONS): max(sent) for row, sent in opinions.items() if len(sent) == OPINIONS}


async def tell(
    connection: "psycopg.AsyncConnection[Any]", watch: Watch, organization: int, rate: float, count: int
) -> dict[str, float]:
    """Bare events on the project's stream, as a rule would write them. Returns when each was sent."""
    sent: dict[str, float] = {}
    for _ in range(count):
        name = str(uuid.uuid4())
        sent[name] = time.perf_counter()
        await connection.execute(
            "INSERT INTO workforce_event (organization_id, stream, kind, payload, task, queue, failures,"
            " is_quarantined, error) VALUES (%s, %s, 'bench_event', %s, '', '', 0, false, '')",
            [organization, watch.stream, json.dumps({"id": name})],
        )
        await asyncio.sleep(1 / rate)
    return sent


async def collect(
    watches: list[Watch], wanted: dict[tuple[str, int], float], times: list[float], cell: Cell
) -> list[float]:
    """Adds to ``times`` how long each took to each page; returns how long each took to the last page."""
    deadline = time.perf_counter() + PATIENCE
    while any(key not in watch.arrived for watch in watches for key in wanted) and time.perf_counter() < deadline:
        await asyncio.sleep(0.05)
    slowest = []
    for key, began in wanted.items():
        took = [watch.arrived[key] - began for watch in watches if key in watch.arrived]
        cell.lost += len(watches) - len(took)
        times += took
        slowest += [max(took)] if len(took) == len(watches) else []
    return slowest


async def measure_cells(
    place: Place, filled: dict[str, Any], project: str, options: argparse.Namespace
) -> dict[float, Cell]:
    watches = [Watch(place, one["headers"]["Cookie"], project) for one in filled["watchers"]]
    watching = []
    for watch in watches:
        is_open = asyncio.Event()
        watching.append(asyncio.create_task(watch.run(is_open)))
        await asyncio.wait_for(is_open.wait(), 20)
    labelers = []
    for number, person in enumerate(filled["people"]):
        door = Door("127.0.0.1", place.port, person["headers"])
        await door.open()
        labelers.append(Labeler(door, project, random.Random(number)))
    cells = {rate: Cell() for rate in options.rates}
    # The worker's first job loads what scoring needs; what is measured comes after it.
    warm_up = Cell()
    await collect(watches, seconds_of(await work(labelers, 2.0, WARM_UP, warm_up)), [], warm_up)
    async with await psycopg.AsyncConnection.connect(place.running.database_url, autocommit=True) as connection:
        for _ in range(options.rounds):
            for rate, cell in cells.items():
                opinions = await work(labelers, rate, options.seconds, cell)
                second = seconds_of(opinions)
                cell.last += await collect(watches, second, cell.scores, cell)
                sent = await tell(connection, watches[0], filled["organization"], rate, max(20, len(second)))
                await collect(watches, {(name, 0): at for name, at in sent.items()}, cell.events, cell)
                note(f"{rate:g} submits/s: score after {pair(cell.scores)} ms, {cell.lost} lost")
    for task in watching:
        task.cancel()
    return cells


def table(cells: dict[float, Cell]) -> list[str]:
    lines = [
        "| submits/s | submits | submit p50 / p95 ms | scores | score on a page p50 / p95 / max ms "
        "| on the last page p50 / p95 ms | over 1 s | bare event p50 / p95 ms | lost | not taken | ratio of p50 |",
        "|---|---|---|---|---|---|---|---|---|---|---|",
    ]
    for rate, cell in cells.items():
        late = sum(one > 1 for one in cell.scores)
        ratio = sorted(cell.scores)[len(cell.scores) // 2] / sorted(cell.events)[len(cell.events) // 2]
        lines.append(
            f"| {rate:g} | {len(cell.submits)} | {pair(cell.submits)} | {len(cell.last)} "
            f"| {pair(cell.scores)} / {max(cell.scores) * 1000:.0f} | {pair(cell.last)} | {late} "
            f"| {pair(cell.events)} | {cell.lost} | {cell.refused} | {ratio:.1f} |"
        )
    return lines


def measure(place: Place, options: argparse.Namespace) -> str:
    filled = place.rules("fill", rows=options.rows, people=options.people, door="session", watchers=options.sockets)
    project = place.rules("project", consensus_labels=OPINIONS)["uid"]
    place.tidy()
    place.start_line(1)
    worker = [sys.executable, "-m", "celery", "-A", "config", "--quiet", "worker", "--loglevel", "WARNING"]
    place.start("worker-live", [*worker, "--concurrency", "1", "-Q", "live", "-n", "live@%h"])
    cells = uvloop.run(measure_cells(place, filled, project, options))
    return "\n".join(
        [
            f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC: {machine_line(place)}.",
            f"{options.rows} rows, {OPINIONS} opinions each, {options.people} people, {options.sockets} sockets on the "
            f"project, {options.rounds} rounds of {options.seconds:g} s a cell. The driver runs on the same cores.",
            "",
            *table(cells),
            "",
            f"Errors in the servers' log: {place.errors() or 'none'}.",
        ]
    )


def read_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.live_scores", description=__doc__)
    parser.add_argument("--rows", type=int, default=2000, help="rows of the project")
    parser.add_argument("--people", type=int, default=20, help="people who label")
    parser.add_argument("--rates", type=float, nargs="+", default=[1, 4, 8], help="submits a second, each a cell")
    parser.add_argument("--seconds", type=float, default=20, help="length of a cell")
    parser.add_argument("--rounds", type=int, default=2, help="how often each cell is measured")
    parser.add_argument("--sockets", type=int, default=1, help="open pages of the project, each of another person")
    return parser.parse_args()


def main() -> None:
    options = read_options()
    with open_place() as place:
        print(measure(place, options))


if __name__ == "__main__":
    main()
