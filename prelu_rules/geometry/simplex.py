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
from prelu_rules.errors import SolverError
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
from prelu_rules.geometry.compiled import compiled_in_place, part_of_compiled
from prelu_rules.geometry.dictionary import (
    BOUND,
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
    new_dictionary,
)
from prelu_rules.geometry.doubt import reaches_beyond
from prelu_rules.geometry.stable import Reduced, reduction
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


# What the cursor holds: rows of the domain; the unit; rows of the cell; halves put off; where the next table is put;
# the end of the current block; how many of its pre-activations are known, and how many of its units tested; whether the
# dictionary is being recomputed; how far a test has got; the sign of the side it is about; whether it was in doubt
# before; and an answer from outside.
_N_BASE, _UNIT, _ROWS, _DEPTH, _NEXT, _END, _READY, _TESTED, _STALE, _PHASE, _SIGN, _DOUBTED, _ANSWER = range(13)
_SIZE = 13
_NEW, _RISING, _FALLING, _CROSSING = range(4)
_FULL, _PAUSED, _DOUBT, _STUCK, _DONE = range(5)
_NO_ANSWER = -1


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
    for reduced in reduction(form, frame):
        if reduced is None:
            yield _none(form, frame)
        else:
            yield from _with_stable_units(reduced, frame, prefix, negligible)


def _with_stable_units(
    reduced: Reduced, frame: Frame, prefix: BoolArray | None, negligible: FloatArray | None
) -> Iterator[Patterns]:
    """The patterns of all units, from those of a network without the stable ones."""
    kept = reduced.open_units
    prefix = None if prefix is None else prefix[kept[kept < len(prefix)]]
    matters = np.full(len(kept), np.inf) if negligible is None else negligible[kept]
    for found in _open_patterns(reduced.form, frame, prefix, matters):
        signs = np.repeat(reduced.signs[None], len(found.signs), axis=0)
        decides = np.zeros_like(signs)
        signs[:, kept], decides[:, kept] = found.signs, found.decides
        yield Patterns(signs, decides, found.outputs, found.tight)


def _none(form: NormalForm, frame: Frame) -> Patterns:
    """No patterns."""
    none = np.empty((0, form.n_units), dtype=bool)
    outputs = np.empty((0, form.n_outputs, form.n_inputs + 1))
    return Patterns(none, none, outputs, np.empty((0, frame.n_coordinates), dtype=np.intp))


