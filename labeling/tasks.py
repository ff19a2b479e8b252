"""Tasks of this floor."""

from celery import shared_task

from labeling import queue


@shared_task
def sweep_expired_leases() -> None:
    queue.sweep_expired_leases()
