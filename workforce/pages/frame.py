"""What every page of labelers shows around its content: where one can go from here."""

from functools import cache

from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import SimpleLazyObject

from workforce import access, notices
from workforce.events import stream_of_person
from workforce.pages import chosen

LINKS = {"home": "home", "issues": "my-issues"}
SOCKET = "/ws/live/"


def frame(request: HttpRequest) -> dict[str, object]:
    """A context processor: the links of the header, the one that is open, and the admin's door for staff."""
    if not request.user.is_authenticated:
        return {"nav": {}}
    if request.user.lacks_second_factor:
        return {"nav": {"log_out": reverse("logout")}}
    match = request.resolver_match
    current = next((name for name, route in LINKS.items() if match and match.url_name == route), "")
    nav = {name: reverse(route) for name, route in LINKS.items()}
    nav |= {"account": reverse("account"), "log_out": reverse("logout"), "current": current}
    nav |= {"organizations": reverse("organizations")}
    nav |= {"notices": reverse("notices"), "notices_unread": reverse("notices-unread")}
    nav |= {"socket": SOCKET, "own_stream": stream_of_person(request.user.uid)}
    if access.enters_admin(request.user):
        nav["admin"] = reverse("admin:index")
    # Asked of the database when a page shows the switch, and not by what has no frame.
    own = SimpleLazyObject(lambda: chosen.organizations_of(request))
    person = request.user
    unread = cache(lambda: notices.unread_count(person))
    return {
        "nav": nav,
        "unread_notices": unread,
        "own_organizations": own,
        "chosen_organization": chosen.chosen_in(request),
    }
