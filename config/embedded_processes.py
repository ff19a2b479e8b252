"""Processes whose life is bound to ours, locks that live as long as a process family, and the account servers run as.

Start children from the main thread: Linux sends the parent-death signal when the *thread* that forked ends.
"""

import ctypes
import fcntl
import os
import pwd
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


class EmbeddedError(Exception):
    """One sentence that says what stands in the way of the embedded servers and what to do about it."""


@dataclass(frozen=True)
class Account:
    uid: int
    gid: int


@dataclass(frozen=True)
class Bound:
    """A child that dies with us. ``watcher`` is the stand-in for the parent-death signal where there is none."""

    process: subprocess.Popen[bytes]
    watcher: subprocess.Popen[bytes] | None = None


def server_account() -> Account | None:
    """The account the servers must run as: PostgreSQL refuses root, so root lends them ``nobody``."""
    if os.geteuid() != 0:
        return None
    try:
        nobody = pwd.getpwnam("nobody")
    except KeyError:
        return Account(65534, 65534)
    return Account(nobody.pw_uid, nobody.pw_gid)


def as_account(account: Account | None) -> dict[str, Any]:
    """The arguments of ``subprocess`` that make a child run as ``account``."""
    return {} if account is None else {"user": account.uid, "group": account.gid, "extra_groups": []}


def server_environment() -> dict[str, str]:
    """What a server needs of our environment and nothing more: no secrets, no ``PG*`` variable that changes it."""
    wanted = ("PATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH")
    return {**{name: os.environ[name] for name in wanted if name in os.environ}, "LC_ALL": "C", "TZ": "UTC"}


def _die_with(parent: int, end_signal: int) -> Callable[[], None]:
    """Runs in the child between fork and exec, after the change of user (which would clear the signal)."""

    def arm() -> None:
        assert _libc is not None
        _libc.prctl(PR_SET_PDEATHSIG, end_signal, 0, 0, 0)
        if os.getppid() != parent:  # the parent died before the signal was armed
            os._exit(1)

    return arm


def watch_parent(pid: int, end_signal: signal.Signals) -> subprocess.Popen[bytes]:
    """A shell that waits on a pipe only we can write to; the pipe ends with us, and then it signals ``pid``."""
    script = 'read -r _; kill -s "$1" "$2"'
    command = ["/bin/sh", "-c", script, "watch", end_signal.name.removeprefix("SIG"), str(pid)]
    return subprocess.Popen(command, stdin=subprocess.PIPE, start_new_session=True, cwd="/")  # noqa: S603


def spawn_bound(
    command: Sequence[str],
    *,
    end_signal: signal.Signals,
    environment: Mapping[str, str],
    stdout: IO[Any] | int,
    account: Account | None = None,
    folder: Path = Path("/"),
    keep: Sequence[int] = (),
) -> Bound:
    """Start ``command`` in a session of its own; it gets ``end_signal`` when we die, however we die."""
    process = subprocess.Popen(  # noqa: S603 (the commands are ours)
        command,
        stdin=subprocess.DEVNULL,
        stdout=stdout,
        stderr=subprocess.STDOUT,
        env=dict(environment),
        cwd=folder,
        start_new_session=True,
        pass_fds=tuple(keep),
        # Two system calls and no lock: safe where this would not be for arbitrary code.
        preexec_fn=_die_with(os.getpid(), end_signal) if _libc is not None else None,  # noqa: PLW1509
        **as_account(account),
    )
    return Bound(process, None if _libc is not None else watch_parent(process.pid, end_signal))


def end(bound: Bound, steps: Sequence[tuple[signal.Signals, float]]) -> None:
    """Ask with one signal after the other, each with its patience in seconds, until the process is gone."""
    if bound.watcher is not None:
        bound.watcher.kill()
        bound.watcher.wait()
    for end_signal, patience in steps:
        if bound.process.poll() is not None:
            return
        bound.process.send_signal(end_signal)
        try:
            bound.process.wait(patience)
        except subprocess.TimeoutExpired:
            continue


def try_lock(path: Path, *, shared: bool = False) -> IO[bytes] | None:
    """The open, locked file, or None when somebody else holds it. A child that keeps its descriptor keeps the lock."""
    try:
        file = os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600), "r+b", buffering=0)
    except PermissionError as error:
        raise EmbeddedError(
            f"{path.parent} belongs to another user: start as that user or name another folder in CREWLINE_HOME."
        ) from error
    try:
        fcntl.flock(file, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
    except BlockingIOError:
        file.close()
        return None
    return file


def first_unreachable(path: Path, account: Account) -> Path | None:
    """The first folder on the way to ``path`` that ``account`` may not enter. Asked as that account, so that
    groups, ACLs and odd file systems answer for themselves."""
    folders = [str(folder) for folder in (*reversed(path.parents), path)]
    script = 'for folder; do test -x "$folder" || { printf %s "$folder"; exit 1; }; done'
    answer = subprocess.run(  # noqa: S603
        ["/bin/sh", "-c", script, "reach", *folders],
        stdout=subprocess.PIPE,
        cwd="/",
        check=False,
        **as_account(account),
    )
    return Path(os.fsdecode(answer.stdout)) if answer.returncode else None


def runs(command: Sequence[str], account: Account | None) -> str | None:
    """What ``command`` prints when ``account`` runs it, or None when that account cannot run it."""
    try:
        answer = subprocess.run(  # noqa: S603
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            cwd="/",
            env=server_environment(),
            timeout=30,
            check=False,
            **as_account(account),
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return answer.stdout.decode(errors="replace").strip() if answer.returncode == 0 else None


def own_folder(path: Path, account: Account | None) -> None:
    """Make ``path`` a 0700 folder of the server's account; refuse one that is somebody else's."""
    owner = os.geteuid() if account is None else account.uid
    try:
        os.mkdir(path, 0o700)
        if account is not None:
            os.chown(path, account.uid, account.gid, follow_symlinks=False)
    except FileExistsError:
        pass
    found = os.lstat(path)
    if found.st_uid == os.geteuid() != owner and account is not None and not os.listdir(path):
        os.chown(path, account.uid, account.gid, follow_symlinks=False)  # we were killed between mkdir and chown
    elif found.st_uid != owner or path.is_symlink():
        raise EmbeddedError(
            f"{path} belongs to user {found.st_uid}, but the server runs as user {owner}: "
            "start as the user who made it or name another folder in CREWLINE_HOME."
        )


def listens(path: Path) -> bool:
    """Whether anybody answers on the unix socket ``path``."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.settimeout(2)
        try:
            probe.connect(str(path))
        except OSError:
            return False
    return True


def open_log(path: Path) -> IO[bytes]:
    """Append to a log; one that has grown past a megabyte makes way and is kept once."""
    path.parent.mkdir(mode=0o700, exist_ok=True)
    if path.exists() and path.stat().st_size > 1_000_000:
        path.replace(path.with_suffix(".log.1"))
    return open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600), "ab", buffering=0)


def last_lines(path: Path, count: int = 6) -> str:
    with open(path, "rb") as log:
        log.seek(max(0, path.stat().st_size - 4000))
        return " | ".join(log.read().decode(errors="replace").strip().splitlines()[-count:])
