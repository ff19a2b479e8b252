"""Pages of a list by key: no page numbers, no total, the same cost on the last page as on the first."""

from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from django.core.exceptions import ValidationError
from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest

Row = TypeVar("Row", bound=Model)
PAGE_SIZE = 50


@dataclass(frozen=True)
class Page(Generic[Row]):
    """Some rows and the links to both sides; an empty link means that there is nothing."""

    rows: list[Row]
    back: str = ""
    on: str = ""


def page_of(
    request: HttpRequest, queryset: QuerySet[Row], *, order: tuple[str, ...] = ("-pk",), size: int = PAGE_SIZE
) -> Page[Row]:
    """The page that ``?after=<uid>`` or ``?before=<uid>`` names; the last field of ``order`` is unique.

    The cursor is looked up in the list itself, so a uid of another list or tenant is none of this one."""
    before = request.GET.get("before", "")
    is_backwards = bool(before)
    anchor = _anchor(queryset, before or request.GET.get("after", ""), order)
    if anchor is not None:
        queryset = queryset.filter(_beyond(order, anchor, is_backwards=is_backwards))
    rows = list(queryset.order_by(*(_turned(field) if is_backwards else field for field in order))[: size + 1])
    has_more, rows = len(rows) > size, rows[:size]
    if is_backwards:
        rows.reverse()
    if not rows:
        return Page(rows, back=link_with(request, after="", before="") if anchor is not None else "")
    has_back = has_more if is_backwards else anchor is not None
    has_on = anchor is not None if is_backwards else has_more
    return Page(
        rows,
        back=link_with(request, before=_uid(rows[0]), after="") if has_back else "",
        on=link_with(request, after=_uid(rows[-1]), before="") if has_on else "",
    )


def link_with(request: HttpRequest, **changes: str) -> str:
    """The page's own address with some values changed; an empty value takes the name out."""
    values = request.GET.copy()
    for name, value in changes.items():
        if value:
            values[name] = value
        else:
            values.pop(name, None)
    return f"{request.path}?{values.urlencode()}" if values else request.path


def _anchor(queryset: QuerySet[Row], uid: str, order: tuple[str, ...]) -> tuple[Any, ...] | None:
    if not uid:
        return None
    names = [field.lstrip("-") for field in order]
    try:
        return queryset.order_by().filter(uid=uid).values_list(*names).first()
    except (ValidationError, ValueError):
        return None


def _beyond(order: tuple[str, ...], anchor: tuple[Any, ...], *, is_backwards: bool) -> Q:
    condition, same = Q(), Q()
    for field, value in zip(order, anchor, strict=True):
        name, is_falling = field.lstrip("-"), field.startswith("-") != is_backwards
        condition |= same & Q(**{f"{name}__{'lt' if is_falling else 'gt'}": value})
        same &= Q(**{name: value})
    return condition


def _turned(field: str) -> str:
    return field[1:] if field.startswith("-") else f"-{field}"


def _uid(row: Model) -> str:
    return str(row.uid)  # type: ignore[attr-defined]  # every listed model is Identified
