"""What the queue reads and answers over HTTP, as shapes for the schema; ``tests/labeling/api`` holds real answers to
them. What an upper floor adds to a row (issues, reasons) it describes through ``describe_addition``."""

from collections.abc import Callable
from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from labeling.models import Slot
from labeling.queue import WHY_TEXTS
from labeling.skip_reasons import SKIP_REASONS
from workforce.api.shapes import Body, RefusalShape

LARGEST_TOKEN, LARGEST_NUMBER = 2**62, 2**31 - 1
Described = Callable[[], "serializers.Field[Any, Any, Any, Any]"]
_additions: dict[str, Described] = {}


def describe_addition(name: str, shape: Described) -> None:
    """``shape()`` makes the field of what ``labeling.editor.register_addition`` puts under ``name``."""
    _additions[name] = shape


@extend_schema_field(OpenApiTypes.OBJECT)
class PayloadField(serializers.JSONField):
    """A label: ``{"features": […], "relations": […]}``. The rule checks it against the ontology."""


# --- What comes in ----------------------------------------------------------------------------------------------
class ClaimBody(Body):
    have = serializers.ListField(
        child=serializers.UUIDField(), default=list, max_length=50, help_text="Slots in hand, not to be told again."
    )
    wanted = serializers.UUIDField(
        default=None, allow_null=True, help_text="A slot whose lease ran out; it comes back if nobody has taken it."
    )


class LeaseBody(Body):
    lease_token = serializers.IntegerField(min_value=1, max_value=LARGEST_TOKEN)


class HeartbeatBody(LeaseBody):
    interactions = serializers.IntegerField(
        min_value=0, max_value=1_000_000, help_text="Inputs since the last heartbeat; 0 means that nobody worked."
    )


class DraftBody(Body):
    base_revision = serializers.IntegerField(
        min_value=0, max_value=LARGEST_NUMBER, help_text="The revision that this one goes on from; 0: none."
    )
    payload = PayloadField()
    tab = serializers.CharField(max_length=64, allow_blank=True, default="", help_text="Names where it was typed.")
    version = serializers.IntegerField(
        min_value=1,
        max_value=LARGEST_NUMBER,
        allow_null=True,
        default=None,
        help_text="In a review: the version of the label that the work was typed over.",
    )
    keeps_other = serializers.BooleanField(
        default=False, help_text="Keep the draft whose place this one takes, as a copy beside it."
    )


class BaseBody(Body):
    """Which draft the page knew when it sent: its revision (0: none), and the tab that wrote it."""

    draft_revision = serializers.IntegerField(min_value=0, max_value=LARGEST_NUMBER, allow_null=True, default=None)
    tab = serializers.CharField(max_length=64, allow_blank=True, default="")


class SubmitBody(LeaseBody, BaseBody):
    payload = PayloadField()
    ontology_version = serializers.IntegerField(min_value=1, max_value=LARGEST_NUMBER)


class SkipBody(LeaseBody):
    reason = serializers.CharField(max_length=40, help_text=f"One of {', '.join(SKIP_REASONS)}.")
    comment = serializers.CharField(max_length=2000, allow_blank=True, default="")


# --- What goes out ----------------------------------------------------------------------------------------------
class WhyShape(serializers.Serializer[Any]):
    code = serializers.CharField(help_text=f"Such as {', '.join(WHY_TEXTS)}.")
    text = serializers.CharField(allow_blank=True)


class SlotShape(serializers.Serializer[Any]):
    uid = serializers.UUIDField()
    kind = serializers.ChoiceField(choices=Slot.Kind.choices)
    step = serializers.IntegerField()
    is_rework = serializers.BooleanField()
    state = serializers.ChoiceField(choices=Slot.State.choices)
    lease_token = serializers.IntegerField(help_text="To be sent with every act on this slot.")
    leased_until = serializers.DateTimeField(allow_null=True)
    why = WhyShape()


