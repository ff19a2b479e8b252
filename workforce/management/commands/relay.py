"""Run the relay until told to stop. A second one waits for the first one's lock."""

import select
import time
from typing import Any

import psycopg
from django.core.management.base import BaseCommand
from django.db import DatabaseError, InterfaceError, connection

from workforce import relay
from workforce.alive import note_alive

LOOK_EVERY_SECONDS = 0.2
WAIT_FOR_LOCK_SECONDS = 1.0


class Command(BaseCommand):
    help = "Number events, hand jobs to the workers, nudge live pages, seal the audit log."

    def handle(self, *args: Any, **options: Any) -> None:
        while True:
            try:
                self.run_while_locked()
            except (DatabaseError, InterfaceError, psycopg.Error) as error:
                self.stderr.write(f"The database is away, trying again: {error}")
                connection.close()
                time.sleep(WAIT_FOR_LOCK_SECONDS)

    def run_while_locked(self) -> None:
        with self.listening_connection() as ear:
            while not relay.take_the_lock(ear):
                time.sleep(WAIT_FOR_LOCK_SECONDS)
            while True:
                note_alive("relay")
                if relay.relay_once() == 0:
                    self.wait_for_news(ear)

    def listening_connection(self) -> "psycopg.Connection[Any]":
        """A connection outside the pool: a pooled one could be given back while it listens."""
        parameters = connection.get_connection_params()
        wanted = {key: parameters[key] for key in ("dbname", "user", "password", "host", "port") if parameters.get(key)}
        ear = psycopg.connect(**wanted, autocommit=True)
        ear.execute(f"LISTEN {relay.NOTIFY_CHANNEL}")
        return ear

    def wait_for_news(self, ear: "psycopg.Connection[Any]") -> None:
        select.select([ear.fileno()], [], [], LOOK_EVERY_SECONDS)
        for _ in ear.notifies(timeout=0):
            continue
