"""Where a function is largest on a small cell, compiled: the dual simplex method with bounded variables.

It starts at the corner of the box where the function is largest, and goes from there to the cell, one violated row
after another (Lemke 1954; see Chvatal, "Linear Programming", 1983, chapters 8 and 10). What it returns is not trusted
but checked, see `cell`; so rounding errors need no more care here than pivots that are not too small.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from prelu_rules.geometry.compiled import compiled_in_place
from prelu_rules.values import BoolArray, FloatArray, IntArray

VIOLATED, LEAST_PIVOT = 1e-11, 1e-11
"""How far a row may be violated, in the frame, and the smallest pivot."""

MOST_STEPS = 10
"""Steps before the method is given up, for each row and coordinate; it takes fewer than one, unless it cycles."""


class _Room(NamedTuple):
    """Arrays to work in: the dictionary of the rows, with a column for each variable that is at a bound."""

    table: FloatArray  # (n_rows, n_coordinates)
    values: FloatArray  # (n_rows,)
    basic: IntArray  # (n_rows,), the coordinate or, after all of these, the row whose slack it is
    at_bound: IntArray  # (n_coordinates,), likewise
    is_upper: BoolArray  # (n_coordinates,), which bound
    slopes: FloatArray  # (n_coordinates,), of the function


class Highest(NamedTuple):
    """Where a function is largest.

    Attributes:
        point: `(n_coordinates,)`.
        multipliers: `(n_rows,)`, not negative: the function plus these multiples of the rows is nowhere larger in the
            box.
    """

    point: FloatArray
    multipliers: FloatArray


def highest(rows: FloatArray, active: BoolArray, weights: FloatArray, bound: float) -> Highest | None:
    """Find the point of a cell where a function is largest.

    Args:
        rows: `(n_rows, n_coordinates + 1)`, `rows (t, 1) >= 0` is the cell, in the box `|t| <= bound`.
        active: `(n_rows,)`, the rows that count.
        weights: `(n_coordinates,)`, of the function.
        bound: that of the box, finite.

    Returns:
        The point and a proof, up to rounding errors; None if no point satisfies the rows, or rounding errors prevail.

    Example:
        >>> found = highest(np.array([[-1.0, -1.0, 1.0]]), np.array([True]), np.array([2.0, 1.0]), 1.0)
        >>> assert found is not None
        >>> found.point, found.multipliers
        (array([1., 0.]), array([1.]))
    """
    m, n = len(rows), len(weights)
    room = _Room(np.empty((m, n)), np.empty(m), np.empty(m, int), np.empty(n, int), np.empty(n, bool), np.empty(n))
    found = Highest(np.empty(n), np.empty(m))
    return found if _climbed_down(rows, active, weights, bound, room, *found) else None


@compiled_in_place
def _climbed_down(
    rows: FloatArray,
    active: BoolArray,
    weights: FloatArray,
    bound: float,
    room: _Room,
    point: FloatArray,
    multipliers: FloatArray,
) -> bool:
    """Write the point and the multipliers; False if there are none."""
    m, n = _start(rows, active, weights, bound, room), len(weights)
    for _ in range(MOST_STEPS * (m + n)):
        row = _most_violated(room.values[:m], room.basic[:m], n, bound)
        if row < 0:
            multipliers[:] = 0.0
            for j in range(n):
                variable = room.at_bound[j]
                if variable < n:
                    point[variable] = bound if room.is_upper[j] else -bound
                else:
                    multipliers[variable - n] = max(-room.slopes[j], 0.0)
            for r in range(m):
                if room.basic[r] < n:
                    point[room.basic[r]] = room.values[r]
            return True
        low = -bound if room.basic[row] < n else 0.0
        rises = room.values[row] < low
        column = _entering(room.table[row], room.slopes, room.is_upper, rises)
        if column < 0:
            return False
        _pivot(room, m, row, column, low if rises else bound, rises, bound)
    return False


@compiled_in_place
def _start(rows: FloatArray, active: BoolArray, weights: FloatArray, bound: float, room: _Room) -> int:
    """The corner of the box where the function is largest; returns the number of rows that count."""
    m, n = 0, len(weights)
    for j in range(n):
        room.at_bound[j], room.slopes[j], room.is_upper[j] = j, weights[j], weights[j] >= 0
    for i in range(len(rows)):
        if active[i]:
            total = rows[i, n]
            for j in range(n):
                room.table[m, j] = rows[i, j]
                total += rows[i, j] * (bound if room.is_upper[j] else -bound)
            room.values[m], room.basic[m] = total, n + i
            m += 1
    return m


@compiled_in_place
def _most_violated(values: FloatArray, basic: IntArray, n: int, bound: float) -> int:
    """The variable that is furthest beyond a bound; -1 if none is."""
    worst, most = -1, VIOLATED
    for r in range(len(values)):
        beyond = abs(values[r]) - bound if basic[r] < n else -values[r]
        if beyond > most:
            worst, most = r, beyond
    return worst


@compiled_in_place
def _entering(row: FloatArray, slopes: FloatArray, is_upper: BoolArray, rises: bool) -> int:
    """The variable at a bound whose move mends a row, and costs the function least; -1 if none does."""
    best, least, size = -1, np.inf, 0.0
    for j in range(len(row)):
        helps = row[j] if rises != is_upper[j] else -row[j]
        if helps > LEAST_PIVOT:
            cost = abs(slopes[j]) / helps
            if cost < least or (cost == least and helps > size):
                best, least, size = j, cost, helps
    return best


@compiled_in_place
def _pivot(room: _Room, m: int, row: int, column: int, target: float, rises: bool, bound: float) -> None:
    """Move a variable to a bound, and the one of a column away from its own."""
    table, values, own, n = room.table, room.values, room.table[row], len(room.slopes)
    factor = 1 / own[column]
    move, entering = (target - values[row]) * factor, room.at_bound[column]
    for r in range(m):
        values[r] += table[r, column] * move
    before = (bound if room.is_upper[column] else -bound) if entering < n else 0.0
    values[row] = before + move
    for j in range(n):
        own[j] *= -factor
    own[column] = factor
    for r in range(m):
        if r != row:
            _substitute(table[r], own, column)
    _substitute(room.slopes, own, column)
    room.at_bound[column], room.basic[row], room.is_upper[column] = room.basic[row], entering, not rises


@compiled_in_place
def _substitute(target: FloatArray, own: FloatArray, column: int) -> None:
    """Express a function by the variable that takes the place of another one."""
    share = target[column]
    target[column] = 0.0
    if share != 0:
        for j in range(len(own)):
            target[j] += share * own[j]
