"""The search that cuts polygons, depth first; compiled by Numba."""

from __future__ import annotations

import numpy as np

from prelu_rules.geometry.compiled import compiled, inlined
from prelu_rules.geometry.planar.clipping import DOUBT, clip, line_of, sides_of
from prelu_rules.geometry.planar.layer_functions import LayerFunctions, update
from prelu_rules.geometry.planar.search_state import (
    ANSWER,
    BLOCK,
    COUNT,
    DEPTH,
    FIRST,
    FOUND,
    NEXT,
    NO_UNIT,
    ROWS,
    START,
    STEP,
    STOP,
    UNIT,
    WRITE,
    Found,
    Place,
    Stacks,
    borrowed_state,
)
from prelu_rules.geometry.sides import ABOVE, BELOW, BOTH
from prelu_rules.tolerances import CUT

ENTER, NARROW, SPLIT = range(3)
"""What to do next: enter a block, test the units that are listed, or split the polygon along the first of them."""

FULL, TIME_IS_UP, IN_DOUBT, OUT_OF_ROOM, DONE = range(5)
"""Why the search stopped."""

SURE = 1e-12
"""The constant of a line counts as known up to this share of its terms when a rectangle is tested."""


@compiled
def search(functions: LayerFunctions, place: Place, stacks: Stacks, found: Found, work: int) -> int:
    """Continue until `found` is full, or so many units were tested and terms summed; returns why it stopped."""
    functions, place, stacks, found = borrowed_state(functions, place, stacks, found)
    cursor = place.cursor
    n_blocks = len(functions.age)
    while True:
        if cursor[STEP] == ENTER:
            block = cursor[BLOCK]
            if work <= 0:
                return TIME_IS_UP
            size = functions.start[block + 1] - functions.start[block]
            if len(stacks.units) < cursor[FIRST] + size:
                return OUT_OF_ROOM
            work -= size * (1 + update(functions, place.signs, block))
            if block < n_blocks - 1:
                _enter(functions, place, stacks, block)
                continue
            if not _record(functions, place, stacks, found):
                return FULL
            if cursor[DEPTH] == 0:
                return DONE
            _resume(place)
        if cursor[STEP] == NARROW:
            work -= cursor[STOP] - cursor[NEXT]
            if not _narrow(functions, place, stacks):
                return IN_DOUBT
            if cursor[WRITE] == cursor[FIRST]:
                cursor[BLOCK] += 1
                cursor[STEP] = ENTER
                continue
            cursor[STEP] = SPLIT
        if cursor[STEP] == SPLIT:
            n_left = cursor[WRITE] - cursor[FIRST]
            if len(stacks.points) < cursor[START] + 3 * cursor[COUNT] + 8:
                return OUT_OF_ROOM
            if len(stacks.units) < cursor[WRITE] + n_left:
                return OUT_OF_ROOM
            _split(place, stacks)


@inlined
def _enter(functions: LayerFunctions, place: Place, stacks: Stacks, block: int) -> None:
    """Settle the units of a block whose lines miss the rectangle around the polygon, and list the others."""
    cursor = place.cursor
    n_inputs = len(place.frame)
    first, last = functions.start[block], functions.start[block + 1]
    middle, spread, rate = 0, 1, 2
    scratch, values = place.scratch, functions.values
    for k in range(first, last):
        scratch[middle, k] = values[n_inputs, k]
        scratch[spread, k] = SURE * abs(values[n_inputs, k])
    for i in range(n_inputs):
        factor = place.frame[i, 2]
        if factor != 0.0:
            for k in range(first, last):
                scratch[middle, k] += values[i, k] * factor
                scratch[spread, k] += SURE * abs(values[i, k] * factor)
    for q in range(2):
        lower, upper = np.inf, -np.inf
        for i in range(cursor[START], cursor[START] + cursor[COUNT]):
            lower, upper = min(lower, stacks.points[i, q]), max(upper, stacks.points[i, q])
        centre, half = (lower + upper) / 2.0, (upper - lower) / 2.0 + CUT
        for k in range(first, last):
            scratch[rate, k] = 0.0
        for i in range(n_inputs):
            factor = place.frame[i, q]
            if factor != 0.0:
                for k in range(first, last):
                    scratch[rate, k] += values[i, k] * factor
        for k in range(first, last):
            scratch[middle, k] += scratch[rate, k] * centre
            scratch[spread, k] += abs(scratch[rate, k]) * half
    n = cursor[FIRST]
    for unit in range(first, last):
        place.decides[unit] = False
        place.signs[unit] = scratch[middle, unit] >= 0.0
        if abs(scratch[middle, unit]) < scratch[spread, unit] or scratch[middle, unit] == -scratch[spread, unit]:
            stacks.units[n] = unit
            n += 1
            _make_row(functions, place, unit)
    cursor[NEXT] = cursor[WRITE] = cursor[FIRST]
    cursor[STOP] = n
    cursor[STEP] = NARROW


