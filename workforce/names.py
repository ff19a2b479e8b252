"""Who is named to whom. To people of a vendor nobody else has a name: who reviews or answers is the project's side."""

from collections.abc import Iterable

from workforce import access
from workforce.models import Membership, Person

PROJECT_TEAM = "Project team"


def unnamed_to(reader: Person, people: Iterable[tuple[int, int]]) -> frozenset[int]:
    """Of ``people``, each with the organization where it is met, those whose name ``reader`` is not told.

    One query where somebody is met, one more for people of a vendor."""
    people = list(people)
    if not people:
        return frozenset()
    vendors = {vendor.organization_id: vendor for vendor in access.vendors_of(reader)}
    met = {person for organization, person in people if organization in vendors}
    own = Membership.objects.filter(vendor__in=vendors.values(), person__in=met)
    return frozenset(met - set(own.values_list("person", flat=True)))
