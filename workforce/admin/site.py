"""Crewline's admin. Upper floors add their pages with ``add_page``, their lines of the sidebar with ``add_entry`` and
what the search finds with ``add_search``; the page named ``dashboard`` is what opens first."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.views import redirect_to_login
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.decorators import method_decorator
from django.views.decorators.http import require_safe
from unfold.dataclasses import SearchResult
from unfold.sites import UnfoldAdminSite

from workforce import access
from workforce.admin.pages import reader_of
from workforce.errors import NotAllowed

View = Callable[..., HttpResponse]
Search = Callable[[HttpRequest, str], Iterable[tuple[str, str, str]]]
NOT_FOR_YOU = "The admin is for organization admins, workforce managers and project leads."


@dataclass(frozen=True)
class Page:
    route: str
    view: View
    name: str


@dataclass(frozen=True)
class Entry:
    """One line of the sidebar: its group, title, sprite icon, the page it opens, who sees it, and its place."""

    group: str
    title: str
    icon: str
    page: str
    is_shown: Callable[[HttpRequest], bool]
    order: int = 50


_pages: list[Page] = []
_entries: list[Entry] = []
_searches: list[Search] = []
# Django's pages for its own change forms and for passwords; none of ours uses them, each would be one more door.
UNUSED = {"view_on_site", "autocomplete", "jsi18n", "password_change", "password_change_done"}
GROUPS = ("Line", "People", "Data", "Organization")
SHORTEST_SEARCH = 2
TAKEN = ("GET", "HEAD", "POST")


def add_page(route: str, view: View, name: str) -> None:
    """A page inside the admin's frame; its view gets the request and the route's values."""
    _pages.append(Page(route, view, name))


def add_entry(entry: Entry) -> None:
    _entries.append(entry)


def add_search(search: Search) -> None:
    """What Ctrl K finds: of a term, (title, kind, address) of things the one who asks may see."""
    _searches.append(search)


class CrewlineAdminSite(UnfoldAdminSite):
    site_header = site_title = "Crewline"
    index_title = "Dashboard"
    # Models are reached through the sidebar's pages; the list of all apps would show Django's shape, not the work's.
    final_catch_all_view = True

    def register(self, *args: Any, **options: Any) -> None:
        """Nothing is registered: every page here is our own, and a library's raw forms of users, groups and
        permissions stay out."""

    def has_permission(self, request: HttpRequest) -> bool:
        """Asked of access once per request; the theme reads the answer as ``is_staff`` before it offers its search."""
        known = getattr(request, "enters_admin", None)
        if known is None:
            known = access.enters_admin(request.user)
            request.enters_admin = known  # type: ignore[attr-defined]  # kept for the rest of this request
            if known:
                request.user.is_staff = True  # type: ignore[union-attr]  # no field of a person
        return bool(known)

    def admin_view(self, view: Any, cacheable: bool = False) -> Any:
        guarded = super().admin_view(view, cacheable)

        def page(request: HttpRequest, *args: Any, **values: Any) -> HttpResponse:
            if request.method not in TAKEN:
                # Django's own pages would take any other method as a form that was sent empty.
                return HttpResponseNotAllowed(TAKEN)
            if request.user.is_authenticated and not self.has_permission(request):
                raise NotAllowed(NOT_FOR_YOU)
            answer: HttpResponse = guarded(request, *args, **values)
            return answer

        return page

    def each_context(self, request: HttpRequest) -> dict[str, Any]:
        context: dict[str, Any] = super().each_context(request)
        if self.has_permission(request):
            context["reader"] = reader_of(request)
        return {**context, "templates": {"navigation": "workforce/admin/navigation.html"}}

    def get_urls(self) -> list[Any]:
        return [pattern for pattern in super().get_urls() if getattr(pattern, "name", None) not in UNUSED]

    def extra_urls(self) -> list[URLPattern]:
        return [path(page.route, self.admin_view(page.view), name=page.name) for page in _pages]

    def index(  # type: ignore[override]  # a page of ours answers as it likes
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        for page in _pages:
            if page.name == "dashboard":
                return page.view(request)
        first = next((entry for entry in self._shown(request) if entry.page != "admin:index"), None)
        return redirect(first.page) if first else redirect("home")

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """One door for everybody: the pages' own."""
        target = request.GET.get("next") or reverse("admin:index")
        if request.user.is_authenticated:
            raise NotAllowed(NOT_FOR_YOU)
        return redirect_to_login(target)

    @method_decorator(require_safe)
    def search(  # type: ignore[override]  # too short a term gets an empty answer
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Pages and things by name. Nothing is cached: a right that ended finds nothing at once."""
        term = request.GET.get("s", "").strip().replace("\0", "")
        if len(term) < SHORTEST_SEARCH:
            return HttpResponse()
        found = [
            SearchResult(title=entry.title, description="Page", link=reverse(entry.page), icon=None)
            for entry in self._shown(request)
            if term.lower() in entry.title.lower()
        ]
        for search in _searches:
            for title, kind, link in search(request, term):
                found.append(SearchResult(title=title, description=kind, link=link, icon=None))
        pages = Paginator(found, max(1, len(found)))
        values = {"page_obj": pages, "results": pages.page(1), "page_counter": 0, "execution_time": 0}
        return TemplateResponse(
            request, "unfold/helpers/command_results.html", values, headers={"HX-Trigger": "search"}
        )

    def get_sidebar_list(self, request: HttpRequest) -> list[dict[str, Any]]:
        shown = self._shown(request)
        return [
            {"title": group, "items": [_sidebar_item(request, entry) for entry in shown if entry.group == group]}
            for group in GROUPS
            if any(entry.group == group for entry in shown)
        ]

    def _shown(self, request: HttpRequest) -> list[Entry]:
        shown = [entry for entry in _entries if entry.is_shown(request)]
        return sorted(shown, key=lambda entry: (GROUPS.index(entry.group), entry.page != "admin:index", entry.order))


def _sidebar_item(request: HttpRequest, entry: Entry) -> dict[str, Any]:
    link = reverse(entry.page)
    is_index = entry.page == "admin:index"
    active = request.path == link if is_index else request.path.startswith(link)
    return {"title": entry.title, "icon": entry.icon, "link": link, "active": active, "has_permission": True}
