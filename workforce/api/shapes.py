"""What endpoints share: strict bodies, allow-listed filters, pages, and the person who asks."""

from collections.abc import Iterable, Mapping
from typing import Any, TypeVar
from uuid import UUID

from django.db.models import Model, QuerySet
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, inline_serializer
from rest_framework import exceptions, serializers
from rest_framework.request import Request
from rest_framework.response import Response

from workforce import access
from workforce.api.inputs import LARGEST_PAGE, PAGE_SIZE, page_by_key
from workforce.errors import InvalidInput, NotFound
from workforce.idempotency import KEPT_DAYS, LONGEST_KEY
from workforce.models import Organization, Person

PAGING = ("cursor", "page_size")
KEY_NAME = "Idempotency-Key"
KEY_WORDS = (
    f"Up to {LONGEST_KEY} printable characters, kept for {KEPT_DAYS} days. The same key with the same body gets the"
    " first answer again, with another body 422 `key_reused`."
)
KEY_HEADER = OpenApiParameter(KEY_NAME, str, OpenApiParameter.HEADER, required=True, description=KEY_WORDS)
# Where a repeat without a key does the act again.
OPTIONAL_KEY_HEADER = OpenApiParameter(KEY_NAME, str, OpenApiParameter.HEADER, description=KEY_WORDS)
PAGING_PARAMETERS = (
    OpenApiParameter("cursor", OpenApiTypes.UUID, description="`next_cursor` of the page before."),
    OpenApiParameter("page_size", int, description=f"1 to {LARGEST_PAGE}; {PAGE_SIZE} when left out."),
)
Row = TypeVar("Row", bound=Model)


class Body(serializers.Serializer[Any]):
    """A request's body. A key that no field has is refused, so that nothing is dropped in silence."""

    def to_internal_value(self, data: Any) -> Any:
        unknown = sorted(set(data) - set(self.fields)) if isinstance(data, Mapping) else []
        if unknown:
            fault = exceptions.ErrorDetail("This key is not known here.", code="unknown_key")
            raise serializers.ValidationError({str(name)[:60]: [fault] for name in unknown})
        return super().to_internal_value(data)


class FaultShape(serializers.Serializer[Any]):
    """One wrong place in what came in."""

    path = serializers.CharField(allow_blank=True, help_text="Such as `rows[3].external_id`; empty: the whole.")
    code = serializers.CharField()
    message = serializers.CharField()


class RefusalShape(serializers.Serializer[Any]):
    """Every error: a code for machines, a sentence for people; some carry more."""

    code = serializers.CharField()
    message = serializers.CharField()
    faults = FaultShape(many=True, required=False, help_text="Each wrong place, at most the first hundred.")
    path = serializers.CharField(required=False, help_text="The wrong place, when it is one.")
    filter = serializers.CharField(required=False, help_text="With `filter_invalid`: the wrong one.")
    unknown = serializers.ListField(
        child=serializers.CharField(), required=False, help_text="Names that are not known here."
    )
    needs = serializers.CharField(required=False, help_text="With 403: the right that is missing.")


def person_of(request: Request) -> Person:
    """Who asks; the permission class has seen to it that somebody does."""
    assert isinstance(request.user, Person)
    return request.user


def organization_named(person: Person, uid: UUID) -> Organization:
    """The organization that a body names, among those of the person; what they may do there the rule asks."""
    found = access.organizations_of(person).filter(uid=uid).first()
    if found is None:
        raise NotFound
    return found


def values_of(body: type[serializers.Serializer[Any]], request: Request, *, partial: bool = False) -> dict[str, Any]:
    """The checked values of a request's body; wrong ones become one 422 that names each path."""
    checked = body(data=request.data, partial=partial)
    checked.is_valid(raise_exception=True)
    found: dict[str, Any] = checked.validated_data
    return found


def filters_of(request: Request, *names: str) -> dict[str, str]:
    """The query parameters, all of which must be among ``names``; each at most once."""
    unknown = sorted(set(request.query_params) - set(names))
    if unknown:
        raise InvalidInput("unknown_filter", f"Filters here: {', '.join(names) or 'none'}.", unknown=unknown)
    for name in names:
        if len(request.query_params.getlist(name)) > 1:
            raise InvalidInput("filter_invalid", f"{name} stands twice.", filter=name)
    found = {name: request.query_params[name] for name in names if name in request.query_params}
    if any("\x00" in value for value in found.values()):
        raise InvalidInput("filter_invalid", "A filter holds a NUL character.")
    return found


def uid_filter(name: str, value: str) -> UUID:
    try:
        return UUID(value)
    except ValueError:
        raise InvalidInput("filter_invalid", f"{name} is a uid.", filter=name) from None


def choice_filter(name: str, value: str, choices: list[str]) -> str:
    if value not in choices:
        raise InvalidInput("filter_invalid", f"{name} is one of {', '.join(choices)}.", filter=name)
    return value


def page_answer(request: Request, queryset: QuerySet[Row], shape: type[serializers.Serializer[Any]]) -> Response:
    """One page, newest first; ``next_cursor`` is null on the last."""
    page = page_by_key(request, queryset)
    return Response({"results": shape(page.rows, many=True).data, "next_cursor": page.next_cursor})


def page_shape(shape: type[serializers.Serializer[Any]]) -> serializers.Serializer[Any]:
    """The schema of ``page_answer``."""
    fields: dict[str, Any] = {"results": shape(many=True), "next_cursor": serializers.CharField(allow_null=True)}
    return inline_serializer(name=f"{shape.__name__}Page", fields=fields)


def query_parameters(*names: str, is_list: bool = False) -> list[OpenApiParameter]:
    """The schema of the filters that ``filters_of`` allows."""
    return [*(OpenApiParameter(name, str) for name in names), *(PAGING_PARAMETERS if is_list else ())]


def choice_parameter(name: str, choices: Iterable[str]) -> OpenApiParameter:
    return OpenApiParameter(name, str, enum=list(choices))
