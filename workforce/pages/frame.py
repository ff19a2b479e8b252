"""What every page of labelers shows around its content: where one can go from here."""

from django.http import HttpRequest
from django.urls import reverse

from workforce import access

LINKS = {"home": "home", "issues": "my-issues"}


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
    if access.enters_admin(request.user):
        nav["admin"] = reverse("admin:index")
    return {"nav": nav}
