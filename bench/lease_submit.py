"""``python -m bench.lease_submit``: claim and submit over HTTP beside the same writes as bare SQL, in one run.

It makes a place of its own (embedded servers in a temporary home, fsync on), fills a project by the product's rules,
starts the web process and the relay, and lets a crowd in a second process work without thinking time. Cells of HTTP
and bare SQL alternate, so that both meet the same neighbours. Nothing outside the temporary home is touched."""

import argparse
import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg

from bench.machine import processor
from bench.place import CHECKOUT, Place, open_place

# A cell starts on a project of which at least this share of rows waits; else it gets a fresh copy.
LEAST_OPEN = 0.8
LONGEST_DRAIN = 60.0
DRIVERS = {"http": "bench.crowd", "bare": "bench.bare"}


@dataclass
class Cell:
    """Everything measured for one side with one number of people, over all rounds."""

    claims: list[float] = field(default_factory=list)
    submits: list[float] = field(default_factory=list)
    cycles: list[float] = field(default_factory=list)
    wall: float = 0.0
    twice: int = 0
    others: dict[str, int] = field(default_factory=dict)
    cpu: dict[str, float] = field(default_factory=dict)
    drain: float = 0.0

    @property
    def rate(self) -> float:
        return len(self.cycles) / self.wall if self.wall else 0.0

    def add(self, seen: dict[str, Any], cpu: dict[str, float], drain: float) -> None:
        for name in ("claims", "submits", "cycles"):
            getattr(self, name).extend(seen[name])
        self.wall += seen["wall"]
        self.twice += seen["twice"]
        self.drain = max(self.drain, drain)
        for what, count in seen["others"].items():
            self.others[what] = self.others.get(what, 0) + count
        for name, seconds in {**cpu, "client": seen["client_cpu"]}.items():
            self.cpu[name] = self.cpu.get(name, 0.0) + seconds


@dataclass
class Run:
    place: Place
    options: argparse.Namespace
    filled: dict[str, Any]
    pristine: dict[str, Any]
    projects: dict[str, dict[str, Any]] = field(default_factory=dict)
    copies: int = 0

    def project_for(self, side: str) -> dict[str, Any]:
        with self.place.connect() as connection:
            project = self.projects.get(side)
            if project is None or open_share(connection, project["pk"], self.options.rows) < LEAST_OPEN:
                self.copies += 1
                project = self.projects[side] = copy_project(connection, self.pristine["pk"], self.copies)
                self.place.tidy()
        return project

    def cell(self, side: str, people: int, seed: int, seconds: float) -> tuple[dict[str, Any], dict[str, float], float]:
        project = self.project_for(side)
        drain(self.place)
        crew = self.filled["people"][:people]
        plan: dict[str, Any] = {"seconds": seconds, "seed": seed}
        if side == "http":
            plan |= {"port": self.place.port, "project": project["uid"], "people": crew}
        else:
            plan |= {
                "url": self.place.running.database_url,
                "project": project["pk"],
                "project_uid": project["uid"],
                "organization": self.filled["organization"],
                "version": 1,
                "people": [one["person"] for one in crew],
            }
        before = self.place.cpu_seconds()
        began = time.monotonic()
        done = subprocess.run(
            [sys.executable, "-m", DRIVERS[side]],
            input=json.dumps(plan),
            env=self.place.environment,
            cwd=CHECKOUT,
            capture_output=True,
            text=True,
            check=False,
            timeout=seconds + 120,
        )
        if done.returncode:
            raise RuntimeError(f"{DRIVERS[side]} failed:\n{done.stderr[-3000:]}")
        took = time.monotonic() - began
        after = self.place.cpu_seconds()
        cpu = {name: after[name] - before[name] for name in after}
        cpu["capacity"] = took * (os.cpu_count() or 1)
        return json.loads(done.stdout), cpu, drain(self.place)


