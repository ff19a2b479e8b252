"""The Celery app. Two queues: *live* (scores, notices) and *bulk* (imports, exports, recomputes)."""

import os
from typing import Any

from celery import Celery, signals
from celery.beat import PersistentScheduler

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
app = Celery("crewline")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@signals.heartbeat_sent.connect
def note_worker(sender: Any, **kwargs: Any) -> None:
    from workforce.alive import note_alive

    note_alive(str(sender.eventer.hostname).split("@", maxsplit=1)[0])


class NotingScheduler(PersistentScheduler):
    """The plain scheduler, which also says after each tick that it is alive."""

    max_interval = 5

    def tick(self, *args: Any, **kwargs: Any) -> float:
        from workforce.alive import note_alive

        pause: float = super().tick(*args, **kwargs)
        note_alive("scheduler")
        return min(pause, self.max_interval)
