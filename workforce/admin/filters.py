"""Filters of a list: menus whose state lives in the address."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.http import HttpRequest

from workforce.admin.paging import link_with


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


def clear_all_link(request: HttpRequest, menus: Iterable[Menu]) -> str:
    return request.path if any(menu.clear_link for menu in menus) else ""
