"""The queue over HTTP: claim, heartbeat, draft, submit, skip, release. Used by the editor and by integrators."""

from typing import Any

from django.urls import reverse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from labeling import drafts, labels, projects, queue, skips, today
from labeling.editor import EditorRow, editor_rows
from labeling.models import Slot
from workforce.api.inputs import idempotency_key
from workforce.api.shapes import person_of
from workforce.models import Token


class ClaimInput(serializers.Serializer[Any]):
    have = serializers.ListField(child=serializers.UUIDField(), default=list, max_length=50)
    wanted = serializers.UUIDField(default=None, allow_null=True)


class TokenInput(serializers.Serializer[Any]):
    lease_token = serializers.IntegerField(min_value=1, max_value=2**62)


class HeartbeatInput(TokenInput):
    interactions = serializers.IntegerField(min_value=0, max_value=1_000_000)


class DraftInput(serializers.Serializer[Any]):
    base_revision = serializers.IntegerField(min_value=0, max_value=2**31 - 1)
    payload = serializers.JSONField()
    tab = serializers.CharField(max_length=64, allow_blank=True, default="")
    # In a review: the version of the label that the work was typed over.
    version = serializers.IntegerField(min_value=1, max_value=2**31 - 1, allow_null=True, default=None)


class BaseInput(serializers.Serializer[Any]):
    """Which draft the page knew when it sent: its revision (0: none), and the tab that wrote it."""

    draft_revision = serializers.IntegerField(min_value=0, max_value=2**31 - 1, allow_null=True, default=None)
    tab = serializers.CharField(max_length=64, allow_blank=True, default="")


class SubmitInput(TokenInput, BaseInput):
    payload = serializers.JSONField()
    ontology_version = serializers.IntegerField(min_value=1, max_value=2**31 - 1)


class SkipInput(TokenInput):
    reason = serializers.CharField(max_length=40)
    comment = serializers.CharField(max_length=2000, allow_blank=True, default="")


def values_of(serializer: type[serializers.Serializer[Any]], request: Request) -> dict[str, Any]:
    """The checked values of a request's body; wrong ones become one 422 that names each path."""
    checked = serializer(data=request.data)
    checked.is_valid(raise_exception=True)
    found: dict[str, Any] = checked.validated_data
    return found


class Claim(APIView):
    """Lease the next rows to label; the answer holds those that the caller has not named in ``have``.

    ``wanted`` names a slot whose lease ran out in the caller's hands: it comes back when nobody has taken it."""

    token_scope = Token.Scope.LABEL
    kind = Slot.Kind.LABEL

    @extend_schema(request=ClaimInput, responses=OpenApiTypes.OBJECT)
    def post(self, request: Request, uid: str) -> Response:
        values = values_of(ClaimInput, request)
        project = projects.project_for(person_of(request), uid)
        have = [str(one) for one in values["have"]]
        wanted = values["wanted"] and str(values["wanted"])
        claim = queue.lease_next_rows(person_of(request), project, kind=self.kind, have=have, wanted=wanted)
        rows = [row_document(row) for row in editor_rows(person_of(request), claim.slots)]
        empty = claim.empty and {
            "code": claim.empty.code,
            "message": claim.empty.message,
            "next_at": claim.empty.next_at and claim.empty.next_at.isoformat(),
        }
        done_today = today.rows_done(person_of(request), project)
        return Response({"rows": rows, "today": done_today, "ready": len(rows) + len(have), "empty": empty})


class ClaimReview(Claim):
    """Lease the next labels to review."""

    token_scope = Token.Scope.REVIEW
    kind = Slot.Kind.REVIEW


class Heartbeat(APIView):
    token_scope = Token.Scope.LABEL

    @extend_schema(request=HeartbeatInput, responses=OpenApiTypes.OBJECT)
    def post(self, request: Request, uid: str) -> Response:
        values = values_of(HeartbeatInput, request)
        until = queue.keep_leases(person_of(request), uid, values["lease_token"], has_input=values["interactions"] > 0)
        return Response({"leased_until": until.isoformat()})


