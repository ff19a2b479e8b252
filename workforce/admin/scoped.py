"""The base of every model's admin: rows and rights come from ``access``, addresses carry the uid.

A class names the permission to look and, where it may be done here at all, to add and to change. Writes call a rule;
Django's own write is never reached. What belongs to another tenant is a plain 404."""

from typing import Any, ClassVar

from django.contrib import messages
from django.contrib.admin.views.main import ChangeList
from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from unfold.admin import ModelAdmin

from workforce import access
from workforce.errors import Refusal
from workforce.roles import Permission


class UidChangeList(ChangeList):
    def url_for_result(self, result: Model) -> str:
        options = result._meta
        return reverse(f"admin:{options.app_label}_{options.model_name}_change", args=[result.uid])  # type: ignore[attr-defined]


class ScopedModelAdmin(ModelAdmin):
    view_with: ClassVar[Permission]
    change_with: ClassVar[Permission | None] = None
    add_with: ClassVar[Permission | None] = None
    show_full_result_count = False
    list_per_page = 50
    actions = None

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return access.visible_to(request.user, super().get_queryset(request), self.view_with)

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        try:
            return access.access(request.user, super().get_queryset(request), object_id, self.view_with)
        except Refusal:
            return None

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> Any:
        return UidChangeList

    def _get_obj_does_not_exist_redirect(self, request: HttpRequest, opts: Any, object_id: str) -> HttpResponse:
        raise Http404

    def _may(self, request: HttpRequest, permission: Permission | None, thing: Any) -> bool:
        if permission is None:
            return False
        if thing is not None:
            return bool(access.can(request.user, permission, thing))
        return access.holds_somewhere(request.user, permission)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self._may(request, self.view_with, None)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._may(request, self.view_with, obj)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._may(request, self.change_with, obj)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._may(request, self.add_with, None)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def write(self, request: HttpRequest, thing: Any, form: Any, *, is_change: bool) -> Any:
        """Call the rule that makes or changes ``thing`` from ``form.cleaned_data``."""
        raise NotImplementedError(f"{type(self).__name__} allows writes but names no rule")

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        written = self.write(request, obj, form, is_change=change)
        obj.pk, obj.uid = written.pk, written.uid

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        try:
            return super().changeform_view(request, *args, **kwargs)
        except Refusal as refusal:
            if request.method != "POST" or refusal.status in (403, 404):
                raise
            messages.error(request, f"{refusal.message} Nothing was changed.")
            request.method = "GET"
            return super().changeform_view(request, *args, **kwargs)
