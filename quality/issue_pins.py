"""Where on a row an issue is pinned: a point or a box on a picture, a span of a text."""

from collections.abc import Mapping
from typing import Any

from labeling.annotations.points import check_coordinate, rounded
from labeling.models import DataRow
from workforce.errors import InvalidInput

IMAGE, TEXT = "image", "text"
POINT, BOX, SPAN = {"x", "y"}, {"x", "y", "w", "h"}, {"start", "end"}
LONGEST_FEATURE = 64
LARGEST_PLACE = 2**31 - 1
ON_A_PICTURE = "A pin is {x, y} or {x, y, w, h} in pixels of the picture."
IN_A_TEXT = "A pin in a text is {start, end} in characters, with {feature} where it is an answer."


def checked_pin(pin: Any, data_row: DataRow, path: str) -> dict[str, Any] | None:
    """A place in pixels, to 1/1000, or of characters; none for the whole row. What the row is decides which."""
    if pin is None:
        return None
    keys = set(pin) if isinstance(pin, Mapping) else set()
    if keys - {"feature"} == SPAN:
        # The answer to a text question stands beside a picture too.
        if data_row.media_type != TEXT and "feature" not in keys:
            raise InvalidInput("pin_invalid", ON_A_PICTURE, path=path)
        return _checked_span(pin, path)
    if data_row.media_type != IMAGE:
        raise InvalidInput("pin_invalid", IN_A_TEXT, path=path)
    if keys not in (POINT, BOX):
        raise InvalidInput("pin_invalid", ON_A_PICTURE, path=path)
    return _checked_place(pin, data_row.size, path)


def in_words(pin: Mapping[str, Any] | None) -> str:
    """The place in words."""
    if not pin:
        return "the whole row"
    if "start" in pin:
        return f"characters {pin['start']} to {pin['end']}"
    if "w" in pin:
        return f"a box of {pin['w']:.0f} × {pin['h']:.0f} px at {pin['x']:.0f}, {pin['y']:.0f}"
    return f"{pin['x']:.0f}, {pin['y']:.0f} px"


def _checked_place(pin: Mapping[str, Any], size: tuple[int, int] | None, path: str) -> dict[str, float]:
    found: dict[str, float] = {}
    for axis, length, extent in zip(("x", "y"), ("w", "h"), size or (None, None), strict=True):
        fault = check_coordinate(pin[axis], f"{path}.{axis}", extent)
        if fault is None and length in pin:
            fault = check_coordinate(pin[length], f"{path}.{length}", extent)
        if fault is not None:
            raise InvalidInput("pin_invalid", fault.message, path=fault.path)
        found[axis] = rounded(pin[axis])
        if length not in pin:
            continue
        far = pin[axis] + pin[length]
        if pin[length] <= 0 or (extent is not None and far > extent):
            raise InvalidInput("pin_invalid", "A box has a width and a height and lies in the picture.", path=path)
        found[length] = rounded(pin[length])
    return found


def _checked_span(pin: Mapping[str, Any], path: str) -> dict[str, Any]:
    places = [pin["start"], pin["end"]]
    if not all(isinstance(at, int) and not isinstance(at, bool) and 0 <= at <= LARGEST_PLACE for at in places):
        raise InvalidInput("pin_invalid", IN_A_TEXT, path=path)
    if pin["start"] >= pin["end"]:
        raise InvalidInput("pin_invalid", "A span ends behind its start.", path=path)
    feature = pin.get("feature", "")
    if not isinstance(feature, str) or len(feature) > LONGEST_FEATURE or ("feature" in pin and not feature):
        raise InvalidInput("pin_invalid", IN_A_TEXT, path=path)
    return {"start": pin["start"], "end": pin["end"], **({"feature": feature} if feature else {})}