class RowOfSlot(serializers.Serializer[Any]):
    uid = serializers.UUIDField()
    external_id = serializers.CharField()
    width = serializers.IntegerField(allow_null=True)
    height = serializers.IntegerField(allow_null=True)
    metadata = serializers.JSONField()
    asset_url = serializers.CharField()


class ProjectOfSlot(serializers.Serializer[Any]):
    uid = serializers.UUIDField()
    name = serializers.CharField()
    batch = serializers.CharField()


class OntologyOfSlot(serializers.Serializer[Any]):
    uid = serializers.UUIDField()
    version = serializers.IntegerField()
    document = serializers.JSONField()


class OlderDraft(serializers.Serializer[Any]):
    """Work on this row that is not the current draft, such as that of another tab."""

    payload = PayloadField()
    updated_at = serializers.DateTimeField()


class DraftOfRow(OlderDraft):
    revision = serializers.IntegerField()


class MakerShape(serializers.Serializer[Any]):
    name = serializers.CharField()


class LabelOfRow(serializers.Serializer[Any]):
    """The version that a reviewer judges or its maker reworks."""

    uid = serializers.UUIDField()
    version = serializers.IntegerField()
    payload = PayloadField()
    maker = MakerShape()


class LeasedRow(serializers.Serializer[Any]):
    slot = SlotShape()
    row = RowOfSlot()
    project = ProjectOfSlot()
    ontology = OntologyOfSlot()
    draft = DraftOfRow(allow_null=True)
    older_draft = OlderDraft(allow_null=True)
    label = LabelOfRow(allow_null=True)  # type: ignore[assignment]  # the name of a field, not its caption
    urls = serializers.DictField(
        child=serializers.CharField(),
        help_text="What can be done with this row now → address: heartbeat, draft, release, submit, skip, decide, …",
    )

    def get_fields(self) -> Any:
        return {**super().get_fields(), **{name: shape() for name, shape in _additions.items()}}


class EmptyShape(serializers.Serializer[Any]):
    code = serializers.CharField()
    message = serializers.CharField()
    next_at = serializers.DateTimeField(allow_null=True, help_text="When the next row may free.")


class ClaimShape(serializers.Serializer[Any]):
    rows = LeasedRow(many=True)
    today = serializers.IntegerField(help_text="Rows that this person has done today in this project.")
    ready = serializers.IntegerField(help_text="Rows in hand now, those of `have` too.")
    empty = EmptyShape(allow_null=True, help_text="Why there is no row; null when there is.")


class LeaseShape(serializers.Serializer[Any]):
    leased_until = serializers.DateTimeField()


class SavedDraft(serializers.Serializer[Any]):
    revision = serializers.IntegerField()
    saved_at = serializers.DateTimeField()


class SubmittedShape(serializers.Serializer[Any]):
    label = serializers.UUIDField()  # type: ignore[assignment]  # the name of a field, not its caption
    version = serializers.IntegerField()
    row = serializers.UUIDField()
    submitted_at = serializers.DateTimeField()


class SlotStateShape(serializers.Serializer[Any]):
    state = serializers.ChoiceField(choices=Slot.State.choices)


class KeptRefusal(RefusalShape):
    """A refusal that says what became of the work that came with it."""

    draft_saved = serializers.BooleanField(required=False)
    kept_as = serializers.ChoiceField(
        choices=["draft", "copy"], required=False, help_text="`copy`: beside newer work on this row."
    )
    draft_revision = serializers.IntegerField(required=False, help_text="The draft's revision from here on.")
    count = serializers.IntegerField(required=False, help_text="How many faults there are, when not all are named.")


class TheirDraft(serializers.Serializer[Any]):
    revision = serializers.IntegerField()
    payload = PayloadField()


class DraftRefusal(RefusalShape):
    theirs = TheirDraft(required=False, help_text="With `draft_conflict`: the newer draft.")
