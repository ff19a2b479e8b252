"""The relay stands alone, and a second one waits for its lock."""

import psycopg
import pytest
from django.db import connection

from workforce import relay

pytestmark = pytest.mark.django_db(transaction=True)


def ear() -> "psycopg.Connection[tuple[bool]]":
    parameters = connection.get_connection_params()
    wanted = {key: parameters[key] for key in ("dbname", "user", "host", "port") if parameters.get(key)}
    return psycopg.connect(**wanted, autocommit=True)


def test_the_second_relay_waits_and_takes_over_when_the_first_is_gone() -> None:
    first, second = ear(), ear()
    try:
        assert relay.take_the_lock(first)
        assert not relay.take_the_lock(second)
        # A database error in the first one's work closes pooled connections; its lock is not among them.
        connection.close()
        assert not relay.take_the_lock(second)
        first.close()
        assert relay.take_the_lock(second)
    finally:
        first.close()
        second.close()
