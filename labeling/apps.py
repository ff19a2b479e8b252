from django.apps import AppConfig


class LabelingConfig(AppConfig):
    """The work."""

    name = "labeling"

    def ready(self) -> None:
        from labeling import reactions

        reactions.connect()
