"""The picture of a row, for those who may see it now."""

from pathlib import Path

from django.http import HttpResponseBase
from django.views.decorators.http import require_safe

from labeling import editor
from labeling.assets import asset_file
from workforce.api.streams import stream_file
from workforce.pages.signed_in import PersonRequest, signed_in


@require_safe
@signed_in
def asset(request: PersonRequest, uid: str) -> HttpResponseBase:
    row = editor.row_with_asset(request.user, uid)
    return _as_answer(request, asset_file(row.data_row.asset_path), row.data_row.mime_type)


@require_safe
@signed_in
def thumbnail(request: PersonRequest, uid: str) -> HttpResponseBase:
    row = editor.row_with_asset(request.user, uid)
    return _as_answer(request, asset_file(row.data_row.asset_path, is_thumbnail=True), "image/jpeg")


def _as_answer(request: PersonRequest, file: Path, mime_type: str) -> HttpResponseBase:
    response = stream_file(request, file, media_type=mime_type)
    response["Content-Disposition"] = "inline"
    response["X-Content-Type-Options"] = "nosniff"
    # The bytes came from outside: even if a browser took them for a page, nothing in it could run.
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response["Cache-Control"] = "private, max-age=300"
    return response
