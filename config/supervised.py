"""Children that are kept running: started, their lines passed on under their names, started again, stopped in time.

One thread: it also forks the children, so their parent-death signal means the supervisor and nothing else."""

import contextlib
import os
import selectors
import signal
import subprocess
import sys
import time
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from config.embedded_processes import Bound, spawn_bound

LONGEST_LINE = 65536


@dataclass(frozen=True)
class Child:
    name: str
    command: tuple[str, ...]


@dataclass(frozen=True)
class Patience:
    """How often something may crash within how many seconds, and the pauses before it is started again."""

    crashes: int = 5
    window_seconds: float = 60.0
    first_pause_seconds: float = 0.5
    longest_pause_seconds: float = 5.0
    stop_seconds: float = 10.0


@dataclass
class StopRequests:
    """How often we were asked to stop. The second time means: now."""

    count: int = 0

    def listen(self) -> None:
        def note(signal_number: int, frame: object) -> None:
            self.count += 1

        signal.signal(signal.SIGINT, note)
        signal.signal(signal.SIGTERM, note)


@dataclass
class Crashes:
    """When something crashed lately."""

    times: deque[float] = field(default_factory=deque)

    def note(self, patience: Patience) -> float | None:
        """The pause before the next start, or None when it has crashed too often."""
        now = time.monotonic()
        self.times.append(now)
        while self.times[0] < now - patience.window_seconds:
            self.times.popleft()
        if len(self.times) > patience.crashes:
            return None
        return float(min(patience.first_pause_seconds * 2 ** (len(self.times) - 1), patience.longest_pause_seconds))


@dataclass
class Post:
    """A child's place: who is on it now, and when the next one may come."""

    child: Child
    bound: Bound | None = None
    starts_at: float = 0.0
    crashes: Crashes = field(default_factory=Crashes)


@dataclass
class Printer:
    """Passes on what children write, line by line, each with the child's name before it."""

    selector: selectors.BaseSelector = field(default_factory=selectors.DefaultSelector)
    halves: dict[int, bytes] = field(default_factory=dict)
    is_muted: bool = False

    def say(self, name: str, line: bytes) -> None:
        if self.is_muted:
            return
        try:
            sys.stdout.buffer.write(f"{name:<12}| ".encode() + line.rstrip(b"\r") + b"\n")
            sys.stdout.buffer.flush()
        except OSError:  # nobody reads us any more; the children must go on and not block
            self.is_muted = True

    def follow(self, name: str, bound: Bound) -> None:
        assert bound.process.stdout is not None
        self.selector.register(bound.process.stdout, selectors.EVENT_READ, name)

    def pump(self, seconds: float) -> None:
        """Pass on what is there, waiting up to ``seconds`` for the first of it."""
        if not self.selector.get_map():
            time.sleep(seconds)
            return
        for key, _ in self.selector.select(seconds):
            chunk = os.read(key.fd, LONGEST_LINE)
            *lines, half = (self.halves.pop(key.fd, b"") + chunk).split(b"\n")
            if half and (not chunk or len(half) >= LONGEST_LINE):
                lines.append(half)
                half = b""
            for line in lines:
                self.say(key.data, line)
            if half:
                self.halves[key.fd] = half
            if not chunk:
                self.selector.unregister(key.fileobj)
                key.fileobj.close()  # type: ignore[union-attr]


def say(text: str) -> None:
    try:
        print(text, flush=True)
    except OSError:
        return  # nobody reads us any more; that is no reason to stop serving


def start_child(child: Child, environment: Mapping[str, str], folder: Path, printer: Printer) -> Bound:
    bound = spawn_bound(
        child.command,
        end_signal=signal.SIGKILL,  # nobody is left to wait for a graceful end, and the servers go as well
        environment=environment,
        stdout=subprocess.PIPE,
        folder=folder,
    )
    printer.follow(child.name, bound)
    return bound


def end_family(bound: Bound) -> None:
    """After a child is gone: its own children and the watcher must not outlive it."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(bound.process.pid, signal.SIGKILL)
    if bound.watcher is not None:
        bound.watcher.kill()
        bound.watcher.wait()


def end_children(children: list[Bound], stops: StopRequests, patience: Patience, printer: Printer) -> None:
    """Ask all at once, wait together, then kill whoever is left; a second request to stop shortens the wait."""
    for bound in children:
        if bound.process.poll() is None:
            bound.process.terminate()
    asked = stops.count
    deadline = time.monotonic() + patience.stop_seconds
    while any(bound.process.poll() is None for bound in children):
        if time.monotonic() > deadline or stops.count > max(asked, 1):
            break
        printer.pump(0.05)
    for bound in children:
        end_family(bound)
        bound.process.wait()
    printer.pump(0.0)


def run_step(
    child: Child,
    environment: Mapping[str, str],
    folder: Path,
    *,
    stops: StopRequests,
    patience: Patience,
    printer: Printer,
) -> int:
    """Run something that ends by itself, such as a migration; a request to stop ends it early."""
    bound = start_child(child, environment, folder, printer)
    try:
        while bound.process.poll() is None and not stops.count:
            printer.pump(0.05)
    finally:
        end_children([bound], stops, patience, printer)
    return bound.process.returncode


def tend(post: Post, environment: Mapping[str, str], folder: Path, patience: Patience, printer: Printer) -> bool:
    """Start the child when its time has come, note when it has crashed. False: it crashed too often."""
    if post.bound is None:
        if time.monotonic() >= post.starts_at:
            post.bound = start_child(post.child, environment, folder, printer)
        return True
    code = post.bound.process.poll()
    if code is None:
        return True
    end_family(post.bound)
    post.bound = None
    how = f"signal {-code}" if code < 0 else f"exit code {code}"
    pause = post.crashes.note(patience)
    printer.pump(0.0)  # its last words before ours
    if pause is None:
        say(f"{post.child.name} ended {patience.crashes + 1} times within a minute ({how}): giving up. See its lines.")
        return False
    say(f"{post.child.name} ended unexpectedly ({how}); it starts again in {pause:.1f} s.")
    post.starts_at = time.monotonic() + pause
    return True
