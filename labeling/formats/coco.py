"""Reading COCO instances: categories become features, annotations become boxes or polygons.

A box `[x, y, width, height]` becomes `[x_min, y_min, x_max, y_max]`, continuous pixels, nothing added or rounded.
Every record stands for itself: a bad one is reported, the others go on.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, TypeVar, cast

from labeling.annotations.boxes import check_box
from labeling.annotations.faults import Fault, quoted
from labeling.annotations.limits import MAX_NAME_LENGTH
from labeling.annotations.points import Size, check_number
from labeling.annotations.polygons import check_polygon
from labeling.annotations.regions import Position, UnmergeableRings, united
from labeling.annotations.texts import folded, text_problem
from labeling.formats.file_names import file_name_problem
from labeling.formats.problems import Problem

MAX_IMAGE_SIDE: Final = 1_000_000

Found = TypeVar("Found")


@dataclass(frozen=True, slots=True)
class CocoImage:
    """One picture with its objects. `key` is its id as text; `size` is None where the file does not say.

    `features` are payload features whose `feature` is the category's name and whose `id` is the annotation's id as
    text; `named_features.with_uids` makes a payload of them.
    """

    key: str
    file_name: str
    width: int | None
    height: int | None
    features: tuple[dict[str, object], ...] = ()

    @property
    def size(self) -> Size | None:
        """(width, height) in pixels, or None."""
        return (self.width, self.height) if self.width is not None and self.height is not None else None


@dataclass(frozen=True, slots=True)
class CocoFile:
    """What a COCO file holds: an ontology document with blank uids, pictures in file order, and what was left out."""

    ontology: dict[str, object]
    images: tuple[CocoImage, ...]
    problems: tuple[Problem, ...]


def read_coco(document: Mapping[str, object], *, use_segmentation: bool = False) -> CocoFile:
    """Read a parsed COCO instances document; nothing is raised for bad content.

    With `use_segmentation` a category with any polygon becomes a polygon feature, and its annotations without one are
    reported; every other category is a box. Crowd regions (`iscrowd`) are no single objects and are reported. Ids join
    as text: 7 and "7" are the same. Problem positions count from 0 in the list that the path names.
    """
    reader = _Reader(document, use_segmentation)
    reader.read_categories()
    reader.read_images()
    reader.read_annotations()
    features = [
        {"name": name, "kind": "polygon" if key in reader.polygon_categories else "box"}
        for key, name in reader.categories.items()
    ]
    images = tuple(
        CocoImage(key, image.file_name, image.width, image.height, tuple(reader.objects[key]))
        for key, image in reader.images.items()
    )
    return CocoFile({"features": features}, images, tuple(reader.problems))


@dataclass(slots=True)
class _Reader:
    document: Mapping[str, object]
    use_segmentation: bool
    problems: list[Problem] = field(default_factory=list)
    categories: dict[str, str] = field(default_factory=dict)
    polygon_categories: set[str] = field(default_factory=set)
    images: dict[str, CocoImage] = field(default_factory=dict)
    objects: dict[str, list[dict[str, object]]] = field(default_factory=lambda: defaultdict(list))

    def refuse(self, index: int, path: str, code: str, message: str) -> None:
        self.problems.append(Problem(index, path, code, message))

    def records(self, name: str) -> Iterator[tuple[int, str, Mapping[str, object]]]:
        """The records of a list with index and path; what is no object is reported."""
        records = self.document.get(name)
        if not isinstance(records, list | tuple):
            self.refuse(0, name, "missing_list", f"The file has no list {quoted(name)}.")
            return
        for index, record in enumerate(records):
            if isinstance(record, Mapping):
                yield index, f"{name}[{index}]", record
            else:
                self.refuse(index, f"{name}[{index}]", "bad_shape", "A record is an object.")

    def key(self, record: Mapping[str, object], index: int, path: str, taken: Mapping[str, object] | set[str]) -> str:
        """The record's own id as text, or "" after reporting that it has none or one that is taken."""
        key = _key(record.get("id"))
        if key is None:
            self.refuse(index, f"{path}.id", "bad_id", "An id is a whole number or a text.")
        elif key in taken:
            self.refuse(index, f"{path}.id", "duplicate_id", f"The id {quoted(key)} stands twice.")
            return ""
        return key or ""

    def read_categories(self) -> None:
        names: set[str] = set()
        for index, path, record in self.records("categories"):
            key = self.key(record, index, path, self.categories)
            name = record.get("name")
            if not isinstance(name, str) or not name.strip():
                self.refuse(index, f"{path}.name", "empty_name", "A category needs a name.")
            elif (problem := text_problem(name)) is not None:
                self.refuse(index, f"{path}.name", *problem)
            elif len(name) > MAX_NAME_LENGTH:
                message = f"A name has at most {MAX_NAME_LENGTH} characters (limit max_length)."
                self.refuse(index, f"{path}.name", "limit_exceeded", message)
            elif folded(name) in names:
                self.refuse(index, f"{path}.name", "duplicate_name", f"The name {quoted(name)} stands twice.")
            elif key:
                names.add(folded(name))
                self.categories[key] = name

    def read_images(self) -> None:
        names: set[str] = set()
        for index, path, record in self.records("images"):
            key = self.key(record, index, path, self.images)
            name = record.get("file_name")
            if not isinstance(name, str):
                self.refuse(index, f"{path}.file_name", "empty_file_name", "A file name is needed.")
                continue
            problem = file_name_problem(name)
            if problem is not None:
                self.refuse(index, f"{path}.file_name", *problem)
                continue
            if name in names:
                message = f"Two images have the file name {quoted(name)}."
                self.refuse(index, f"{path}.file_name", "duplicate_file_name", message)
                continue
            sides = [self.side(record.get(side), index, f"{path}.{side}") for side in ("width", "height")]
            if key and 0 not in sides:
                names.add(name)
                self.images[key] = CocoImage(key, name, sides[0], sides[1])

    def side(self, value: object, index: int, path: str) -> int | None:
        """A width or height; None where it is missing, 0 after reporting a bad one."""
        if value is None:
            return None
        if isinstance(value, int) and not isinstance(value, bool) and 0 < value <= MAX_IMAGE_SIDE:
            return value
        self.refuse(index, path, "bad_size", f"A side is a whole number from 1 to {MAX_IMAGE_SIDE}.")
        return 0

    def read_annotations(self) -> None:
        records = list(self.records("annotations"))
        if self.use_segmentation:
            self.polygon_categories = {
                key
                for _, _, record in records
                if not _is_crowd(record) and isinstance(record.get("segmentation"), list) and record["segmentation"]
                if (key := _key(record.get("category_id"))) is not None
            }
        taken: set[str] = set()
        for index, path, record in records:
            key = self.key(record, index, path, taken)
            if key:
                taken.add(key)
                self.read_annotation(key, index, path, record)

    def read_annotation(self, key: str, index: int, path: str, record: Mapping[str, object]) -> None:
        image = self.joined(record, "image_id", index, path, self.images.get)
        category_key = _key(record.get("category_id")) or ""
        name = self.joined(record, "category_id", index, path, self.categories.get)
        if image is None or name is None:
            return
        if _is_crowd(record):
            self.refuse(index, f"{path}.iscrowd", "crowd_region", "A crowd region is not one object; it is left out.")
            return
        if category_key in self.polygon_categories:
            kind, (value, faults) = "polygon", _polygon(record.get("segmentation"), f"{path}.segmentation", image.size)
        else:
            kind, (value, faults) = "box", _box(record.get("bbox"), f"{path}.bbox", image.size)
        if faults:
            # One row of the report for one record: its first fault is the reason.
            self.refuse(index, faults[0].path, faults[0].code, faults[0].message)
            return
        self.objects[image.key].append({"feature": name, "kind": kind, "id": key, "value": value, "nested": []})

    def joined(
        self, record: Mapping[str, object], name: str, index: int, path: str, find: Callable[[str], Found | None]
    ) -> Found | None:
        """What an id of the record points at; None after reporting that it points nowhere."""
        key = _key(record.get(name))
        found = find(key) if key is not None else None
        if found is None:
            message = f"{name} {quoted(record.get(name))} is not in the file, or was left out."
            self.refuse(index, f"{path}.{name}", "dangling_id", message)
        return found


