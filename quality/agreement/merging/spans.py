"""Merging spans of text: a vote on every character."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise

from quality.agreement.merging.result import Member, MergedObject

THRESHOLD = 0.4

Span = tuple[int, int]


def merge_spans(labels: Mapping[str, Sequence[Span]], *, threshold: float = THRESHOLD) -> list[MergedObject]:
    """The merged spans `(start, end)` of labeler -> half-open spans of one class, in code points, in reading order.

    A character stands when at least `threshold` of the m labels cover it; runs of such characters are the spans. Two
    spans of one label that overlap count once. A label supports a merged span when it covers half of its characters or
    more; members are that label's spans that reach into it. An empty span covers nothing; a label without spans counts
    in m. Raises ValueError unless 0 < threshold <= 1, and for a span that ends before it starts.
    """
    if not 0 < threshold <= 1:
        raise ValueError(f"threshold must lie above 0 and at most at 1, not {threshold}")
    covered = {name: _joined(spans) for name, spans in labels.items()}
    steps = sorted({end for spans in covered.values() for span in spans for end in span})
    needed = threshold * len(labels) - 1e-9
    runs: list[Span] = []
    for start, end in pairwise(steps):
        votes = sum(_shared(spans, (start, end)) > 0 for spans in covered.values())
        if votes >= needed:
            is_next = bool(runs) and runs[-1][1] == start
            runs[-1:] = [(runs[-1][0], end)] if is_next else [*runs[-1:], (start, end)]
    return [_supported(run, covered, labels) for run in runs]


def _joined(spans: Sequence[Span]) -> list[Span]:
    """The spans of one label in order, those that overlap or touch as one."""
    joined: list[Span] = []
    for start, end in sorted(spans):
        if end < start:
            raise ValueError(f"a span ends before it starts: {[start, end]}")
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(joined[-1][1], end))
        elif end > start:
            joined.append((start, end))
    return joined


def _supported(run: Span, covered: Mapping[str, list[Span]], labels: Mapping[str, Sequence[Span]]) -> MergedObject:
    supporters = [name for name in sorted(labels) if 2 * _shared(covered[name], run) >= run[1] - run[0]]
    members: list[Member] = [
        (name, place) for name in supporters for place, span in enumerate(labels[name]) if _shared([span], run) > 0
    ]
    return MergedObject(run, len(supporters), len(labels), tuple(members))


def _shared(spans: Sequence[Span], run: Span) -> int:
    """Characters of `run` that the spans cover."""
    return sum(max(0, min(end, run[1]) - max(start, run[0])) for start, end in spans)
