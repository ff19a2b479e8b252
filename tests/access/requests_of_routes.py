"""For each route the request that an actor with the right would send, against the stage's things.

Where a route needs something in hand (a lease, a token), it is made here for the actor if they could have it, and for
a labeler of the stage otherwise, so that a refusal is about the right and not about a missing thing."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from labeling import queue
from labeling.models import Slot
from tests.access.table import ACTORS, Cell
from tests.line import Line, payload
from workforce.errors import Refusal
from workforce.models import Person


@dataclass
class RequestOf:
    kwargs: dict[str, Any] = field(default_factory=dict)
    body: Any = None
    query: str = ""
    content_type: str = "application/json"

    def encoded(self) -> bytes:
        if self.body is None:
            return b""
        if self.content_type == "application/json":
            return json.dumps(self.body, default=str).encode()
        from urllib.parse import urlencode

        return urlencode(self.body, doseq=True).encode()


Builder = Callable[[Line, Person | None], RequestOf]
BUILDERS: dict[str, Builder] = {}
FORM = "application/x-www-form-urlencoded"


def request_for(*names: str) -> Callable[[Builder], Builder]:
    def keep(builder: Builder) -> Builder:
        for name in names:
            BUILDERS[name] = builder
        return builder

    return keep


def requests_of(stage: Line, cell: Cell) -> RequestOf:
    name = ACTORS[cell.actor]
    person = getattr(stage.cast, name) if name else None
    builder = BUILDERS.get(f"{cell.route} {cell.method}") or BUILDERS.get(cell.route)
    return builder(stage, person) if builder else RequestOf()


def slot_in_hand(stage: Line, person: Person | None) -> Slot:
    """A slot leased by ``person``, or by Lena where that person can hold none."""
    for holder in (person, stage.cast.lena):
        if holder is None:
            continue
        try:
            slots = queue.lease_next_rows(holder, stage.project).slots
        except Refusal:
            continue
        if slots:
            return slots[0]
    raise AssertionError("the stage has no row to lease")


@request_for("label", "review", "api-claim", "api-claim-review")
def of_project(stage: Line, person: Person | None) -> RequestOf:
    return RequestOf({"uid": stage.project.uid}, {})


@request_for("asset", "thumbnail")
def of_row_in_hand(stage: Line, person: Person | None) -> RequestOf:
    return RequestOf({"uid": slot_in_hand(stage, person).project_row.uid})


@request_for("api-slot-heartbeat")
def heartbeat(stage: Line, person: Person | None) -> RequestOf:
    slot = slot_in_hand(stage, person)
    return RequestOf({"uid": slot.uid}, {"lease_token": slot.lease_token, "interactions": 1})


@request_for("api-slot-draft")
def draft(stage: Line, person: Person | None) -> RequestOf:
    slot = slot_in_hand(stage, person)
    return RequestOf({"uid": slot.uid}, {"base_revision": 0, "payload": {"features": []}, "tab": "t"})


@request_for("api-slot-submit")
def submit(stage: Line, person: Person | None) -> RequestOf:
    slot = slot_in_hand(stage, person)
    body = {"lease_token": slot.lease_token, "payload": payload((1, 1, 9, 9)), "ontology_version": 1}
    return RequestOf({"uid": slot.uid}, body)


@request_for("api-slot-skip")
def skip(stage: Line, person: Person | None) -> RequestOf:
    slot = slot_in_hand(stage, person)
    return RequestOf({"uid": slot.uid}, {"lease_token": slot.lease_token, "reason": "other"})


@request_for("api-slot-release")
def release(stage: Line, person: Person | None) -> RequestOf:
    slot = slot_in_hand(stage, person)
    return RequestOf({"uid": slot.uid}, {"lease_token": slot.lease_token})


