"""Check every organization's audit chain. Exit code 1 when a row was changed, removed or never sealed."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from workforce import audit
from workforce.models import Organization


class Command(BaseCommand):
    help = "Recompute the audit chain of each organization and name the first bad row."

    def handle(self, *args: Any, **options: Any) -> None:
        faults = [fault for organization in Organization.objects.order_by("pk") for fault in audit.verify(organization)]
        for fault in faults:
            self.stdout.write(f"{fault.organization}: number {fault.seq}, event {fault.event_uid}: {fault.what}")
        if faults:
            raise CommandError(f"{len(faults)} faults in the audit log.")
        self.stdout.write("The audit log is whole.")
