"""``python -m config.supervisor``: the whole line under one process. It knows no Django, so it starts at once.

Order: refuse what cannot work, servers, migrations (the only child that gets the owner's address), static files,
demo, then web, workers, relay and scheduler until Ctrl-C. Whatever becomes of us, the children do not outlive us."""

import errno
import http.client
import ipaddress
import os
import signal
import socket
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from config import embedded, env
from config.supervised import (
    Child,
    Crashes,
    Patience,
    Post,
    Printer,
    StopRequests,
    end_children,
    run_step,
    say,
    tend,
)

CHECKOUT = Path(__file__).resolve().parent.parent
MANAGE = (sys.executable, "manage.py")
SLOW_START_SECONDS = 60
PATIENCE = Patience()


@dataclass(frozen=True)
class Plan:
    """What the environment asks for."""

    home: Path
    host: str
    port: int
    needs_postgres: bool
    needs_valkey: bool
    wants_demo: bool
    allowed_hosts: tuple[str, ...]


class Refused(Exception):
    """One line that says why the start makes no sense as asked."""


def is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"


def read_plan() -> Plan:
    host = env.text("HOST") or "127.0.0.1"
    allowed = tuple(env.names("ALLOWED_HOSTS"))
    if not is_loopback(host) and not allowed:
        raise Refused(f"HOST={host} opens Crewline to the network: name the host names it serves in ALLOWED_HOSTS.")
    needs_postgres = not env.text("DATABASE_URL")
    return Plan(
        home=embedded.data_home(),
        host=host,
        port=env.whole_number("PORT", 8000, least=1, most=65535),
        needs_postgres=needs_postgres,
        needs_valkey=not env.text("REDIS_URL"),
        # The demo's passwords are printed: only in a database of our own that nobody else can reach.
        wants_demo=env.flag("DEMO", True) and needs_postgres and is_loopback(host),
        allowed_hosts=allowed,
    )


def refuse_busy_port(host: str, port: int) -> None:
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
            probe.listen(1)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise Refused(
                f"Port {port} on {host} is already in use: choose another one, e.g. PORT={port + 1}."
            ) from None
        raise Refused(f"Port {port} on {host} cannot be opened: {error.strerror}.") from None


