"""Files that an import reads: pictures below the one folder an operator allows, and the job's own copy of its source.

Links are never followed, nothing outside ``settings.IMPORT_ROOT`` is opened, and only plain files are read. The source
of a job is copied once (a folder becomes a list of its pictures), so that a restart reads what the first run read."""

import json
import os
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from django.conf import settings

from labeling.formats.file_names import file_name_problem
from workforce.errors import InvalidInput, TooLarge

PICTURE_ENDINGS = frozenset({".jpg", ".jpeg", ".png", ".webp"})
MOST_SOURCE_BYTES = 2 * 1024**3
CHUNK = 1024 * 1024


def import_root() -> Path:
    """The folder from which an operator allows imports by path."""
    if not settings.IMPORT_ROOT:
        raise InvalidInput("import_root_not_set", "This server allows no imports by path: IMPORT_ROOT is not set.")
    return Path(settings.IMPORT_ROOT).resolve()


def place_below_root(name: str) -> Path:
    """The path of ``name`` below the import root; "" is the root itself. Whether something is there is not asked.

    Raises ``outside_import_root`` for what leads out, ``link_not_followed`` for what goes over a link."""
    root = import_root()
    if not name:
        return root
    problem = file_name_problem(name)
    if problem is not None:
        code = "outside_import_root" if problem[0] in ("absolute_file_name", "unsafe_file_name") else problem[0]
        raise InvalidInput(code, f"{problem[1]} Paths are relative to the import root.")
    plain = Path(os.path.normpath(root / name))
    try:
        real = plain.resolve()
    except (OSError, RuntimeError) as error:
        raise InvalidInput("link_not_followed", "The path goes over a link that leads nowhere.") from error
    if not real.is_relative_to(root):
        raise InvalidInput("outside_import_root", "The path leads out of the import root.")
    if real != plain:
        raise InvalidInput("link_not_followed", "The path goes over a link; links are not followed.")
    return plain


def open_below_root(name: str) -> IO[bytes]:
    """A plain file below the import root, open for reading. Raises ``file_missing`` when there is none."""
    path = place_below_root(name)
    try:
        # Without O_NONBLOCK a named pipe would hold the worker for ever.
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        message = "There is no such file below the import root, or it cannot be read."
        raise InvalidInput("file_missing", message) from error
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise InvalidInput("file_missing", "That is no plain file.")
    return os.fdopen(handle, "rb")


def refuse_missing_folder(name: str) -> None:
    if not place_below_root(name).is_dir():
        raise InvalidInput("folder_missing", "There is no such folder below the import root.")


def pictures_below(folder: str) -> Iterator[str]:
    """The pictures of a folder and its folders, by ending, as paths relative to it, in order of their names."""
    top = place_below_root(folder)
    for place, folders, files in os.walk(top, followlinks=False):
        folders.sort()
        for name in sorted(files):
            if Path(name).suffix.lower() in PICTURE_ENDINGS and not name.startswith("."):
                yield (Path(place) / name).relative_to(top).as_posix()


# --- The job's own copy -----------------------------------------------------------------------------------------
def source_of(job_uid: object) -> Path:
    return Path(settings.MEDIA_ROOT) / "imports" / str(job_uid) / "source"


def keep_source(job_uid: object, content: IO[bytes]) -> None:
    """Copy ``content`` to the job's folder, whole or not at all. The first copy stays."""
    final = source_of(job_uid)
    final.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=final.parent)
    try:
        with os.fdopen(handle, "wb") as target:
            _copy(content, target)
            os.fsync(target.fileno())
        if not final.exists():
            os.link(name, final)
    except FileExistsError:
        pass
    finally:
        Path(name).unlink(missing_ok=True)


def keep_folder_list(job_uid: object, folder: str) -> None:
    """The names of a folder's pictures as the job's source, one JSON text a line."""
    with tempfile.TemporaryFile() as names:
        for name in pictures_below(folder):
            names.write(json.dumps(name).encode() + b"\n")
        names.seek(0)
        keep_source(job_uid, names)


def _copy(content: IO[bytes], target: IO[bytes]) -> None:
    total = 0
    while piece := content.read(CHUNK):
        total += len(piece)
        if total > MOST_SOURCE_BYTES:
            raise TooLarge("file_too_large", f"An import file has at most {MOST_SOURCE_BYTES // 1024**3} GB.")
        target.write(piece)


def bounded_lines(content: IO[bytes], limit: int) -> Iterator[bytes]:
    """The lines of a file; one longer than ``limit`` is cut just above it, so that its reader refuses it."""
    while line := content.readline(limit + 2):
        yield line
        while len(line) == limit + 2 and not line.endswith(b"\n"):
            line = content.readline(limit + 2)


def count_lines(path: Path) -> int:
    """Lines that hold something."""
    with path.open("rb") as content:
        return sum(bool(line.strip()) for line in bounded_lines(content, CHUNK))
