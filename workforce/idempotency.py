"""Asking twice is harmless: the first answer to a person's key is kept and given again.

The record is written in the transaction of the act. Two requests with one key at the same time are kept apart by an
advisory lock on (person, key), so that the second waits for the first one's answer."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db import connection, transaction

from workforce.errors import InvalidInput
from workforce.models import ClockTimestamp, IdempotencyRecord, Person

KEPT_DAYS = 7
LONGEST_KEY = 100


@dataclass(frozen=True)
class Answer:
    status: int
    body: dict[str, Any]


def first_answer(person: Person, key: str, body: Any) -> Answer | None:
    """The kept answer, or none when the act is still to be done. Call inside the transaction of the act.

    Raises InvalidInput ``key_reused`` when the key came with another body, ``key_invalid`` when it is no key."""
    if not key or len(key) > LONGEST_KEY or not key.isprintable():
        raise InvalidInput("key_invalid", f"Idempotency-Key is needed: up to {LONGEST_KEY} printable characters.")
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, %s))", [key, person.pk])
    record = IdempotencyRecord.objects.filter(person=person, key=key).first()
    if record is None:
        return None
    if record.body_hash != _hash(body):
        raise InvalidInput("key_reused", "This Idempotency-Key was used with another body. Nothing was changed.")
    return Answer(200 if record.status == 201 else record.status, record.answer)


def keep_answer(person: Person, key: str, body: Any, answer: Answer) -> None:
    IdempotencyRecord.objects.create(
        person=person, key=key, body_hash=_hash(body), status=answer.status, answer=answer.body
    )


@transaction.atomic
def once(person: Person, key: str, body: Any, act: Callable[[], dict[str, Any]]) -> Answer:
    """Do ``act`` and keep what it answers; asked again with the same key and body, give that answer and do nothing."""
    earlier = first_answer(person, key, body)
    if earlier is not None:
        return earlier
    answer = Answer(201, act())
    keep_answer(person, key, body, answer)
    return answer


def forget_old_answers() -> int:
    old = IdempotencyRecord.objects.filter(created_at__lt=ClockTimestamp() - timedelta(days=KEPT_DAYS))
    return old.delete()[0]


def _hash(body: Any) -> str:
    text = json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=str)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
