"""What several endpoints read from a request: a key, a page of a list."""

from dataclasses import dataclass
from typing import Any, TypeVar

from django.core.exceptions import ValidationError
from django.db.models import Model, QuerySet
from rest_framework.request import Request

from workforce.errors import InvalidInput

PAGE_SIZE, LARGEST_PAGE = 50, 500
Row = TypeVar("Row", bound=Model)


@dataclass(frozen=True)
class Page:
    rows: list[Any]
    next_cursor: str | None


def idempotency_key(request: Request) -> str:
    return str(request.headers.get("Idempotency-Key", ""))


def page_by_key(request: Request, queryset: QuerySet[Row], key: str = "uid") -> Page:
    """Newest first, by primary key; the cursor is the uid of the last row seen, so no internal number leaves.

    Raises InvalidInput for a cursor or page size that is none."""
    size_text = request.query_params.get("page_size", str(PAGE_SIZE))
    if not size_text.isdigit() or not 1 <= int(size_text) <= LARGEST_PAGE:
        raise InvalidInput("page_size_invalid", f"page_size is a whole number from 1 to {LARGEST_PAGE}.")
    size = int(size_text)
    cursor = request.query_params.get("cursor")
    if cursor:
        try:
            # Asked of the list itself: a cursor from another list or another tenant is none of this one.
            last = queryset.order_by().filter(**{key: cursor}).values_list("pk", flat=True).first()
        except (ValueError, ValidationError) as error:
            raise InvalidInput("cursor_invalid", "That cursor is none of this list.") from error
        if last is None:
            raise InvalidInput("cursor_invalid", "That cursor is none of this list.")
        queryset = queryset.filter(pk__lt=last)
    rows = list(queryset.order_by("-pk")[: size + 1])
    more = len(rows) > size
    rows = rows[:size]
    return Page(rows, str(getattr(rows[-1], key)) if more else None)
