"""Pictures in the data directory: taken in once, checked by their own bytes, never served but by an authorising view.

A picture is kept as it came unless it carries an orientation: then it is turned once, so that every coordinate is in
the pixels that people see. Beside it lies a thumbnail."""

import hashlib
import os
import tempfile
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from django.conf import settings
from PIL import Image, ImageOps, UnidentifiedImageError

from workforce.errors import InvalidInput, NotFound

MOST_PIXELS = 100_000_000
MOST_BYTES = 200 * 1024 * 1024
FORMATS = {"JPEG": ("image/jpeg", "jpg"), "PNG": ("image/png", "png"), "WEBP": ("image/webp", "webp")}
THUMBNAIL_PIXELS = 320
ORIENTATION = 0x0112
CHUNK = 1024 * 1024


@dataclass(frozen=True)
class Asset:
    path: str
    mime_type: str
    byte_count: int
    checksum: str
    width: int
    height: int


def take_picture(source: IO[bytes]) -> Asset:
    """Check and keep a picture. Raises InvalidInput with a code; nothing is left behind then."""
    root = Path(settings.MEDIA_ROOT)
    root.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=root, prefix="incoming-")
    with os.fdopen(handle, "wb") as target:
        _copy(source, target)
    incoming = Path(name)
    try:
        return _keep(incoming, root)
    finally:
        incoming.unlink(missing_ok=True)


def _copy(source: IO[bytes], target: IO[bytes]) -> None:
    total = 0
    while chunk := source.read(CHUNK):
        total += len(chunk)
        if total > MOST_BYTES:
            raise InvalidInput("picture_too_large", f"A picture file has at most {MOST_BYTES // 1024**2} MB.")
        target.write(chunk)


def _keep(incoming: Path, root: Path) -> Asset:
    with warnings.catch_warnings():
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        try:
            with Image.open(incoming, formats=list(FORMATS)) as picture:
                _refuse_too_many_pixels(picture)
                mime_type, extension = FORMATS[str(picture.format)]
                turned = _turned(picture)
                if turned is not None:
                    turned.save(incoming, format=picture.format, quality=95)
                shown = turned or picture
                width, height = shown.size
                thumbnail = shown.convert("RGB")
                thumbnail.thumbnail((THUMBNAIL_PIXELS, THUMBNAIL_PIXELS))
        except InvalidInput:
            raise
        except (UnidentifiedImageError, OSError, ValueError, SyntaxError, Image.DecompressionBombWarning) as error:
            raise InvalidInput("not_a_picture", "This is no JPEG, PNG or WebP picture that can be read.") from error
    checksum = _checksum(incoming)
    path = f"{checksum[:2]}/{checksum[2:]}.{extension}"
    final = root / path
    final.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    byte_count = incoming.stat().st_size
    thumbnail.save(_thumbnail_of(final), format="JPEG", quality=80)
    _thumbnail_of(final).chmod(0o600)
    incoming.replace(final)
    final.chmod(0o600)
    return Asset(path, mime_type, byte_count, checksum, width, height)


def _refuse_too_many_pixels(picture: Image.Image) -> None:
    width, height = picture.size
    if width * height > MOST_PIXELS:
        raise InvalidInput("too_many_pixels", f"A picture has at most {MOST_PIXELS // 1_000_000} megapixels.")


def _turned(picture: Image.Image) -> Image.Image | None:
    """The picture as people see it, or none when its bytes are that already."""
    if picture.getexif().get(ORIENTATION, 1) == 1:
        picture.load()
        return None
    return ImageOps.exif_transpose(picture)


def _checksum(path: Path) -> str:
    with path.open("rb") as source:
        return hashlib.file_digest(source, "sha256").hexdigest()


def asset_file(path: str, *, is_thumbnail: bool = False) -> Path:
    """Where the bytes of ``DataRow.asset_path`` lie. Raises NotFound when there are none."""
    root = Path(settings.MEDIA_ROOT).resolve()
    file = (root / path).resolve()
    if not path or not file.is_relative_to(root):
        raise NotFound
    file = _thumbnail_of(file) if is_thumbnail else file
    if not file.is_file():
        raise NotFound
    return file


def _thumbnail_of(file: Path) -> Path:
    return file.with_name(f"{file.name}.thumbnail.jpg")
