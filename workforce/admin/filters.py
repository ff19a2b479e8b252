"""Filters of a list: menus whose state lives in the address."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from django.http import HttpRequest

from workforce.admin.paging import link_with
from workforce.errors import InvalidInput

LAST_DAYS = {"Today": 1, "Last 7 days": 7, "Last 14 days": 14, "Last 30 days": 30, "Last 90 days": 90}


@dataclass(frozen=True)
class Choice:
    title: str
    link: str
    is_current: bool


@dataclass(frozen=True)
class Menu:
    """One filter: its title, the value shown, its choices, and the link that clears it."""

    title: str
    value: str
    choices: list[Choice]
    clear_link: str = ""


def menu(
    request: HttpRequest, name: str, title: str, values: Iterable[tuple[str, str]], *, any_title: str = "Any"
) -> Menu:
    """A menu over (value, title); a value that is none of them counts as not set."""
    options = list(values)
    wanted = request.GET.get(name, "")
    shown = next((text for value, text in options if value == wanted), "")
    everything = link_with(request, **{name: "", "after": "", "before": ""})
    choices = [Choice(any_title, everything, not shown)]
    for value, text in options:
        link = link_with(request, **{name: value, "after": "", "before": ""})
        choices.append(Choice(text, link, value == wanted))
    return Menu(title, shown or any_title, choices, everything if shown else "")


def day_named(request: HttpRequest, name: str) -> date | None:
    """The day under ``name`` in the address. Raises InvalidInput ``not_a_date``."""
    text = request.GET.get(name, "")
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise InvalidInput("not_a_date", "Dates are written like 2026-11-19.") from None


def period_menu(
    request: HttpRequest, today: date, since: date | None, until: date | None, *, title: str = "Created"
) -> Menu:
    """A menu over the last days; the address carries ``from`` and ``to``, so that a door can name any days."""
    paging = {"after": "", "before": ""}
    everything = link_with(request, **{"from": "", "to": "", **paging})
    choices = [Choice("Any time", everything, since is None and until is None)]
    for name, days in LAST_DAYS.items():
        start = today - timedelta(days=days - 1)
        link = link_with(request, **{"from": start.isoformat(), "to": today.isoformat(), **paging})
        choices.append(Choice(name, link, (since, until) == (start, today)))
    named = next((choice.title for choice in choices if choice.is_current), "")
    return Menu(title, named or _days_in_words(since, until), choices, "" if choices[0].is_current else everything)


def _days_in_words(since: date | None, until: date | None) -> str:
    first, last = (f"{day.day} {day:%b %Y}" if day else "" for day in (since, until))
    if first == last:
        return first
    return f"{first} – {last}" if first and last else f"from {first}" if first else f"until {last}"


def clear_all_link(request: HttpRequest, menus: Iterable[Menu]) -> str:
    return request.path if any(menu.clear_link for menu in menus) else ""
