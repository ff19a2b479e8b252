"""Data rows: one picture (or other asset) with its keys and metadata."""

from django.conf import settings
from django.db import models

from workforce.models import ClockTimestamp, Identified, Organization


class Dataset(Identified):
    organization = models.ForeignKey(Organization, models.CASCADE, related_name="labeling_datasets")
    name = models.CharField(max_length=150)
    description = models.TextField(blank=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    created_at = models.DateTimeField(db_default=ClockTimestamp(), editable=False)

    access_root = "organization"

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organization", "name"], name="dataset_name_once")]

    def __str__(self) -> str:
        return self.name


class DataRow(Identified):
    dataset = models.ForeignKey(Dataset, models.PROTECT, related_name="data_rows")
    # Repeats the dataset's, so that the database can hold global keys unique in the organization.
    organization = models.ForeignKey(Organization, models.CASCADE, related_name="+")
    external_id = models.CharField(max_length=300)
    global_key = models.CharField(max_length=300, null=True, blank=True)
    media_type = models.CharField(max_length=10, default="image")
    # Path below the data directory's assets; empty for rows that came without a picture.
    asset_path = models.CharField(max_length=200, blank=True)
    mime_type = models.CharField(max_length=60, blank=True)
    byte_count = models.PositiveBigIntegerField(null=True)
    checksum = models.CharField(max_length=64, blank=True)
    width = models.PositiveIntegerField(null=True)
    height = models.PositiveIntegerField(null=True)
    metadata = models.JSONField(default=dict)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    created_at = models.DateTimeField(db_default=ClockTimestamp(), editable=False)

    access_root = "organization"

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["dataset", "external_id"], name="external_id_once_per_dataset"),
            models.UniqueConstraint(fields=["organization", "global_key"], name="global_key_once_per_organization"),
        ]

    def __str__(self) -> str:
        return self.external_id

    @property
    def size(self) -> tuple[int, int] | None:
        """Width and height in pixels, if the picture is here."""
        return (self.width, self.height) if self.width and self.height else None
