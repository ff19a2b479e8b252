"""Signs that the answer of a gold is known among those who should not know it. A sign is shown, and decides nothing.

``copied``: ``COPIES`` people or more drew every shape of the gold to the pixel. Hands do not do that, so one such
answer may be luck or a shape along the border of the picture, and two are not. ``suddenly_right``: the last ``LAST``
answers are all wholly right, though those before, at least as many, were so rarely right that this would happen by
chance in under one case of twenty, taking the upper end of the interval of their rate. A gold that everybody always
gets right says nothing: it is easy."""

from collections.abc import Sequence
from typing import Any

from labeling.models import ProjectRow
from quality.agreement.intervals import wilson_interval
from quality.models import Benchmark, LabelScore
from workforce import audit

COPIES = 2
LAST = 5
CHANCE = 0.05
WHOLLY_RIGHT = 1.0 - 1e-9


def look_at(benchmark: Benchmark, project_row: ProjectRow, scores: Sequence[LabelScore]) -> None:
    """Note or take back the signs at the row's gold; the caller holds the row's lock. Each new sign is audited."""
    leak = signs_of(scores)
    if leak == benchmark.leak:
        return
    Benchmark.objects.filter(pk=benchmark.pk).update(leak=leak)
    if set(leak) - set(benchmark.leak):
        facts = {"benchmark": str(benchmark.uid), **leak}
        audit.record(None, "benchmark.flagged", project_row, before=benchmark.leak, after=facts)


def signs_of(scores: Sequence[LabelScore]) -> dict[str, Any]:
    """Sign → what shows it, of the scores of one gold in the order in which the answers came."""
    found: dict[str, Any] = {}
    copied = [str(score.label.uid) for score in scores if score.is_copy_of_gold]
    if len(copied) >= COPIES:
        found["copied"] = {"labels": copied}
    right = [(score.benchmark or 0.0) >= WHOLLY_RIGHT for score in scores]
    before, last = right[:-LAST], right[-LAST:]
    if len(before) >= LAST and all(last):
        highest = wilson_interval(sum(before), len(before))[1]
        if highest**LAST < CHANCE:
            named = [str(score.label.uid) for score in scores[-LAST:]]
            found["suddenly_right"] = {"labels": named, "right_before": sum(before), "before": len(before)}
    return found
