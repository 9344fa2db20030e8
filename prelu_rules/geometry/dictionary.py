"""The simplex dictionary of a cell: its corner, and how to go to another one; compiled by Numba.

A cell is a set of rows `w t + c >= 0` in the box of all `t` between `-bound` and `bound`. The lower bounds of the
coordinates are numbered first, then the upper bounds, then the others. At a corner, `n_coordinates` of all are tight;
the *slack* of every other row is an affine function of the slacks of the tight rows (Dantzig's dictionary; see Chvatal,
"Linear Programming", 1983). The two bounds of a coordinate share a column, which is the slack of one of them; the other
is at 0 when this one is at the width of the box (the bounded-variable simplex method, chapter 8 there). So there are as
many columns as rows that are no bounds, and a box without such rows costs nothing.

Where the domain is all of R^n, `bound` stands for a number larger than all others, as in the big-M method, but none is
chosen: each slack at the corner is a multiple of it, plus a number, and the multiples are compared first.

A cell has some ten to twenty columns. Processors take four of them at once, and the rest one by one; therefore the
loops that matter go to the next multiple of four, and compute some columns that nobody reads.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from prelu_rules.geometry.compiled import compiled_in_place, part_of_compiled
from prelu_rules.values import BoolArray, FloatArray, IntArray

PADDING = 4
"""Columns that are processed together."""

UNLIMITED = 2**62
"""Work that no walk uses up."""

NEVER, REACHED, PAUSED, UNSURE, ENDLESS = range(5)
"""How a walk ends."""

BOUND, SLIP = range(2)
"""The places in `Dictionary.numbers`."""

LEFT, PIVOTS, STEPS, EDGE = range(4)
"""The places in `Dictionary.counts`."""


class Dictionary(NamedTuple):
    """A corner of a cell.

    Attributes:
        table: `(n_coordinates + 1, room)`, a column for each slack that is not tight: entry `[q, i]` is its factor of
            the slack of the q-th tight row, and the last entry is the slack at the corner. If the domain is unbounded,
            one more row, the multiples of the bound.
        tight: `(n_coordinates,)`, the number of each tight row.
        loose: `(room,)`, the number of the row of each column.
        scratch: `(room,)`, space for a number for each column.
        bits: the same space as integers, which are in the same order if the numbers are not negative.
        most: `(2 * n_coordinates + room,)`, an upper bound of the slack of each row.
        numbers: the bound of the coordinates (1 if it is symbolic), and the largest factor by which a rounding error
            may have grown.
        counts: the work that is left before a walk has to pause (multiplications), the pivots since the last refresh,
            the steps of the current walk, and the place of the tight row that its last edge leaves.
    """

    table: FloatArray
    tight: IntArray
    loose: IntArray
    scratch: FloatArray
    bits: IntArray
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
    n_columns = room + -room % PADDING
    scratch = np.zeros(n_columns)
    return Dictionary(
        np.zeros((n_coordinates + (1 if bounded else 2), n_columns)),
        np.arange(n_coordinates),
        np.zeros(n_columns, dtype=np.intp),
        scratch,
        scratch.view(np.int64),
        most,
        np.array([bound if bounded else 1.0, 1.0]),
        np.array([UNLIMITED, 0, 0, 0]),
    )


@part_of_compiled
def padded(n: int) -> int:
    """The number of columns to process if n count."""
    return (n + PADDING - 1) & -PADDING


@part_of_compiled
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


@part_of_compiled
def pivot(d: Dictionary, n: int, entering: int, leaving: int) -> None:
    """Walk to the corner where the row of the column `entering` is tight instead of the `leaving`-th tight row."""
    _exchange(d.table, d.scratch, n, entering, leaving)
    tight, loose, numbers, counts = d.tight, d.loose, d.numbers, d.counts
    tight[leaving], loose[entering] = loose[entering], tight[leaving]
    numbers[SLIP] = max(numbers[SLIP], abs(d.table[leaving, entering]))
    counts[LEFT] -= len(d.table) * n
    counts[PIVOTS] += 1


@compiled_in_place
def _exchange(table: FloatArray, scratch: FloatArray, n: int, entering: int, leaving: int) -> None:
    inverse, columns = 1.0 / table[leaving, entering], padded(n)
    pivot_row = table[leaving]
    # Written elsewhere first, so that the compiler knows that it is none of the rows that change.
    for i in range(columns):
        scratch[i] = pivot_row[i] * inverse
    for place in range(len(table)):
        factor = table[place, entering]
        if place != leaving and factor != 0.0:
            row = table[place]
            for i in range(columns):
                row[i] -= factor * scratch[i]
            row[entering] = -factor * inverse
    for i in range(columns):
        pivot_row[i] = scratch[i]
    pivot_row[entering] = inverse


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
    """Reverse a tight row that is not a bound: `-w t - c >= 0` instead of `w t + c >= 0`."""
    table = d.table
    for i in range(n):
        table[place, i] = -table[place, i]


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
