from django.apps import AppConfig
from django.contrib.admin.apps import AdminConfig


class ConfigConfig(AppConfig):
    """The wiring as an app, so that its commands and checks are found."""

    name = "config"

    def ready(self) -> None:
        # The checks register themselves; the Celery app becomes the one that the relay and the rules' tasks use.
        from config import celery, checks  # noqa: F401


class CrewlineAdminConfig(AdminConfig):
    default_site = "workforce.admin.site.CrewlineAdminSite"