def open_share(connection: "psycopg.Connection[Any]", project: int, rows: int) -> float:
    found = connection.execute(
        "SELECT count(*) FROM labeling_slot WHERE project_id = %s AND state = 'open'", [project]
    ).fetchone()
    assert found is not None
    return float(found[0]) / rows


def copy_project(connection: "psycopg.Connection[Any]", source: int, number: int) -> dict[str, Any]:
    """A project with the same settings, grants and waiting rows, copied by SQL: the rules need half a minute for it."""

    def copied(table: str, where: str, **other: str) -> str:
        names = connection.execute(
            "SELECT column_name FROM information_schema.columns WHERE table_name = %s AND column_name <> 'id'", [table]
        ).fetchall()
        columns = [name for (name,) in names]
        values = [other.get(name, "gen_random_uuid()" if name == "uid" else f"old.{name}") for name in columns]
        return f"INSERT INTO {table} ({', '.join(columns)}) SELECT {', '.join(values)} FROM {table} old {where}"

    with connection.transaction():
        own = f"WHERE old.id = {source} RETURNING id, uid"
        made = connection.execute(copied("labeling_project", own, name=f"'Copy {number}'")).fetchone()
        assert made is not None
        pk, uid = made
        of_source, new = f"WHERE old.project_id = {source}", str(pk)
        connection.execute(copied("labeling_batch", of_source, project_id=new))
        batch = f"(SELECT id FROM labeling_batch WHERE project_id = {pk})"
        connection.execute(copied("labeling_projectrow", of_source, project_id=new, batch_id=batch))
        rows = "JOIN labeling_projectrow was ON was.id = old.project_row_id JOIN labeling_projectrow now "
        rows += f"ON now.data_row_id = was.data_row_id AND now.project_id = {pk} {of_source} ORDER BY now.id"
        changed = {"project_id": new, "project_row_id": "now.id", "order_key": "now.id"}
        connection.execute(copied("labeling_slot", rows, **changed))
        grants = f"WHERE old.content_object_id = {source}"
        connection.execute(copied("labeling_projectpersongrant", grants, content_object_id=new))
    return {"pk": pk, "uid": str(uid)}


def drain(place: Place) -> float:
    """Seconds until the relay has numbered, sealed and folded everything."""
    waits = """
        SELECT EXISTS (SELECT 1 FROM workforce_event WHERE seq IS NULL AND stream <> '')
            OR EXISTS (SELECT 1 FROM labeling_counterdelta) OR EXISTS (SELECT 1 FROM quality_figuredelta)
            OR (SELECT max(id) FROM workforce_auditevent) > (SELECT coalesce(max(event_id), 0) FROM workforce_auditseal)
    """
    began = time.monotonic()
    with place.connect() as connection:
        while time.monotonic() < began + LONGEST_DRAIN:
            found = connection.execute(waits).fetchone()
            if not found or not found[0]:
                break
            time.sleep(0.1)
    return time.monotonic() - began


