"""The simplex dictionary of a cell: its corner, and how it walks from corner to corner; compiled by Numba.

A cell is a set of rows `w t + c >= 0` in the box of all `t` between `-bound` and `bound`. The rows are numbered from the
lower bounds of the coordinates and the upper bounds, then come the others. At a corner, `n_coordinates` of them are
tight; the *slack* of every other row is an affine function of the slacks of the tight rows (Dantzig's dictionary; see
Chvatal, "Linear Programming", 1983). The two bounds of a coordinate share a column, which is the slack of one of them;
the other is at 0 when this one is at the width of the box (the bounded-variable simplex method, chapter 8 there). So
there are as many columns as rows that are no bounds, and a box without such rows costs nothing.

Where the domain is all of R^n, `bound` stands for a number larger than all others, as in the big-M method, but none is
chosen: each slack at the corner is a multiple of it, plus a number, and the multiples are compared first.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from prelu_rules.errors import SolverError
from prelu_rules.geometry.compiled import compiled
from prelu_rules.tolerances import LEAST_RATE
from prelu_rules.values import BoolArray, FloatArray, IntArray

LEAST_PIVOT = 1e-9
"""A slack that falls by less than this per unit of another slack does not block a walk along an edge."""

LEAST_MULTIPLE = 1e-11
"""A smaller multiple of the symbolic bound is a rounding error."""

PATIENCE = 40
"""Pivots after which the next pivot is chosen by Bland's rule, which cannot cycle."""

MOST_PIVOTS = 100_000
"""More pivots than any walk needs; after so many, rounding errors keep it from ending."""

ENDLESS = 2**62
"""Work that no walk uses up."""

NEVER, REACHED, PAUSED, UNSURE = range(4)
"""How a walk ends."""

BOUND, SLIP = range(2)
"""The places in `Dictionary.numbers`."""

LEFT, PIVOTS, STEPS = range(3)
"""The places in `Dictionary.counts`."""

_OWN_BOUND, _NOTHING = -1, -2


class Dictionary(NamedTuple):
    """A corner of a cell.

    Attributes:
        table: `(n_coordinates + 1, room)`, a column for each slack that is not tight: entry `[q, i]` is its factor of
            the slack of the q-th tight row, and the last entry is the slack at the corner. If the domain is unbounded,
            one more row, the multiples of the bound.
        tight: `(n_coordinates,)`, the number of each tight row.
        loose: `(room,)`, the number of the row of each column.
        most: `(2 * n_coordinates + room,)`, an upper bound of the slack of each row.
        numbers: the bound of the coordinates (1 if it is symbolic), and the largest factor by which a rounding error
            may have grown.
        counts: the work that is left before a walk has to pause (multiplications), the pivots since the last refresh,
            and the steps of the current walk.
    """

    table: FloatArray
    tight: IntArray
    loose: IntArray
    most: FloatArray
    numbers: FloatArray
    counts: IntArray


def new_dictionary(n_coordinates: int, room: int, bound: float) -> Dictionary:
    """A dictionary of a box, at its lower corner, with space for rows.

    Args:
        n_coordinates: the dimension.
        room: the most rows besides the bounds that the cell and the functions to be tested may have.
        bound: of all coordinates; infinite for all of R^n.

    Returns:
        The dictionary, with work that does not end.
    """
    bounded = bool(np.isfinite(bound))
    most = np.full(2 * n_coordinates + room, np.inf)
    most[: 2 * n_coordinates] = 2 * bound
    return Dictionary(
        np.zeros((n_coordinates + (1 if bounded else 2), room)),
        np.arange(n_coordinates),
        np.zeros(room, dtype=np.intp),
        most,
        np.array([bound if bounded else 1.0, 1.0]),
        np.array([ENDLESS, 0, 0]),
    )


