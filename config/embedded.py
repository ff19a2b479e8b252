"""PostgreSQL and Valkey of our own under one data folder, for running and testing without any installed server.

Importing this module starts nothing and reads no disk; the addresses follow from the data folder alone, so settings
can be computed before a server runs. Two locks a server: ``<name>.lock`` is inherited by the server and therefore
held as long as any process of it lives, ``<name>.starter`` is held by the process that started it, from the moment
it is ready until it is to be stopped (or the starter dies). Joining needs both; only the first allows a start.
"""

import atexit
import contextlib
import fcntl
import os
import secrets
import time
from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import IO
from urllib.parse import quote, urlsplit

from config import embedded_postgres, embedded_valkey
from config.embedded_postgres import Role
from config.embedded_processes import (
    Account,
    Bound,
    EmbeddedError,
    end,
    first_unreachable,
    listens,
    own_folder,
    server_account,
    try_lock,
)

__all__ = [
    "EmbeddedError",
    "Running",
    "celery_broker_url",
    "data_home",
    "database_url",
    "is_running",
    "redis_url",
    "sealing_keys",
    "secret_key",
    "start",
    "stop",
]

# The shortest limit of a unix socket's path among the systems we run on (macOS; Linux has 107).
SOCKET_PATH_LIMIT = 103
JOIN_SECONDS = 180
SERVERS = {"postgres": embedded_postgres, "valkey": embedded_valkey}


@dataclass(frozen=True)
class _Started:
    """A server we started, with the two locks that say so."""

    name: str
    bound: Bound
    lock: IO[bytes]
    starter: IO[bytes]


@dataclass(frozen=True)
class Running:
    """Servers that answer. ``started`` names those this process brought up; the others it merely joined."""

    home: Path
    database_url: str
    owner_url: str
    redis_url: str
    started: tuple[str, ...]
    joined: tuple[str, ...]
    _started: tuple[_Started, ...] = field(default=(), repr=False)


def data_home() -> Path:
    """Where everything that is kept lives: CREWLINE_HOME, or a folder of this checkout's own outside of it."""
    named = os.environ.get("CREWLINE_HOME")
    if named:
        return Path(os.path.abspath(os.path.expanduser(named)))
    checkout = os.path.dirname(os.path.dirname(os.path.realpath(__file__)))
    name = f"{os.path.basename(checkout) or 'crewline'}-{sha256(os.fsencode(checkout)).hexdigest()[:8]}"
    if os.geteuid() == 0:
        # Not root's own home: the servers run as nobody and must get there.
        return Path("/var/lib/crewline") / name
    data = os.environ.get("XDG_DATA_HOME", "")
    if os.path.isabs(data):
        return Path(data) / "crewline" / name
    own = os.path.expanduser("~")
    if not os.path.isabs(own):
        raise EmbeddedError("This user has no home folder: name a data folder in CREWLINE_HOME.")
    return Path(own) / ".local" / "share" / "crewline" / name


def _socket_base(home: Path) -> Path:
    """The home, or a short folder named after it when a socket in the home would have too long a path (or a comma,
    which libpq takes for the end of a host's name)."""
    longest = os.fsencode(embedded_postgres.socket_file(home / "run"))
    if len(longest) <= SOCKET_PATH_LIMIT and b"," not in longest:
        return home
    # Not tempfile.gettempdir(): two processes with different TMPDIR must come to the same place.
    return Path("/tmp") / f"crewline-{sha256(os.fsencode(home)).hexdigest()[:16]}"  # noqa: S108 (owner is checked)


def _sockets(home: Path) -> Path:
    return _socket_base(home) / "run"


def database_url(home: Path, role: Role = "app") -> str:
    return embedded_postgres.url(_sockets(home), role)


def redis_url(home: Path) -> str:
    """For redis-py, channels-redis and Django's cache."""
    return f"unix://{quote(str(embedded_valkey.socket_file(_sockets(home))))}?db=0"


def celery_broker_url(redis_url: str) -> str:
    """The same server in the spelling kombu knows: it has a scheme of its own for unix sockets."""
    parts = urlsplit(redis_url)
    if parts.scheme != "unix":
        return redis_url
    database = next((value[3:] for value in parts.query.split("&") if value.startswith("db=")), "0")
    return f"redis+socket://{parts.path}?virtual_host={database}"


def _make_home(home: Path) -> None:
    """Make what is missing on the way and never change what is there."""
    is_root = os.geteuid() == 0
    try:
        for folder in reversed([folder for folder in (home, *home.parents) if not folder.exists()]):
            os.makedirs(folder, mode=0o755 if is_root or folder != home else 0o700, exist_ok=True)
            if is_root:  # nobody must pass, whatever the umask; listing the home itself is not needed for that
                folder.chmod(0o711 if folder == home else 0o755)
        if not os.access(home, os.W_OK | os.X_OK):
            raise PermissionError(13, "Permission denied")
    except OSError as error:
        raise EmbeddedError(
            f"The data folder {home} cannot be used ({error.strerror}): name another one in CREWLINE_HOME."
        ) from error