def child_environment(plan: Plan) -> dict[str, str]:
    """For every child but the migration: without the owner's address, however it was given."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("DATABASE_OWNER_URL")}
    environment |= {"CREWLINE_HOME": str(plan.home), "PYTHONUNBUFFERED": "1"}
    if plan.needs_postgres:
        environment["DATABASE_URL"] = embedded.database_url(plan.home)
    if plan.needs_valkey:
        environment["REDIS_URL"] = embedded.redis_url(plan.home)
    return environment


def owner_environment(plan: Plan) -> dict[str, str]:
    given = env.text("DATABASE_OWNER_URL") or env.text("DATABASE_URL")
    owner = embedded.database_url(plan.home, "owner") if plan.needs_postgres else given
    return {**child_environment(plan), "DATABASE_OWNER_URL": owner}


def children_of(plan: Plan) -> list[Child]:
    celery = (sys.executable, "-m", "celery", "-A", "config", "--quiet")
    worker = (*celery, "worker", "--loglevel", "WARNING", "--concurrency", "1")
    address = ("--host", plan.host, "--port", str(plan.port))
    web = (sys.executable, "-m", "uvicorn", "config.asgi:application", *address, "--workers", "1", "--no-access-log")
    schedule = str(plan.home / "schedule")
    scheduler = ("--scheduler", "config.celery:NotingScheduler", "--schedule", schedule, "--pidfile", "")
    return [
        Child("web", (*web, "--log-level", "warning", "--timeout-graceful-shutdown", "5")),
        Child("worker-live", (*worker, "-Q", "live", "-n", "live@%h")),
        Child("worker-bulk", (*worker, "-Q", "bulk", "-n", "bulk@%h")),
        Child("relay", (*MANAGE, "relay")),
        Child("scheduler", (*celery, "beat", "--loglevel", "WARNING", *scheduler)),
    ]


def demo_command_available(checkout: Path) -> bool:
    return any(checkout.glob("*/management/commands/load_demo.py"))


def static_fingerprint(checkout: Path) -> str:
    """Changes when our own static files or the packages that bring theirs do."""
    seen = sha256(sys.prefix.encode())
    for requirements in sorted(checkout.glob("requirements*.txt")):
        seen.update(requirements.read_bytes())
    for folder in sorted((*checkout.glob("static"), *checkout.glob("[!.]*/static"))):
        for path in sorted(folder.rglob("*")):
            found = path.stat()
            seen.update(f"{path.relative_to(checkout)}:{found.st_size}:{found.st_mtime_ns}\n".encode())
    return seen.hexdigest()


def preparations(plan: Plan, checkout: Path) -> Iterator[tuple[Child, dict[str, str], Callable[[], None]]]:
    """What must be done before the children start, each with its environment and what to note afterwards."""

    def nothing() -> None:
        return None

    def note_static() -> None:
        stamp.write_text(fingerprint)

    environment = child_environment(plan)
    yield Child("migrate", (*MANAGE, "migrate", "--no-input", "-v", "0")), owner_environment(plan), nothing
    stamp = plan.home / "static.stamp"
    fingerprint = static_fingerprint(checkout)
    if not stamp.exists() or stamp.read_text() != fingerprint or not (plan.home / "static").is_dir():
        collect = Child("static", (*MANAGE, "collectstatic", "--no-input", "-v", "0"))
        yield collect, environment, note_static
    if plan.wants_demo and demo_command_available(checkout):
        yield Child("demo", (*MANAGE, "load_demo", "--if-empty")), environment, nothing


def health(plan: Plan) -> int | None:
    """The status of ``/healthz``, asked under a name the site answers to."""
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(plan.host, plan.host)  # noqa: S104
    names = [name.lstrip(".") for name in plan.allowed_hosts if name != "*"]
    connection = http.client.HTTPConnection(host, plan.port, timeout=3)
    try:
        connection.request("GET", "/healthz", headers={"Host": names[0] if names else "localhost"})
        return connection.getresponse().status
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()


def say_ready(plan: Plan) -> None:
    host = f"[{plan.host}]" if ":" in plan.host else plan.host
    say(f"\nCrewline is ready: http://{host}:{plan.port}/  (Ctrl-C stops it)")
    accounts = plan.home / "demo-accounts.txt"
    if accounts.exists():
        say(accounts.read_text().rstrip())


@dataclass
class Servers:
    """The embedded servers, brought back when they are gone."""

    plan: Plan
    running: embedded.Running | None
    crashes: Crashes
    looked_at: float = 0.0

    def tend(self, patience: Patience) -> bool:
        """Look once a second; False when they crash too often."""
        if self.running is None or time.monotonic() < self.looked_at + 1:
            return True
        self.looked_at = time.monotonic()
        if embedded.is_running(self.running):
            return True
        pause = self.crashes.note(patience)
        if pause is None:
            say(f"PostgreSQL or Valkey ended again and again: giving up. See the logs in {self.plan.home / 'logs'}.")
            return False
        say("PostgreSQL or Valkey is gone; starting it again.")
        embedded.stop(self.running)
        self.running = start_servers(self.plan)
        return True


def start_servers(plan: Plan) -> embedded.Running | None:
    if not plan.needs_postgres and not plan.needs_valkey:
        return None
    return embedded.start(plan.home, postgres=plan.needs_postgres, valkey=plan.needs_valkey)


@dataclass
class Readiness:
    """Asks after the health until it is good, and says once when that takes long."""

    ask: Callable[[], int | None]
    began_at: float
    is_ready: bool = False
    has_warned: bool = False
    asked_at: float = 0.0

    def look(self, on_ready: Callable[[], None]) -> None:
        now = time.monotonic()
        if self.is_ready or now < self.asked_at + 0.3:
            return
        status = self.ask()
        self.asked_at = time.monotonic()
        if status == 200:
            self.is_ready = True
            on_ready()
        elif now > self.began_at + SLOW_START_SECONDS and not self.has_warned:
            self.has_warned = True
            say(f"/healthz is not ready after {SLOW_START_SECONDS} s (answer: {status or 'none'}); still waiting.")


def supervise(
    children: Sequence[Child],
    environment: Mapping[str, str],
    *,
    folder: Path,
    servers: Servers,
    readiness: Readiness,
    on_ready: Callable[[], None],
    stops: StopRequests,
    patience: Patience,
    printer: Printer,
) -> int:
    """Keep all children running until asked to stop (0) or until one crashes too often (1)."""
    posts = [Post(child) for child in children]
    try:
        while not stops.count:
            if not servers.tend(patience):
                return 1
            # A list, not a generator: the others are tended even when one gives up.
            if not all([tend(post, environment, folder, patience, printer) for post in posts]):
                return 1
            readiness.look(on_ready)
            printer.pump(0.1)
        say("Stopping.")
        return 0
    finally:
        end_children([post.bound for post in posts if post.bound], stops, patience, printer)


def serve(plan: Plan, children: Sequence[Child], checkout: Path, patience: Patience) -> int:
    """Servers, preparations, children; whatever happens, the servers we started are stopped at the end."""
    refuse_busy_port(plan.host, plan.port)
    servers = Servers(plan, start_servers(plan), Crashes())
    stops, printer = StopRequests(), Printer()
    stops.listen()
    try:
        for child, environment, done in preparations(plan, checkout):
            say(f"Crewline: {child.name} …")
            code = run_step(child, environment, checkout, stops=stops, patience=patience, printer=printer)
            if stops.count:
                return 0
            if code:
                say(f"{child.name} failed (exit code {code}): nothing was started. See its lines above.")
                return 1
            done()
        return supervise(
            children,
            child_environment(plan),
            folder=checkout,
            servers=servers,
            readiness=Readiness(lambda: health(plan), time.monotonic()),
            on_ready=lambda: say_ready(plan),
            stops=stops,
            patience=patience,
            printer=printer,
        )
    finally:
        if servers.running is not None:
            embedded.stop(servers.running)


def _interrupt(signal_number: int, frame: object) -> None:
    raise KeyboardInterrupt


def main(children: Sequence[Child] | None = None, checkout: Path = CHECKOUT, patience: Patience = PATIENCE) -> int:
    # Until the children are there an interruption simply unwinds; starting the servers cleans up after itself.
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        plan = read_plan()
        return serve(plan, children_of(plan) if children is None else children, checkout, patience)
    except (Refused, embedded.EmbeddedError) as reason:
        print(reason, file=sys.stderr, flush=True)
        return 1
    except KeyboardInterrupt:
        return 0


if __name__ == "__main__":
    sys.exit(main())
