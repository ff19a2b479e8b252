"""Crewline's admin. Upper floors add their pages with ``add_page`` and say with ``set_dashboard`` what opens first."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path, reverse
from unfold.sites import UnfoldAdminSite

from workforce import access
from workforce.admin.scoped import ScopedModelAdmin
from workforce.errors import NotAllowed

View = Callable[..., HttpResponse]


@dataclass(frozen=True)
class Page:
    route: str
    view: View
    name: str


@dataclass(frozen=True)
class Entry:
    """One line of the sidebar: its group, title, sprite icon, the page it opens and who sees it."""

    group: str
    title: str
    icon: str
    page: str
    is_shown: Callable[[HttpRequest], bool]


_pages: list[Page] = []
_entries: list[Entry] = []
GROUPS = ("Line", "People", "Data", "Organization")


def add_page(route: str, view: View, name: str) -> None:
    """A page inside the admin's frame; its view gets the request and the route's values."""
    _pages.append(Page(route, view, name))


def add_entry(entry: Entry) -> None:
    _entries.append(entry)


class CrewlineAdminSite(UnfoldAdminSite):
    site_header = site_title = "Crewline"
    index_title = "Dashboard"
    # Models are reached through the sidebar's pages; the list of all apps would show Django's shape, not the work's.
    final_catch_all_view = True

    def register(self, model_or_iterable: Any, admin_class: Any = None, **options: Any) -> None:
        """Only our own scoped classes: a library's raw forms of users, groups and permissions stay out."""
        if admin_class is not None and issubclass(admin_class, ScopedModelAdmin):
            super().register(model_or_iterable, admin_class, **options)

    def has_permission(self, request: HttpRequest) -> bool:
        return access.enters_admin(request.user)

    def extra_urls(self) -> list[URLPattern]:
        return [path(page.route, self.admin_view(page.view), name=page.name) for page in _pages]

    def index(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        for page in _pages:
            if page.name == "dashboard":
                return page.view(request)
        return super().index(request, extra_context)

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """One door for everybody: the pages' own."""
        target = request.GET.get("next") or reverse("admin:index")
        if request.user.is_authenticated:
            raise NotAllowed("The admin is for organization admins, workforce managers and project leads.")
        return redirect_to_login(target)

    def get_sidebar_list(self, request: HttpRequest) -> list[dict[str, Any]]:
        shown = [entry for entry in _entries if entry.is_shown(request)]
        return [
            {
                "title": group,
                "items": [_sidebar_item(request, entry) for entry in shown if entry.group == group],
            }
            for group in GROUPS
            if any(entry.group == group for entry in shown)
        ]


def _sidebar_item(request: HttpRequest, entry: Entry) -> dict[str, Any]:
    link = reverse(entry.page)
    is_index = entry.page == "admin:index"
    active = request.path == link if is_index else request.path.startswith(link)
    return {"title": entry.title, "icon": entry.icon, "link": link, "active": active, "has_permission": True}
