from django.apps import AppConfig


class QualityConfig(AppConfig):
    """How good the work is."""

    name = "quality"

    def ready(self) -> None:
        from quality import reactions  # noqa: PLC0415 (models are loaded by now)

        reactions.connect()
