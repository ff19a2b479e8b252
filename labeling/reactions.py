"""What this floor listens to, which streams it lets people follow, what the relay folds for it, what shuts the
queue."""

from typing import Any

from labeling import blindness, class_shares, class_tallies, counters, day_limits, departures, guidelines, pauses, queue
from workforce import live, relay
from workforce.events import access_changed, member_left
from workforce.models import Organization, Person


def free_what_is_lost(sender: Any, person: Person, organization: Organization, **_: Any) -> None:
    departures.free_lost_leases(person, organization)


def end_grants(sender: Any, person: Person, organization: Organization, **_: Any) -> None:
    departures.end_grants_of(person, organization)


def connect() -> None:
    access_changed.connect(free_what_is_lost)
    member_left.connect(end_grants)
    live.register_stream("project", blindness.may_follow_project)
    live.register_stream("row", blindness.may_follow_row)
    relay.register_fold(counters.fold)
    relay.register_fold(class_tallies.fold)
    queue.register_gate(pauses.gate)
    queue.register_gate(guidelines.gate)
    queue.register_cap(day_limits.cap)
    queue.register_class_gate(class_shares.classes_are_closed)
