"""``python -m bench.cut_sockets``: what an open page hears over a line that fails, against what was written.

Web and relay run as the supervisor starts them; Chromium runs the house's own ``static/shared/live.js`` and reaches
them over ``faulty_line.py``. Events are written on the project's stream at an even rate while the line

- resets everything that is open every 2 s (RST on both sides; the page may connect again at once),
- is cut for the whole time: what was open is reset, and so is whoever comes, and
- falls silent: nothing passes and nobody is told; afterwards only new connections work.

The page's list must be the database's: nothing missed, nothing twice, in order."""

import argparse
import json
import shutil
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

from bench.faulty_line import FaultyLine
from bench.lease_submit import machine_line, note
from bench.place import Place, open_place, run

FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"]
PATIENCE_SECONDS = 60
RESET_EVERY_SECONDS = 2
FOLLOW = """async (stream) => {
  const { connectLive } = await import('/static/shared/live.js');
  Object.assign(window, { heard: [], following: false, ends: 0 });
  const live = connectLive({ address: '/ws/live/', onEvent: (event) => window.heard.push([event.seq, event.payload.id]),
    onFollowing: () => { window.following = true; }, onReset: () => window.heard.push(['reset', null]),
    onState: (state) => { if (state === 'off') window.ends += 1; } });
  live.follow(stream);
}"""


@dataclass
class Heard:
    written: list[list[Any]]
    heard: list[list[Any]]
    ends: int
    caught_up_after: float

    @property
    def verdict(self) -> str:
        missed = len({tuple(one) for one in self.written} - {tuple(one) for one in self.heard})
        doubled = len(self.heard) - len({tuple(one) for one in self.heard})
        order = "in order" if self.heard == sorted(self.heard) else "OUT OF ORDER"
        return f"{missed} missed, {doubled} twice, {order}"


def write(place: Place, filled: dict[str, Any], stream: str, count: int, seconds: float) -> None:
    with place.connect() as connection:
        began = time.monotonic()
        for number in range(count):
            connection.execute(
                "INSERT INTO workforce_event (organization_id, stream, kind, payload, task, queue, failures,"
                " is_quarantined, error) VALUES (%s, %s, 'bench_event', %s, '', '', 0, false, '')",
                [filled["organization"], stream, json.dumps({"id": number})],
            )
            time.sleep(max(0.0, began + (number + 1) * seconds / count - time.monotonic()))


def all_written(place: Place, stream: str, after: int) -> list[list[Any]]:
    with place.connect() as connection:
        rows = connection.execute(
            "SELECT seq, (payload->>'id')::int FROM workforce_event WHERE stream = %s AND seq > %s ORDER BY seq",
            [stream, after],
        ).fetchall()
    return [list(row) for row in rows]


def hear(place: Place, page: Page, address: str, stream: str, act: Callable[[], int]) -> Heard:
    """What the page heard while ``act`` spoiled the line and wrote as many events as it says."""
    with place.connect() as connection:
        head = connection.execute("SELECT seq FROM workforce_streamhead WHERE stream = %s", [stream]).fetchone()
    page.goto(f"{address}/my-issues/")
    page.evaluate(FOLLOW, stream)
    page.wait_for_function("() => window.following")
    count = act()
    ended = time.monotonic()
    page.wait_for_function(
        "(count) => window.heard.length >= count", arg=count, timeout=PATIENCE_SECONDS * 1000, polling=20
    )
    caught_up = time.monotonic() - ended
    # Long enough for the server's own look: what comes twice would come now.
    page.wait_for_timeout(4000)
    written = all_written(place, stream, head[0] if head else 0)
    return Heard(written, page.evaluate("() => window.heard"), page.evaluate("() => window.ends"), caught_up)


def measure(place: Place, browser: Browser, options: argparse.Namespace) -> list[str]:
    filled = place.rules("fill", rows=10, people=1, door="session")
    stream = f"project:{place.rules('project', consensus_labels=1)['uid']}"
    place.start_line(1)
    line = FaultyLine(place.port)
    line.start()
    name, _, key = filled["watchers"][0]["headers"]["Cookie"].partition(";")[0].partition("=")
    page = browser.new_context().new_page()
    page.context.add_cookies([{"name": name, "value": key, "url": line.address}])

    def write_all() -> int:
        write(place, filled, stream, options.events, options.seconds)
        return int(options.events)

    def resets() -> int:
        with line.resetting_every(RESET_EVERY_SECONDS):
            return write_all()

    def cut() -> int:
        line.cut()
        count = write_all()
        line.restore()
        return count

    def silence() -> int:
        line.silence()
        count = write_all()
        line.forget()
        return count

    told = {f"reset every {RESET_EVERY_SECONDS} s": resets, "cut": cut, "silent": silence}
    lines = [
        "| line | written | heard | verdict | connections that ended | all there after |",
        "|---|---|---|---|---|---|",
    ]
    for what, act in told.items():
        found = hear(place, page, line.address, stream, act)
        after = f"{found.caught_up_after:.1f} s"
        lines.append(
            f"| {what} | {len(found.written)} | {len(found.heard)} | {found.verdict} | {found.ends} | {after} |"
        )
        note(lines[-1])
    line.stop()
    return lines


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.cut_sockets", description=__doc__)
    parser.add_argument("--events", type=int, default=300, help="events written while the line fails")
    parser.add_argument("--seconds", type=float, default=30, help="how long it fails")
    options = parser.parse_args()
    chromium = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    with open_place() as place, sync_playwright() as playwright:
        run([sys.executable, "manage.py", "collectstatic", "--no-input", "-v", "0"], place.environment)
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        lines = measure(place, browser, options)
        print(f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC: {machine_line(place)}.")
        print(f"{options.events} events in {options.seconds:g} s on one stream; the times are from the line's mending.")
        print("", *lines, "", f"Errors in the servers' log: {place.errors() or 'none'}.", sep="\n")
        browser.close()


if __name__ == "__main__":
    main()
