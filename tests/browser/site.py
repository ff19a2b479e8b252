"""The line as real processes on the test database: web, relay and one worker, started once for all browser tests."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import psycopg

from config.embedded_processes import Bound, spawn_bound
from config.supervised import end_family

CHECKOUT = Path(__file__).resolve().parents[2]
MANAGE = (sys.executable, "manage.py")
CELERY = (sys.executable, "-m", "celery", "-A", "config", "--quiet")
PARTS = ("web", "database", "valkey", "relay", "live")
START_SECONDS = 60
STOP_SECONDS = 8


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def environment_for(home: Path, database: str, worker: str) -> dict[str, str]:
    """The children's: the test database, and a Valkey database of their own, so that two xdist workers do not take
    each other's jobs."""
    number = int(worker.removeprefix("gw") or 0) + 1 if worker else 1
    redis = os.environ["REDIS_URL"]
    parts = urlsplit(redis)
    redis = f"unix://{parts.path}?db={number}" if parts.scheme == "unix" else parts._replace(path=f"/{number}").geturl()
    given = {name: value for name, value in os.environ.items() if not name.startswith(("DATABASE_OWNER_URL", "COV_"))}
    return given | {
        "CREWLINE_HOME": str(home),
        "DATABASE_URL": urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{database}").geturl(),
        "DATABASE_POOL_SIZE": "8",
        "REDIS_URL": redis,
        "PYTHONUNBUFFERED": "1",
        "IMPORT_ROOT": os.environ.get("REFERENCE_DATA", ""),
    }


@dataclass
class Site:
    """Use :meth:`restart_web` to cut every socket from the server's side."""

    home: Path
    environment: dict[str, str]
    port: int = field(default_factory=free_port)
    running: dict[str, Bound] = field(default_factory=dict)

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def command(self, name: str) -> tuple[str, ...]:
        serve = (sys.executable, "-m", "uvicorn", "config.asgi:application", "--host", "127.0.0.1")
        return {
            "web": (*serve, "--port", str(self.port), "--log-level", "warning", "--timeout-graceful-shutdown", "2"),
            "relay": (*MANAGE, "relay"),
            "worker": (*CELERY, "worker", "-Q", "live,bulk", "-n", "live@%h", "--pool", "solo", "--concurrency", "1"),
        }[name]

    def start(self) -> None:
        collect = (sys.executable, "-m", "tests.browser.collect")
        subprocess.run(collect, cwd=CHECKOUT, env=self.environment, check=True, timeout=START_SECONDS * 2)
        for name in ("web", "relay", "worker"):
            self.launch(name)
        self.wait_ready()

    def launch(self, name: str) -> None:
        with (self.home / f"{name}.log").open("ab") as log:
            self.running[name] = spawn_bound(
                self.command(name), end_signal=signal.SIGKILL, environment=self.environment, stdout=log, folder=CHECKOUT
            )

    def wait_ready(self) -> None:
        until = time.monotonic() + START_SECONDS
        while True:
            waiting = [name for name in PARTS if self.states().get(name) != "ok"]
            if not waiting:
                return
            gone = [name for name, bound in self.running.items() if bound.process.poll() is not None]
            if gone or time.monotonic() > until:
                raise RuntimeError(f"not ready: {waiting}, ended: {gone}\n{self.log_lines()}")
            time.sleep(0.1)

    def states(self) -> dict[str, str]:
        try:
            with urllib.request.urlopen(f"{self.address}/healthz", timeout=3) as answer:
                return json.load(answer)["parts"]
        except urllib.error.HTTPError as refusal:
            return json.load(refusal)["parts"]
        except OSError:
            return {}

    def stop(self, name: str) -> None:
        bound = self.running.pop(name)
        bound.process.terminate()
        try:
            bound.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            bound.process.kill()
        end_family(bound)
        bound.process.wait()

    def restart_web(self) -> None:
        self.stop("web")
        self.launch("web")
        self.wait_ready()

    @contextmanager
    def hold_still(self) -> Iterator[None]:
        """All processes stopped between two statements, so that emptying the tables meets no transaction of theirs."""
        pids = [bound.process.pid for bound in self.running.values() if bound.process.poll() is None]
        until = time.monotonic() + STOP_SECONDS
        try:
            while True:
                for pid in pids:
                    os.kill(pid, signal.SIGSTOP)
                if not self.is_at_work() or time.monotonic() > until:
                    break
                for pid in pids:
                    os.kill(pid, signal.SIGCONT)
                time.sleep(0.05)
            yield
        finally:
            for pid in pids:
                os.kill(pid, signal.SIGCONT)

    def is_at_work(self) -> bool:
        """Whether another session of the test database is inside a statement or a transaction."""
        with psycopg.connect(self.environment["DATABASE_URL"]) as connection:
            found = connection.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
                " AND pid <> pg_backend_pid() AND backend_type = 'client backend' AND state <> 'idle'"
            ).fetchone()
        return bool(found and found[0])

    def stop_all(self) -> None:
        for bound in self.running.values():
            bound.process.terminate()
        for name in list(self.running):
            self.stop(name)

    def log_lines(self) -> str:
        return "\n".join(f"--- {log.name}\n{log.read_text()[-2000:]}" for log in sorted(self.home.glob("*.log")))