def _open_patterns(
    form: NormalForm, frame: Frame, prefix: BoolArray | None, negligible: FloatArray
) -> Iterator[Patterns]:
    """The same for a network without stable units."""
    network = compiled_network(form, prefix)
    n_units, k = form.n_units, frame.n_coordinates
    place, d = _start(form, frame, negligible)
    put_off = _new_put_off(d, len(frame.rows), n_units)
    size = max(1, min(BATCH, BATCH_NUMBERS // ((form.n_inputs + 1) * form.n_outputs)))
    stopped = _PAUSED
    while stopped != _DONE:
        found = Patterns(
            np.empty((size, n_units), dtype=bool),
            np.empty((size, n_units), dtype=bool),
            np.empty((size, form.n_outputs, form.n_inputs + 1)),
            np.empty((size, k), dtype=np.intp),
        )
        n_found, stopped = _search(network, place, d, put_off, found, WORK)
        if stopped == _STUCK:
            raise SolverError("the simplex method did not converge; use the method 'linear programs'.")
        if stopped == _DOUBT:
            place.cursor[_ANSWER] = REACHED if _decided(place, frame.bound) else NEVER
        yield Patterns(found.signs[:n_found], found.decides[:n_found], found.outputs[:n_found], found.tight[:n_found])


def _start(form: NormalForm, frame: Frame, negligible: FloatArray) -> tuple[_Place, Dictionary]:
    """The whole domain, at one of its corners."""
    k, n_base, n_units = frame.n_coordinates, len(frame.rows), form.n_units
    # One row more than needed for all units, for the unit that is being tested.
    room = n_base + n_units + 1
    place = _Place(
        compiled_frame(frame),
        np.zeros((room, k + 1)),
        np.zeros(2 * k + room, dtype=bool),
        np.zeros((n_units, form.n_inputs + 1)),
        np.zeros((n_units, k + 1)),
        np.zeros(n_units),
        np.array(negligible, dtype=np.float64),
        np.zeros(n_units),
        np.zeros(n_units, dtype=np.intp),
        np.zeros(n_units, dtype=bool),
        np.zeros(n_units, dtype=bool),
        np.zeros(_SIZE, dtype=np.intp),
    )
    place.rows[:n_base] = frame.rows
    place.cursor[_N_BASE], place.cursor[_ANSWER] = n_base, _NO_ANSWER
    return place, new_dictionary(k, room, frame.bound)


def _new_put_off(d: Dictionary, n_base: int, n_units: int) -> _PutOff:
    height, k = len(d.table), len(d.tight)
    numbers = height * sum(range(n_base + 1, n_base + n_units + 1))
    return _PutOff(
        np.empty(min(numbers, KEPT)),
        np.empty((n_units + 1, k), dtype=np.intp),
        np.empty((n_units + 1, n_base + n_units + 1), dtype=np.intp),
        np.empty(n_units + 1),
        np.empty((n_units + 1, _SIZE), dtype=np.intp),
    )


def _decided(place: _Place, bound: float) -> bool:
    """Whether the cell reaches beyond the limit on the side that is asked for, in exact arithmetic."""
    unit, n = place.cursor[_TESTED if place.cursor[_END] > place.cursor[_TESTED] else _UNIT], place.cursor[_ROWS]
    row = place.cursor[_SIGN] * place.framed[unit]
    return reaches_beyond(place.rows[:n], bound, row, place.limit[unit])


@compiled_in_place
def _search(
    network: Network, place: _Place, d: Dictionary, put_off: _PutOff, found: Patterns, work: int
) -> tuple[int, int]:
    """Continue the search; returns the number of patterns and why it stopped."""
    cursor, counts, side = place.cursor, d.counts, place.side
    k, n_units, size = len(d.tight), len(place.signs), len(found.signs)
    counts[LEFT] = work
    n_found = 0
    while n_found < size:
        if counts[LEFT] <= 0:
            return n_found, _PAUSED
        unit = cursor[_UNIT]
        outcome = REACHED
        if cursor[_STALE]:
            outcome = _refresh(place, d)
        elif cursor[_ROWS] < cursor[_N_BASE]:
            outcome = _add_row(place, d)
        elif unit == n_units:
            _record(network, place, d, found, n_found)
            n_found += 1
            if cursor[_DEPTH] == 0:
                return n_found, _DONE
            _resume(place, d, put_off)
        elif cursor[_PHASE] == _NEW and counts[PIVOTS] > FRESH + 2 * k:
            cursor[_STALE] = 1
        elif unit == cursor[_END]:
            cursor[_END], cursor[_READY], cursor[_TESTED] = network.block_end[unit], unit, unit
        elif cursor[_READY] < cursor[_END]:
            _compute(network, place, d)
        elif cursor[_TESTED] < cursor[_END]:
            tested = cursor[_TESTED]
            outcome, side[tested] = _test(place, d, tested, False)
            cursor[_TESTED] += outcome == REACHED
        elif side[unit] != BOTH:
            _decide(network, place, d, put_off, side[unit])
        else:
            outcome, here = _test(place, d, unit, True)
            if outcome == REACHED:
                _decide(network, place, d, put_off, here)
        if outcome == UNSURE:
            return n_found, _DOUBT
        if outcome == ENDLESS:
            return n_found, _STUCK
    return n_found, _FULL


@compiled_in_place
def _refresh(place: _Place, d: Dictionary) -> int:
    """Recompute the dictionary from its rows, so that the rounding errors of many pivots do not add up."""
    cursor, wanted = place.cursor, place.wanted
    if cursor[_STALE] == 1:
        for number in range(len(wanted)):
            wanted[number] = False
        for q in range(len(d.tight)):
            wanted[d.tight[q]] = True
        dictionary.reset(d, place.rows, cursor[_ROWS], wanted)
        cursor[_STALE] = 2
    outcome = dictionary.make_tight(d, cursor[_ROWS], wanted)
    if outcome == REACHED:
        cursor[_STALE] = 0
    return outcome


@compiled_in_place
def _add_row(place: _Place, d: Dictionary) -> int:
    """Make the next row of the domain a row of the cell, and walk to where it holds."""
    cursor, n, k = place.cursor, place.cursor[_ROWS], len(d.tight)
    if cursor[_PHASE] == _NEW:
        row = place.rows[n]
        dictionary.append(d, n, 2 * k + n, row)
        d.most[2 * k + n] = _spread(row, d) + row[k]
        d.counts[STEPS] = 0
        cursor[_PHASE] = _CROSSING
    outcome = REACHED
    if d.table[k, n] < 0.0:
        outcome = dictionary.walk(d, n + 1, 1.0, CUT, 0.0, True)
    if outcome != PAUSED:
        cursor[_ROWS], cursor[_PHASE] = n + 1, _NEW
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
def _compute(network: Network, place: _Place, d: Dictionary) -> None:
    """Compute the pre-activation of the next unit of the block."""
    unit, k = place.cursor[_READY], place.framed.shape[1] - 1
    pre_activations(network, place.signs, unit, unit + 1, place.functions)
    length = to_frame(place.functions[unit], place.frame, place.framed[unit])
    place.limit[unit] = min(CUT, place.negligible[unit] / length)
    place.spread[unit] = _spread(place.framed[unit], d)
    d.counts[LEFT] -= (2 * unit + 4) * place.functions.shape[1] + k
    place.cursor[_READY] = unit + 1


@part_of_compiled
def _test(place: _Place, d: Dictionary, unit: int, crossing: bool) -> tuple[int, int]:
    """How the test of a unit on the cell ends, and the sides, if it is `REACHED`.

    If both, and with `crossing`, the unit is tight, as an additional row.
    """
    cursor, limit, n = place.cursor, place.limit[unit], place.cursor[_ROWS]
    if cursor[_PHASE] == _NEW:
        side = _begin(place, d, unit, limit)
        if side != OPEN:
            return REACHED, side
    while True:
        phase = cursor[_PHASE]
        outcome = cursor[_ANSWER]
        cross = crossing and phase == _CROSSING
        if outcome == _NO_ANSWER:
            error = ROUNDING * d.numbers[SLIP]
            outcome = dictionary.walk(d, n + 1, float(cursor[_SIGN]), limit, error, cross)
        elif outcome == REACHED and cross:
            dictionary.settle(d, n + 1)
        cursor[_ANSWER] = _NO_ANSWER
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
def _begin(place: _Place, d: Dictionary, unit: int, limit: float) -> int:
    """Start the test of a unit: its side if that is clear from the bounds, otherwise `OPEN`."""
    cursor, row, spread = place.cursor, place.framed[unit], place.spread[unit]
    k, n = len(d.tight), cursor[_ROWS]
    if spread == 0.0:
        return BELOW if row[k] < 0.0 else ABOVE
    if spread - row[k] <= 0.5 * limit:
        return ABOVE
    if -spread - row[k] > 2.0 * limit:
        return BELOW
    dictionary.append(d, n, 2 * k + n, row)
    d.counts[STEPS] = 0
    sign = dictionary.corner_side(d, n, limit + ROUNDING * d.numbers[SLIP])
    cursor[_PHASE], cursor[_SIGN] = (_RISING, 1) if sign == 0 else (_CROSSING, -sign)
    return OPEN


@part_of_compiled
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


@part_of_compiled
def _decide(network: Network, place: _Place, d: Dictionary, put_off: _PutOff, side: int) -> None:
    """Give the unit its sign; if it has both, cut the cell along its row, which is tight."""
    cursor = place.cursor
    unit, n, k = cursor[_UNIT], cursor[_ROWS], len(d.tight)
    place.decides[unit] = side == BOTH
    place.signs[unit] = side == ABOVE
    cursor[_UNIT] = unit + 1
    if side != BOTH:
        return
    cursor[_ROWS] = n + 1
    if unit < len(network.prefix):
        place.signs[unit] = network.prefix[unit]
    else:
        _put_off(place, d, put_off)
    _bound_by(place, d, unit)
    if not place.signs[unit]:
        for q in range(k):
            if d.tight[q] == 2 * k + n:
                dictionary.turn(d, n + 1, q)


@compiled_in_place
def _bound_by(place: _Place, d: Dictionary, unit: int) -> None:
    """Let the unit with its sign be the last row of the cell."""
    n, k = place.cursor[_ROWS] - 1, len(d.tight)
    sign = 1.0 if place.signs[unit] else -1.0
    for q in range(k + 1):
        place.rows[n, q] = sign * place.framed[unit, q]
    d.most[2 * k + n] = place.spread[unit] + place.rows[n, k]


@part_of_compiled
def _put_off(place: _Place, d: Dictionary, put_off: _PutOff) -> None:
    """Postpone the positive half; its dictionary is kept as long as there is space."""
    cursor, tables, table = place.cursor, put_off.tables, d.table
    depth, n, start = cursor[_DEPTH], cursor[_ROWS], cursor[_NEXT]
    for number in range(len(cursor)):
        put_off.cursor[depth, number] = cursor[number]
    for q in range(len(d.tight)):
        put_off.tight[depth, q] = d.tight[q]
    put_off.slip[depth] = d.numbers[SLIP]
    stop = start + len(table) * n
    if stop <= len(tables):
        for q in range(len(table)):
            for i in range(n):
                tables[start + q * n + i] = table[q, i]
        for i in range(n):
            put_off.loose[depth, i] = d.loose[i]
        cursor[_NEXT] = stop
    else:
        put_off.cursor[depth, _STALE] = 1
    cursor[_DEPTH] = depth + 1


@part_of_compiled
def _resume(place: _Place, d: Dictionary, put_off: _PutOff) -> None:
    """Go to the positive half that was postponed last."""
    cursor, tables, table = place.cursor, put_off.tables, d.table
    depth = cursor[_DEPTH] - 1
    for number in range(len(cursor)):
        cursor[number] = put_off.cursor[depth, number]
    n, unit, start = cursor[_ROWS], cursor[_UNIT] - 1, cursor[_NEXT]
    for q in range(len(d.tight)):
        d.tight[q] = put_off.tight[depth, q]
    d.numbers[SLIP] = put_off.slip[depth]
    if not cursor[_STALE]:
        for q in range(len(table)):
            for i in range(n):
                table[q, i] = tables[start + q * n + i]
        for i in range(n):
            d.loose[i] = put_off.loose[depth, i]
    place.signs[unit] = True
    _bound_by(place, d, unit)


@part_of_compiled
def _record(network: Network, place: _Place, d: Dictionary, found: Patterns, number: int) -> None:
    signs, functions, outputs = place.signs, place.functions, found.outputs
    slopes, weights, direct = network.slopes, network.output_weights, network.direct_outputs
    for q in range(len(d.tight)):
        found.tight[number, q] = d.tight[q]
    for k in range(outputs.shape[1]):
        for q in range(outputs.shape[2]):
            outputs[number, k, q] = direct[k, q]
    for unit in range(len(signs)):
        found.signs[number, unit] = signs[unit]
        found.decides[number, unit] = place.decides[unit]
        factor = 1.0 if signs[unit] else slopes[unit]
        if factor != 0.0:
            for k in range(outputs.shape[1]):
                weight = weights[k, unit] * factor
                if weight != 0.0:
                    for q in range(functions.shape[1]):
                        outputs[number, k, q] += weight * functions[unit, q]
    d.counts[LEFT] -= (len(signs) + 1) * outputs.shape[1] * outputs.shape[2]
