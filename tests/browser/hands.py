"""A person at a browser: the page, and the editor as hands and eyes use it."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from playwright.sync_api import BrowserContext, ConsoleMessage, Locator, Page, Response, expect

from labeling.models import Project, Slot
from tests.browser.site import Site
from workforce.models import ClockTimestamp, Person

Place = tuple[float, float]
# What Chromium writes when the line is cut on purpose or the server refuses by rule.
OFFLINE = r"ERR_INTERNET_DISCONNECTED|ERR_CONNECTION_|ERR_FAILED|WebSocket connection to"
REFUSED = r"the server responded with a status of 4"


def session_cookie(site: Site, person: Person) -> dict[str, Any]:
    """A session as the sign-in makes it, without the seconds of a password's hash."""
    session = SessionStore()
    session[SESSION_KEY] = str(person.pk)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    session[HASH_SESSION_KEY] = person.get_session_auth_hash()
    session.save()
    return {"name": settings.SESSION_COOKIE_NAME, "value": session.session_key, "url": site.address}


@dataclass
class Faults:
    """What the console said that nobody expected: errors, refused by policy, answers of 500 and above."""

    found: list[str] = field(default_factory=list)
    expected: list[str] = field(default_factory=list)

    def watch(self, context: BrowserContext) -> None:
        context.on("console", self.take)
        context.on("weberror", lambda error: self.found.append(f"uncaught: {error.error}"))
        context.on("response", self.look)

    def take(self, message: ConsoleMessage) -> None:
        if message.type == "error" or "Content Security Policy" in message.text:
            self.found.append(f"{message.text} ({message.location.get('url', '')})")

    def look(self, response: Response) -> None:
        if response.status >= 500:
            self.found.append(f"{response.status} {response.url}")

    def unexpected(self) -> list[str]:
        return [one for one in self.found if not any(re.search(pattern, one) for pattern in self.expected)]


@dataclass
class Hand:
    """One person signed in in a browser of their own."""

    site: Site
    person: Person
    context: BrowserContext
    page: Page
    faults: Faults

    def expect_noise(self, pattern: str) -> None:
        self.faults.expected.append(pattern)

    def go(self, path: str) -> None:
        self.page.goto(self.site.address + path)

    def label(self, project: Project) -> "Editor":
        return self._editor(f"/projects/{project.uid}/label/")

    def review(self, project: Project) -> "Editor":
        return self._editor(f"/projects/{project.uid}/review/")

    def _editor(self, path: str) -> "Editor":
        self.go(path)
        editor = Editor(self.page)
        editor.wait_for_picture()
        return editor

    def look(self, name: str, shots: Any) -> None:
        """A picture of the page in both themes, for the one who reads the run."""
        for theme in ("light", "dark"):
            self.page.evaluate("(dark) => document.documentElement.classList.toggle('dark', dark)", theme == "dark")
            self.page.wait_for_timeout(250)  # colours of buttons take 120 ms to change
            self.page.screenshot(path=shots / f"{name}-{theme}.png")
        self.page.evaluate("() => document.documentElement.classList.remove('dark')")


@dataclass
class Editor:
    """The editor in picture pixels. Waits are for what a person would see."""

    page: Page

    def part(self, name: str) -> Locator:
        return self.page.locator(f'[data-part="{name}"]')

    def trouble(self, name: str) -> Locator:
        return self.page.locator(f'[data-trouble="{name}"]')

    @property
    def objects(self) -> Locator:
        return self.part("objects").locator("button[data-object]")

    def wait_for_picture(self) -> None:
        expect(self.part("picture").locator("img")).to_be_visible()
        expect(self.part("picture-name")).to_contain_text(" px")

    @property
    def row_name(self) -> str:
        return (self.part("picture-name").text_content() or "").split(" · ")[0]

    def wait_for_other_row(self, name: str) -> None:
        expect(self.part("picture-name")).not_to_contain_text(name)
        self.wait_for_picture()

    def spot(self, place: Place) -> Place:
        """Where a place of the picture is on the screen."""
        x, y = self.page.evaluate(
            """([x, y]) => {
              const image = document.querySelector('[data-part="picture"] img');
              const frame = image.getBoundingClientRect();
              return [frame.left + x * frame.width / image.width, frame.top + y * frame.height / image.height];
            }""",
            place,
        )
        return x, y

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    def type(self, text: str) -> None:
        self.page.keyboard.type(text)

    def click(self, place: Place, **options: Any) -> None:
        self.page.mouse.click(*self.spot(place), **options)

    def drag(self, start: Place, end: Place) -> None:
        self.page.mouse.move(*self.spot(start))
        self.page.mouse.down()
        self.page.mouse.move(*self.spot(((start[0] + end[0]) / 2, (start[1] + end[1]) / 2)), steps=3)
        self.page.mouse.move(*self.spot(end), steps=3)
        self.page.mouse.up()

    def box(self, start: Place, end: Place) -> None:
        self.press("b")
        self.drag(start, end)

    def wait_saved(self) -> None:
        expect(self.part("save")).to_have_attribute("data-save", "saved")

    def submit(self) -> None:
        """Ctrl+Enter, then the next row."""
        name = self.row_name
        self.press("Control+Enter")
        self.wait_for_other_row(name)

    def ask(self, place: Place, text: str) -> None:
        self.press("i")
        self.click(place)
        self.page.locator("[data-issue-form] textarea").fill(text)
        self.page.locator("[data-issue-send]").click()
        expect(self.page.locator("[data-issue-popover] .thread")).to_contain_text(text)


def wake(editor: Editor) -> None:
    """Coming back to the tab: the page asks at once how its lease stands, and not only every 15 s."""
    editor.page.evaluate("() => document.dispatchEvent(new Event('visibilitychange'))")


def end_lease(editor: Editor, person: Person) -> None:
    """The lease of the open row runs out now. First the page gets what it fetches in the background: a claim of its
    own that came after this would take the row again."""
    editor.page.wait_for_load_state("networkidle")
    held = Slot.objects.filter(labeler=person, state="leased", project_row__data_row__external_id=editor.row_name)
    assert held.update(leased_until=ClockTimestamp() - timedelta(seconds=1)) == 1


def follow(page: Page, stream: str, **settings: int) -> Callable[[], list[dict[str, Any]]]:
    """Follow a stream from a page as our pages do; the answer reads what came, in order."""
    page.evaluate(
        """async ([stream, settings]) => {
          const { connectLive } = await import('/static/shared/live.js');
          window.heard ??= [];
          window.liveState = 'off';
          const live = connectLive({ address: '/ws/live/', onEvent: (event) => window.heard.push(event),
            onFollowing: () => { window.liveState = 'following'; }, ...settings });
          live.follow(stream);
        }""",
        [stream, settings],
    )
    page.wait_for_function("() => window.liveState === 'following'")
    return lambda: page.evaluate("() => window.heard")


def answers_of_socket(page: Page, stream: str) -> dict[str, Any]:
    """The server's first frame to someone who asks to follow ``stream``."""
    return page.evaluate(
        """(stream) => new Promise((resolve, reject) => {
          const socket = new WebSocket(`ws://${location.host}/ws/live/`);
          socket.onopen = () => socket.send(JSON.stringify({ follow: stream }));
          socket.onmessage = (event) => { socket.close(); resolve(JSON.parse(event.data)); };
          setTimeout(() => reject(new Error('no frame came')), 5000);
        })""",
        stream,
    )
