"""Empty every table after a test with real transactions, over the owner's connection."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.apps import apps
from django.db import connections

KEPT = {"django_content_type", "auth_permission", "django_migrations"}
APPEND_ONLY = (
    "workforce_auditevent",
    "workforce_auditseal",
    "quality_issuecomment",
    "quality_issuecommentversion",
    "quality_issuemention",
    "quality_issueevent",
    "quality_questionatsubmit",
)


def flush_over_owner() -> None:
    tables = sorted({model._meta.db_table for model in apps.get_models(include_auto_created=True)} - KEPT)
    with owners_connection() as connection, connection.cursor() as cursor:
        for table in APPEND_ONLY:
            cursor.execute(f'ALTER TABLE "{table}" DISABLE TRIGGER USER')
        names = ", ".join(f'"{table}"' for table in tables)
        cursor.execute(f"TRUNCATE {names} RESTART IDENTITY CASCADE")
        for table in APPEND_ONLY:
            cursor.execute(f'ALTER TABLE "{table}" ENABLE TRIGGER USER')


@contextmanager
def owners_connection() -> Iterator[Any]:
    """Committed at the end. From the connection class, because pytest-django closes the owner's alias to tests."""
    owner = connections["owner"]
    connection = owner.Database.connect(**{k: v for k, v in owner.get_connection_params().items() if k in WANTED})
    try:
        yield connection
        connection.commit()
    finally:
        connection.close()


WANTED = {"dbname", "user", "password", "host", "port"}
