from django.apps import AppConfig


class QualityConfig(AppConfig):
    """How good the work is."""

    name = "quality"

    def ready(self) -> None:
        from quality import reactions, template_parts

        reactions.connect()
        template_parts.connect()
