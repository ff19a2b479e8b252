"""``migrate`` that uses the owner's connection where there is one, and afterwards gives the application's role what
it needs: read and write everywhere, only INSERT and SELECT where rows are only ever added."""

from typing import Any

from django.conf import settings
from django.core.management.base import CommandParser
from django.core.management.commands.migrate import Command as DjangoMigrate
from django.db import connections

from quality.models import IssueCommentVersion, IssueEvent, IssueMention, QuestionAtSubmit
from workforce.models import AuditEvent, AuditSeal

ONLY_ADDED = (AuditEvent, AuditSeal, IssueCommentVersion, IssueEvent, IssueMention, QuestionAtSubmit)


class Command(DjangoMigrate):
    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        if "owner" in settings.DATABASES:
            parser.set_defaults(database="owner")

    def handle(self, *args: Any, **options: Any) -> None:
        super().handle(*args, **options)
        if options["database"] == "owner" and not options.get("plan") and not options.get("check_unapplied"):
            grant_to_application(settings.DATABASES["default"]["USER"])


def grant_to_application(role: str) -> None:
    with connections["owner"].cursor() as cursor:
        cursor.execute("SELECT current_user")
        if cursor.fetchone()[0] == role:
            return
        quoted = connections["owner"].ops.quote_name(role)
        cursor.execute(f"GRANT USAGE ON SCHEMA public TO {quoted}")
        cursor.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {quoted}")
        cursor.execute(f"GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {quoted}")
        # A database that is migrated in part, or back, has not all of them.
        present = set(connections["owner"].introspection.table_names(cursor))
        for model in [model for model in ONLY_ADDED if model._meta.db_table in present]:
            table = connections["owner"].ops.quote_name(model._meta.db_table)
            cursor.execute(f"REVOKE UPDATE, DELETE, TRUNCATE ON {table} FROM {quoted}")
