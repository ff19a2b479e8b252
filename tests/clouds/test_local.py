"""A folder: the same reading as of a bucket, and no way out of it."""

import os
import threading
from pathlib import Path
from typing import Any

import pytest

from tests.clouds.stages import OBJECTS, OWNER, PICTURE, PREFIX, USABLE
from tests.clouds.test_every_kind import BAD_KEYS, PNG, all_pages
from workforce.errors import InvalidInput
from workforce.storage_providers.faults import StorageFault
from workforce.storage_providers.local import LocalProvider, LocalSession, LocalSettings
from workforce.storage_providers.surroundings import Surroundings


@pytest.fixture
def session(tmp_path: Path) -> LocalSession:
    for key, body in OBJECTS.items():
        if not key.endswith("/") and "//" not in key:
            path = tmp_path / "shared/pictures" / key
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(body)
    (tmp_path / "shared/pictures/cars/2026/what?.png").write_bytes(b"never asked for")
    (tmp_path / "outside.png").write_bytes(b"SECRET outside")
    return open_folder(tmp_path / "shared/pictures", tmp_path / "shared")


def open_folder(folder: Path, *allowed: Path, prefix: str = PREFIX) -> LocalSession:
    around = Surroundings(folders=tuple(str(one) for one in allowed))
    return LocalProvider(LocalSettings(str(folder), prefix), around).open_session(OWNER)


def code_of(ask: Any) -> str:
    with pytest.raises(StorageFault) as fault:
        ask()
    return fault.value.code


def test_a_folder_is_listed_and_read_like_a_bucket(session: LocalSession) -> None:
    assert all_pages(session) == all_pages(session, limit=2) == all_pages(session, limit=1) == USABLE
    assert all_pages(session, pattern="*.png") == [key for key in USABLE if key.endswith(".png")]
    assert session.list_keys().unusable == 1
    entry = session.head("cars/2026/a.png")
    assert entry.size == len(PICTURE)
    assert session.read("cars/2026/a.png").whole() == PICTURE
    assert session.read("cars/2026/a.png", start=1000, end=1009, etag=entry.etag).whole() == PICTURE[1000:1010]
    (session.folder / "cars/2026/a.png").write_bytes(b"another")
    assert code_of(lambda: session.read("cars/2026/a.png", etag=entry.etag)) == "changed"
    assert code_of(lambda: session.read("cars/2026/a.png", start=100)) == "range_refused"
    assert code_of(lambda: session.read("cars/2026/none.png")) == "not_found"
    # The bytes go through the site: there is no address to sign.
    assert code_of(lambda: session.sign("cars/2026/a.png", PNG)) == "not_signable"
    assert (session.is_public("cars/2026/a.png"), session.bucket_region()) == (False, "")


def test_no_key_and_no_link_leads_out_of_the_folder(session: LocalSession, tmp_path: Path) -> None:
    for key in BAD_KEYS.values():
        for ask in (session.head, session.read, lambda key: session.sign(key, PNG)):
            with pytest.raises(InvalidInput):
                ask(key)
    below = session.folder / "cars/2026"
    (below / "link.png").symlink_to(tmp_path / "outside.png")
    (below / "linked").symlink_to(tmp_path)
    (below / "inside.png").symlink_to(below / "a.png")
    os.mkfifo(below / "pipe.png")
    for name in ("link.png", "linked/outside.png", "inside.png", "pipe.png", "deep", "a.png/x"):
        assert code_of(lambda name=name: session.read(PREFIX + name)) == "not_found"
    assert all_pages(session) == USABLE


def test_a_link_put_there_between_looking_and_opening_does_not_help(session: LocalSession, tmp_path: Path) -> None:
    folder, over = session.folder / "cars/2026/deep", threading.Event()
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere/c.jpg").write_bytes(b"SECRET elsewhere")

    def swap() -> None:
        while not over.is_set():
            folder.rename(folder.with_name("away"))
            folder.symlink_to(tmp_path / "elsewhere")
            folder.unlink()
            folder.with_name("away").rename(folder)

    thread = threading.Thread(target=swap)
    thread.start()
    try:
        for _ in range(500):
            try:
                assert session.read("cars/2026/deep/c.jpg").whole() == b"picture c"
            except StorageFault as fault:
                assert fault.code == "not_found"
    finally:
        over.set()
        thread.join()


def test_only_folders_below_those_of_the_operator_are_opened(session: LocalSession, tmp_path: Path) -> None:
    (tmp_path / "shared/way").symlink_to(tmp_path)
    for folder, allowed in {
        tmp_path: [tmp_path / "shared"],
        tmp_path / "shared/way": [tmp_path / "shared"],
        tmp_path / "shared/../": [tmp_path / "shared"],
        tmp_path / "shared/none": [tmp_path / "shared"],
        tmp_path / "outside.png": [tmp_path],
        Path("pictures"): [Path()],
        tmp_path / "shared/pictures": [],
    }.items():
        assert code_of(lambda folder=folder, allowed=allowed: open_folder(folder, *allowed)) == "folder_refused"
    with pytest.raises(InvalidInput):
        LocalSettings("/srv", "../")
