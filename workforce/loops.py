"""Going through many things that have nothing to do with each other."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

log = logging.getLogger("crewline.loops")


@contextmanager
def each_by_itself(what: str) -> Iterator[None]:
    """A fault in one thing is logged and stops none of the others: the scheduler comes back to it. What is done inside
    is a transaction of its own."""
    try:
        yield
    except Exception:
        log.exception("%s could not be looked at", what)