class DraftOfSlot(APIView):
    token_scope = Token.Scope.LABEL

    @extend_schema(request=DraftInput, responses=OpenApiTypes.OBJECT)
    def put(self, request: Request, uid: str) -> Response:
        values = values_of(DraftInput, request)
        saved = drafts.save_draft(person_of(request), uid, **values)
        return Response({"revision": saved.revision, "saved_at": saved.saved_at.isoformat()})


class Submit(APIView):
    token_scope = Token.Scope.LABEL

    @extend_schema(request=SubmitInput, responses=OpenApiTypes.OBJECT)
    def post(self, request: Request, uid: str) -> Response:
        values = values_of(SubmitInput, request)
        answer = labels.submit_label(
            person_of(request),
            uid,
            token=values["lease_token"],
            payload=values["payload"],
            ontology_version=values["ontology_version"],
            key=idempotency_key(request),
            base=drafts.Base(values["draft_revision"], values["tab"]),
        )
        return Response(answer.body, status=answer.status)


class Skip(APIView):
    token_scope = Token.Scope.LABEL

    @extend_schema(request=SkipInput, responses=OpenApiTypes.OBJECT)
    def post(self, request: Request, uid: str) -> Response:
        values = values_of(SkipInput, request)
        said = {"reason": values["reason"], "comment": values["comment"]}
        skips.skip_row(person_of(request), uid, values["lease_token"], **said)
        return Response({"state": Slot.State.SKIPPED})


class Release(APIView):
    token_scope = Token.Scope.LABEL

    @extend_schema(request=TokenInput, responses=OpenApiTypes.OBJECT)
    def post(self, request: Request, uid: str) -> Response:
        values = values_of(TokenInput, request)
        skips.give_back(person_of(request), uid, values["lease_token"])
        return Response({"state": Slot.State.OPEN})


def row_document(row: EditorRow) -> dict[str, Any]:
    """One row as the editor and an integrator read it. Shape: the same for every row, benchmark or not."""
    slot, data_row, project = row.slot, row.slot.project_row.data_row, row.slot.project
    return {
        "slot": {
            "uid": str(slot.uid),
            "kind": slot.kind,
            "step": slot.step,
            "is_rework": slot.is_rework,
            "state": slot.state,
            "lease_token": slot.lease_token,
            "leased_until": slot.leased_until and slot.leased_until.isoformat(),
            "why": {"code": slot.why, "text": row.why_text},
        },
        "row": {
            "uid": str(slot.project_row.uid),
            "external_id": data_row.external_id,
            "width": data_row.width,
            "height": data_row.height,
            "metadata": data_row.metadata,
            "asset_url": reverse("asset", args=[slot.project_row.uid]),
        },
        "project": {"uid": str(project.uid), "name": project.name, "batch": slot.project_row.batch.name},
        "ontology": {
            "uid": str(row.ontology_version.ontology.uid),
            "version": row.ontology_version.number,
            "document": row.ontology_version.document,
        },
        "draft": row.draft
        and {
            "revision": row.draft.revision,
            "payload": row.draft.payload,
            "updated_at": row.draft.updated_at.isoformat(),
        },
        "older_draft": row.older_draft
        and {"payload": row.older_draft.payload, "updated_at": row.older_draft.updated_at.isoformat()},
        "label": row.version
        and {
            "uid": str(row.version.label.uid),
            "version": row.version.number,
            "payload": row.version.payload,
            "maker": {"name": row.version.label.labeler.name},
        },
        **row.additions,
        "urls": {name: reverse(f"api-slot-{name}", args=[slot.uid]) for name in _acts_of(slot)}
        | (row.additions.get("urls") or {}),
    }


def _acts_of(slot: Slot) -> list[str]:
    """Only what can be done with this slot: a review is decided, and what came back is given back, not skipped."""
    acts = ["heartbeat", "draft", "release"]
    if slot.kind == Slot.Kind.LABEL:
        acts.append("submit")
    if not slot.is_rework:
        acts.append("skip")
    return acts