def _key(value: object) -> str | None:
    """An id as text: tools write the same id as 7, "7" or 7.0; None for what is no id."""
    if isinstance(value, bool):
        return None
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, int):
        return str(value)
    return value if isinstance(value, str) and value and text_problem(value) is None else None


def _is_crowd(record: Mapping[str, object]) -> bool:
    return record.get("iscrowd", 0) in (1, True, "1")


def _box(value: object, path: str, size: Size | None) -> tuple[object, list[Fault]]:
    """`[x, y, width, height]` as `[x_min, y_min, x_max, y_max]`, or its faults, told in the terms of the file."""
    if not isinstance(value, list | tuple) or len(value) != 4:
        return None, [Fault(path, "bad_shape", "A bbox is a list of four numbers: x, y, width, height.")]
    numbers = [check_number(number, f"{path}[{index}]") for index, number in enumerate(value)]
    faults = [fault for fault in numbers if fault is not None]
    if faults:
        return None, faults
    x, y, width, height = cast(Sequence[float], value)
    for index, side in ((2, width), (3, height)):
        if side < 0:
            faults.append(Fault(f"{path}[{index}]", "negative_size", "Width and height cannot be negative."))
        elif side == 0:
            faults.append(Fault(f"{path}[{index}]", "empty_box", "The box has no area."))
    box = [x, y, x + width, y + height]
    # Paths into the converted box would mislead: the file holds width and height.
    faults.extend(Fault(path, fault.code, fault.message) for fault in check_box(box, path, size))
    return box, faults


def _polygon(value: object, path: str, size: Size | None) -> tuple[object, list[Fault]]:
    """Flat rings `[x0, y0, x1, y1, …]` as one polygon value, or its faults."""
    if not isinstance(value, list | tuple) or not value:
        return None, [Fault(path, "no_polygon", "The annotation has no polygon; run-length masks are not read.")]
    rings: list[list[list[object]]] = []
    for index, flat in enumerate(value):
        ring_path = f"{path}[{index}]"
        if not isinstance(flat, list | tuple):
            return None, [Fault(ring_path, "bad_shape", "A ring is a flat list of numbers x0, y0, x1, y1, ….")]
        if len(flat) % 2:
            return None, [Fault(ring_path, "odd_length", "A ring holds pairs of numbers; one is left over.")]
        ring = [[flat[place], flat[place + 1]] for place in range(0, len(flat), 2)]
        faults = [Fault(ring_path, fault.code, fault.message) for fault in check_polygon(ring, ring_path, size)]
        if faults:
            return None, faults
        rings.append(ring)
    return (rings[0], []) if len(rings) == 1 else _merged(cast(list[list[Position]], rings), path, size)


def _merged(rings: list[list[Position]], path: str, size: Size | None) -> tuple[object, list[Fault]]:
    """The parts of one object. COCO means their union, we keep even-odd: parts that overlap are merged."""
    try:
        parts = {"rings": united(rings)}
    except UnmergeableRings as error:
        return None, [Fault(path, "parts_overlap", str(error))]
    return parts, list(check_polygon(parts, path, size))
