"""The supervisor, with tiny scripts in the places of web, workers and relay, and real servers underneath."""

import http.client
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
import pytest

from config import embedded, supervisor

CHECKOUT = Path(__file__).resolve().parents[2]
OURS = ("PORT", "HOST", "DEMO", "ALLOWED_HOSTS", "DATABASE_URL", "DATABASE_OWNER_URL", "REDIS_URL", "CREWLINE_HOME")
MANAGE = """
import os, sys
print("manage", sys.argv[1], "owner" if "DATABASE_OWNER_URL" in os.environ else "app", flush=True)
sys.exit(int(os.environ.get("FAIL_" + sys.argv[1].upper(), "0")))
"""
WEB = """
import http.server, os
class Answer(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200 if self.path == "/healthz" else 404)
        self.end_headers()
    def log_message(self, *args): pass
print("sees", "owner" if "DATABASE_OWNER_URL" in os.environ else "app", os.environ["DATABASE_URL"], flush=True)
http.server.HTTPServer(("127.0.0.1", int(os.environ["PORT"])), Answer).serve_forever()
"""
IDLE = "import time; print('idle at work', flush=True); time.sleep(600)"
STUBBORN = f"import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); {IDLE}"
FAMILY = f"import subprocess, sys; subprocess.Popen([sys.executable, '-c', {IDLE!r}]); {IDLE}"
CRASHING = "print('about to crash', flush=True); raise SystemExit(3)"
RUN = """
import json, sys
from pathlib import Path
from config import supervisor
from config.supervised import Child, Patience
children = [Child(name, (sys.executable, "-c", script)) for name, script in json.loads(sys.argv[1]).items()]
patience = Patience(first_pause_seconds=0.05, longest_pause_seconds=0.1, stop_seconds=2)
sys.exit(supervisor.main(children, Path(sys.argv[2]), patience))
"""


@dataclass
class Line:
    """A supervisor under test and everything it has said."""

    process: subprocess.Popen[str]
    home: Path
    said: list[str] = field(default_factory=list)

    def follow(self) -> None:
        assert self.process.stdout is not None
        self.said.extend(self.process.stdout)

    def waits_for(self, text: str, seconds: float = 20) -> None:
        wait_until(lambda: any(text in line for line in self.said), seconds, lambda: "".join(self.said))

    @property
    def text(self) -> str:
        return "".join(self.said)


