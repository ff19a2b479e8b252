"""Rotate the keyring: seal every secret at rest with the newest key, so that older keys can be taken away."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from workforce import resealing


class Command(BaseCommand):
    help = "Seal every secret at rest with the newest key of SEALING_KEYS. Safe to run twice and while people work."

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.SEALING_KEYS:
            raise CommandError("SEALING_KEYS is not set: there is no key to seal with.")
        left = 0
        for name, result in resealing.reseal_all().items():
            self.stdout.write(f"{name}: {result.done} sealed anew, {result.left} left")
            if result.unreadable:
                self.stdout.write(f"  no key opens the values of the rows {', '.join(result.unreadable)}")
            left += result.left
        if left:
            raise CommandError(f"{left} values are not under the newest key. Keep the older keys, and see above.")
        self.stdout.write("Everything is under the newest key. Older keys can be taken out of SEALING_KEYS.")
