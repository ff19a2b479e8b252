"""Which keys may be asked for: plain names below the integration's prefix, and nothing else. Refused before anybody
is asked, so a storage or a proxy that reads names more freely than we do never sees one of the others."""

import fnmatch
import re

from workforce.errors import InvalidInput

LONGEST = 1024
# In the session policy a prefix stands among wildcards and variables, so it must not hold any itself.
LONGEST_PREFIX = 400
_CONTROL = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")
_ENCODED = re.compile(r"%(2e|2f|5c|00|25)", re.IGNORECASE)


def checked_key(key: str, prefix: str) -> str:
    """The key itself, or ``InvalidInput("bad_key")`` that says why not."""
    fault = _fault(key, LONGEST)
    if not fault and not (key.startswith(prefix) and key != prefix):
        fault = "it lies outside the prefix of this storage"
    if fault:
        raise InvalidInput("bad_key", f"This is no key of this storage: {fault}.")
    return key


def checked_prefix(prefix: str) -> str:
    """Empty, or a folder: it ends with a slash, so that ``data/`` does not open ``data-of-others/``."""
    fault = "" if not prefix else _fault(prefix.removesuffix("/"), LONGEST_PREFIX)
    if prefix and not prefix.endswith("/"):
        fault = "it does not end with a slash"
    if "$" in prefix or '"' in prefix:
        fault = "it holds a dollar sign or a quotation mark"
    if fault:
        raise InvalidInput("bad_prefix", f"This prefix cannot be used: {fault}.")
    return prefix


def checked_marker(marker: str, prefix: str) -> str:
    """Where a list goes on: the last key that was seen, which need not be one that may be asked for."""
    if not marker.startswith(prefix) or _CONTROL.search(marker):
        raise InvalidInput("bad_marker", "A list cannot go on from there.")
    return marker


def is_usable(key: str, prefix: str) -> bool:
    return not _fault(key, LONGEST) and key.startswith(prefix) and key != prefix


def matches(key: str, prefix: str, pattern: str) -> bool:
    """``pattern`` is a shell pattern of what follows the prefix; ``*`` also crosses slashes."""
    return fnmatch.fnmatchcase(key[len(prefix) :], pattern)


def _fault(key: str, longest: int) -> str:
    if not key or _CONTROL.search(key):
        return "it is empty or holds a control character"
    faults = {
        f"it is longer than {longest} bytes": len(key.encode()) > longest,
        "it holds a wildcard or a backslash": any(sign in key for sign in "*?\\"),
        "it holds an encoded dot, slash or percent sign": _ENCODED.search(key),
        "it begins or ends with a slash, or has an empty or dotted part": {"", ".", ".."} & {*key.split("/")},
    }
    return next((fault for fault, is_so in faults.items() if is_so), "")
