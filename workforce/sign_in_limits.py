"""How often anyone may try: counted for the account and for the address, in the database, so that a restart forgets
nothing and parallel tries pass exactly as often as one after the other.

A try is taken before the password is looked at and decided after it. While as many are under way as are left, the next
one waits for them: the right password of a colleague at the same address is no wrong try. The account is what was
typed, known or not, so the answer tells nothing about who is registered."""

import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from ipaddress import ip_address, ip_network

from django.contrib.auth.hashers import check_password
from django.db import connection, transaction
from django.db.models import Q

from workforce.errors import RuleViolation, TooMany
from workforce.models import ClockTimestamp, Person, SignInTry

Kind = SignInTry.Kind


@dataclass(frozen=True)
class Limit:
    per_account: int
    per_network: int
    window: timedelta


LIMITS = {
    Kind.PASSWORD: Limit(per_account=10, per_network=20, window=timedelta(minutes=15)),
    Kind.CODE: Limit(per_account=10, per_network=20, window=timedelta(minutes=15)),
    Kind.RESET: Limit(per_account=5, per_network=20, window=timedelta(hours=1)),
}
# A try that nobody decided by then was cut off in the middle; it counts as wrong.
DECIDED_WITHIN = timedelta(seconds=30)
LONGEST_WAIT_SECONDS, STEP_SECONDS = 15.0, 0.1
KEPT_FOR = timedelta(days=1)
TOO_MANY = "Too many tries. Wait {} and try again."


def network_of(address: str | None) -> str:
    """What one household or office counts as: an IPv4 address, or the /64 that an IPv6 line is given."""
    try:
        parsed = ip_address(address or "")
    except ValueError:
        return ""
    mapped = getattr(parsed, "ipv4_mapped", None) or parsed
    return str(mapped) if mapped.version == 4 else str(ip_network(f"{mapped}/64", strict=False))


def take_try(kind: str, account: str, address: str | None) -> SignInTry:
    """One try, to be ended by ``note_wrong`` or ``note_right``. Raises ``TooMany`` (429) when none is left."""
    digest = sha256(f"{kind}:{account.strip().casefold()}".encode(errors="replace")).hexdigest()
    gives_up = time.monotonic() + LONGEST_WAIT_SECONDS
    while time.monotonic() < gives_up:
        taken = _take(Kind(kind), digest, network_of(address))
        if taken is not None:
            return taken
        time.sleep(STEP_SECONDS)
    raise _too_many(timedelta(seconds=1))


def note_wrong(taken: SignInTry) -> None:
    SignInTry.objects.filter(pk=taken.pk).update(is_wrong=True)


def note_right(taken: SignInTry) -> None:
    """Who has the right password starts anew; wrong tries from the same address at other accounts stay counted."""
    SignInTry.objects.filter(kind=taken.kind, account=taken.account).delete()


def prove_password(person: Person, password: str, address: str | None) -> None:
    """Raises unless ``password`` is the person's own; wrong ones count as they do at the sign-in."""
    taken = take_try(Kind.PASSWORD, person.email or "", address)
    # Not the person's own method: it may renew the hash, and with it end the session that asks.
    if not check_password(password, person.password):
        note_wrong(taken)
        raise RuleViolation("wrong_password", "That is not your password.")
    note_right(taken)


def forget_old_tries() -> int:
    return SignInTry.objects.filter(tried_at__lt=ClockTimestamp() - KEPT_FOR).delete()[0]


@transaction.atomic
def _take(kind: Kind, account: str, network: str) -> SignInTry | None:
    """A try, or none while it hangs on those under way."""
    limit = LIMITS[kind]
    now = _lock(f"{kind}:account:{account}", f"{kind}:network:{network}")
    alike = SignInTry.objects.filter(
        Q(account=account) | Q(network=network), kind=kind, tried_at__gt=now - limit.window
    )
    tries = list(alike.order_by("tried_at"))
    of_account = [one for one in tries if one.account == account]
    of_network = [one for one in tries if one.network == network]
    for found, most in ((of_account, limit.per_account), (of_network, limit.per_network)):
        wrong = [one.tried_at for one in found if _counts_as_wrong(one, now)]
        if len(wrong) >= most:
            raise _too_many(wrong[len(wrong) - most] + limit.window - now)
    if len(of_account) >= limit.per_account or len(of_network) >= limit.per_network:
        return None
    return SignInTry.objects.create(kind=kind, account=account, network=network)


def _counts_as_wrong(one: SignInTry, now: datetime) -> bool:
    return bool(one.is_wrong) or (one.is_wrong is None and one.tried_at < now - DECIDED_WITHIN)


def _lock(*keys: str) -> datetime:
    """Until the transaction ends, alone with these keys; always in one order. Returns the database's time."""
    with connection.cursor() as cursor:
        for key in sorted(keys):
            cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [key])
        cursor.execute("SELECT clock_timestamp()")
        now: datetime = cursor.fetchone()[0]
    return now


def _too_many(wait: timedelta) -> TooMany:
    seconds = max(1, int(wait.total_seconds()) + 1)
    minutes = -(-seconds // 60)
    return TooMany(
        "too_many_tries", TOO_MANY.format("a minute" if minutes == 1 else f"{minutes} minutes"), retry_after=seconds
    )
