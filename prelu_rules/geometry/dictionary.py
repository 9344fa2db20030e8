"""The simplex dictionary of a cell: its corner, and how it walks from corner to corner; compiled by Numba.

A cell is a set of rows `w t + c >= 0` in the box of all `t` between `-bound` and `bound`. The lower bounds of the
coordinates are numbered first, then the upper bounds, then the others. At a corner, `n_coordinates` of all are tight;
the *slack* of every other row is an affine function of the slacks of the tight rows (Dantzig's dictionary; see Chvatal,
"Linear Programming", 1983). The two bounds of a coordinate share a column, which is the slack of one of them; the other
is at 0 when this one is at the width of the box (the bounded-variable simplex method, chapter 8 there). So there are as
many columns as rows that are no bounds, and a box without such rows costs nothing.

Where the domain is all of R^n, `bound` stands for a number larger than all others, as in the big-M method, but none is
chosen: each slack at the corner is a multiple of it, plus a number, and the multiples are compared first.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from prelu_rules.geometry.compiled import compiled_in_place, part_of_compiled
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

UNLIMITED = 2**62
"""Work that no walk uses up."""

NEVER, REACHED, PAUSED, UNSURE, ENDLESS = range(5)
"""How a walk ends."""

BOUND, SLIP = range(2)
"""The places in `Dictionary.numbers`."""

LEFT, PIVOTS, STEPS = range(3)
"""The places in `Dictionary.counts`."""

OWN_BOUND, NOTHING = -1, -2
"""What blocks a walk if no column does."""


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
        np.array([UNLIMITED, 0, 0]),
    )


@compiled_in_place
def append(d: Dictionary, column: int, number: int, row: FloatArray) -> None:
    """Write the slack of a row `(n_coordinates + 1,)`, weights and constant, with its number, as a column."""
    table, tight, loose, counts = d.table, d.tight, d.loose, d.counts
    k, height, bound = len(tight), len(table), d.numbers[BOUND]
    shift = 0.0
    for place in range(height):
        table[place, column] = 0.0
    for place in range(k):
        q = tight[place]
        if q < 2 * k:
            weight = row[q] if q < k else -row[q - k]
            table[place, column] = weight
            shift -= weight
    for i in range(column):
        q = loose[i]
        if q < 2 * k:
            weight = row[q] if q < k else -row[q - k]
            if weight != 0.0:
                for place in range(height):
                    table[place, column] += weight * table[place, i]
                shift -= weight
    table[k, column] += row[k]
    table[height - 1, column] += shift * bound
    loose[column] = number
    counts[LEFT] -= (1 + min(k, column)) * height


@compiled_in_place
def pivot(d: Dictionary, n: int, entering: int, leaving: int) -> None:
    """Walk to the corner where the row of the column `entering` is tight instead of the `leaving`-th tight row."""
    _exchange(d.table, n, entering, leaving)
    tight, loose, numbers, counts = d.tight, d.loose, d.numbers, d.counts
    tight[leaving], loose[entering] = loose[entering], tight[leaving]
    numbers[SLIP] = max(numbers[SLIP], abs(d.table[leaving, entering]))
    counts[LEFT] -= len(d.table) * n
    counts[PIVOTS] += 1


@compiled_in_place
def _exchange(table: FloatArray, n: int, entering: int, leaving: int) -> None:
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


@part_of_compiled
def flip(d: Dictionary, n: int, place: int) -> None:
    """Walk along the whole edge from one bound of a coordinate to the other."""
    table, tight, counts = d.table, d.tight, d.counts
    k, level, width = len(tight), len(table) - 1, 2.0 * d.numbers[BOUND]
    for i in range(n):
        table[level, i] += width * table[place, i]
        table[place, i] = -table[place, i]
    tight[place] += k if tight[place] < k else -k
    counts[LEFT] -= n


@compiled_in_place
def measure_from_other_bound(d: Dictionary, column: int) -> None:
    """Let a column be the slack of the other bound of its coordinate."""
    table, loose, k = d.table, d.loose, len(d.tight)
    for place in range(len(table)):
        table[place, column] = -table[place, column]
    table[len(table) - 1, column] += 2.0 * d.numbers[BOUND]
    loose[column] += k if loose[column] < k else -k


@compiled_in_place
def turn(d: Dictionary, n: int, place: int) -> None:
    """Turn a tight row that is no bound around: `-w t - c >= 0` instead of `w t + c >= 0`."""
    table = d.table
    for i in range(n):
        table[place, i] = -table[place, i]


@part_of_compiled
def direction(
    table: FloatArray, tight: IntArray, most: FloatArray, objective: int, sign: float, bland: bool
) -> tuple[int, float]:
    """The tight row to leave so that `sign` times the objective grows, and the most that it can grow.

    Returns -1 if the objective is at its maximum.
    """
    best, found, gain = LEAST_RATE, -1, 0.0
    for place in range(len(tight)):
        rate = sign * table[place, objective]
        if rate > 0.0:
            gain += rate * most[tight[place]]
            if rate > best and not (bland and found >= 0 and tight[place] > tight[found]):
                found = place
                if not bland:
                    best = rate
    return found, gain


@part_of_compiled
def _next_rising(table: FloatArray, after: int, k: int, objective: int, sign: float) -> int:
    """The next place after a given one where `sign` times the objective grows; -1 if there is none."""
    for place in range(after + 1, k):
        if sign * table[place, objective] > LEAST_RATE:
            return place
    return -1


@part_of_compiled
def blocking(d: Dictionary, n: int, leaving: int, sign: float, bland: bool) -> tuple[int, float, float, bool]:
    """The column that blocks the walk first when the slack of a tight row grows (`sign` 1) or falls (-1), and where.

    Only the first n columns block. Returns the column, `OWN_BOUND` if the slack reaches the other bound of its
    coordinate, or `NOTHING`; the step and its multiple of the bound; whether the other bound of the column blocks.
    """
    if len(d.table) > len(d.tight) + 1:
        return _blocking_far(d.table, d.tight, d.loose, n, leaving, sign, bland)
    found, step, other = _blocking_near(d.table, d.tight, d.loose, 2.0 * d.numbers[BOUND], n, leaving, sign, bland)
    return found, step, 0.0, other


@compiled_in_place
def _blocking_near(
    table: FloatArray, tight: IntArray, loose: IntArray, width: float, n: int, leaving: int, sign: float, bland: bool
) -> tuple[int, float, bool]:
    """For a domain with bounds."""
    k = len(tight)
    found, step, size, other, number = NOTHING, np.inf, 0.0, False, 0
    if sign > 0.0 and tight[leaving] < 2 * k:
        found, step, size, number = OWN_BOUND, width, 1.0, tight[leaving]
    for i in range(n):
        rate = sign * table[leaving, i]
        rising = rate > 0.0
        if rising:
            if rate <= LEAST_PIVOT or loose[i] >= 2 * k:
                continue
            room = max(width - table[k, i], 0.0)
        else:
            rate = -rate
            if rate <= LEAST_PIVOT:
                continue
            room = max(table[k, i], 0.0)
        # Products are faster than quotients.
        if room < step * rate:
            found, step, size, other, number = i, room / rate, rate, rising, loose[i]
        # Of rows that block at the same point, the one with the largest pivot has the smallest rounding error.
        elif room == step * rate and (loose[i] < number if bland else rate > size):
            found, size, other, number = i, rate, rising, loose[i]
    return found, step, other


@compiled_in_place
def _blocking_far(
    table: FloatArray, tight: IntArray, loose: IntArray, n: int, leaving: int, sign: float, bland: bool
) -> tuple[int, float, float, bool]:
    """For all of R^n, where multiples of the symbolic bound are compared first."""
    k = len(tight)
    found, step, far, size, other, number = NOTHING, np.inf, np.inf, 0.0, False, 0
    if sign > 0.0 and tight[leaving] < 2 * k:
        found, step, far, size, number = OWN_BOUND, 0.0, 2.0, 1.0, tight[leaving]
    for i in range(n):
        rate = sign * table[leaving, i]
        rising = rate > 0.0
        if abs(rate) <= LEAST_PIVOT or (rising and loose[i] >= 2 * k):
            continue
        room, multiple = table[k, i], table[k + 1, i]
        if rising:
            room, multiple = -room, 2.0 - multiple
        rate = abs(rate)
        multiple = multiple / rate if multiple > LEAST_MULTIPLE else 0.0
        ratio = room / rate if multiple > 0.0 else max(room, 0.0) / rate
        level = abs(multiple - far) <= LEAST_MULTIPLE * (1.0 + multiple)
        nearer = (not level and multiple < far) or (level and ratio < step)
        if level and ratio == step:
            nearer = loose[i] < number if bland else rate > size
        if nearer:
            found, step, far, size, other, number = i, ratio, multiple, rate, rising, loose[i]
    return found, step, far, other


@compiled_in_place
def held(d: Dictionary, n: int, place: int, distance: float) -> bool:
    """Whether other rows keep the slack of a tight row from falling by more than a distance, if its own is dropped."""
    _, step, far, _ = blocking(d, n, place, -1.0, False)
    return far == 0.0 and step <= distance


@part_of_compiled
def _exceeds(value: float, multiple: float, limit: float) -> bool:
    if multiple > LEAST_MULTIPLE:
        return True
    return multiple >= -LEAST_MULTIPLE and value > limit


@part_of_compiled
def corner_side(d: Dictionary, column: int, limit: float) -> int:
    """The sign of a slack at the corner; 0 if it is no further from 0 than a limit."""
    table, k = d.table, len(d.tight)
    multiple = table[k + 1, column] if len(table) > k + 1 else 0.0
    if _exceeds(table[k, column], multiple, limit):
        return 1
    return -1 if _exceeds(-table[k, column], -multiple, limit) else 0


@part_of_compiled
def step_to(d: Dictionary, n: int, entering: int, leaving: int, other: bool) -> None:
    """Walk along an edge to what blocks it, as found by `blocking`."""
    if entering == OWN_BOUND:
        flip(d, n, leaving)
    else:
        if other:
            measure_from_other_bound(d, entering)
        pivot(d, n, entering, leaving)


@compiled_in_place
def walk(d: Dictionary, n: int, sign: float, limit: float, error: float, crossing: bool) -> int:
    """Walk until `sign` times the objective, which is the last of n columns, exceeds a limit, or is known never to.

    With `crossing`, the walk stops where the objective is 0, and makes it tight.

    Returns:
        `REACHED`; `NEVER`; `UNSURE`, if the largest value differs from the limit by no more than the error, and the
        corner is where it is attained; `PAUSED`, if the work is used up: the walk goes on when it is called again; or
        `ENDLESS`, if rounding errors keep the walk from ending.
    """
    table, tight, most, counts = d.table, d.tight, d.most, d.counts
    k, objective = len(tight), n - 1
    far = len(table) > k + 1
    # Going from bound to bound changes no rate: with many coordinates, the rates are not searched anew for each.
    flipped = k
    while True:
        value = sign * table[k, objective]
        multiple = sign * table[k + 1, objective] if far else 0.0
        if _exceeds(value, multiple, limit + error):
            return REACHED
        if counts[LEFT] <= 0:
            return PAUSED
        if counts[STEPS] > MOST_PIVOTS:
            return ENDLESS
        bland = counts[STEPS] > PATIENCE
        leaving = _next_rising(table, flipped, k, objective, sign)
        if leaving < 0 or bland:
            leaving, gain = direction(table, tight, most, objective, sign, bland)
            if not far and value + gain <= limit - error:
                return NEVER
            if leaving < 0:
                return UNSURE if _exceeds(value, multiple, limit - error) else NEVER
        entering, step, steps_far, other = blocking(d, objective, leaving, 1.0, bland)
        rate = sign * table[leaving, objective]
        counts[STEPS] += 1
        counts[LEFT] -= n + k
        if entering == NOTHING or (
            crossing and _exceeds(value + rate * step, multiple + rate * steps_far, limit + error)
        ):
            pivot(d, n, objective, leaving)
            return REACHED
        step_to(d, n, entering, leaving, other)
        flipped = leaving if entering == OWN_BOUND else k


@compiled_in_place
def settle(d: Dictionary, n: int) -> None:
    """Make the objective, the last of n columns, tight at a corner where it is almost 0."""
    leaving, size = 0, 0.0
    for place in range(len(d.tight)):
        if abs(d.table[place, n - 1]) > size:
            leaving, size = place, abs(d.table[place, n - 1])
    pivot(d, n, n - 1, leaving)


@compiled_in_place
def maximise(d: Dictionary, n: int, sign: float) -> bool:
    """Walk to a corner where `sign` times the objective, the last of n columns, is largest; whether the walk ended."""
    for steps in range(MOST_PIVOTS):
        leaving, _ = direction(d.table, d.tight, d.most, n - 1, sign, steps > PATIENCE)
        if leaving < 0:
            return True
        entering, _, _, other = blocking(d, n - 1, leaving, 1.0, steps > PATIENCE)
        if entering == NOTHING:
            return True
        step_to(d, n, entering, leaving, other)
    return False


@compiled_in_place
def reset(d: Dictionary, rows: FloatArray, n: int, wanted: BoolArray) -> None:
    """Go to the corner of the box that shares the most wanted rows; all n rows are columns, wanted or not."""
    table, tight, loose, numbers, counts = d.table, d.tight, d.loose, d.numbers, d.counts
    k, level, bound = len(tight), len(table) - 1, d.numbers[BOUND]
    for q in range(k):
        tight[q] = k + q if wanted[k + q] else q
    for i in range(n):
        loose[i] = 2 * k + i
        shift = 0.0
        for q in range(k):
            weight = -rows[i, q] if tight[q] >= k else rows[i, q]
            table[q, i] = weight
            shift -= weight
        table[level, i] = 0.0
        table[k, i] = rows[i, k]
        table[level, i] += shift * bound
    numbers[SLIP] = 1.0
    counts[PIVOTS] = 0
    counts[LEFT] -= n * k


@compiled_in_place
def make_tight(d: Dictionary, n: int, wanted: BoolArray) -> int:
    """Make wanted rows tight instead of bounds that are not wanted: `REACHED` if all are, `PAUSED`, or `ENDLESS`."""
    table, tight, loose, counts = d.table, d.tight, d.loose, d.counts
    for i in range(n):
        if wanted[loose[i]]:
            if counts[LEFT] <= 0:
                return PAUSED
            leaving, size = -1, 0.0
            for place in range(len(tight)):
                if not wanted[tight[place]] and abs(table[place, i]) > size:
                    leaving, size = place, abs(table[place, i])
            if leaving < 0:
                return ENDLESS
            pivot(d, n, i, leaving)
    return REACHED


@compiled_in_place
def go_to(d: Dictionary, rows: FloatArray, n: int, tight: IntArray, wanted: BoolArray) -> bool:
    """Go to the corner of a cell of n rows where given rows are tight; whether it was found.

    `wanted`, with a place for each row, is False everywhere, before and after.
    """
    for q in range(len(tight)):
        wanted[tight[q]] = True
    reset(d, rows, n, wanted)
    d.counts[LEFT] = UNLIMITED
    outcome = make_tight(d, n, wanted)
    for q in range(len(tight)):
        wanted[tight[q]] = False
    return bool(outcome == REACHED)


@compiled_in_place
def write_corner(d: Dictionary, n: int, corner: FloatArray) -> None:
    """Write the coordinates of the corner, `(n_coordinates,)`; only for a domain with bounds."""
    table, tight, loose = d.table, d.tight, d.loose
    k, bound = len(tight), d.numbers[BOUND]
    for place in range(k):
        if tight[place] < 2 * k:
            corner[tight[place] % k] = -bound if tight[place] < k else bound
    for i in range(n):
        if loose[i] < 2 * k:
            slack = table[k, i]
            corner[loose[i] % k] = slack - bound if loose[i] < k else bound - slack


@compiled_in_place
def swap(d: Dictionary, one: int, other: int) -> None:
    """Exchange two columns."""
    table, loose = d.table, d.loose
    for place in range(len(table)):
        table[place, one], table[place, other] = table[place, other], table[place, one]
    loose[one], loose[other] = loose[other], loose[one]


@compiled_in_place
def copy(source: Dictionary, target: Dictionary, n: int) -> None:
    """Copy the corner, and n columns."""
    for place in range(len(source.table)):
        for i in range(n):
            target.table[place, i] = source.table[place, i]
    for place in range(len(source.tight)):
        target.tight[place] = source.tight[place]
    for i in range(n):
        target.loose[i] = source.loose[i]
    for i in range(len(source.numbers)):
        target.numbers[i] = source.numbers[i]
