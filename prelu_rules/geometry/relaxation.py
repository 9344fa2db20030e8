"""Lines above and below the units of a network on a range, which make linear bounds of the network."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from prelu_rules.values import FloatArray

Tangent = Callable[[FloatArray], FloatArray]
"""The slope of a line through the bend, as a share of the positive side's, given the positive share of the range."""

TANGENTS: tuple[Tangent, ...] = (np.round, np.positive, np.ones_like)
"""The longer side (Singh et al. 2019, "An abstract domain for certifying neural networks"); parallel to the chord,
which gives the exact difference to the best line; and the positive side, which gives the exact difference to the
identity."""


def line_above(
    negative: npt.ArrayLike,
    positive: npt.ArrayLike,
    lower: FloatArray,
    upper: FloatArray,
    tangent: Tangent = np.round,
) -> tuple[FloatArray, FloatArray]:
    """Lines above functions with one bend, `f(w) = positive max(0, w) + negative min(0, w)`.

    If the function is convex on the range, this is the chord, the lowest such line; if it is concave, there are many
    lines through the bend.

    Args:
        negative: `(n,)`, slopes where the argument is negative.
        positive: `(n,)`, slopes where the argument is non-negative.
        lower: `(n,)`, lower ends of the ranges.
        upper: `(n,)`, upper ends.

        tangent: which line to use if the function is concave, one of `TANGENTS`.

    Returns:
        `(n,)` slopes and `(n,)` offsets, accurate up to a few roundings of the terms.

    Example:
        >>> slope, offset = line_above([0.0], [1.0], np.array([-1.0]), np.array([3.0]))
        >>> slope, offset
        (array([0.75]), array([0.75]))
    """
    negative, positive = np.asarray(negative, dtype=np.float64), np.asarray(positive, dtype=np.float64)
    bends = (lower < 0) & (upper > 0)
    width = np.where(bends, upper - lower, 1.0)
    share = np.where(bends, upper / width, lower >= 0)
    convex = bends & (negative <= positive)
    share = np.where(bends & ~convex, tangent(share), share)
    slope = share * positive + (1 - share) * negative
    # The line has to be above the function at both ends, however its slope was rounded.
    offset = np.where(convex, np.maximum((negative - slope) * lower, (positive - slope) * upper), 0.0)
    return slope, offset


def line_below(
    negative: npt.ArrayLike,
    positive: npt.ArrayLike,
    lower: FloatArray,
    upper: FloatArray,
    tangent: Tangent = np.round,
) -> tuple[FloatArray, FloatArray]:
    """Lines below such functions.

    Args:
        negative: `(n,)`, slopes where the argument is negative.
        positive: `(n,)`, slopes where the argument is non-negative.
        lower: `(n,)`, lower ends of the ranges.
        upper: `(n,)`, upper ends.
        tangent: which line to use if the function is convex, one of `TANGENTS`.

    Returns:
        `(n,)` slopes and `(n,)` offsets, accurate up to a few roundings of the terms.

    Example:
        >>> slope, offset = line_below([0.0], [1.0], np.array([-1.0]), np.array([3.0]))
        >>> float(slope[0]), abs(float(offset[0]))
        (1.0, 0.0)
    """
    slope, offset = line_above(-np.asarray(negative), -np.asarray(positive), lower, upper, tangent)
    return -slope, -offset
