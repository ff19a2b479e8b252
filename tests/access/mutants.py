"""Guards taken away, to see that the table would notice: while they are off, everything that the product asks of
``workforce.access``, of the permission class of the API and of the door of the admin is answered with yes."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ObjectDoesNotExist, ValidationError

from workforce import access
from workforce.api.permissions import SignedInWithinScope
from workforce.errors import NotFound
from workforce.models import Organization, Team
from workforce.roles import Permission, Role

ROOT = Path(__file__).resolve().parent.parent.parent
FLOORS = tuple(f"{ROOT / floor}/" for floor in ("workforce", "labeling", "quality"))
# Asked for words and menus, not for rights: the role in an audit row, the frame of a page.
NOT_GUARDS = tuple(str(ROOT / module) for module in ("workforce/audit.py", "workforce/pages/frame.py"))


def _allow_access(user: Any, queryset: Any, uid: Any, permission: Any, *, lock: bool = False) -> Any:
    try:
        return (queryset.select_for_update(of=("self",)) if lock else queryset).get(uid=uid)
    except (ObjectDoesNotExist, ValidationError, ValueError):
        raise NotFound from None


ALLOW_ALL: dict[str, Callable[..., Any]] = {
    "require": lambda user, permission, thing, **_: None,
    "can": lambda user, permission, thing: access.Verdict(True),
    "visible_to": lambda user, queryset, permission: queryset,
    "access": _allow_access,
    "organizations_of": lambda user: Organization.objects.all(),
    "organizations_where": lambda user, permission: Organization.objects.all(),
    "organizations_run_by": lambda user: Organization.objects.all(),
    "vendors_managed_by": lambda user: Team.objects.filter(kind=Team.Kind.VENDOR),
    "roles_on": lambda user, root: frozenset({Role.ORGANIZATION_ADMIN}),
    "permissions_of": lambda user, root: frozenset(Permission),
    "enters_admin": lambda user: True,
}


class Guards:
    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.are_off = False
        for name, allow in ALLOW_ALL.items():
            patch.setattr(access, name, self._switched(getattr(access, name), allow))
        ask = SignedInWithinScope.has_permission
        patch.setattr(SignedInWithinScope, "has_permission", lambda *args: self.are_off or ask(*args))

    def _switched(self, ask: Callable[..., Any], allow: Callable[..., Any]) -> Callable[..., Any]:
        def asked(*args: Any, **kwargs: Any) -> Any:
            return (allow if self.are_off and _is_a_guard(sys._getframe(1)) else ask)(*args, **kwargs)

        return asked

    @contextmanager
    def off(self) -> Iterator[None]:
        self.are_off = True
        try:
            yield
        finally:
            self.are_off = False


def _is_a_guard(frame: Any) -> bool:
    """Whether the product asks for a right; not when ``access`` asks itself, and not a test."""
    file = frame.f_code.co_filename
    return file.startswith(FLOORS) and not file.endswith("workforce/access.py") and file not in NOT_GUARDS