def percentile(values: list[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] * 1000 if ordered else float("nan")


def pair(values: list[float]) -> str:
    return f"{percentile(values, 0.5):.0f} / {percentile(values, 0.95):.0f}"


def machine_line(place: Place) -> str:
    with place.connect() as connection:
        version, fsync, commit = (
            connection.execute(f"SHOW {name}").fetchone()[0]  # type: ignore[index]
            for name in ("server_version", "fsync", "synchronous_commit")
        )
    return (
        f"{processor()}, PostgreSQL {version} (embedded; fsync {fsync}, synchronous_commit {commit}, no other setting "
        "changed)"
    )


def table(cells: dict[tuple[str, int], Cell], people: list[int]) -> list[str]:
    lines = [
        "| people | side | cycles/s | n in s | claim p50 / p95 ms | submit p50 / p95 ms | cycle p50 / p95 ms "
        "| CPU ms a cycle: web + db + relay | driver's CPU | others' CPU | relay done after | ratio |",
        "|---|---|---|---|---|---|---|---|---|---|---|---|",
    ]
    for count in people:
        for side in ("http", "bare"):
            cell = cells[side, count]
            n = max(1, len(cell.cycles))
            cpu = " + ".join(f"{cell.cpu.get(name, 0) / n * 1000:.1f}" for name in ("web", "db", "relay"))
            known = sum(cell.cpu.get(name, 0) for name in ("web", "db", "relay", "client"))
            others = max(0.0, cell.cpu["all"] - known) / cell.cpu["capacity"]
            ratio = f"**{cell.rate / cells['bare', count].rate:.3f}**" if side == "http" else ""
            lines.append(
                f"| {count} | {'HTTP' if side == 'http' else 'bare SQL'} | **{cell.rate:.1f}** "
                f"| {len(cell.cycles)} in {cell.wall:.0f} | {pair(cell.claims)} | {pair(cell.submits)} "
                f"| {pair(cell.cycles)} | {cpu} | {cell.cpu['client'] / cell.wall:.0%} of a core | {others:.0%} "
                f"| {cell.drain:.1f} s | {ratio} |"
            )
    refusals = {f"{side} {count}": cell.others for (side, count), cell in cells.items() if cell.others}
    twice = sum(cell.twice for cell in cells.values())
    lines += ["", f"Rows accepted twice: {twice}. Answers other than 200 and 201: {refusals or 'none'}."]
    return lines


def measure(place: Place, options: argparse.Namespace) -> str:
    most = max(options.people)
    note(f"filling: {options.rows} rows, {most} people")
    filled = place.rules("fill", rows=options.rows, people=most, door=options.door)
    run = Run(place, options, filled, place.rules("project"))
    if options.profile:
        place.tidy()
        who = f"headers={filled['people'][0]['headers']!r}, project={run.pristine['uid']!r}, cycles={options.profile}"
        return place.shell(f"from bench.profile_submit import main; main({who})")
    place.start_line(options.workers)
    cells: dict[tuple[str, int], Cell] = {(side, count): Cell() for side in DRIVERS for count in options.people}
    run.cell("http", min(4, most), 99, 2.0)
    for number in range(options.rounds):
        for count in options.people:
            for side in DRIVERS:
                cells[side, count].add(*run.cell(side, count, number + 1, options.seconds))
                note(f"round {number + 1}: {count} people, {side}: {cells[side, count].rate:.1f} cycles/s so far")
    head = [
        f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC: {machine_line(place)}.",
        f"{options.rows} rows, one label each, no review; {options.rounds} rounds of {options.seconds:g} s a cell, "
        f"HTTP and bare SQL in turn; {options.workers} web worker(s), door: {options.door}. Ratio: HTTP ÷ bare SQL. "
        f"Others: the share of all cores that neither the servers nor the driver used.",
        "",
    ]
    return "\n".join([*head, *table(cells, options.people), f"Errors in the servers' log: {place.errors() or 'none'}."])


def note(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def read_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.lease_submit", description=__doc__)
    parser.add_argument("--rows", type=int, default=10_000, choices=[1000, 10_000, 100_000], help="rows of the project")
    parser.add_argument("--people", type=int, nargs="+", default=[1, 10, 50], help="people at the same time, each cell")
    parser.add_argument("--seconds", type=float, default=10, help="length of a cell")
    parser.add_argument("--rounds", type=int, default=2, help="how often HTTP and bare SQL take turns")
    parser.add_argument("--workers", type=int, default=1, help="web processes behind the port")
    parser.add_argument("--door", choices=["session", "token"], default="session", help="how people prove who they are")
    parser.add_argument("--out", type=Path, help="write the table to this file too")
    parser.add_argument("--profile", type=int, metavar="N", help="no cells: profile N claims and submits in process")
    return parser.parse_args()


def main() -> None:
    options = read_options()
    with open_place() as place:
        text = measure(place, options)
    print(text)
    if options.out:
        options.out.write_text(text + "\n")


if __name__ == "__main__":
    main()
