"""Rotation of the keyring: brings every sealed value under the newest key, while others read and write.

Each value is replaced only if it is still the one that was read, so nothing written meanwhile is lost; what was
changed in between is looked at again. It takes no lock and may run twice, or in two places at once."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, cast

from django.db.models import BinaryField, F, Func, Model, QuerySet, Value

from workforce import sealed

CHUNK = 500
# Others that still seal with an old key could go on for ever; then the command says how many are left.
ROUNDS = 5


@dataclass(frozen=True)
class SealedColumn:
    model: type[Model]
    field: str
    place: Callable[[Any], str]
    related: tuple[str, ...]

    @property
    def name(self) -> str:
        return f"{self.model._meta.db_table}.{self.field}"


@dataclass
class Resealed:
    done: int = 0
    # What is still sealed with another key: unreadable, or written meanwhile by a process that has the old keyring.
    left: int = 0
    unreadable: list[str] = field(default_factory=list)


COLUMNS: dict[str, SealedColumn] = {}


def register(model: type[Model], column: str, place: Callable[[Any], str], *, related: tuple[str, ...] = ()) -> None:
    """Called from ``ready()`` for each column that holds sealed values; ``place`` says what a row's is bound to."""
    one = SealedColumn(model, column, place, related)
    COLUMNS[one.name] = one


def reseal_all(*, chunk: int = CHUNK) -> dict[str, Resealed]:
    return {name: _reseal_column(column, chunk) for name, column in COLUMNS.items()}


def waiting_rows(column: SealedColumn) -> QuerySet[Any]:
    """Rows whose value is not under the newest key."""
    head = sealed.newest_head()
    begins: Any = Func(F(column.field), Value(1), Value(len(head)), function="substr", output_field=BinaryField())
    rows: QuerySet[Any] = column.model._default_manager.exclude(**{f"{column.field}__isnull": True})
    return cast("QuerySet[Any]", rows.annotate(begins_with=begins).exclude(begins_with=head))


def _reseal_column(column: SealedColumn, chunk: int) -> Resealed:
    result = Resealed()
    if not sealed.newest_head():
        return result
    unreadable: set[Any] = set()
    for _ in range(ROUNDS):
        last, raced = None, False
        while rows := _next_rows(column, last, chunk):
            for row in rows:
                raced = not _reseal_row(column, row, result, unreadable) or raced
            last = rows[-1].pk
        if not raced:
            break
    result.left = waiting_rows(column).count()
    result.unreadable = sorted(str(pk) for pk in unreadable)
    return result


def _next_rows(column: SealedColumn, last: Any, chunk: int) -> list[Any]:
    rows = waiting_rows(column).select_related(*column.related).order_by("pk")
    return list((rows if last is None else rows.filter(pk__gt=last))[:chunk])


def _reseal_row(column: SealedColumn, row: Any, result: Resealed, unreadable: set[Any]) -> bool:
    """False when somebody changed the value between reading and writing."""
    found, place = bytes(getattr(row, column.field)), column.place(row)
    if row.pk in unreadable:
        return True
    try:
        fresh = sealed.seal(sealed.open_sealed(found, place), place)
    except sealed.CannotOpen:
        unreadable.add(row.pk)
        return True
    same = column.model._default_manager.filter(pk=row.pk, **{column.field: found})
    changed = same.update(**{column.field: fresh})
    result.done += changed
    return bool(changed)