@compiled
def append(d: Dictionary, column: int, number: int, row: FloatArray) -> None:
    """Write the slack of a row `(n_coordinates + 1,)`, weights and constant, with its number, as a column."""
    k, table = len(d.tight), d.table
    bound, level = d.numbers[BOUND], len(table) - 1
    table[:, column] = 0.0
    table[k, column] = row[k]
    d.loose[column] = number
    for place in range(k):
        tight = d.tight[place]
        if tight < 2 * k:
            weight = row[tight] if tight < k else -row[tight - k]
            table[place, column] += weight
            table[level, column] -= weight * bound
    for i in range(column):
        loose = d.loose[i]
        if loose < 2 * k:
            weight = row[loose] if loose < k else -row[loose - k]
            if weight != 0.0:
                for place in range(len(table)):
                    table[place, column] += weight * table[place, i]
                table[level, column] -= weight * bound
    d.counts[LEFT] -= (1 + min(k, column)) * (k + 1)


@compiled
def pivot(d: Dictionary, n: int, entering: int, leaving: int) -> None:
    """Walk to the corner where the row of the column `entering` is tight instead of the `leaving`-th tight row."""
    table = d.table
    inverse = 1.0 / table[leaving, entering]
    for place in range(len(table)):
        if place != leaving:
            factor = table[place, entering] * inverse
            if factor != 0.0:
                for i in range(n):
                    table[place, i] -= factor * table[leaving, i]
            table[place, entering] = -factor
    for i in range(n):
        table[leaving, i] *= inverse
    table[leaving, entering] = inverse
    d.tight[leaving], d.loose[entering] = d.loose[entering], d.tight[leaving]
    d.numbers[SLIP] = max(d.numbers[SLIP], abs(inverse))
    d.counts[LEFT] -= len(table) * n
    d.counts[PIVOTS] += 1


@compiled
def flip(d: Dictionary, n: int, place: int) -> None:
    """Walk along the whole edge from one bound of a coordinate to the other."""
    table, k = d.table, len(d.tight)
    width, level = 2.0 * d.numbers[BOUND], len(table) - 1
    for i in range(n):
        table[level, i] += width * table[place, i]
        table[place, i] = -table[place, i]
    d.tight[place] += k if d.tight[place] < k else -k
    d.counts[LEFT] -= n


@compiled
def measure_from_other_bound(d: Dictionary, column: int) -> None:
    """Let a column be the slack of the other bound of its coordinate."""
    table, k = d.table, len(d.tight)
    for place in range(len(table)):
        table[place, column] = -table[place, column]
    table[len(table) - 1, column] += 2.0 * d.numbers[BOUND]
    d.loose[column] += k if d.loose[column] < k else -k


@compiled
def turn(d: Dictionary, n: int, place: int) -> None:
    """Turn a tight row that is no bound around: `-w t - c >= 0` instead of `w t + c >= 0`."""
    for i in range(n):
        d.table[place, i] = -d.table[place, i]


@compiled
def direction(d: Dictionary, objective: int, sign: float, bland: bool) -> tuple[int, float]:
    """The tight row to leave so that `sign` times the objective grows, and the most that it can grow.

    Returns -1 if the objective is at its maximum.
    """
    best, found, gain = LEAST_RATE, -1, 0.0
    for place in range(len(d.tight)):
        rate = sign * d.table[place, objective]
        if rate > 0.0:
            gain += rate * d.most[d.tight[place]]
            if rate > best and not (bland and found >= 0 and d.tight[place] > d.tight[found]):
                found = place
                if not bland:
                    best = rate
    return found, gain


