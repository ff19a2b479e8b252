"""Sigma and KS: how far apart the distances within assets lie from those between assets."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from quality.agreement.coordinates import Floats

QUANTILE = 0.05


@dataclass(frozen=True)
class Separation:
    """Both 0..1 and 1 at best; None without distances on either side."""

    sigma: float | None
    ks: float | None


def separation_of(within: Floats, across: Floats) -> Separation:
    """Sigma and KS of Braylan, Alonso & Lease (2022), easier to read than alpha where distances are complex.

    `within` (k,) are distances of two answers to one asset, `across` (l,) of answers to different assets, in one unit.
    Sigma is the share of `within` below the 5 % quantile of `across` (linear between values): answers to one asset are
    closer than nearly all by chance. KS is the largest gap between the two distribution functions (Kolmogorov–Smirnov).
    Answers unrelated to the asset give about 0.05 and 0. Raises nothing.
    """
    if not len(within) or not len(across):
        return Separation(None, None)
    bar = np.quantile(across, QUANTILE)
    places = np.concatenate([within, across])
    below_within = np.searchsorted(np.sort(within), places, side="right") / len(within)
    below_across = np.searchsorted(np.sort(across), places, side="right") / len(across)
    return Separation(float((within < bar).mean()), float((below_within - below_across).max()))