def _prepare(home: Path, account: Account | None) -> None:
    _make_home(home)
    blocked = first_unreachable(home, account) if account else None
    if blocked is not None:
        raise EmbeddedError(
            f"The data folder {home} cannot be used as root: the servers run as nobody, who may not enter {blocked}; "
            "name a folder that everybody may enter in CREWLINE_HOME."
        )
    base = _socket_base(home)
    if base != home:
        try:
            os.mkdir(base, 0o700)
            os.chmod(base, 0o711 if account else 0o700)
        except FileExistsError:
            found = os.lstat(base)
            # The temporary folder is everybody's: a stranger may have put a folder or a link there to listen in.
            if base.is_symlink() or not base.is_dir() or found.st_uid != os.geteuid() or found.st_mode & 0o022:
                raise EmbeddedError(
                    f"{base} is not ours (it belongs to user {found.st_uid}): remove it or choose a shorter "
                    "folder in CREWLINE_HOME."
                ) from None


def _starter_lives(path: Path) -> bool:
    probe = try_lock(path, shared=True)  # two who look must not take each other for the starter
    if probe is None:
        return True
    probe.close()
    return False


def _is_shared(name: str, home: Path) -> bool:
    return _starter_lives(home / f"{name}.starter") and SERVERS[name].answers(_sockets(home))


def _launch(name: str, home: Path, account: Account | None, lock: IO[bytes], throwaway: bool) -> _Started:
    base = _socket_base(home)
    _prepare(home, account)  # again: the one who stopped just now may have removed the short socket folder
    own_folder(base / "run", account)
    bound = SERVERS[name].launch(home, base / "run", account, lock, throwaway=throwaway)
    descriptor = os.open(home / f"{name}.starter", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    starter = os.fdopen(descriptor, "r+b", buffering=0)
    fcntl.flock(starter, fcntl.LOCK_EX)  # waits at most for somebody's short look
    return _Started(name, bound, lock, starter)


def _launch_or_join(name: str, home: Path, account: Account | None, throwaway: bool) -> _Started | None:
    deadline = time.monotonic() + JOIN_SECONDS
    while time.monotonic() < deadline:
        lock = try_lock(home / f"{name}.lock")
        if lock is not None:
            try:
                return _launch(name, home, account, lock, throwaway)
            except BaseException:
                lock.close()
                raise
        if _is_shared(name, home):
            return None
        time.sleep(0.05)  # it is being started or torn down by somebody else
    raise EmbeddedError(
        f"Another process has held {home / name}.lock for {JOIN_SECONDS} s and its server does not answer: "
        "end the processes that use this data folder."
    )


def start(home: Path, *, throwaway: bool = False, postgres: bool = True, valkey: bool = True) -> Running:
    """Bring the servers up, or join those that another process keeps running.

    Call it from the main thread; what was started here stops with this process, however that ends. ``throwaway``
    gives up safety against power loss for speed and is meant for tests.
    """
    account = server_account()
    _prepare(home, account)
    started: list[_Started] = []
    joined: list[str] = []
    try:
        for name in [name for name, wanted in (("postgres", postgres), ("valkey", valkey)) if wanted]:
            server = _launch_or_join(name, home, account, throwaway)
            if server is None:
                joined.append(name)
            else:
                started.append(server)
    except BaseException:
        _stop_servers(started)
        raise
    running = Running(
        home=home,
        database_url=database_url(home),
        owner_url=database_url(home, "owner"),
        redis_url=redis_url(home),
        started=tuple(server.name for server in started),
        joined=tuple(joined),
        _started=tuple(started),
    )
    atexit.register(_stop_in(os.getpid()), running)
    return running


def _stop_in(pid: int) -> Callable[[Running], None]:
    """A forked copy of this process that exits must not take the servers with it."""

    def stop_if_starter(running: Running) -> None:
        if os.getpid() == pid:
            stop(running)

    return stop_if_starter


def _stop_servers(started: list[_Started]) -> None:
    for server in started:
        server.starter.close()  # first, so that nobody joins what is about to go
    for server in reversed(started):
        end(server.bound, SERVERS[server.name].END_STEPS)
        server.lock.close()


def stop(running: Running) -> None:
    """Stop what ``start`` started here and leave alone what it joined. Doing it twice is harmless."""
    _stop_servers(list(running._started))
    base = _socket_base(running.home)
    if running._started and base != running.home:
        with contextlib.suppress(OSError):  # not empty: the other server belongs to somebody else
            (base / "run").rmdir()
            base.rmdir()


def is_running(running: Running) -> bool:
    """Whether all of them still live; asks no query, so it may be called every second."""
    alive = all(server.bound.process.poll() is None for server in running._started)
    return alive and all(listens(SERVERS[name].socket_file(_sockets(running.home))) for name in running.joined)


def secret_key(home: Path) -> str:
    """Django's key, made at first use."""
    return _made_once(home, "secret-key", secrets.token_urlsafe(48))


def sealing_keys(home: Path, *, make: bool) -> str:
    """The keyring for secrets at rest, in the form of SEALING_KEYS; with ``make`` it gets one key at first use."""
    if not make and not (home / "sealing-keys").exists():
        return ""
    return _made_once(home, "sealing-keys", f"first:{b64encode(secrets.token_bytes(32)).decode()}")


def _made_once(home: Path, name: str, value: str) -> str:
    """The file appears under its name only when whole, so nobody reads half of it."""
    path = home / name
    if not path.exists():
        _make_home(home)
        draft = home / f"{name}.{os.getpid()}.{secrets.token_hex(4)}"
        with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600), "w") as file:
            file.write(value)
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(draft, path)
        except FileExistsError:
            pass  # another process was first; its value is the value
        finally:
            draft.unlink()
    return path.read_text().strip()
