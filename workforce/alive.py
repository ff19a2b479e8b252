"""Parts of the line that answer no HTTP say that they live by a key in Valkey that runs out by itself."""

from django.core.cache import cache
from redis.exceptions import RedisError

ALIVE_SECONDS = 20


def note_alive(part: str) -> None:
    """Called by each part every few seconds; a broker that is away is no reason to stop."""
    try:
        cache.set(f"alive:{part}", "1", ALIVE_SECONDS)
    except (RedisError, OSError):
        return


def parts_alive(parts: tuple[str, ...]) -> set[str] | None:
    """Those of ``parts`` that were seen within ``ALIVE_SECONDS``; none when Valkey is away."""
    try:
        found = cache.get_many([f"alive:{part}" for part in parts])
    except (RedisError, OSError):
        return None
    return {key.removeprefix("alive:") for key in found}
