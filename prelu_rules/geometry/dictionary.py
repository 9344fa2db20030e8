"""The simplex dictionary of a cell: its corner, and how it walks from corner to corner; compiled by Numba.

A cell is a set of rows `w t + c >= 0`. At a corner, `n_coordinates` of them are tight; the *slack* of every row is an
affine function of the slacks of the tight rows (Dantzig's dictionary; see Chvatal, "Linear Programming", 1983). The
first rows are the bounds `t + bound >= 0`, so coordinates are slacks too. A dictionary is two arrays:

    table   (n_coordinates + 1, room), a column per row of the cell. Entry `[q, i]` is the factor of the slack of the
            q-th tight row; the last entry of a column is the slack at the corner.
    tight   (n_coordinates,), the tight rows.

Slacks are stored as columns, so that a pivot runs along memory.
"""

from __future__ import annotations

import numpy as np

from prelu_rules.errors import SolverError
from prelu_rules.geometry.compiled import compiled
from prelu_rules.tolerances import CUT, LEAST_RATE
from prelu_rules.values import BoolArray, FloatArray, IntArray

LEAST_PIVOT = 1e-9
"""A slack that falls by less than this per unit of another slack does not block a walk along an edge."""


BELOW, ABOVE, BOTH = 0, 1, 2
"""The sides of a hyperplane on which a cell has an interior."""

PATIENCE = 40
"""Pivots after which the next pivot is chosen by Bland's rule, which cannot cycle."""

MOST_PIVOTS = 100_000
"""More pivots than any walk needs; after so many, rounding errors keep it from ending."""


@compiled
def append(table: FloatArray, n: int, weights: FloatArray, constant: float, bound: float) -> None:
    """Write `weights t + constant` as a row of the cell, number n."""
    n_coordinates = len(weights)
    for place in range(n_coordinates + 1):
        total = 0.0
        for q in range(n_coordinates):
            total += weights[q] * table[place, q]
        table[place, n] = total
    for q in range(n_coordinates):
        constant -= weights[q] * bound
    table[n_coordinates, n] += constant


@compiled
def pivot(table: FloatArray, tight: IntArray, n: int, entering: int, leaving: int) -> None:
    """Walk to the corner where the row `entering` is tight instead of the `leaving`-th tight row."""
    inverse = 1.0 / table[leaving, entering]
    for place in range(len(tight) + 1):
        if place != leaving:
            factor = table[place, entering] * inverse
            if factor != 0.0:
                for i in range(n):
                    table[place, i] -= factor * table[leaving, i]
                table[place, entering] = 0.0
    for i in range(n):
        table[leaving, i] *= inverse
    table[leaving, entering] = 1.0
    tight[leaving] = entering


@compiled
def direction(table: FloatArray, tight: IntArray, objective: int, sign: float, bland: bool) -> int:
    """The tight row to leave so that `sign` times the objective grows; -1 if it is at its maximum."""
    best, found = LEAST_RATE, -1
    for place in range(len(tight)):
        rate = sign * table[place, objective]
        if rate > best and not (bland and found >= 0 and tight[place] > tight[found]):
            found = place
            if not bland:
                best = rate
    return found


@compiled
def blocking(
    table: FloatArray, tight: IntArray, n: int, leaving: int, sign: float, skipped: BoolArray, bland: bool
) -> tuple[int, float]:
    """The row that blocks the walk first when the slack of a tight row grows (`sign` 1) or falls (-1), and when.

    Rows that are `skipped` do not count. Returns -1 if no row blocks.
    """
    n_coordinates = len(tight)
    found, step, size = -1, np.inf, 0.0
    for i in range(n):
        rate = -sign * table[leaving, i]
        if rate > LEAST_PIVOT and not skipped[i]:
            ratio = max(table[n_coordinates, i], 0.0) / rate
            nearer = ratio < step
            # Of rows that block at the same point, the one with the largest pivot has the smallest rounding error.
            if ratio == step:
                nearer = i < found if bland else rate > size
            if nearer:
                found, step, size = i, ratio, rate
    return found, step


@compiled
def held(table: FloatArray, tight: IntArray, n: int, place: int) -> bool:
    """Whether other rows keep the slack of a tight row from falling by more than `CUT`, if its own row is dropped."""
    n_coordinates, row = len(tight), tight[place]
    found = False
    # Without branches and divisions, so that the compiler can vectorise the loop.
    for i in range(n):
        rate = table[place, i]
        found |= (i != row) & (rate > LEAST_PIVOT) & (table[n_coordinates, i] <= CUT * rate)
    return found


