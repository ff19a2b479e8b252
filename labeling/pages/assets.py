"""The picture of a row, for those who may see it now."""

from django.http import HttpResponseBase
from django.views.decorators.http import require_safe

from labeling import editor
from labeling.assets import asset_file
from workforce.api.streams import show_file
from workforce.pages.chosen import in_every_organization
from workforce.pages.signed_in import PersonRequest, signed_in


@in_every_organization
@require_safe
@signed_in
def asset(request: PersonRequest, uid: str) -> HttpResponseBase:
    row = editor.row_to_show(request.user, uid)
    return show_file(request, asset_file(row.data_row.asset_path), media_type=row.data_row.mime_type)


@in_every_organization
@require_safe
@signed_in
def thumbnail(request: PersonRequest, uid: str) -> HttpResponseBase:
    row = editor.row_with_asset(request.user, uid)
    return show_file(request, asset_file(row.data_row.asset_path, is_thumbnail=True), media_type="image/jpeg")
