"""How much of a person's work to look at, so that the faulty labels let through stay under a stated share."""

from __future__ import annotations

import math
from collections.abc import Sequence

from scipy.special import betaincinv

# A result counts half after so many newer ones; of older ones than the last NEWEST nothing is left to count.
HALF_LIFE, NEWEST = 40, 200
# What is known of the project counts as so many labels of the person.
PRIOR_LABELS = 10.0
LEVEL = 0.95

Beta = tuple[float, float]


def project_prior(faulty: int, reviewed: int, *, labels: float = PRIOR_LABELS) -> Beta:
    """The Beta prior of a person's error rate: the project's own rate, (faulty + 1) / (reviewed + 2), with the weight
    of ``labels`` labels.

    Nothing reviewed gives a rate of one half, so newcomers of a new project are looked at nearly always. Both
    parameters are above 0. Raises ValueError unless 0 <= faulty <= reviewed and labels > 0.
    """
    if not 0 <= faulty <= reviewed:
        raise ValueError(f"needs 0 <= faulty <= reviewed, not {faulty} and {reviewed}")
    if not labels > 0:
        raise ValueError(f"the prior weighs more than 0 labels, not {labels}")
    rate = (faulty + 1) / (reviewed + 2)
    return labels * rate, labels * (1 - rate)


def error_posterior(faulty: Sequence[bool], prior: Beta, *, half_life: float = HALF_LIFE) -> Beta:
    """Beta(a + Σ w e, b + Σ w (1 − e)) of a person's error rate, newest result first, with w = 2^(−i / half_life) for
    the result that i newer ones follow (power discounting: West & Harrison 1997, section 10.8).

    No result gives the prior. At most half_life / ln 2 results' worth is ever known (58 for 40), so that a change of
    the person shows. Raises ValueError unless both parameters of the prior and half_life are above 0.
    """
    a, b = prior
    if not (math.isfinite(a) and math.isfinite(b) and a > 0 and b > 0):
        raise ValueError(f"a Beta prior needs two finite numbers above 0, not {prior}")
    if not half_life > 0:
        raise ValueError(f"half_life lies above 0, not {half_life}")
    for position, is_faulty in enumerate(faulty):
        weight = 2 ** (-position / half_life)
        a, b = (a + weight, b) if is_faulty else (a, b + weight)
    return a, b


def upper_error(posterior: Beta, *, level: float = LEVEL) -> float:
    """The error rate lies under it with probability ``level``; range 0..1. Raises ValueError unless 0 < level < 1."""
    if not 0 < level < 1:
        raise ValueError(f"level must lie between 0 and 1, not {level}")
    return float(betaincinv(*posterior, level))


def outgoing_faults(error: float, share: float) -> float:
    """The average outgoing quality: the share of all labels that is faulty and was let through, error · (1 − share),
    when a random ``share`` is looked at and what is found there is mended (Dodge & Romig 1959; Dodge 1943)."""
    if not (0 <= error <= 1 and 0 <= share <= 1):
        raise ValueError(f"both lie between 0 and 1, not {error} and {share}")
    return error * (1 - share)


def share_to_review(posterior: Beta, *, target: float, floor: float = 0.0, ceiling: float = 1.0) -> float:
    """The smallest share for which ``outgoing_faults`` of the upper error stays at ``target`` or under it,
    1 − target / upper, held between floor and ceiling; range 0..1.

    A ceiling under 1 gives the promise up for people above it. Raises ValueError unless 0 < target <= 1 and
    0 <= floor <= ceiling <= 1.
    """
    if not 0 < target <= 1:
        raise ValueError(f"the target lies above 0 and up to 1, not {target}")
    if not 0 <= floor <= ceiling <= 1:
        raise ValueError(f"needs 0 <= floor <= ceiling <= 1, not {floor} and {ceiling}")
    upper = upper_error(posterior)
    wanted = 1 - target / upper if upper > target else 0.0
    return min(max(wanted, floor), ceiling)
