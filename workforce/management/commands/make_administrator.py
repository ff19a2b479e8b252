"""Make an organization and its first administrator; the password is read from the terminal or standard input."""

import getpass
import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from workforce import organizations, people
from workforce.errors import Refusal


class Command(BaseCommand):
    help = "Make an organization and its first administrator."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("organization")
        parser.add_argument("email")
        parser.add_argument("name")

    def handle(self, *args: Any, organization: str, email: str, name: str, **options: Any) -> None:
        asks = sys.stdin.isatty()
        password = getpass.getpass("Password: ") if asks else sys.stdin.readline().rstrip("\n")
        try:
            person = people.register_person(email=email, name=name, password=password)
            organizations.found_organization(organization, person)
        except Refusal as refusal:
            raise CommandError(refusal.message) from refusal
        self.stdout.write(f"{name} is the administrator of {organization}. Sign in at /login/ with {email}.")
