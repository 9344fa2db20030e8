"""The compiled search for activation patterns, depth first: its state, and what it does until it pauses."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from prelu_rules.geometry import dictionary, walks
from prelu_rules.geometry.cells import Coordinates, Network, Patterns, pre_activations, to_frame
from prelu_rules.geometry.compiled import compiled_in_place, part_of_compiled
from prelu_rules.geometry.dictionary import (
    BOUND,
    EDGE,
    ENDLESS,
    LEFT,
    NEVER,
    PAUSED,
    PIVOTS,
    REACHED,
    SLIP,
    STEPS,
    UNSURE,
    Dictionary,
)
from prelu_rules.geometry.sides import ABOVE, BELOW, BOTH
from prelu_rules.tolerances import CUT
from prelu_rules.values import BoolArray, FloatArray, IntArray

FRESH = 100
"""Pivots, and two more for each coordinate, after which a dictionary is recomputed."""

ROUNDING = 1e-14
"""The error of a slack in a dictionary whose pivots were all about 1; it grows as the smallest of them falls."""

OPEN = 3
"""Instead of a side: it has to be found."""


class Place(NamedTuple):
    """The state of the search: the cell, and the units as affine functions on it."""

    frame: Coordinates
    rows: FloatArray  # (room, n_coordinates + 1), the rows of the cell that are no bounds
    wanted: BoolArray  # (2 n_coordinates + room,), the tight rows of a dictionary that is being recomputed
    functions: FloatArray  # (n_units, n_inputs + 1), pre-activations as functions of the input
    framed: FloatArray  # (n_units, n_coordinates + 1), the same as rows of the frame
    spread: FloatArray  # (n_units,), the most by which a row differs from its constant in the box
    negligible: FloatArray  # (n_units,), pre-activations up to this do not matter
    limit: FloatArray  # (n_units,), the side of a hyperplane counts if the cell reaches further than this
    side: IntArray  # (n_units,), the sides of the unit on the cell at which its block was entered
    signs: BoolArray
    decides: BoolArray
    cursor: IntArray  # see the names below
    sums: FloatArray  # (n_last + 1, n_outputs, n_inputs + 1), the outputs without the last units, then unit by unit
    summed: IntArray  # (1,), the first unit whose sign has changed since the sums were computed; -1 at first


class PutOff(NamedTuple):
    """The positive halves of cells, postponed while the negative halves are searched."""

    tables: FloatArray  # one after the other
    tight: IntArray
    loose: IntArray
    slip: FloatArray
    cursor: IntArray


# What the cursor holds: rows of the domain; the unit, one more than there are if the pattern is written already; rows
# of the cell; halves put off; where the next table is put; the end of the current block; how many of its
# pre-activations are known, and how many of its units tested; whether the dictionary is being recomputed; how far a
# test has got; the sign of the side it is about; whether it was in doubt before; and an answer from outside.
N_BASE, UNIT, ROWS, _DEPTH, _NEXT, END, _READY, TESTED, _STALE, _PHASE, SIGN, _DOUBTED, ANSWER = range(13)
CURSOR_SIZE = 13
_NEW, _RISING, _FALLING, _CROSSING = range(4)
FULL, WAITING, DOUBT, STUCK, DONE = range(5)
NO_ANSWER = -1


@compiled_in_place
def search(
    network: Network, place: Place, d: Dictionary, put_off: PutOff, found: Patterns, work: int
) -> tuple[int, int]:
    """Continue the search; returns the number of patterns and why it stopped."""
    cursor, counts, side = place.cursor, d.counts, place.side
    k, n_units, size = len(d.tight), len(place.signs), len(found.signs)
    counts[LEFT] = work
    n_found = 0
    while n_found < size:
        if counts[LEFT] <= 0:
            return n_found, WAITING
        unit = cursor[UNIT]
        outcome = REACHED
        if cursor[_STALE]:
            outcome = _refresh(place, d)
        elif cursor[ROWS] < cursor[N_BASE]:
            outcome = _add_row(place, d)
        elif unit >= n_units:
            if unit == n_units:
                _record(network, place, d, found, n_found)
                n_found += 1
            if cursor[_DEPTH] == 0:
                return n_found, DONE
            _resume(place, d, put_off)
        elif cursor[_PHASE] == _NEW and counts[PIVOTS] > FRESH + 2 * k:
            cursor[_STALE] = 1
        elif unit == cursor[END]:
            cursor[END], cursor[_READY], cursor[TESTED] = network.block_end[unit], unit, unit
        elif cursor[_READY] < cursor[END]:
            _compute(network, place, d)
        elif cursor[TESTED] == cursor[END] and side[unit] != BOTH:
            _sign(place, unit, side[unit] == ABOVE)
        else:
            crossing = cursor[TESTED] == cursor[END]
            outcome, here = _test(place, d, unit if crossing else cursor[TESTED], crossing)
            if outcome == REACHED:
                if not crossing:
                    side[cursor[TESTED]] = here
                    cursor[TESTED] += 1
                elif here != BOTH:
                    _sign(place, unit, here == ABOVE)
                elif unit == n_units - 1 and unit >= len(network.prefix) and n_found + 2 <= size:
                    _record_both(network, place, d, found, n_found)
                    n_found += 2
                else:
                    _cut(network, place, d, put_off)
        if outcome == UNSURE:
            return n_found, DOUBT
        if outcome == ENDLESS:
            return n_found, STUCK
    return n_found, FULL


@compiled_in_place
def _refresh(place: Place, d: Dictionary) -> int:
    """Recompute the dictionary from its rows, so that the rounding errors of many pivots do not add up."""
    cursor, wanted = place.cursor, place.wanted
    if cursor[_STALE] == 1:
        for number in range(len(wanted)):
            wanted[number] = False
        for q in range(len(d.tight)):
            wanted[d.tight[q]] = True
        dictionary.reset(d, place.rows, cursor[ROWS], wanted)
        cursor[_STALE] = 2
    outcome = dictionary.make_tight(d, cursor[ROWS], wanted)
    if outcome == REACHED:
        cursor[_STALE] = 0
    return outcome


@compiled_in_place
def _add_row(place: Place, d: Dictionary) -> int:
    """Make the next row of the domain a row of the cell, and walk to where it holds."""
    cursor, n, k = place.cursor, place.cursor[ROWS], len(d.tight)
    if cursor[_PHASE] == _NEW:
        row = place.rows[n]
        dictionary.append(d, n, 2 * k + n, row)
        d.most[2 * k + n] = _spread(row, d) + row[k]
        d.counts[STEPS] = 0
        cursor[_PHASE] = _CROSSING
    outcome = REACHED
    if d.table[k, n] < 0.0:
        outcome = walks.walk_alone(d, n + 1, 1.0, CUT, 0.0, True)
        if outcome == REACHED:
            walks.cross(d, n + 1)
    if outcome != PAUSED:
        cursor[ROWS], cursor[_PHASE] = n + 1, _NEW
    return REACHED if outcome == UNSURE else outcome


@part_of_compiled
def _spread(row: FloatArray, d: Dictionary) -> float:
    """The most by which a row differs from its constant in the box."""
    k = len(d.tight)
    total = 0.0
    for q in range(k):
        total += abs(row[q])
    if total > 0.0 and len(d.table) > k + 1:
        return np.inf
    return total * d.numbers[BOUND]


@part_of_compiled
def _compute(network: Network, place: Place, d: Dictionary) -> None:
    """Compute the pre-activation of the next unit of the block."""
    unit, k = place.cursor[_READY], place.framed.shape[1] - 1
    pre_activations(network, place.signs, unit, unit + 1, place.functions)
    length = to_frame(place.functions[unit], place.frame, place.framed[unit])
    place.limit[unit] = min(CUT, place.negligible[unit] / length)
    place.spread[unit] = _spread(place.framed[unit], d)
    d.counts[LEFT] -= (2 * unit + 4) * place.functions.shape[1] + k
    place.cursor[_READY] = unit + 1


@part_of_compiled
def _test(place: Place, d: Dictionary, unit: int, crossing: bool) -> tuple[int, int]:
    """How the test of a unit on the cell ends, and the sides, if it is `REACHED`.

    If both, and with `crossing`, the walk ended on the edge where the unit can be crossed.
    """
    cursor, limit, n = place.cursor, place.limit[unit], place.cursor[ROWS]
    if cursor[_PHASE] == _NEW:
        side = _begin(place, d, unit, limit)
        if side != OPEN:
            return REACHED, side
    while True:
        phase = cursor[_PHASE]
        outcome = cursor[ANSWER]
        cross = crossing and phase == _CROSSING
        if outcome == NO_ANSWER:
            error = ROUNDING * d.numbers[SLIP]
            outcome = walks.walk(d, n + 1, float(cursor[SIGN]), limit, error, cross)
        elif outcome == REACHED and cross:
            walks.settle(d, n + 1)
        cursor[ANSWER] = NO_ANSWER
        if outcome == UNSURE and not cursor[_DOUBTED]:
            # Perhaps with smaller rounding errors.
            cursor[_DOUBTED], cursor[_STALE], cursor[_PHASE] = 1, 1, _NEW
            return PAUSED, OPEN
        if outcome != REACHED and outcome != NEVER:
            return outcome, OPEN
        side = _after(cursor, phase, outcome == REACHED)
        if side != OPEN:
            cursor[_PHASE], cursor[_DOUBTED] = _NEW, 0
            return REACHED, side
        d.counts[STEPS] = 0


@part_of_compiled
def _begin(place: Place, d: Dictionary, unit: int, limit: float) -> int:
    """Start the test of a unit: its side if that is clear from the bounds, otherwise `OPEN`."""
    cursor, row, spread = place.cursor, place.framed[unit], place.spread[unit]
    k, n = len(d.tight), cursor[ROWS]
    if spread == 0.0:
        return BELOW if row[k] < 0.0 else ABOVE
    if spread - row[k] <= 0.5 * limit:
        return ABOVE
    if -spread - row[k] > 2.0 * limit:
        return BELOW
    dictionary.append(d, n, 2 * k + n, row)
    d.counts[STEPS] = 0
    sign = walks.corner_side(d, n, limit + ROUNDING * d.numbers[SLIP])
    cursor[_PHASE], cursor[SIGN] = (_RISING, 1) if sign == 0 else (_CROSSING, -sign)
    return OPEN


@part_of_compiled
def _after(cursor: IntArray, phase: int, reached: bool) -> int:
    """The sides of the unit after a walk, or `OPEN` and what to do next."""
    if phase == _CROSSING:
        if reached:
            return BOTH
        return ABOVE if cursor[SIGN] < 0 else BELOW
    if phase == _FALLING:
        return BELOW if reached else ABOVE
    cursor[_PHASE], cursor[SIGN] = (_CROSSING if reached else _FALLING), -1
    return OPEN


@part_of_compiled
def _sign(place: Place, unit: int, sign: bool) -> None:
    """Give a unit the only sign that it has on the cell."""
    place.decides[unit], place.signs[unit] = False, sign
    place.cursor[UNIT] = unit + 1
    place.summed[0] = min(place.summed[0], unit)


@part_of_compiled
def _cut(network: Network, place: Place, d: Dictionary, put_off: PutOff) -> None:
    """Cut the cell along the row of a unit, which the walk can cross, and go to one of the halves."""
    cursor = place.cursor
    unit, n = cursor[UNIT], cursor[ROWS]
    walks.cross(d, n + 1)
    place.decides[unit], place.signs[unit] = True, False
    cursor[UNIT], cursor[ROWS] = unit + 1, n + 1
    place.summed[0] = min(place.summed[0], unit)
    if unit < len(network.prefix):
        place.signs[unit] = network.prefix[unit]
    else:
        _put_off(place, d, put_off)
    _bound_by(place, d, unit)
    if not place.signs[unit]:
        dictionary.turn(d, n + 1, d.counts[EDGE])


@part_of_compiled
def _bound_by(place: Place, d: Dictionary, unit: int) -> None:
    """Let the unit with its sign be the last row of the cell."""
    n, k = place.cursor[ROWS] - 1, len(d.tight)
    sign = 1.0 if place.signs[unit] else -1.0
    for q in range(k + 1):
        place.rows[n, q] = sign * place.framed[unit, q]
    d.most[2 * k + n] = place.spread[unit] + place.rows[n, k]


@part_of_compiled
def _put_off(place: Place, d: Dictionary, put_off: PutOff) -> None:
    """Postpone the positive half; its dictionary is kept as long as there is space."""
    cursor, tables, table = place.cursor, put_off.tables, d.table
    depth, n, start = cursor[_DEPTH], cursor[ROWS], cursor[_NEXT]
    for number in range(len(cursor)):
        put_off.cursor[depth, number] = cursor[number]
    for q in range(len(d.tight)):
        put_off.tight[depth, q] = d.tight[q]
    put_off.slip[depth] = d.numbers[SLIP]
    columns = dictionary.padded(n)
    stop = start + len(table) * columns
    if stop <= len(tables):
        for q in range(len(table)):
            row, kept = table[q], tables[start + q * columns :]
            for i in range(columns):
                kept[i] = row[i]
        for i in range(n):
            put_off.loose[depth, i] = d.loose[i]
        cursor[_NEXT] = stop
    else:
        put_off.cursor[depth, _STALE] = 1
    cursor[_DEPTH] = depth + 1


@part_of_compiled
def _resume(place: Place, d: Dictionary, put_off: PutOff) -> None:
    """Go to the positive half that was postponed last."""
    cursor, tables, table = place.cursor, put_off.tables, d.table
    depth = cursor[_DEPTH] - 1
    for number in range(len(cursor)):
        cursor[number] = put_off.cursor[depth, number]
    n, unit, start = cursor[ROWS], cursor[UNIT] - 1, cursor[_NEXT]
    for q in range(len(d.tight)):
        d.tight[q] = put_off.tight[depth, q]
    d.numbers[SLIP] = put_off.slip[depth]
    if not cursor[_STALE]:
        columns = dictionary.padded(n)
        for q in range(len(table)):
            row, kept = table[q], tables[start + q * columns :]
            for i in range(columns):
                row[i] = kept[i]
        for i in range(n):
            d.loose[i] = put_off.loose[depth, i]
    place.signs[unit] = True
    place.summed[0] = min(place.summed[0], unit)
    _bound_by(place, d, unit)


@part_of_compiled
def _record(network: Network, place: Place, d: Dictionary, found: Patterns, number: int) -> None:
    """Write the pattern, with the outputs, which are summed anew only from the first sign on that has changed."""
    n_units = len(place.signs)
    for q in range(len(d.tight)):
        found.tight[number, q] = d.tight[q]
    signs, decides, outputs = found.signs[number], found.decides[number], found.outputs[number]
    for unit in range(n_units):
        signs[unit] = place.signs[unit]
    for unit in range(n_units):
        decides[unit] = place.decides[unit]
    _sum_outputs(network, place, d)
    total = place.sums[len(place.sums) - 1]
    for k in range(len(outputs)):
        for q in range(outputs.shape[1]):
            outputs[k, q] = total[k, q]


@part_of_compiled
def _record_both(network: Network, place: Place, d: Dictionary, found: Patterns, number: int) -> None:
    """Write the two patterns that the last unit parts; nothing will be searched in them, so the cell is not cut."""
    unit = len(place.signs) - 1
    d.tight[d.counts[EDGE]] = 2 * len(d.tight) + place.cursor[ROWS]
    place.decides[unit] = True
    for side in range(2):
        place.signs[unit] = side == 1
        place.summed[0] = min(place.summed[0], unit)
        _record(network, place, d, found, number + side)
    place.cursor[UNIT] = unit + 2


@part_of_compiled
def _sum_outputs(network: Network, place: Place, d: Dictionary) -> None:
    """Bring the sums of the outputs up to date."""
    sums, n_units = place.sums, len(place.signs)
    first, n_outputs, width = n_units + 1 - len(sums), sums.shape[1], sums.shape[2]
    start = place.summed[0]
    d.counts[LEFT] -= (n_units if start < first else n_units - start) * n_outputs * width
    if start < first:
        start = first
        for k in range(n_outputs):
            for q in range(width):
                sums[0, k, q] = network.direct_outputs[k, q]
        for unit in range(first):
            _add_activation(network, place, unit, sums[0], sums[0])
    for unit in range(start, n_units):
        _add_activation(network, place, unit, sums[unit - first], sums[unit - first + 1])
    place.summed[0] = n_units


@part_of_compiled
def _add_activation(network: Network, place: Place, unit: int, before: FloatArray, after: FloatArray) -> None:
    """Write the outputs with what a unit contributes to them."""
    factor, function = 1.0 if place.signs[unit] else network.slopes[unit], place.functions[unit]
    for k in range(len(before)):
        weight = network.output_weights[k, unit] * factor
        if weight != 0.0:
            for q in range(len(function)):
                after[k, q] = before[k, q] + weight * function[q]
        else:
            for q in range(len(function)):
                after[k, q] = before[k, q]
