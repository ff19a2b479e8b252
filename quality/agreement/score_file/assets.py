"""The labels of a file by asset: read against the ontology, of one size, the last of each labeler."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from quality.agreement.coordinates import Size
from quality.agreement.opinions import Opinion, read_opinion
from quality.agreement.schema import FeatureSchema
from quality.agreement.score_file.lines import Fault, LabelLine
from quality.agreement.score_file.questions import refuse_unknown

T = TypeVar("T", bound=Hashable)


@dataclass(frozen=True)
class ReadLine:
    """A line and what it says."""

    line: LabelLine
    opinion: Opinion


@dataclass
class Asset:
    """The labels of one asset. `opinions` and `golds` hold the last of each labeler, `every` also earlier ones."""

    opinions: dict[str, ReadLine] = field(default_factory=dict)
    golds: dict[str, ReadLine] = field(default_factory=dict)
    every: list[ReadLine] = field(default_factory=list)


def read_assets(
    schema: Sequence[FeatureSchema], labels: Iterable[LabelLine]
) -> tuple[Mapping[str, Asset], tuple[Fault, ...]]:
    """The assets by name, in the order of their names, and the lines that had to be left out.

    The picture's size is the one that most lines of the asset give; lines that give another are left out, all of them
    where two sizes are given equally often. The same holds for the sizes of masks where nobody gives the picture's.
    """
    by_asset: dict[str, list[LabelLine]] = {}
    for line in labels:
        by_asset.setdefault(line.asset, []).append(line)
    faults: list[Fault] = []
    assets = {}
    for name in sorted(by_asset):
        read = _read(schema, by_asset[name], faults)
        if read:
            assets[name] = _sorted_by_labeler(read)
    return assets, tuple(faults)


def _read(schema: Sequence[FeatureSchema], lines: Sequence[LabelLine], faults: list[Fault]) -> list[ReadLine]:
    size = _most_frequent(line.size for line in lines if line.size is not None)
    found = []
    for line in lines:
        try:
            if line.size not in (None, size):
                raise ValueError(f"width: {_words(line.size)}, where {_other(size)}")
            refuse_unknown(schema, line.label)
            found.append(ReadLine(line, read_opinion(schema, line.label, size=size, path="")))
        except ValueError as error:
            faults.append(Fault(line.line, str(error).removeprefix(".")))
    return _of_one_raster(found, faults) if size is None else found


def _of_one_raster(read: Sequence[ReadLine], faults: list[Fault]) -> list[ReadLine]:
    wanted = _most_frequent(one.opinion.raster[0] for one in read if one.opinion.raster)
    kept = []
    for one in read:
        raster = one.opinion.raster
        if raster and raster[0] != wanted:
            where = raster[1].removeprefix(".")
            size = _other(wanted and (wanted[1], wanted[0]))
            faults.append(Fault(one.line.line, f"{where}: {_words((raster[0][1], raster[0][0]))}, where {size}"))
        else:
            kept.append(one)
    return kept


def _sorted_by_labeler(read: Sequence[ReadLine]) -> Asset:
    asset = Asset()
    for one in read:
        if one.line.is_benchmark:
            asset.golds[one.line.labeler] = one
        else:
            asset.opinions[one.line.labeler] = one
            asset.every.append(one)
    return asset


def _most_frequent(values: Iterable[T]) -> T | None:
    """The value that stands most often; None when several do, or there is none."""
    counts = Counter(values).most_common(2)
    if not counts or (len(counts) == 2 and counts[0][1] == counts[1][1]):
        return None
    return counts[0][0]


def _other(size: Size | None) -> str:
    return f"most lines of this asset say {_words(size)}" if size else "other lines of this asset say something else"


def _words(size: Size | None) -> str:
    return f"{size[0]:g} x {size[1]:g} pixels" if size else ""
