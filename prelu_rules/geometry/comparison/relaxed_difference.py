"""Narrow bands around the difference of the positive parts of two numbers; compiled by Numba."""

from __future__ import annotations

import numpy as np

from prelu_rules.geometry.comparison.affine_forms import down, up
from prelu_rules.geometry.compiled import compiled


@compiled
def narrow_band(
    low: float, high: float, other_low: float, other_high: float, moved_low: float, moved_high: float
) -> tuple[float, float, float]:
    """A share `s` of `w`, and the ends of the range of `max(0, z + w) - max(0, z) - s w`, which is narrow.

    The first term minus the second lies between 0 and w; and each of them minus `s` of its argument is non-negative and
    largest at the ends of its range. Both ends of each range that are equal for one share make it narrow.
    """
    if low >= 0 and other_low >= 0:
        return 1.0, 0.0, 0.0
    if high <= 0 and other_high <= 0:
        return 0.0, 0.0, 0.0
    best, best_below, best_above = 0.0, -np.inf, np.inf
    for share in (
        0.0,
        1.0,
        _positive_share(moved_low, moved_high),
        _positive_share(low, high),
        _positive_share(other_low, other_high),
    ):
        above = max(0.0, (1 - share) * moved_high, -share * moved_low)
        below = min(0.0, (1 - share) * moved_low, -share * moved_high)
        above = min(above, max(0.0, -share * other_low, (1 - share) * other_high))
        below = max(below, -max(0.0, -share * low, (1 - share) * high))
        if above - below < best_above - best_below:
            best, best_below, best_above = share, below, above
    return best, down(down(best_below)), up(up(best_above))


@compiled
def _positive_share(low: float, high: float) -> float:
    """The share of a range that is positive."""
    positive, negative = max(high, 0.0), max(-low, 0.0)
    return positive / (positive + negative) if positive > 0 else 0.0
