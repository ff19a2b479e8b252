"""Failed tries at long secrets, counted in Valkey for a quarter of an hour, so that nobody guesses on and on.

Passwords and codes are short enough to be guessed: theirs are counted in the database, see ``sign_in_limits``."""

from django.core.cache import cache
from redis.exceptions import RedisError

from workforce.errors import TooMany

MOST_TRIES = 20
SECONDS = 900


def refuse_too_many(what: str, who: object) -> None:
    """Raises ``too_many_tries`` when ``who`` (an address, a thing) has failed too often at ``what``."""
    try:
        failed = cache.get(_key(what, who), 0)
    except (RedisError, OSError):
        return
    if failed >= MOST_TRIES:
        message = f"Too many tries. Wait {SECONDS // 60} minutes, then try again."
        raise TooMany("too_many_tries", message, retry_after=SECONDS)


def note_failure(what: str, who: object) -> None:
    try:
        cache.add(_key(what, who), 0, SECONDS)
        cache.incr(_key(what, who))
    except (ValueError, RedisError, OSError):
        # Run out between the two calls, or Valkey is away: what is tried here is no short secret.
        return


def _key(what: str, who: object) -> str:
    return f"tries:{what.replace(' ', '-')}:{who}"
