"""Deployment checks that Django's own do not know."""

from django.conf import settings
from django.core.checks import CheckMessage, Tags, Warning, register


@register(Tags.security, deploy=True)
def two_database_roles(app_configs: object, **kwargs: object) -> list[CheckMessage]:
    """With one database role the application could change its own audit rows."""
    if "owner" in settings.DATABASES:
        return []
    return [
        Warning(
            "DATABASE_OWNER_URL is not set: one database role both owns the tables and runs the application.",
            hint="Make a second role, give its URL as DATABASE_URL, and the owner's as DATABASE_OWNER_URL for "
            "migrations and this check.",
            id="crewline.W001",
        ),
    ]
