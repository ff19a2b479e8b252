"""Tasks of this floor."""

from celery import shared_task

from labeling import imports, lease_sweep
from workforce.outbox import run_long_job


@shared_task
def sweep_expired_leases() -> None:
    lease_sweep.sweep_expired_leases()


@shared_task
def run_import(event_id: int) -> None:
    run_long_job(event_id, imports.run_import)
