"""Whether the first step draws a row, asked without a label."""

from collections.abc import Sequence

from labeling.models import Label, ProjectRow
from quality import sampling
from quality.review_steps import Step


def is_drawn(row: ProjectRow, makers: Sequence[int] = ()) -> bool:
    step = Step(1, share=row.project.review_share)
    chance = sampling.chances_of(row.project, step, [Label(pk=1)], makers)[1]
    return sampling.value_of(row, 1) < chance.share
