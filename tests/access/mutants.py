"""Guards taken away one by one, to see that the table would notice.

A *site* is one line of the product that asks ``workforce.access`` (or the permission class of the API, or the door of
the admin). ``seen`` holds the sites that an answer passed; ``without`` answers as if the given sites allowed all."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ObjectDoesNotExist, ValidationError

from workforce import access
from workforce.api.permissions import SignedInWithinScope
from workforce.errors import NotFound
from workforce.models import Organization
from workforce.roles import Permission, Role


@dataclass(frozen=True, order=True)
class Site:
    """One call: where it stands, in which function, and what it asks."""

    module: str
    line: int
    function: str
    asks: str

    def __str__(self) -> str:
        return f"{self.module}:{self.line} {self.function} asks {self.asks}"


ROOT = Path(__file__).resolve().parent.parent.parent
FLOORS = tuple(f"{ROOT / floor}/" for floor in ("workforce", "labeling", "quality"))
# Asked for words and menus, not for rights: the role in an audit row, the frame of a page.
NOT_GUARDS = {"workforce/audit.py", "workforce/pages/frame.py"}


def _allow_access(user: Any, queryset: Any, uid: Any, permission: Any, *, lock: bool = False) -> Any:
    try:
        return (queryset.select_for_update(of=("self",)) if lock else queryset).get(uid=uid)
    except (ObjectDoesNotExist, ValidationError, ValueError):
        raise NotFound from None


ALLOW_ALL: dict[str, Callable[..., Any]] = {
    "require": lambda user, permission, thing: None,
    "can": lambda user, permission, thing: access.Verdict(True),
    "visible_to": lambda user, queryset, permission: queryset,
    "access": _allow_access,
    "organizations_of": lambda user: Organization.objects.all(),
    "organizations_where": lambda user, permission: Organization.objects.all(),
    "roles_on": lambda user, root: frozenset({Role.ORGANIZATION_ADMIN}),
    "permissions_of": lambda user, root: frozenset(Permission),
    "enters_admin": lambda user: True,
}


class Guards:
    """The functions of ``access`` with an eye on who calls them."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.seen: list[Site] = []
        self.off: set[Site] = set()
        self.all_off = False
        self.kept: Site | None = None
        for name, allow in ALLOW_ALL.items():
            patch.setattr(access, name, self._watched(name, getattr(access, name), allow))
        patch.setattr(SignedInWithinScope, "has_permission", self._of_api(SignedInWithinScope.has_permission))

    def _watched(self, name: str, ask: Callable[..., Any], allow: Callable[..., Any]) -> Callable[..., Any]:
        def asked(*args: Any, **kwargs: Any) -> Any:
            site = _site(name)
            if site is None:
                return ask(*args, **kwargs)
            self.seen.append(site)
            return (allow if self._is_off(site) else ask)(*args, **kwargs)

        return asked

    def _of_api(self, ask: Callable[..., bool]) -> Callable[..., bool]:
        def asked(permission: Any, request: Any, view: Any) -> bool:
            site = Site("workforce/api/permissions.py", 0, type(view).__qualname__, "has_permission")
            self.seen.append(site)
            return True if self._is_off(site) else ask(permission, request, view)

        return asked

    def _is_off(self, site: Site) -> bool:
        return site != self.kept and (self.all_off or site in self.off)

    @contextmanager
    def without(self, sites: set[Site] | None = None, *, but: Site | None = None) -> Iterator[None]:
        """Every guard off, or those named; ``but`` stays."""
        self.seen, self.off, self.all_off, self.kept = [], sites or set(), sites is None, but
        try:
            yield
        finally:
            self.off, self.all_off, self.kept = set(), False, None


def _site(name: str) -> Site | None:
    """The line that called, or nothing when ``access`` asks itself or a test does."""
    frame = sys._getframe(2)
    file = frame.f_code.co_filename
    if not file.startswith(FLOORS) or file.endswith("workforce/access.py"):
        return None
    module = str(Path(file).relative_to(ROOT))
    return None if module in NOT_GUARDS else Site(module, frame.f_lineno, frame.f_code.co_qualname, name)
