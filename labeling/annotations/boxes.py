"""A box: `[x_min, y_min, x_max, y_max]` in pixels, continuous (no +1), sides parallel to the picture's."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import cast

from labeling.annotations.faults import Fault
from labeling.annotations.points import Bounds, Size, check_coordinate, rounded

_NAMES = ("x_min", "y_min", "x_max", "y_max")


@dataclass(frozen=True, slots=True)
class Box:
    """A box with `x_min < x_max` and `y_min < y_max`, in pixels."""

    x_min: float
    y_min: float
    x_max: float
    y_max: float

    @property
    def width(self) -> float:
        """In pixels, > 0."""
        return self.x_max - self.x_min

    @property
    def height(self) -> float:
        """In pixels, > 0."""
        return self.y_max - self.y_min

    @property
    def area(self) -> float:
        """Width times height, in square pixels, > 0."""
        return self.width * self.height

    @property
    def bounds(self) -> Bounds:
        """The box itself as `(x_min, y_min, x_max, y_max)`."""
        return (self.x_min, self.y_min, self.x_max, self.y_max)


def check_box(value: object, path: str, size: Size | None = None) -> Iterator[Fault]:
    """Faults of one box value; `size` is (width, height) in pixels, None when unknown.

    Sides are compared as they are kept, to a millionth of a pixel: what passes here still has an area after storing.
    """
    if not isinstance(value, list | tuple) or len(value) != 4:
        yield Fault(path, "bad_shape", "A box is a list of four numbers: x_min, y_min, x_max, y_max.")
        return
    is_sound = True
    for index, number in enumerate(value):
        fault = check_coordinate(number, f"{path}[{index}]", size[index % 2] if size else None)
        if fault is not None:
            is_sound = is_sound and fault.code == "out_of_bounds"
            yield fault
    if not is_sound:
        return
    for low, high in ((0, 2), (1, 3)):
        if rounded(value[low]) >= rounded(value[high]):
            message = f"{_NAMES[low]} must be smaller than {_NAMES[high]}: the box has no area."
            yield Fault(f"{path}[{high}]", "empty_box", message)


def parse_box(value: object) -> Box:
    """The box of a value; ValueError with the first fault when it is none."""
    for fault in check_box(value, "value"):
        raise ValueError(f"{fault.path}: {fault.message}")
    x_min, y_min, x_max, y_max = cast(Sequence[float], value)
    return Box(float(x_min), float(y_min), float(x_max), float(y_max))