@compiled
def reaches(
    table: FloatArray,
    tight: IntArray,
    n: int,
    objective: int,
    sign: float,
    skipped: BoolArray,
    crossing: bool,
) -> tuple[bool, int]:
    """Walk until `sign` times the objective, a row that is skipped, exceeds `CUT`, or is known never to.

    With `crossing`, the walk stops where the objective is 0, and makes it tight. Returns whether the objective is
    reached, and the number of pivots.
    """
    n_coordinates = len(tight)
    pivots = 0
    while sign * table[n_coordinates, objective] <= CUT:
        bland = pivots > PATIENCE
        if pivots > MOST_PIVOTS:
            raise SolverError("the simplex method did not converge; use the method 'linear programs'.")
        leaving = direction(table, tight, objective, sign, bland)
        if leaving < 0:
            return False, pivots
        entering, step = blocking(table, tight, n, leaving, 1.0, skipped, bland)
        value = table[n_coordinates, objective] + table[leaving, objective] * step
        if entering < 0 or (crossing and sign * value > CUT):
            entering = objective
        pivot(table, tight, n, entering, leaving)
        pivots += 1
        if entering == objective:
            return True, pivots
    return True, pivots


@compiled
def maximise(table: FloatArray, tight: IntArray, n: int, objective: int, sign: float, skipped: BoolArray) -> None:
    """Walk to a corner where `sign` times the objective, a row that is skipped, is largest."""
    for pivots in range(MOST_PIVOTS):
        bland = pivots > PATIENCE
        leaving = direction(table, tight, objective, sign, bland)
        if leaving < 0:
            return
        entering, _ = blocking(table, tight, n, leaving, 1.0, skipped, bland)
        if entering < 0:
            return
        pivot(table, tight, n, entering, leaving)
    raise SolverError("the simplex method did not converge; rescale the inputs to similar sizes and try again.")


@compiled
def sides(table: FloatArray, tight: IntArray, n: int, skipped: BoolArray, crossing: bool) -> tuple[int, int]:
    """The sides of the last row on which the cell has points further away than `CUT`, and the number of pivots.

    The last row must be `skipped`. If the cell has both sides and `crossing` is set, the row is tight afterwards; if it
    has neither, the answer is `ABOVE`.
    """
    n_coordinates, last = len(tight), n - 1
    used = 0
    if abs(table[n_coordinates, last]) <= CUT:
        above, used = reaches(table, tight, n, last, 1.0, skipped, False)
        if not above:
            below, more = reaches(table, tight, n, last, -1.0, skipped, False)
            return (BELOW if below else ABOVE), used + more
    above = table[n_coordinates, last] > 0
    crossed, more = reaches(table, tight, n, last, -1.0 if above else 1.0, skipped, crossing)
    if crossed:
        return BOTH, used + more
    return (ABOVE if above else BELOW), used + more


@compiled
def constant_side(value: float) -> int:
    """The side of a function that is constant on the cell."""
    return BELOW if value < -CUT else ABOVE


@compiled
def turn(table: FloatArray, tight: IntArray, n: int, row: int) -> None:
    """Turn a row around: `-w t - c >= 0` instead of `w t + c >= 0`."""
    for place in range(len(tight) + 1):
        table[place, row] = -table[place, row]
    for place in range(len(tight)):
        if tight[place] == row:
            for i in range(n):
                table[place, i] = -table[place, i]


@compiled
def refresh(table: FloatArray, tight: IntArray, n: int, rows: FloatArray) -> None:
    """Recompute the dictionary from its rows, so that the rounding errors of many pivots do not add up.

    `rows` is `(room, n_coordinates + 1)`, weights and constants; it begins with `t + bound >= 0`, followed by `-t +
    bound >= 0`. The corner stays the same, but the order of its tight rows may change.
    """
    n_coordinates = len(tight)
    wanted = np.zeros(n, dtype=np.bool_)
    for place in range(n_coordinates):
        wanted[tight[place]] = True
    # Start from the corner of the bounds that shares the most tight rows; only the others cost a pivot.
    side = np.empty(n_coordinates)
    bound = rows[0, n_coordinates]
    for q in range(n_coordinates):
        upper = wanted[n_coordinates + q]
        side[q] = 1.0 if upper else -1.0
        tight[q] = n_coordinates + q if upper else q
    table[:, : 2 * n_coordinates] = 0.0
    for q in range(n_coordinates):
        table[q, q] = -side[q]
        table[q, n_coordinates + q] = side[q]
        table[n_coordinates, q] = bound + side[q] * bound
        table[n_coordinates, n_coordinates + q] = bound - side[q] * bound
    for i in range(2 * n_coordinates, n):
        value = rows[i, n_coordinates]
        for q in range(n_coordinates):
            table[q, i] = -side[q] * rows[i, q]
            value += side[q] * bound * rows[i, q]
        table[n_coordinates, i] = value
    for i in range(2 * n_coordinates, n):
        if wanted[i]:
            leaving, size = -1, 0.0
            for place in range(n_coordinates):
                if not wanted[tight[place]] and abs(table[place, i]) > size:
                    leaving, size = place, abs(table[place, i])
            pivot(table, tight, n, i, leaving)