@inlined
def _make_row(functions: LayerFunctions, place: Place, unit: int) -> None:
    for q in range(len(place.column)):
        place.column[q] = functions.values[q, unit]
    place.lengths[unit] = line_of(place.column, place.frame, place.rows[unit])


@inlined
def _narrow(functions: LayerFunctions, place: Place, stacks: Stacks) -> bool:
    """Test the listed units on the polygon, and keep those that cut it; False if one is in doubt."""
    cursor = place.cursor
    start, count = cursor[START], cursor[COUNT]
    n = cursor[WRITE]
    for place_in_list in range(cursor[NEXT], cursor[STOP]):
        unit = stacks.units[place_in_list]
        row, length = place.rows[unit], place.lengths[unit]
        if cursor[ANSWER] != NO_UNIT:
            side = cursor[ANSWER]
            cursor[ANSWER] = NO_UNIT
        elif row[0] == 0.0 and row[1] == 0.0:
            side = ABOVE if row[2] >= 0.0 else BELOW
        else:
            side = sides_of(stacks.points, start, count, row, place.least[unit] / length, place.blur[unit] / length)
        if side == DOUBT:
            cursor[UNIT], cursor[NEXT], cursor[WRITE] = unit, place_in_list, n
            return False
        place.decides[unit] = side == BOTH
        place.signs[unit] = side == ABOVE
        if side == BOTH:
            stacks.units[n] = unit
            n += 1
    cursor[WRITE] = n
    return True


@inlined
def _split(place: Place, stacks: Stacks) -> None:
    """Cut the polygon along the first unit of the list; the positive part is put off."""
    cursor = place.cursor
    unit = stacks.units[cursor[FIRST]]
    start, count, edge = cursor[START], cursor[COUNT], cursor[ROWS]
    row, blur = place.rows[unit], place.blur[unit] / place.lengths[unit]
    to = start + count
    n_above = clip(stacks.points, stacks.edges, start, count, row, blur, 1.0, edge, to)
    n_below = clip(stacks.points, stacks.edges, start, count, row, blur, -1.0, edge, to + n_above)
    # Both parts test the rest of the list, and write what is left of it behind it.
    cursor[NEXT], cursor[STOP] = cursor[FIRST] + 1, cursor[WRITE]
    cursor[FIRST] = cursor[WRITE]
    cursor[ROWS] += 1
    cursor[STEP], cursor[UNIT] = NARROW, unit
    cursor[START], cursor[COUNT] = to, n_above
    depth = cursor[DEPTH]
    for field in range(len(cursor)):
        place.put_off[depth, field] = cursor[field]
    cursor[DEPTH] = depth + 1
    cursor[START], cursor[COUNT] = to + n_above, n_below
    place.signs[unit], place.decides[unit] = False, True


@inlined
def _resume(place: Place) -> None:
    """Go to the positive part that was put off last."""
    cursor, depth = place.cursor, place.cursor[DEPTH] - 1
    for field in range(FOUND):
        cursor[field] = place.put_off[depth, field]
    unit = cursor[UNIT]
    place.signs[unit], place.decides[unit] = True, True


@inlined
def _record(functions: LayerFunctions, place: Place, stacks: Stacks, found: Found) -> bool:
    """Write the pattern that was reached; returns False if there is no room."""
    number, start, count = place.cursor[FOUND], place.cursor[START], place.cursor[COUNT]
    first, n_units = found.offsets[number], len(place.signs)
    if number == len(found.signs) or first + count > len(found.corners):
        return False
    for unit in range(n_units):
        found.signs[number, unit] = place.signs[unit]
        found.decides[number, unit] = place.decides[unit]
    for k in range(found.outputs.shape[1]):
        for q in range(found.outputs.shape[2]):
            found.outputs[number, k, q] = functions.values[q, n_units + k]
    for i in range(count):
        found.corners[first + i, 0] = stacks.points[start + i, 0]
        found.corners[first + i, 1] = stacks.points[start + i, 1]
        found.edges[first + i] = stacks.edges[start + i]
    found.offsets[number + 1] = first + count
    place.cursor[FOUND] = number + 1
    return True