@compiled
def blocking(d: Dictionary, n: int, leaving: int, sign: float, bland: bool) -> tuple[int, float, float, bool]:
    """The column that blocks the walk first when the slack of a tight row grows (`sign` 1) or falls (-1), and where.

    Only the first n columns block. Returns the column, `_OWN_BOUND` if the slack reaches the other bound of its
    coordinate, or `_NOTHING`; the step and its multiple of the bound; whether the other bound of the column blocks.
    """
    if len(d.table) > len(d.tight) + 1:
        return _blocking_far(d, n, leaving, sign, bland)
    table, k = d.table, len(d.tight)
    width = 2.0 * d.numbers[BOUND]
    found, step, size, other, number = _NOTHING, np.inf, 0.0, False, 0
    if sign > 0.0 and d.tight[leaving] < 2 * k:
        found, step, size, number = _OWN_BOUND, width, 1.0, d.tight[leaving]
    for i in range(n):
        rate = sign * table[leaving, i]
        if abs(rate) <= LEAST_PIVOT or (rate > 0.0 and d.loose[i] >= 2 * k):
            continue
        room = table[k, i] if rate < 0.0 else width - table[k, i]
        rising, rate = rate > 0.0, abs(rate)
        ratio = max(room, 0.0) / rate
        nearer = ratio < step
        # Of rows that block at the same point, the one with the largest pivot has the smallest rounding error.
        if ratio == step:
            nearer = d.loose[i] < number if bland else rate > size
        if nearer:
            found, step, size, other, number = i, ratio, rate, rising, d.loose[i]
    return found, step, 0.0, other


@compiled
def _blocking_far(d: Dictionary, n: int, leaving: int, sign: float, bland: bool) -> tuple[int, float, float, bool]:
    """The same where the bound is symbolic: multiples of it are compared first."""
    table, k = d.table, len(d.tight)
    found, step, far, size, other, number = _NOTHING, np.inf, np.inf, 0.0, False, 0
    if sign > 0.0 and d.tight[leaving] < 2 * k:
        found, step, far, size, number = _OWN_BOUND, 0.0, 2.0, 1.0, d.tight[leaving]
    for i in range(n):
        rate = sign * table[leaving, i]
        if abs(rate) <= LEAST_PIVOT or (rate > 0.0 and d.loose[i] >= 2 * k):
            continue
        room, multiple = table[k, i], table[k + 1, i]
        rising = rate > 0.0
        if rising:
            room, multiple, rate = -room, 2.0 - multiple, rate
        rate = abs(rate)
        multiple = multiple / rate if multiple > LEAST_MULTIPLE else 0.0
        ratio = room / rate if multiple > 0.0 else max(room, 0.0) / rate
        level = abs(multiple - far) <= LEAST_MULTIPLE * (1.0 + multiple)
        nearer = (not level and multiple < far) or (level and ratio < step)
        if level and ratio == step:
            nearer = d.loose[i] < number if bland else rate > size
        if nearer:
            found, step, far, size, other, number = i, ratio, multiple, rate, rising, d.loose[i]
    return found, step, far, other


@compiled
def held(d: Dictionary, n: int, place: int, distance: float) -> bool:
    """Whether other rows keep the slack of a tight row from falling by more than a distance, if its own is dropped."""
    _, step, far, _ = blocking(d, n, place, -1.0, False)
    return far == 0.0 and step <= distance


@compiled
def _exceeds(value: float, multiple: float, limit: float) -> bool:
    if multiple > LEAST_MULTIPLE:
        return True
    return multiple >= -LEAST_MULTIPLE and value > limit


@compiled
def corner_side(d: Dictionary, column: int, limit: float) -> int:
    """The sign of a slack at the corner; 0 if it is no further from 0 than a limit."""
    k = len(d.tight)
    multiple = d.table[k + 1, column] if len(d.table) > k + 1 else 0.0
    if _exceeds(d.table[k, column], multiple, limit):
        return 1
    return -1 if _exceeds(-d.table[k, column], -multiple, limit) else 0


@compiled
def step_to(d: Dictionary, n: int, entering: int, leaving: int, other: bool) -> None:
    """Walk along an edge to what blocks it, as found by `blocking`."""
    if entering == _OWN_BOUND:
        flip(d, n, leaving)
    else:
        if other:
            measure_from_other_bound(d, entering)
        pivot(d, n, entering, leaving)


