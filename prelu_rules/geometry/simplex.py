"""Activation patterns of a domain, depth first, with a simplex dictionary; compiled by Numba.

For each unit the question is whether its hyperplane cuts the cell. The answer is found by walking from the corner where
the last answer was found until the other side is reached. On a cut, the walk stops on the hyperplane, at a corner of
both halves, so that no corner of either half has to be searched for. The units of a layer are first tested against the
whole cell, since a unit that does not cut it does not cut any of its parts.

The compiled search pauses when a batch is full, when it has done some work, so that the caller can look at the clock,
and when rounding errors leave it in doubt whether a unit cuts the cell; then the caller decides in exact arithmetic,
and the search goes on.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from prelu_rules.domains.frame import Frame
from prelu_rules.geometry import dictionary
from prelu_rules.geometry.cells import (
    Coordinates,
    Network,
    Patterns,
    compiled_frame,
    compiled_network,
    pre_activations,
    to_frame,
)
from prelu_rules.geometry.compiled import compiled
from prelu_rules.geometry.dictionary import (
    BOUND, LEFT, NEVER, PAUSED, PIVOTS, REACHED, SLIP, STEPS, UNSURE, Dictionary, new_dictionary)
from prelu_rules.geometry.doubt import reaches_beyond
from prelu_rules.network.normal_form import NormalForm
from prelu_rules.tolerances import CUT
from prelu_rules.values import BoolArray, FloatArray, IntArray

BATCH = 1024
"""Patterns that are yielded together."""

BATCH_NUMBERS = 2**22
"""Numbers in the affine maps that are yielded together; where there are many inputs, batches are smaller."""

WORK = 20_000_000
"""Multiplications between two checks of the time, about 20 ms."""

FRESH = 100
"""Pivots, and two more for each coordinate, after which a dictionary is recomputed."""

KEPT = 2**25
"""Numbers in the dictionaries of halves that are put off; more are recomputed instead of kept."""

ROUNDING = 1e-14
"""The error of a slack in a dictionary whose pivots were all about 1; it grows as the smallest of them falls."""

BELOW, ABOVE, BOTH, OPEN = range(4)
"""The sides of a hyperplane on which a cell has an interior; open if they have to be found."""


class _Place(NamedTuple):
    """The state of the search: the cell, and the units as affine functions on it."""

    frame: Coordinates
    rows: FloatArray  # (room, n_coordinates + 1), the rows of the cell that are no bounds
    corner: Dictionary
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


class _PutOff(NamedTuple):
    """The positive halves of cells, postponed while the negative halves are searched."""

    tables: FloatArray  # one after the other
    tight: IntArray
    loose: IntArray
    slip: FloatArray
    cursor: IntArray


# What the cursor holds: rows of the domain; the unit; rows of the cell; halves put off; where the next table is put; the end of the block
# whose pre-activations are known, and how many of its units are tested; whether the dictionary is being recomputed;
# how far a test has got; the sign of the side it is about; whether it was in doubt before; and an answer from outside.
_N_BASE, _UNIT, _ROWS, _DEPTH, _NEXT, _END, _READY, _TESTED, _STALE, _PHASE, _SIGN, _DOUBTED, _ANSWER = range(13)
_NEW, _RISING, _FALLING, _CROSSING = range(4)
_FULL, _PAUSED, _DOUBT, _DONE = range(4)
_NO_ANSWER = -1
_UNFINISHED, _IN_DOUBT = -1, -2


def simplex_patterns(
    form: NormalForm, frame: Frame, prefix: BoolArray | None = None, negligible: FloatArray | None = None
) -> Iterator[Patterns]:
    """The activation patterns whose region has an interior, in batches, in the order of `reachable_patterns`.

    Args:
        form: the network, in float64.
        frame: a domain of at least one dimension.
        prefix: `(n_first,)` bool, signs of the first units; only patterns that begin with them are searched.
        negligible: `(n_units,)`, pre-activations of at most this size do not matter: the side of a unit counts if the
            cell reaches further than `CUT` into it, or if the pre-activation exceeds this there. By default the first
            alone is asked.

    Yields:
        At most `BATCH` patterns at a time; sometimes none, so that the caller can check the time.

    Raises:
        SolverError: if rounding errors keep the walk from converging.

    Example:
        >>> from prelu_rules.domains.box import Box
        >>> form = NormalForm.from_layers([np.eye(2), [[1.0], [1.0]]], [[0, 0], [0]], [[0, 0]])
        >>> [batch.signs.astype(int).tolist() for batch in simplex_patterns(form, Frame.of_box(Box([-1, -1], [1, 1])))]
        [[[0, 0], [0, 1], [1, 0], [1, 1]]]
    """
    network = compiled_network(form, prefix)
    n_units, k = form.n_units, frame.n_coordinates
    place = _start(form, frame, np.full(n_units, np.inf) if negligible is None else negligible)
    put_off = _new_put_off(place, n_units)
    size = max(1, min(BATCH, BATCH_NUMBERS // ((form.n_inputs + 1) * form.n_outputs)))
    stopped = _PAUSED
    while stopped != _DONE:
        found = Patterns(
            np.empty((size, n_units), dtype=bool),
            np.empty((size, n_units), dtype=bool),
            np.empty((size, form.n_outputs, form.n_inputs + 1)),
            np.empty((size, k), dtype=np.intp),
        )
        n_found, stopped = _search(network, place, put_off, found, WORK)
        if stopped == _DOUBT:
            place.cursor[_ANSWER] = REACHED if _decided(place, frame.bound) else NEVER
        yield Patterns(found.signs[:n_found], found.decides[:n_found], found.outputs[:n_found], found.tight[:n_found])


def _start(form: NormalForm, frame: Frame, negligible: FloatArray) -> _Place:
    """The whole domain, at one of its corners."""
    k, n_base, n_units = frame.n_coordinates, len(frame.rows), form.n_units
    # One row more than needed for all units, for the unit that is being tested.
    room = n_base + n_units + 1
    place = _Place(
        compiled_frame(frame),
        np.zeros((room, k + 1)),
        new_dictionary(k, room, frame.bound),
        np.zeros(2 * k + room, dtype=bool),
        np.zeros((n_units, form.n_inputs + 1)),
        np.zeros((n_units, k + 1)),
        np.zeros(n_units),
        np.array(negligible, dtype=np.float64),
        np.zeros(n_units),
        np.zeros(n_units, dtype=np.intp),
        np.zeros(n_units, dtype=bool),
        np.zeros(n_units, dtype=bool),
        np.zeros(13, dtype=np.intp),
    )
    place.rows[:n_base] = frame.rows
    place.cursor[_N_BASE], place.cursor[_ANSWER] = n_base, _NO_ANSWER
    return place


def _new_put_off(place: _Place, n_units: int) -> _PutOff:
    height, n_base = len(place.corner.table), place.cursor[_N_BASE]
    k = len(place.corner.tight)
    numbers = height * sum(range(n_base + 1, n_base + n_units + 1))
    return _PutOff(
        np.empty(min(numbers, KEPT)),
        np.empty((n_units + 1, k), dtype=np.intp),
        np.empty((n_units + 1, n_base + n_units + 1), dtype=np.intp),
        np.empty(n_units + 1),
        np.empty((n_units + 1, len(place.cursor)), dtype=np.intp),
    )


def _decided(place: _Place, bound: float) -> bool:
    """Whether the cell reaches beyond the limit on the side that is asked for, in exact arithmetic."""
    unit, n = place.cursor[_TESTED if place.cursor[_END] > place.cursor[_TESTED] else _UNIT], place.cursor[_ROWS]
    row = place.cursor[_SIGN] * place.framed[unit]
    return reaches_beyond(place.rows[:n], bound, row, place.limit[unit])


@compiled
def _search(network: Network, place: _Place, put_off: _PutOff, found: Patterns, work: int) -> tuple[int, int]:
    """Continue the search; returns the number of patterns and why it stopped."""
    cursor, n_units = place.cursor, len(place.signs)
    place.corner.counts[LEFT] = work
    n_found = 0
    while n_found < len(found.signs):
        if place.corner.counts[LEFT] <= 0:
            return n_found, _PAUSED
        unit = cursor[_UNIT]
        if cursor[_STALE]:
            _refresh(place)
        elif cursor[_ROWS] < cursor[_N_BASE]:
            _add_row(place)
        elif unit == n_units:
            _record(network, place, found, n_found)
            n_found += 1
            if cursor[_DEPTH] == 0:
                return n_found, _DONE
            _resume(place, put_off)
        elif cursor[_PHASE] == _NEW and place.corner.counts[PIVOTS] > FRESH + 2 * len(place.corner.tight):
            cursor[_STALE] = 1
        elif unit == cursor[_END]:
            cursor[_END], cursor[_READY], cursor[_TESTED] = network.block_end[unit], unit, unit
        elif cursor[_READY] < cursor[_END]:
            _compute(network, place)
        elif cursor[_TESTED] < cursor[_END]:
            side = _test(place, cursor[_TESTED], False)
            if side == _IN_DOUBT:
                return n_found, _DOUBT
            if side != _UNFINISHED:
                place.side[cursor[_TESTED]] = side
                cursor[_TESTED] += 1
        else:
            side = place.side[unit]
            if side == BOTH:
                side = _test(place, unit, True)
            if side == _IN_DOUBT:
                return n_found, _DOUBT
            if side != _UNFINISHED:
                _decide(network, place, put_off, side)
    return n_found, _FULL


@compiled
def _refresh(place: _Place) -> None:
    """Recompute the dictionary from its rows, so that the rounding errors of many pivots do not add up."""
    d, cursor = place.corner, place.cursor
    if cursor[_STALE] == 1:
        place.wanted[:] = False
        for number in d.tight:
            place.wanted[number] = True
        dictionary.reset(d, place.rows, cursor[_ROWS])
        cursor[_STALE] = 2
    if dictionary.make_tight(d, cursor[_ROWS], place.wanted):
        cursor[_STALE] = 0


@compiled
def _add_row(place: _Place) -> None:
    """Make the next row of the domain a row of the cell, and walk to where it holds."""
    d, cursor = place.corner, place.cursor
    n, k = cursor[_ROWS], len(place.corner.tight)
    row = place.rows[n]
    if cursor[_PHASE] == _NEW:
        dictionary.append(d, n, 2 * k + n, row)
        d.most[2 * k + n] = _spread(row, d) + row[k]
        d.counts[STEPS] = 0
        cursor[_PHASE] = _CROSSING
    if d.table[k, n] < 0.0 and dictionary.walk(d, n + 1, 1.0, CUT, 0.0, True) == PAUSED:
        return
    cursor[_ROWS], cursor[_PHASE] = n + 1, _NEW


@compiled
def _spread(row: FloatArray, d: Dictionary) -> float:
    """The most by which a row differs from its constant in the box."""
    k = len(d.tight)
    if len(d.table) > k + 1:
        return np.inf
    total = 0.0
    for q in range(k):
        total += abs(row[q])
    return total * d.numbers[BOUND]


@compiled
def _compute(network: Network, place: _Place) -> None:
    """Compute the pre-activation of the next unit of the block."""
    unit, k = place.cursor[_READY], place.framed.shape[1] - 1
    pre_activations(network, place.signs, unit, unit + 1, place.functions)
    length = to_frame(place.functions[unit], place.frame, place.framed[unit])
    place.limit[unit] = min(CUT, place.negligible[unit] / length)
    place.spread[unit] = _spread(place.framed[unit], place.corner)
    place.corner.counts[LEFT] -= (2 * unit + 4) * place.functions.shape[1] + k
    place.cursor[_READY] = unit + 1


@compiled
def _test(place: _Place, unit: int, crossing: bool) -> int:
    """The sides of a unit on the cell; if both, and with `crossing`, the unit is tight, as an additional row."""
    d, cursor, limit = place.corner, place.cursor, place.limit[unit]
    k, n = len(place.corner.tight), place.cursor[_ROWS]
    if cursor[_PHASE] == _NEW:
        row, spread = place.framed[unit], place.spread[unit]
        if not np.any(row[:k] != 0.0):
            return BELOW if row[k] < -CUT else ABOVE
        if spread - row[k] <= 0.5 * limit:
            return ABOVE
        if -spread - row[k] > 2.0 * limit:
            return BELOW
        _begin(place, row, limit)
    while True:
        phase = cursor[_PHASE]
        if cursor[_ANSWER] == _NO_ANSWER:
            error = ROUNDING * d.numbers[SLIP]
            outcome = dictionary.walk(d, n + 1, float(cursor[_SIGN]), limit, error, crossing and phase == _CROSSING)
        else:
            outcome = cursor[_ANSWER]
            cursor[_ANSWER] = _NO_ANSWER
            if outcome == REACHED and crossing and phase == _CROSSING:
                dictionary.settle(d, n + 1)
        if outcome == PAUSED:
            return _UNFINISHED
        if outcome == UNSURE:
            if cursor[_DOUBTED]:
                return _IN_DOUBT
            cursor[_DOUBTED], cursor[_STALE], cursor[_PHASE] = 1, 1, _NEW
            return _UNFINISHED
        side = _after(cursor, phase, outcome == REACHED)
        if side != OPEN:
            cursor[_PHASE], cursor[_DOUBTED] = _NEW, 0
            return side
        d.counts[STEPS] = 0


@compiled
def _begin(place: _Place, row: FloatArray, limit: float) -> None:
    """Start the test of a unit: on which side is the corner?"""
    d, cursor = place.corner, place.cursor
    k, n = len(place.corner.tight), place.cursor[_ROWS]
    dictionary.append(d, n, 2 * k + n, row)
    d.counts[STEPS] = 0
    sign = dictionary.corner_side(d, n, limit + ROUNDING * d.numbers[SLIP])
    cursor[_PHASE], cursor[_SIGN] = (_RISING, 1) if sign == 0 else (_CROSSING, -sign)


@compiled
def _after(cursor: IntArray, phase: int, reached: bool) -> int:
    """The sides of the unit after a walk, or `OPEN` and what to do next."""
    if phase == _CROSSING:
        if reached:
            return BOTH
        return ABOVE if cursor[_SIGN] < 0 else BELOW
    if phase == _FALLING:
        return BELOW if reached else ABOVE
    cursor[_PHASE], cursor[_SIGN] = (_CROSSING if reached else _FALLING), -1
    return OPEN


@compiled
def _decide(network: Network, place: _Place, put_off: _PutOff, side: int) -> None:
    """Give the unit its sign; if it has both, cut the cell along its row, which is tight."""
    cursor, d = place.cursor, place.corner
    unit, n, k = cursor[_UNIT], cursor[_ROWS], len(place.corner.tight)
    place.decides[unit] = side == BOTH
    place.signs[unit] = side == ABOVE
    cursor[_UNIT] = unit + 1
    if side != BOTH:
        return
    cursor[_ROWS] = n + 1
    if unit < len(network.prefix):
        place.signs[unit] = network.prefix[unit]
    else:
        _put_off(place, put_off)
    _bound_by(place, unit)
    if not place.signs[unit]:
        for q in range(k):
            if d.tight[q] == 2 * k + n:
                dictionary.turn(d, n + 1, q)


@compiled
def _bound_by(place: _Place, unit: int) -> None:
    """Let the unit with its sign be the last row of the cell."""
    n, k = place.cursor[_ROWS] - 1, len(place.corner.tight)
    sign = 1.0 if place.signs[unit] else -1.0
    for q in range(k + 1):
        place.rows[n, q] = sign * place.framed[unit, q]
    place.corner.most[2 * k + n] = place.spread[unit] + place.rows[n, k]


@compiled
def _put_off(place: _Place, put_off: _PutOff) -> None:
    """Postpone the positive half; its dictionary is kept as long as there is space."""
    d, cursor = place.corner, place.cursor
    depth, n, start = cursor[_DEPTH], cursor[_ROWS], cursor[_NEXT]
    put_off.cursor[depth] = cursor
    put_off.tight[depth] = d.tight
    put_off.slip[depth] = d.numbers[SLIP]
    stop = start + len(d.table) * n
    if stop <= len(put_off.tables):
        put_off.tables[start:stop].reshape((len(d.table), n))[:] = d.table[:, :n]
        put_off.loose[depth, :n] = d.loose[:n]
        cursor[_NEXT] = stop
    else:
        put_off.cursor[depth, _STALE] = 1
    cursor[_DEPTH] = depth + 1


@compiled
def _resume(place: _Place, put_off: _PutOff) -> None:
    """Go to the positive half that was postponed last."""
    d, cursor, depth = place.corner, place.cursor, place.cursor[_DEPTH] - 1
    cursor[:] = put_off.cursor[depth]
    n, unit, start = cursor[_ROWS], cursor[_UNIT] - 1, cursor[_NEXT]
    d.tight[:] = put_off.tight[depth]
    d.numbers[SLIP] = put_off.slip[depth]
    if not cursor[_STALE]:
        stop = start + len(d.table) * n
        d.table[:, :n] = put_off.tables[start:stop].reshape((len(d.table), n))
        d.loose[:n] = put_off.loose[depth, :n]
    place.signs[unit] = True
    _bound_by(place, unit)


@compiled
def _record(network: Network, place: _Place, found: Patterns, number: int) -> None:
    found.signs[number] = place.signs
    found.decides[number] = place.decides
    found.tight[number] = place.corner.tight
    outputs = found.outputs[number]
    outputs[:] = network.direct_outputs
    for unit in range(len(place.signs)):
        factor = 1.0 if place.signs[unit] else network.slopes[unit]
        for k in range(len(outputs)):
            weight = network.output_weights[k, unit] * factor
            if weight != 0.0:
                for q in range(place.functions.shape[1]):
                    outputs[k, q] += weight * place.functions[unit, q]
    place.corner.counts[LEFT] -= (len(place.signs) + 1) * outputs.size
