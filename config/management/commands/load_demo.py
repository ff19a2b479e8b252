"""Load the demo into an empty, embedded database, and keep its passwords where only their owner reads them."""

import os
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from config import embedded
from config.demo import loading

FILE = "demo-accounts.txt"


class Command(BaseCommand):
    help = "Load the demo project; refuses a database that is not empty or not embedded."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--if-empty", action="store_true", help="say nothing when there are data already")

    def handle(self, *args: Any, if_empty: bool = False, **options: Any) -> None:
        if embedded.database_url(settings.CREWLINE_HOME) != settings.DATABASE_URL:
            raise CommandError("The demo is loaded only into an embedded database.")
        if not loading.is_empty():
            if if_empty:
                return
            raise CommandError("The database is not empty; the demo is left out.")
        accounts = loading.load_demo()
        path = settings.CREWLINE_HOME / FILE
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as target:
            for email, password, to_try in accounts:
                target.write(f"{email:22} {password}   {to_try}\n")
        self.stdout.write(f"The demo is loaded; its accounts stand in {path}.")
