"""The smallest of many parabolas, as pieces of the real line; compiled."""

from __future__ import annotations

import numpy as np

from prelu_rules.geometry.compiled import compiled_in_place, inlined
from prelu_rules.values import BoolArray, FloatArray, IntArray


@compiled_in_place
def lower(
    n: int,
    ends: FloatArray,
    pieces: FloatArray,
    origins: IntArray,
    parabola: tuple[float, float, float],
    origin: tuple[int, int],
    margin: float,
    scratch: tuple[FloatArray, FloatArray, IntArray, BoolArray],
) -> int:
    """Lower an envelope to a parabola wherever that is smaller.

    Args:
        n: the number of pieces; 0 for an envelope that is infinite everywhere.
        ends: `(room,)`, the upper end of each piece, in order; the last one is infinite. Changed, as the next two are.
        pieces: `(room, 3)`, the parabola `p0 v^2 + p1 v + p2` of each piece.
        origins: `(room, 2)`, any two integers for each piece.
        parabola: three coefficients.
        origin: its integers.
        margin: a parabola that is lower by less is not lower.
        scratch: `(3 room,)`, `(3 room, 3)`, `(3 room, 2)` and `(3 room,)`, of any contents.

    Returns:
        The number of pieces now; -1 if there is no room for them, when nothing has been changed.

    Example:
        >>> ends, pieces, origins = np.zeros(4), np.zeros((4, 3)), np.zeros((4, 2), dtype=np.intp)
        >>> scratch = np.zeros(12), np.zeros((12, 3)), np.zeros((12, 2), dtype=np.intp), np.zeros(12, dtype=bool)
        >>> n = lower(0, ends, pieces, origins, (1.0, 0.0, 0.0), (0, 0), 0.0, scratch)
        >>> lower(n, ends, pieces, origins, (0.0, 0.0, 4.0), (1, 1), 0.0, scratch)
        3
        >>> ends[:3], origins[:3, 0]
        (array([-2.,  2., inf]), array([1, 0, 1]))
    """
    a, b, c = parabola
    first, begin = 0, -np.inf
    # Most parabolas are nowhere below, so this loop takes the time.
    while first < n:
        end = ends[first]
        low, high, between = _crossings(a - pieces[first, 0], b - pieces[first, 1], c - pieces[first, 2] + margin)
        if (between and max(low, begin) < min(high, end)) or (not between and (begin < low or high < end)):
            break
        begin = end
        first += 1
    if n > 0 and first == n:
        return n
    new_ends, new_pieces, new_origins, is_new = scratch
    m = 0
    if n == 0:
        new_ends[0], is_new[0] = np.inf, True
        m = 1
    for i in range(first, n):
        low, high, between = _crossings(a - pieces[i, 0], b - pieces[i, 1], c - pieces[i, 2] + margin)
        # Up to three parts of a piece, of which the outer two or the inner one are now the parabola's.
        for part in range(3):
            end = min(ends[i], low if part == 0 else high if part == 1 else np.inf)
            if end <= begin:
                continue
            begin = end
            new = (part == 1) == between
            if m > 0 and new and is_new[m - 1]:
                new_ends[m - 1] = end
                continue
            new_ends[m], is_new[m] = end, new
            for k in range(3):
                new_pieces[m, k] = pieces[i, k]
            for k in range(2):
                new_origins[m, k] = origins[i, k]
            m += 1
    if first + m > len(ends):
        return -1
    for i in range(m):
        ends[first + i] = new_ends[i]
        for k in range(3):
            pieces[first + i, k] = parabola[k] if is_new[i] else new_pieces[i, k]
        for k in range(2):
            origins[first + i, k] = origin[k] if is_new[i] else new_origins[i, k]
    return first + m


@inlined
def _crossings(square: float, slope: float, constant: float) -> tuple[float, float, bool]:
    """Two places between which, or else outside of which, a parabola is below 0."""
    if square == 0:
        if slope == 0:
            return -np.inf if constant < 0 else np.inf, np.inf, True
        root = -constant / slope
        return -np.inf if slope > 0 else root, root if slope > 0 else np.inf, True
    inside = slope * slope - 4 * square * constant
    if inside <= 0:
        return 0.0, 0.0, square > 0
    # The sum of two terms of one sign, so that nothing cancels.
    larger = -0.5 * (slope + (np.sqrt(inside) if slope >= 0 else -np.sqrt(inside)))
    one, other = larger / square, constant / larger
    return min(one, other), max(one, other), square > 0
