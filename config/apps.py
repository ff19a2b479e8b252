from django.apps import AppConfig
from django.contrib.admin.apps import AdminConfig


class ConfigConfig(AppConfig):
    """The wiring as an app, so that its commands and checks are found."""

    name = "config"

    def ready(self) -> None:
        from config import checks  # noqa: F401  (registers the deployment checks)


class CrewlineAdminConfig(AdminConfig):
    default_site = "workforce.admin.site.CrewlineAdminSite"
