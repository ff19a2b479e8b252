"""What upper floors show on the page of a member, below what this floor knows of them."""

from collections.abc import Callable
from typing import Any

from workforce.admin.pages import PersonRequest
from workforce.models import Membership

# Of the request and the member: the values of the section's template.
Values = Callable[[PersonRequest, Membership], dict[str, Any]]
_sections: list[tuple[str, Values]] = []


def add_person_section(template: str, values: Values) -> None:
    """A card on the person's page; its template finds its values as ``section``."""
    _sections.append((template, values))


def sections_of(request: PersonRequest, member: Membership) -> list[dict[str, Any]]:
    return [{"template": template, **values(request, member)} for template, values in _sections]
