"""Data rows: added by external id, which is unique in the dataset, so that adding twice adds once."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import IO, Any

from django.db import transaction
from django.db.models import QuerySet

from labeling.assets import Asset, take_picture
from labeling.models import DataRow, Dataset
from workforce import access, audit
from workforce.errors import InvalidInput, RuleViolation
from workforce.models import Person
from workforce.roles import Permission

LONGEST_KEY = 300
METADATA_KEYS = 200


@dataclass(frozen=True)
class NewRow:
    external_id: str
    asset: Asset | None = None
    global_key: str | None = None
    width: int | None = None
    height: int | None = None
    metadata: Mapping[str, Any] = field(default_factory=dict)


@transaction.atomic
def upload_picture(actor: Person, dataset: Dataset, *, external_id: str, source: IO[bytes]) -> DataRow:
    """One picture as one data row. Raises ``external_id_taken`` when the dataset has it already."""
    access.require(actor, Permission.IMPORT_ROWS, dataset)
    refuse_bad_key(external_id)
    if DataRow.objects.filter(dataset=dataset, external_id=external_id).exists():
        raise RuleViolation("external_id_taken", f"This dataset has a row called {external_id} already.")
    add_rows(actor, dataset, [NewRow(external_id, take_picture(source))])
    row = DataRow.objects.get(dataset=dataset, external_id=external_id)
    audit.record(actor, "data_row.added", row, after={"external_id": external_id})
    return row


def add_rows(actor: Person, dataset: Dataset, rows: Iterable[NewRow]) -> int:
    """Add those whose external id is new; returns how many were. The caller has checked rights and keys."""
    made = [
        DataRow(
            dataset=dataset,
            organization_id=dataset.organization_id,
            external_id=row.external_id,
            global_key=row.global_key,
            asset_path=row.asset.path if row.asset else "",
            mime_type=row.asset.mime_type if row.asset else "",
            byte_count=row.asset.byte_count if row.asset else None,
            checksum=row.asset.checksum if row.asset else "",
            width=row.asset.width if row.asset else row.width,
            height=row.asset.height if row.asset else row.height,
            metadata=dict(row.metadata),
            created_by=actor,
        )
        for row in rows
    ]
    known = set(
        DataRow.objects.filter(dataset=dataset, external_id__in=[row.external_id for row in made]).values_list(
            "external_id", flat=True
        )
    )
    new = [row for row in made if row.external_id not in known]
    DataRow.objects.bulk_create(new, ignore_conflicts=True)
    return len(new)


@transaction.atomic
def give_picture(actor: Person, row: DataRow, source: IO[bytes]) -> bool:
    """The picture of a row that came without one; false when it has one already. A picture is never replaced.

    Raises ``size_differs`` when labels were made for another size."""
    access.require(actor, Permission.IMPORT_ROWS, row)
    row = DataRow.objects.select_for_update().get(pk=row.pk)
    if row.asset_path:
        return False
    asset = take_picture(source)
    if row.size and row.size != (asset.width, asset.height):
        message = f"The row is {row.width} × {row.height} pixels, this picture {asset.width} × {asset.height}."
        raise RuleViolation("size_differs", message)
    row.asset_path, row.mime_type, row.byte_count = asset.path, asset.mime_type, asset.byte_count
    row.checksum, row.width, row.height = asset.checksum, asset.width, asset.height
    row.save(update_fields=["asset_path", "mime_type", "byte_count", "checksum", "width", "height"])
    audit.record(actor, "data_row.given_picture", row, after={"external_id": row.external_id})
    return True


def refuse_bad_key(key: str) -> None:
    if not key or len(key) > LONGEST_KEY or not key.isprintable():
        raise InvalidInput("key_invalid", f"An external id has 1 to {LONGEST_KEY} printable characters.")


def rows_named(person: Person, dataset: Dataset, external_ids: list[str] | None = None) -> QuerySet[DataRow]:
    """The rows of a dataset, all or those named. Raises InvalidInput that names what the dataset has not."""
    access.require(person, Permission.VIEW_DATASET, dataset)
    rows = DataRow.objects.filter(dataset=dataset)
    if external_ids is None:
        return rows
    rows = rows.filter(external_id__in=external_ids)
    unknown = sorted(set(external_ids) - set(rows.values_list("external_id", flat=True)))
    if unknown:
        raise InvalidInput("unknown_external_id", "The dataset has no such rows.", unknown=unknown[:100])
    return rows