def wait_until(holds: Callable[[], bool], seconds: float = 15, report: Callable[[], str] = str) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, report()
        time.sleep(0.02)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def processes_of(home: Path) -> list[int]:
    """Every live process that was given this home on its command line or in its environment."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            words = (folder / "cmdline").read_bytes() + (folder / "environ").read_bytes()
        except OSError:
            continue
        if os.fsencode(home) in words and int(folder.name) != os.getpid():
            found.append(int(folder.name))
    return found


@pytest.fixture
def folder() -> Iterator[Path]:
    made = Path(tempfile.mkdtemp(prefix="crewline-supervisor-", dir="/tmp"))
    made.chmod(0o755)
    (made / "checkout").mkdir()
    (made / "checkout" / "manage.py").write_text(MANAGE)
    yield made
    for pid in processes_of(made):  # only after a failure is anything left
        os.kill(pid, signal.SIGKILL)
    shutil.rmtree(made, ignore_errors=True)


@pytest.fixture
def run(folder: Path) -> Iterator[Callable[..., Line]]:
    lines: list[Line] = []

    def start(children: dict[str, str], **environment: str) -> Line:
        clean = {name: value for name, value in os.environ.items() if name not in OURS}
        port = environment.pop("PORT", str(free_port()))
        process = subprocess.Popen(
            [sys.executable, "-c", RUN, json.dumps(children), str(folder / "checkout")],
            cwd=CHECKOUT,
            env={**clean, "CREWLINE_HOME": str(folder / "home"), "PORT": port, **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        line = Line(process, folder / "home")
        reader = threading.Thread(target=line.follow, daemon=True)
        reader.start()
        lines.append(line)
        return line

    yield start
    for line in lines:
        if line.process.poll() is None:
            line.process.kill()
        line.process.wait(10)


def test_ready_then_ctrl_c_stops_all(run: Callable[..., Line], folder: Path) -> None:
    (folder / "home").mkdir(mode=0o711)
    (folder / "home" / "demo-accounts.txt").write_text("lead@example.org  a-password\n")
    line = run({"web": WEB, "relay": FAMILY}, DATABASE_OWNER_URL="postgresql://not-for-children@nowhere/x")
    line.waits_for("Crewline is ready: http://127.0.0.1:")
    line.waits_for("lead@example.org  a-password")
    assert "migrate     | manage migrate owner\n" in line.said
    assert "static      | manage collectstatic app\n" in line.said
    address = embedded.database_url(folder / "home")
    line.waits_for(f"web         | sees app {address}")
    line.waits_for("relay       | idle at work")
    line.process.send_signal(signal.SIGINT)
    assert line.process.wait(15) == 0
    assert processes_of(folder) == []


def test_second_start_collects_nothing_and_loads_the_demo(run: Callable[..., Line], folder: Path) -> None:
    commands = folder / "checkout" / "config" / "management" / "commands"
    commands.mkdir(parents=True)
    (commands / "load_demo.py").touch()
    (folder / "home" / "static").mkdir(parents=True)
    (folder / "home").chmod(0o711)
    for is_first in (True, False):
        line = run({"web": WEB}, DEMO="1" if is_first else "0")
        line.waits_for("Crewline is ready")
        assert ("manage collectstatic app" in line.text) is is_first
        assert ("manage load_demo app" in line.text) is is_first
        line.process.terminate()
        assert line.process.wait(15) == 0


def test_killed_supervisor_takes_everything_along(run: Callable[..., Line], folder: Path) -> None:
    line = run({"web": WEB, "stubborn": STUBBORN})
    line.waits_for("Crewline is ready")
    assert len(processes_of(folder)) >= 5
    line.process.kill()
    line.process.wait()
    wait_until(lambda: processes_of(folder) == [])


def test_stubborn_child_is_killed(run: Callable[..., Line], folder: Path) -> None:
    line = run({"web": WEB, "stubborn": STUBBORN})
    line.waits_for("stubborn    | idle at work")
    line.process.terminate()
    assert line.process.wait(15) == 0
    assert processes_of(folder) == []


def test_crashed_child_starts_again(run: Callable[..., Line]) -> None:
    once = "import os, pathlib; p = pathlib.Path(os.environ['CREWLINE_HOME'], 'ran'); first = not p.exists(); p.touch()"
    line = run({"web": WEB, "relay": f"{once}\nif first: raise SystemExit(3)\n{IDLE}"})
    line.waits_for("relay ended unexpectedly (exit code 3); it starts again")
    line.waits_for("relay       | idle at work")
    line.process.terminate()
    assert line.process.wait(15) == 0


def test_child_that_keeps_crashing_ends_the_whole(run: Callable[..., Line], folder: Path) -> None:
    line = run({"web": WEB, "bulk": CRASHING})
    assert line.process.wait(30) == 1
    wait_until(lambda: "bulk ended 6 times within a minute (exit code 3): giving up" in line.text)
    assert line.text.count("bulk        | about to crash") == 6
    assert processes_of(folder) == []


def test_killed_postgresql_comes_back(run: Callable[..., Line], folder: Path) -> None:
    line = run({"web": WEB})
    line.waits_for("Crewline is ready")
    pid_file = folder / "home" / "postgres" / "postmaster.pid"
    os.kill(int(pid_file.read_text().split()[0]), signal.SIGKILL)
    line.waits_for("PostgreSQL or Valkey is gone; starting it again.")

    def answers() -> bool:
        try:
            with psycopg.connect(embedded.database_url(folder / "home")):
                return True
        except psycopg.OperationalError:
            return False

    wait_until(answers)
    line.process.terminate()
    assert line.process.wait(15) == 0


def test_failed_migration_starts_nothing(run: Callable[..., Line], folder: Path) -> None:
    line = run({"web": WEB}, FAIL_MIGRATE="4")
    assert line.process.wait(20) == 1
    wait_until(lambda: "migrate failed (exit code 4): nothing was started" in line.text)
    assert "sees app" not in line.text
    assert processes_of(folder) == []


def test_busy_port_is_named_before_anything_starts(run: Callable[..., Line], folder: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as busy:
        port = busy.getsockname()[1]
        line = run({"web": WEB}, PORT=str(port))
        assert line.process.wait(10) == 1
    wait_until(lambda: f"Port {port} on 127.0.0.1 is already in use" in line.text)
    assert line.text.count("\n") == 1
    assert not (folder / "home").exists()


@pytest.mark.parametrize(
    ("environment", "reason"),
    [
        ({"PORT": "eighty"}, "PORT='eighty' is not a whole number"),
        ({"HOST": "0.0.0.0"}, "name the host names it serves in ALLOWED_HOSTS"),
    ],
)
def test_nonsense_is_refused_in_one_line(
    run: Callable[..., Line], folder: Path, environment: dict[str, str], reason: str
) -> None:
    line = run({"web": WEB}, **environment)
    assert line.process.wait(10) == 1
    wait_until(lambda: reason in line.text)
    assert line.text.count("\n") == 1
    assert not (folder / "home").exists()


def test_real_servers_are_used_when_named(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in OURS:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("DATABASE_URL", "postgresql://app@far/crewline")
    monkeypatch.setenv("DATABASE_OWNER_URL", "postgresql://owner@far/crewline")
    monkeypatch.setenv("REDIS_URL", "redis://far:6379/0")
    plan = supervisor.read_plan()
    assert (plan.needs_postgres, plan.needs_valkey, plan.wants_demo) == (False, False, False)
    assert supervisor.start_servers(plan) is None
    environment = supervisor.child_environment(plan)
    assert environment["DATABASE_URL"] == "postgresql://app@far/crewline"
    assert "DATABASE_OWNER_URL" not in environment
    assert supervisor.owner_environment(plan)["DATABASE_OWNER_URL"] == "postgresql://owner@far/crewline"


def test_the_line_is_web_workers_relay_and_scheduler(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in OURS:
        monkeypatch.delenv(name, raising=False)
    children = {child.name: " ".join(child.command) for child in supervisor.children_of(supervisor.read_plan())}
    assert list(children) == ["web", "worker-live", "worker-bulk", "relay", "scheduler"]
    assert "--host 127.0.0.1 --port 8000" in children["web"]
    assert "-Q bulk" in children["worker-bulk"]


def test_health_asks_under_an_allowed_name(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    class Connection:
        def __init__(self, host: str, port: int, timeout: float) -> None:
            asked.append(host)

        def request(self, method: str, path: str, headers: dict[str, str]) -> None:
            asked.append(headers["Host"])
            raise OSError

        def close(self) -> None:
            return None

    monkeypatch.setattr(http.client, "HTTPConnection", Connection)
    plan = supervisor.Plan(Path("/x"), "0.0.0.0", 80, True, True, False, ("*", ".crew.example"))
    assert supervisor.health(plan) is None
    assert asked == ["127.0.0.1", "crew.example"]
