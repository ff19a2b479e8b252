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


@register(Tags.security, deploy=True)
def sealing_keys(app_configs: object, **kwargs: object) -> list[CheckMessage]:
    """A key of their own: SECRET_KEY signs cookies, is changed for other reasons and lies in more places."""
    if settings.SEALING_KEYS:
        return []
    return [
        Warning(
            "SEALING_KEYS is not set: secrets at rest are sealed under a key made from SECRET_KEY.",
            hint="Set SEALING_KEYS to first:<openssl rand -base64 32>, restart, run manage.py reseal_secrets.",
            id="crewline.W002",
        ),
    ]
