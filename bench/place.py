"""A place of its own for a run: a temporary home with real servers (fsync on), migrated, and real processes in it."""

import contextlib
import http.client
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

import psycopg

from config import embedded, embedded_postgres
from config.embedded_processes import Bound, end, spawn_bound

CHECKOUT = Path(__file__).resolve().parent.parent
END_STEPS = ((signal.SIGTERM, 8.0), (signal.SIGKILL, 5.0))


@dataclass
class Place:
    home: Path
    running: embedded.Running
    environment: dict[str, str]
    port: int
    children: dict[str, Bound] = field(default_factory=dict)
    log: IO[bytes] | None = None

    def connect(self) -> "psycopg.Connection[Any]":
        return psycopg.connect(self.running.database_url, autocommit=True)

    def rules(self, what: str, **values: Any) -> Any:
        """Call ``bench.fill.main`` in a process with the settings of this place."""
        arguments = ", ".join(f"{name}={value!r}" for name, value in {"what": what, **values}.items())
        return json.loads(self.shell(f"from bench.fill import main; main({arguments})").splitlines()[-1])

    def shell(self, code: str) -> str:
        command = [sys.executable, "manage.py", "shell", "--no-imports", "-c", code]
        return run(command, self.environment)

    def start(self, name: str, command: list[str]) -> None:
        assert self.log is not None
        self.children[name] = spawn_bound(
            command, end_signal=signal.SIGKILL, environment=self.environment, stdout=self.log, folder=CHECKOUT
        )

    def start_line(self, workers: int) -> None:
        """Web and relay, as the supervisor starts them."""
        address = ["--host", "127.0.0.1", "--port", str(self.port), "--workers", str(workers)]
        web = [sys.executable, "-m", "uvicorn", "config.asgi:application", *address]
        self.start("web", [*web, "--no-access-log", "--log-level", "warning"])
        self.start("relay", [sys.executable, "manage.py", "relay"])
        self.wait_ready()

    def wait_ready(self, seconds: float = 60) -> None:
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if self.children["web"].process.poll() is not None:
                break
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=3)
            with contextlib.suppress(OSError, http.client.HTTPException):
                connection.request("GET", "/healthz")
                if connection.getresponse().status in (200, 503):  # no workers here, so not the whole line is there
                    return
            connection.close()
            time.sleep(0.2)
        raise RuntimeError(f"The web process did not answer:\n{(self.home / 'bench.log').read_text()[-3000:]}")

    def tidy(self) -> None:
        """What autovacuum would have done a while after a bulk load."""
        url = embedded_postgres.url(self.home / "run", "superuser")
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("VACUUM ANALYZE")
            connection.execute("CHECKPOINT")

    def errors(self) -> dict[str, int]:
        """The exceptions that web and relay wrote into their log, by their last line."""
        lines = (self.home / "bench.log").read_text(errors="replace").splitlines()
        return dict(
            Counter(line[:120] for line in lines if re.match(r"[\w.]+(Error|Timeout|Exception|Warning)\b", line))
        )

    def cpu_seconds(self) -> dict[str, float]:
        """CPU used so far: web, relay, PostgreSQL (with all their children), and everything on the machine."""
        roots = {name: bound.process.pid for name, bound in self.children.items()}
        servers = {server.name: server.bound.process.pid for server in self.running._started}
        roots["db"] = servers["postgres"]
        return {**{name: cpu_of_family(pid) for name, pid in roots.items()}, "all": cpu_of_machine()}


@contextlib.contextmanager
def open_place() -> Iterator[Place]:
    # As root the servers run as another user, who must be able to enter.
    home = Path(tempfile.mkdtemp(prefix="crewline-bench-", dir="/tmp"))
    home.chmod(0o755)
    kept = ("PATH", "HOME", "LANG", "LD_LIBRARY_PATH", "VIRTUAL_ENV", "DATABASE_POOL_SIZE")
    environment = {name: os.environ[name] for name in kept if name in os.environ}
    environment |= {"CREWLINE_HOME": str(home), "DJANGO_SETTINGS_MODULE": "config.settings", "PYTHONUNBUFFERED": "1"}
    # A crowd of the bench may speak with few tokens; what is measured is the line, not the limit.
    environment["API_REQUESTS_PER_MINUTE"] = "1000000"
    running = embedded.start(home)
    place = None
    try:
        environment |= {"DATABASE_URL": running.database_url, "REDIS_URL": running.redis_url}
        owner = {**environment, "DATABASE_OWNER_URL": running.owner_url}
        run([sys.executable, "manage.py", "migrate", "--no-input", "-v", "0"], owner)
        with open(home / "bench.log", "ab", buffering=0) as log:
            place = Place(home, running, environment, free_port(), log=log)
            yield place
    finally:
        for bound in place.children.values() if place else ():
            end(bound, END_STEPS)
        embedded.stop(running)
        shutil.rmtree(home, ignore_errors=True)


def run(command: list[str], environment: dict[str, str]) -> str:
    done = subprocess.run(command, env=environment, cwd=CHECKOUT, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)[:200]} failed:\n{done.stdout[-1000:]}{done.stderr[-3000:]}")
    return done.stdout


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def cpu_of_family(pid: int) -> float:
    """User and system time of a process, of its living descendants, and of the dead ones they waited for."""
    ticks, parents = {}, {}
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        with contextlib.suppress(OSError):
            fields = (entry / "stat").read_text().rpartition(")")[2].split()
            parents[int(entry.name)] = int(fields[1])
            ticks[int(entry.name)] = sum(int(value) for value in fields[11:15])
    family = {pid}
    while True:
        more = {child for child, parent in parents.items() if parent in family} - family
        if not more:
            return sum(ticks.get(one, 0) for one in family) / os.sysconf("SC_CLK_TCK")
        family |= more


def cpu_of_machine() -> float:
    """Busy CPU seconds of all cores since the start of the machine."""
    values = [int(value) for value in Path("/proc/stat").read_text().partition("\n")[0].split()[1:9]]
    return (sum(values) - values[3] - values[4]) / os.sysconf("SC_CLK_TCK")
