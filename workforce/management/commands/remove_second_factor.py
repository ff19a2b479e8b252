"""For someone whose app and recovery codes are gone: remove their second factor, so that they can set up a new one."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from workforce import people, second_factor
from workforce.errors import NotFound


class Command(BaseCommand):
    help = "Remove the second factor of a person who lost it. Make sure first that it is they who ask."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("email")

    def handle(self, *args: Any, email: str, **options: Any) -> None:
        try:
            second_factor.remove_lost(people.person_with_email(email))
        except NotFound as refusal:
            raise CommandError(f"Nobody is registered with {email}.") from refusal
        self.stdout.write(f"{email} has no second factor now. Where one is required, they set up a new one.")
