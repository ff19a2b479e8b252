"""The history of a row at a reviewer's page: the labels that they hold for review or have decided about."""

from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from labeling.annotations.kinds import is_tool
from labeling.models import LabelVersion, ProjectRow
from quality import row_history
from quality.charts.overlay import Overlay, Shape, overlay, style_of
from quality.row_history import LabelHistory, RowHistory, VersionShown
from workforce.pages.signed_in import PersonRequest, signed_in

NO_PICTURE = (640, 480)
AFTER, BEFORE = style_of(0), style_of(1)
SIGNS = {"added": "plus", "removed": "minus", "moved": "select", "reclassified": "tag", "reanswered": "comment"}


@dataclass(frozen=True)
class ShownVersion:
    """A version with its drawing over the one before; none where no object was changed."""

    found: VersionShown
    drawing: Overlay | None
    changes: list[tuple[str, str]]


@require_safe
@signed_in
def history(request: PersonRequest, uid: str) -> HttpResponse:
    found = row_history.history_of(request.user, uid)
    with timezone.override(ZoneInfo(found.row.project.organization.time_zone)):
        return render(request, "quality/row_history.html", {**parts_of(found), "project": found.row.project})


def parts_of(found: RowHistory) -> dict[str, Any]:
    """What the part ``_row_history.html`` shows."""
    row = found.row
    return {
        "row": row,
        "history": found,
        "labels": [
            (one, [_shown(row, version) for version in one.versions], _has_objects(one)) for one in found.labels
        ],
        "picture": reverse("asset", args=[row.uid]) if row.data_row.asset_path else "",
        "swatches": {"before": BEFORE, "after": AFTER},
    }


def _has_objects(one: LabelHistory) -> bool:
    return any(is_tool(entry["kind"]) for version in one.versions for entry in version.version.payload["features"])


def _shown(row: ProjectRow, one: VersionShown) -> ShownVersion:
    drawn = {change.object_id for change in one.changes if change.sign in ("added", "removed", "moved", "reclassified")}
    shapes = []
    if one.before is not None and drawn:
        shapes = [*_shapes(one.before, BEFORE, "before", drawn), *_shapes(one.version, AFTER, "after", drawn)]
    drawing = overlay(shapes, row.data_row.size or NO_PICTURE) if shapes else None
    return ShownVersion(one, drawing, [(SIGNS[change.sign], change.words) for change in one.changes])


def _shapes(version: LabelVersion, style: str, name: str, drawn: set[str]) -> list[Shape]:
    """Only what changed: the rest would hide it."""
    return [
        Shape(str(entry["id"]), entry["kind"], entry["value"], name, style)
        for entry in version.payload["features"]
        if is_tool(entry["kind"]) and str(entry["id"]) in drawn
    ]