@compiled
def walk(d: Dictionary, n: int, sign: float, limit: float, error: float, crossing: bool) -> int:
    """Walk until `sign` times the objective, which is the last of n columns, exceeds a limit, or is known never to.

    With `crossing`, the walk stops where the objective is 0, and makes it tight.

    Returns:
        `REACHED`; `NEVER`; `UNSURE`, if the largest value differs from the limit by no more than the error, and the
        corner is where it is attained; or `PAUSED`, if the work is used up: the walk goes on when it is called again.
    """
    k, objective = len(d.tight), n - 1
    far = len(d.table) > k + 1
    while True:
        value = sign * d.table[k, objective]
        multiple = sign * d.table[k + 1, objective] if far else 0.0
        if _exceeds(value, multiple, limit + error):
            return REACHED
        if d.counts[LEFT] <= 0:
            return PAUSED
        bland = d.counts[STEPS] > PATIENCE
        if d.counts[STEPS] > MOST_PIVOTS:
            raise SolverError("the simplex method did not converge; use the method 'linear programs'.")
        leaving, gain = direction(d, objective, sign, bland)
        if not far and value + gain <= limit - error:
            return NEVER
        if leaving < 0:
            return UNSURE if _exceeds(value, multiple, limit - error) else NEVER
        entering, step, steps_far, other = blocking(d, objective, leaving, 1.0, bland)
        rate = sign * d.table[leaving, objective]
        d.counts[STEPS] += 1
        d.counts[LEFT] -= n + k
        if entering == _NOTHING or (
            crossing and _exceeds(value + rate * step, multiple + rate * steps_far, limit + error)
        ):
            pivot(d, n, objective, leaving)
            return REACHED
        step_to(d, n, entering, leaving, other)


@compiled
def settle(d: Dictionary, n: int) -> None:
    """Make the objective, the last of n columns, tight at a corner where it is almost 0."""
    leaving, size = 0, 0.0
    for place in range(len(d.tight)):
        if abs(d.table[place, n - 1]) > size:
            leaving, size = place, abs(d.table[place, n - 1])
    pivot(d, n, n - 1, leaving)


@compiled
def maximise(d: Dictionary, n: int, sign: float) -> None:
    """Walk to a corner where `sign` times the objective, the last of n columns, is largest."""
    for steps in range(MOST_PIVOTS):
        leaving, _ = direction(d, n - 1, sign, steps > PATIENCE)
        if leaving < 0:
            return
        entering, _, _, other = blocking(d, n - 1, leaving, 1.0, steps > PATIENCE)
        if entering == _NOTHING:
            return
        step_to(d, n, entering, leaving, other)
    raise SolverError("the simplex method did not converge; rescale the inputs to similar sizes and try again.")


@compiled
def reset(d: Dictionary, rows: FloatArray, n: int) -> None:
    """Go to the corner of the box that shares the most tight rows; all n rows are columns, tight or not."""
    k, bound = len(d.tight), d.numbers[BOUND]
    level = len(d.table) - 1
    upper = np.zeros(k, dtype=np.bool_)
    for place in range(k):
        if k <= d.tight[place] < 2 * k:
            upper[d.tight[place] - k] = True
    for q in range(k):
        d.tight[q] = k + q if upper[q] else q
    for i in range(n):
        d.loose[i] = 2 * k + i
        d.table[k, i] = rows[i, k]
        if level > k:
            d.table[level, i] = 0.0
        for q in range(k):
            weight = -rows[i, q] if upper[q] else rows[i, q]
            d.table[q, i] = weight
            d.table[level, i] -= weight * bound
    d.numbers[SLIP] = 1.0
    d.counts[PIVOTS] = 0
    d.counts[LEFT] -= n * k


@compiled
def make_tight(d: Dictionary, n: int, wanted: BoolArray) -> bool:
    """Make wanted rows tight instead of bounds that are not wanted, until the work is used up; whether all are."""
    for i in range(n):
        if wanted[d.loose[i]]:
            if d.counts[LEFT] <= 0:
                return False
            leaving, size = -1, 0.0
            for place in range(len(d.tight)):
                if not wanted[d.tight[place]] and abs(d.table[place, i]) > size:
                    leaving, size = place, abs(d.table[place, i])
            if leaving < 0:
                raise SolverError("rows that are parallel up to rounding meet; use the method 'linear programs'.")
            pivot(d, n, i, leaving)
    return True
