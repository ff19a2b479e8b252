from django.apps import AppConfig


class QualityConfig(AppConfig):
    """How good the work is."""

    name = "quality"
