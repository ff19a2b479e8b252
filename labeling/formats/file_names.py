"""Names of files as other people's files give them: relative, inside their folder, printable."""

import re

from labeling.annotations.texts import text_problem

_MAX_LENGTH = 1_000
_DRIVE = re.compile(r"[A-Za-z]:")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


def file_name_problem(name: str) -> tuple[str, str] | None:
    """The code and sentence for a name that could lead out of its folder or cannot be kept; None for a good one.

    Both slashes count as separators, since the file may have been written on another system.
    """
    problem = text_problem(name)
    if problem is not None:
        return problem
    if not name.strip():
        return "empty_file_name", "A file name is needed."
    if len(name) > _MAX_LENGTH:
        return "limit_exceeded", f"A file name has at most {_MAX_LENGTH} characters (limit max_file_name)."
    if _CONTROL.search(name):
        return "unsafe_file_name", "The file name holds control characters."
    return _place_problem(name)


def _place_problem(name: str) -> tuple[str, str] | None:
    parts = name.replace("\\", "/").split("/")
    if parts[0] == "" or _DRIVE.match(name):
        return "absolute_file_name", "The file name is absolute; it must be relative to its folder."
    if ".." in (part.strip() for part in parts):
        return "unsafe_file_name", "The file name leads out of its folder."
    return None
