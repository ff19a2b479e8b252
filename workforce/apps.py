from django.apps import AppConfig


class WorkforceConfig(AppConfig):
    """Who may do what."""

    name = "workforce"

    def ready(self) -> None:
        from workforce import reactions

        reactions.connect()
