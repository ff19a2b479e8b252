"""The queue over HTTP: claim, heartbeat, draft, submit, skip, release. Used by the editor and by integrators."""

from typing import Any

from django.urls import reverse
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from labeling import drafts, labels, projects, queue, skips, today
from labeling.api.pictures import picture_address
from labeling.api.queue_shapes import (
    ClaimBody,
    ClaimShape,
    DraftBody,
    DraftRefusal,
    HeartbeatBody,
    KeptRefusal,
    LeaseBody,
    LeaseShape,
    SavedDraft,
    SkipBody,
    SlotStateShape,
    SubmitBody,
    SubmittedShape,
)
from labeling.editor import EditorRow, editor_rows
from labeling.models import Label, Slot
from workforce import names
from workforce.api.inputs import idempotency_key
from workforce.api.repeats import repeatable
from workforce.api.shapes import KEY_HEADER, RefusalShape, person_of, values_of
from workforce.models import Token


class Claim(APIView):
    """Lease the next rows to label; the answer holds those that the caller has not named in ``have``.

    ``wanted`` names a slot whose lease ran out in the caller's hands: it comes back when nobody has taken it."""

    token_scope = Token.Scope.LABEL
    kind = Slot.Kind.LABEL

    @extend_schema(request=ClaimBody, responses={200: ClaimShape})
    @repeatable
    def post(self, request: Request, uid: str) -> Response:
        values = values_of(ClaimBody, request)
        project = projects.project_for(person_of(request), uid)
        have = [str(one) for one in values["have"]]
        wanted = values["wanted"] and str(values["wanted"])
        claim = queue.lease_next_rows(person_of(request), project, kind=self.kind, have=have, wanted=wanted)
        found = editor_rows(person_of(request), claim.slots)
        makers = [(project.organization_id, row.version.label.labeler_id) for row in found if row.version]
        unnamed = names.unnamed_to(person_of(request), makers)
        rows = [row_document(row, picture_address(request, row.slot.project_row), unnamed) for row in found]
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
    """Renew the leases in hand and say whether somebody works. Send one every 15 seconds."""

    token_scope = Token.Scope.LABEL

    @extend_schema(request=HeartbeatBody, responses={200: LeaseShape, 409: RefusalShape})
    @repeatable
    def post(self, request: Request, uid: str) -> Response:
        values = values_of(HeartbeatBody, request)
        until = queue.keep_leases(person_of(request), uid, values["lease_token"], has_input=values["interactions"] > 0)
        return Response({"leased_until": until.isoformat()})


class DraftOfSlot(APIView):
    """Keep unfinished work on a row; it outlives the lease."""

    token_scope = Token.Scope.LABEL

    @extend_schema(request=DraftBody, responses={200: SavedDraft, 409: DraftRefusal})
    @repeatable
    def put(self, request: Request, uid: str) -> Response:
        values = values_of(DraftBody, request)
        saved = drafts.save_draft(person_of(request), uid, **values)
        return Response({"revision": saved.revision, "saved_at": saved.saved_at.isoformat()})


class Submit(APIView):
    """Submit the label of a slot: 201, and 200 with the same answer when asked again under the same key."""

    token_scope = Token.Scope.LABEL

    @extend_schema(
        parameters=[KEY_HEADER],
        request=SubmitBody,
        responses={200: SubmittedShape, 201: SubmittedShape, 409: KeptRefusal, 422: KeptRefusal},
    )
    def post(self, request: Request, uid: str) -> Response:
        values = values_of(SubmitBody, request)
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
    """Leave the row to somebody else, with a reason."""

    token_scope = Token.Scope.LABEL

    @extend_schema(request=SkipBody, responses={200: SlotStateShape, 409: RefusalShape})
    @repeatable
    def post(self, request: Request, uid: str) -> Response:
        values = values_of(SkipBody, request)
        said = {"reason": values["reason"], "comment": values["comment"]}
        skips.skip_row(person_of(request), uid, values["lease_token"], **said)
        return Response({"state": Slot.State.SKIPPED})


class Release(APIView):
    """Give the row back without a reason; a draft stays."""

    token_scope = Token.Scope.LABEL

    @extend_schema(request=LeaseBody, responses={200: SlotStateShape, 409: RefusalShape})
    @repeatable
    def post(self, request: Request, uid: str) -> Response:
        values = values_of(LeaseBody, request)
        skips.give_back(person_of(request), uid, values["lease_token"])
        return Response({"state": Slot.State.OPEN})


def row_document(row: EditorRow, asset_url: str, unnamed: frozenset[int]) -> dict[str, Any]:
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
            "asset_url": asset_url,
        },
        "project": {"uid": str(project.uid), "name": project.name, "batch": slot.batch.name},
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
            "maker": {"name": _maker_of(row.version.label, unnamed)},
        },
        **row.additions,
        "urls": {name: reverse(f"api-slot-{name}", args=[slot.uid]) for name in _acts_of(slot)}
        | (row.additions.get("urls") or {}),
    }


def _maker_of(label: Label, unnamed: frozenset[int]) -> str:
    return names.PROJECT_TEAM if label.labeler_id in unnamed else label.labeler.name


def _acts_of(slot: Slot) -> list[str]:
    """Only what can be done with this slot: a review is decided, and what came back is given back, not skipped."""
    acts = ["heartbeat", "draft", "release"]
    if slot.kind == Slot.Kind.LABEL:
        acts.append("submit")
    if not slot.is_rework:
        acts.append("skip")
    return acts
