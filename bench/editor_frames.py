"""``python bench/editor_frames.py [shapes] [throttle]``: what a frame of the editor costs on a weak laptop.

Serves the editor's own files with one made-up row of many shapes, slows Chromium's main thread by the DevTools throttle
and counts its busy milliseconds per frame while a hand hovers, draws, pans and zooms. Needs no database. Targets (a
spike of the same drawing, 1,000 shapes, 4 times slower): 3.4 ms to pan or zoom, 8 to 12 ms to hover or draw."""

import json
import os
import random
import shutil
import sys
import threading
import uuid
from collections.abc import Callable
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

CHECKOUT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(CHECKOUT))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
os.environ.setdefault("SECRET_KEY", "for-the-bench-only-" + "0" * 40)

import django  # noqa: E402
from django.conf import settings  # noqa: E402

settings.STORAGES = {
    **settings.STORAGES,
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
django.setup()

from django.template.loader import render_to_string  # noqa: E402
from playwright.sync_api import CDPSession, Page, sync_playwright  # noqa: E402

WIDTH, HEIGHT = 1920, 1080
STEPS = 60
FRAME_MS = 32
KINDS = ("box", "polygon", "polyline", "point")


# --- One made-up row --------------------------------------------------------------------------------------------
def uid(number: int) -> str:
    return str(uuid.UUID(int=number))


def shapes(count: int) -> list[dict[str, Any]]:
    chance = random.Random(7)
    found = []
    for number in range(count):
        kind = KINDS[0] if number % 2 else KINDS[number // 2 % len(KINDS)]
        x, y = chance.uniform(10, WIDTH - 90), chance.uniform(10, HEIGHT - 70)
        w, h = chance.uniform(15, 80), chance.uniform(15, 60)
        value = {
            "box": [x, y, x + w, y + h],
            "polygon": [[x, y], [x + w, y + h / 5], [x + w, y + h], [x + w / 2, y + h * 0.8], [x, y + h]],
            "polyline": [[x, y], [x + w / 2, y + h], [x + w, y]],
            "point": [x, y],
        }[kind]
        feature = uid(1 + KINDS.index(kind))
        found.append({"feature": feature, "kind": kind, "id": uid(1000 + number), "value": value, "nested": []})
    return found


def row(count: int) -> dict[str, Any]:
    urls = {name: f"/{name}" for name in ("heartbeat", "draft", "submit", "skip", "release")}
    features = [{"uid": uid(1 + at), "name": kind.title(), "kind": kind} for at, kind in enumerate(KINDS)]
    return {
        "slot": {
            "uid": uid(1),
            "kind": "label",
            "is_rework": False,
            "state": "leased",
            "lease_token": 1,
            "leased_until": "2099-01-01T00:00:00Z",
            "why": {"code": "oldest", "text": "Oldest in its batch"},
        },
        "row": {"uid": uid(2), "external_id": "bench", "width": WIDTH, "height": HEIGHT, "asset_url": "/picture.svg"},
        "project": {"uid": uid(3), "name": "Bench", "batch": "one"},
        "ontology": {"uid": uid(4), "version": 1, "document": {"features": features}},
        "draft": {
            "revision": 1,
            "payload": {"features": shapes(count), "relations": []},
            "updated_at": "2099-01-01T00:00:00Z",
        },
        "label": None,
        "issues": [],
        "reasons": [],
        "urls": urls,
    }


PICTURE = (
    f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{HEIGHT}">'
    '<rect width="100%" height="100%" fill="#8a8f96"/></svg>'
)


def page_html() -> str:
    person = {"uid": uid(5), "name": "Bench Hand", "initials": "BH"}
    editor_page = {
        "project": {"uid": uid(3), "name": "Bench", "brief": ""},
        "mode": "label",
        "person": person,
        "urls": {"claim": "/claim", "home": "/"},
        "median_seconds": None,
    }
    return render_to_string("labeling/editor.html", {"editor_page": editor_page})


def handler(count: int) -> type[SimpleHTTPRequestHandler]:
    answers = {"/": ("text/html", page_html()), "/picture.svg": ("image/svg+xml", PICTURE)}
    claim = json.dumps({"rows": [row(count)], "today": 0, "ready": 1, "empty": None})

    class Handler(SimpleHTTPRequestHandler):
        def __init__(self, *given: Any) -> None:
            super().__init__(*given, directory=str(CHECKOUT))

        def send_text(self, kind: str, text: str) -> None:
            self.send_response(200)
            self.send_header("Content-Type", f"{kind}; charset=utf-8")
            self.end_headers()
            self.wfile.write(text.encode())

        def do_GET(self) -> None:
            if self.path in answers:
                self.send_text(*answers[self.path])
            else:
                super().do_GET()

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            body = {"leased_until": "2099-01-01T00:00:00Z", "revision": 2}
            self.send_text("application/json", claim if self.path == "/claim" else json.dumps(body))

        do_PUT = do_POST

        def log_message(self, *_: Any) -> None:
            return

    return Handler


# --- Hands and clock --------------------------------------------------------------------------------------------
def busy_ms(session: CDPSession) -> dict[str, float]:
    metrics = {one["name"]: one["value"] for one in session.send("Performance.getMetrics")["metrics"]}
    return {name: 1000 * metrics[f"{name}Duration"] for name in ("Task", "Script", "Layout", "RecalcStyle")}


def measured(page: Page, session: CDPSession, name: str, step: Callable[[int], None]) -> None:
    """One input a step, and a step is longer than a frame. On a busy machine the task time is too long."""
    before = busy_ms(session)
    for number in range(STEPS):
        step(number)
        page.wait_for_timeout(FRAME_MS)
    after = busy_ms(session)
    parts = "  ".join(f"{part.lower()} {(after[part] - before[part]) / STEPS:5.1f}" for part in after)
    print(f"{name:<12} ms a frame: {parts}")


def main(count: int, throttle: float) -> None:
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler(count))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    chromium = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))))
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium, args=["--headless", "--no-sandbox", "--disable-gpu"]
        )
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        page.on("pageerror", lambda error: print("page error:", error))
        page.goto(f"http://127.0.0.1:{server.server_port}/")
        page.wait_for_function("(count) => document.querySelectorAll('.plane__shapes > g').length === count", arg=count)
        session = page.context.new_cdp_session(page)
        session.send("Performance.enable")
        session.send("Emulation.setCPUThrottlingRate", {"rate": throttle})
        mouse, keyboard = page.mouse, page.keyboard
        print(f"{count} shapes, {throttle:g} times slower")
        measured(page, session, "nothing", lambda number: None)
        measured(page, session, "hover", lambda number: mouse.move(300 + number * 12, 200 + number * 8))
        keyboard.press("b")
        mouse.move(300, 200)
        mouse.down()
        measured(page, session, "draw a box", lambda number: mouse.move(310 + number * 10, 210 + number * 6))
        mouse.up()
        keyboard.press("v")
        mouse.move(600, 390)
        mouse.down()
        measured(page, session, "drag a box", lambda number: mouse.move(600 + number * 4, 390 + number * 2))
        mouse.up()
        page.wait_for_timeout(2500)
        keyboard.down(" ")
        mouse.move(400, 300)
        mouse.down()
        measured(page, session, "pan", lambda number: mouse.move(400 + number * 6, 300 + number * 3))
        mouse.up()
        keyboard.up(" ")
        measured(page, session, "zoom", lambda number: mouse.wheel(0, -20 if number < STEPS / 2 else 20))
        browser.close()
    server.shutdown()


if __name__ == "__main__":
    given = [float(word) for word in sys.argv[1:]]
    main(int(given[0]) if given else 1000, given[1] if len(given) > 1 else 4.0)
