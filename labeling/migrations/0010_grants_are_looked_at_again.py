"""A grant has a public name, and says who looked at it again and when."""

import uuid

import django.db.models.deletion
from django.conf import settings
from django.contrib.postgres.functions import RandomUUID
from django.db import migrations, models

TABLES = ("projectpersongrant", "projectteamgrant")


def fields_of(table: str) -> list[migrations.operations.base.Operation]:
    kept_by = models.ForeignKey(
        null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
    )
    return [
        # The database names the rows that are there, each by its own.
        migrations.AddField(table, "uid", models.UUIDField(db_default=RandomUUID(), editable=False, unique=True)),
        migrations.AlterField(table, "uid", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
        migrations.AddField(table, "kept_by", kept_by),
        migrations.AddField(table, "kept_at", models.DateTimeField(null=True)),
    ]


class Migration(migrations.Migration):
    dependencies = [
        ("labeling", "0009_pauses_and_day_limits"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [operation for table in TABLES for operation in fields_of(table)]
