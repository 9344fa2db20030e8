"""The dual simplex method in floats, compiled, for small cells (Lemke 1954; Chvatal, "Linear Programming", 1983).

It starts at the corner of the box where a function is largest, and goes from there to the cell, one violated row after
another. What it finds is a proposal that its callers check or prove, so rounding errors need no more care here than
pivots that are not too small.

Coordinates `t` are in the box `|t| <= reach`, and functions that are not negative in the cell are its rows. The lower
bounds of the coordinates are numbered first, then the upper bounds, then the rows. A table expresses all of them, and
last the function, by those that are tight; its last column has their values.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from prelu_rules.geometry.compiled import compiled_in_place
from prelu_rules.values import FloatArray, IntArray

VIOLATED = 1e-11
"""Rows that are violated by less need no pivot; rows are scaled so that their largest value is about 1."""

LEAST_PIVOT = 1e-11
"""Smaller pivots would make what is found useless."""

MOST_PIVOTS = 10
"""Pivots for each row and coordinate before the method is given up."""

FOUND, ENDLESS = -1, -2
"""What `descend` returns if it ends well, and if it does not end."""


class Maximum(NamedTuple):
    """Where a function is largest.

    Attributes:
        point: `(n_coordinates,)`.
        multipliers: `(n_rows,)`, not negative: the function plus these multiples of the rows is nowhere larger in the
            box.
    """

    point: FloatArray
    multipliers: FloatArray


def maximum(rows: FloatArray, weights: FloatArray, reach: FloatArray) -> Maximum | None:
    """Find the point of a cell where a function is largest.

    Args:
        rows: `(n_rows, n_coordinates + 1)`, weights and constants of functions that are not negative in the cell.
        weights: `(n_coordinates,)`, of the function.
        reach: `(n_coordinates,)`, the largest absolute coordinates, finite.

    Returns:
        The point and a proof, up to rounding errors; None if no point satisfies the rows, or rounding errors prevail.

    Example:
        >>> found = maximum(np.array([[-1.0, -1.0, 1.0]]), np.array([2.0, 1.0]), np.ones(2))
        >>> assert found is not None
        >>> found.point, found.multipliers
        (array([1., 0.]), array([1.]))
    """
    n = len(reach)
    table, tight = np.zeros((2 * n + len(rows) + 1, n + 1)), np.empty(n, np.intp)
    start(rows, len(rows), weights, reach, table, tight)
    if descend(table, tight) != FOUND:
        return None
    multipliers = np.zeros(len(rows))
    of_rows = tight >= 2 * n
    multipliers[tight[of_rows] - 2 * n] = np.maximum(-table[-1, :-1][of_rows], 0.0)
    return Maximum(table[:n, -1] - reach, multipliers)


@compiled_in_place
def start(rows: FloatArray, n: int, weights: FloatArray, reach: FloatArray, table: FloatArray, tight: IntArray) -> None:
    """Write the table at the corner of the box where a function is largest: each coordinate can only lower it.

    Args:
        rows: `(at least n, n_coordinates + 1)`.
        n: the number of rows.
        weights: `(at least n_coordinates,)`, of the function.
        reach: `(n_coordinates,)`.
        table: `(2 * n_coordinates + n + 1, n_coordinates + 1)`, zeros.
        tight: `(n_coordinates,)`, to be written: the numbers of what is tight.
    """
    k = len(reach)
    goal = 2 * k + n
    for q in range(k):
        sign = -1.0 if weights[q] > 0.0 else 1.0
        tight[q] = k + q if weights[q] > 0.0 else q
        table[q, q], table[k + q, q] = sign, -sign
        table[q, k], table[k + q, k] = reach[q] - sign * reach[q], reach[q] + sign * reach[q]
        for i in range(n):
            table[2 * k + i, q] = sign * rows[i, q]
            table[2 * k + i, k] -= sign * rows[i, q] * reach[q]
        table[goal, q] = sign * weights[q]
    for i in range(n):
        table[2 * k + i, k] += rows[i, k]


@compiled_in_place
def descend(table: FloatArray, tight: IntArray) -> int:
    """Make what is violated most tight, until nothing is violated any more.

    Args:
        table: as `start` writes it, to be changed.
        tight: likewise.

    Returns:
        `FOUND`, `ENDLESS`, or the number of what is violated wherever the rest is not.
    """
    k, goal = len(tight), len(table) - 1
    for _ in range(MOST_PIVOTS * (goal + k)):
        violated, least = -1, -VIOLATED
        for i in range(goal):
            if table[i, k] < least:
                violated, least = i, table[i, k]
        if violated < 0:
            return FOUND
        leaving, ratio = -1, np.inf
        for q in range(k):
            rate = table[violated, q]
            if rate > LEAST_PIVOT:
                here = -table[goal, q] / rate
                if here < ratio or (here == ratio and rate > table[violated, leaving]):
                    leaving, ratio = q, here
        if leaving < 0:
            return violated
        inverse = 1.0 / table[violated, leaving]
        for i in range(goal + 1):
            factor = table[i, leaving] * inverse
            if factor != 0.0 and i != violated:
                for q in range(k + 1):
                    table[i, q] -= factor * table[violated, q]
                table[i, leaving] = factor
        for q in range(k + 1):
            table[violated, q] = 0.0
        table[violated, leaving] = 1.0
        tight[leaving] = violated
    return ENDLESS
