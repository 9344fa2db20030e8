"""Activation patterns of a bounded domain, depth first, with a simplex dictionary; compiled by Numba.

For each unit the question is whether its hyperplane cuts the cell. The answer is found by walking from the corner where
the last answer was found until the other side is reached. On a cut, the walk stops on the hyperplane, at a corner of
both halves, so that no corner of either half has to be searched for. The units of a layer are first tested against the
whole cell, since a unit that does not cut it does not cut any of its parts.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from prelu_rules.domains.frame import Frame
from prelu_rules.geometry import dictionary
from prelu_rules.geometry.cells import Network, Patterns, compiled_network, pre_activations, to_frame
from prelu_rules.geometry.compiled import compiled
from prelu_rules.geometry.dictionary import ABOVE, BOTH
from prelu_rules.network.normal_form import NormalForm
from prelu_rules.values import BoolArray, FloatArray, IntArray

BATCH = 1024
"""Patterns that are yielded together."""

TESTS = 200_000
"""Units that are tested between two checks of the time."""

FRESH = 100
"""Pivots after which a dictionary is recomputed."""


class _Place(NamedTuple):
    """The state of the search: the cell, and the units as affine functions on it."""

    frame: FloatArray  # (n_inputs, n_coordinates + 1), basis and centre
    rows: FloatArray  # (room, n_coordinates + 1), the rows of the cell
    table: FloatArray
    tight: IntArray
    skipped: BoolArray  # (room,), True only for the row of the unit that is being tested
    functions: FloatArray  # (n_units, n_inputs + 1), pre-activations as functions of the input
    framed: FloatArray  # (n_units, n_coordinates + 1), the same as rows of the frame
    side: IntArray  # (n_units,), the sides of the unit on the cell at which its block was entered
    signs: BoolArray
    decides: BoolArray
    cursor: IntArray  # unit, rows of the cell, halves put off, pivots since the last refresh, whether all is done


class _PutOff(NamedTuple):
    """The positive halves of cells, postponed while the negative halves are searched."""

    tables: FloatArray
    tight: IntArray
    cursor: IntArray


_UNIT, _ROWS, _DEPTH, _PIVOTS, _DONE = range(5)


def simplex_patterns(form: NormalForm, frame: Frame, prefix: BoolArray | None = None) -> Iterator[Patterns]:
    """The activation patterns whose region has an interior, in batches, in the order of `reachable_patterns`.

    Args:
        form: the network, in float64.
        frame: a bounded domain of at least one dimension.
        prefix: `(n_first,)` bool, signs of the first units; only patterns that begin with them are searched.

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
    place = _start(form, frame)
    k, room = frame.n_coordinates, place.table.shape[1]
    put_off = _PutOff(
        np.empty((form.n_units + 1, k + 1, room)),
        np.empty((form.n_units + 1, k), dtype=np.intp),
        np.empty((form.n_units + 1, len(place.cursor)), dtype=np.intp),
    )
    while not place.cursor[_DONE]:
        found = Patterns(
            np.empty((BATCH, form.n_units), dtype=bool),
            np.empty((BATCH, form.n_units), dtype=bool),
            np.empty((BATCH, form.n_outputs, form.n_inputs + 1)),
            np.empty((BATCH, k), dtype=np.intp),
        )
        n_found = _search(network, place, put_off, found, TESTS)
        yield Patterns(found.signs[:n_found], found.decides[:n_found], found.outputs[:n_found], found.tight[:n_found])


def _start(form: NormalForm, frame: Frame) -> _Place:
    """The whole domain, at one of its corners."""
    k, d, base = frame.n_coordinates, form.n_inputs, frame.halfspaces
    # One row more than needed for all units, for the unit that is being tested.
    room = len(base) + form.n_units + 1
    place = _Place(
        np.ascontiguousarray(np.hstack([frame.basis, frame.centre[:, None]])),
        np.zeros((room, k + 1)),
        np.zeros((k + 1, room)),
        np.arange(k),
        np.zeros(room, dtype=bool),
        np.zeros((form.n_units, d + 1)),
        np.zeros((form.n_units, k + 1)),
        np.zeros(form.n_units, dtype=np.intp),
        np.zeros(form.n_units, dtype=bool),
        np.zeros(form.n_units, dtype=bool),
        np.zeros(5, dtype=np.intp),
    )
    place.rows[: len(base)] = base
    dictionary.refresh(place.table, place.tight, 2 * k, place.rows)
    for number in range(2 * k, len(base)):
        dictionary.append(place.table, number, base[number, :-1], base[number, -1], frame.bound)
        if place.table[k, number] < 0:
            place.skipped[number] = True
            dictionary.reaches(place.table, place.tight, number + 1, number, 1.0, place.skipped, True)
            place.skipped[number] = False
    place.cursor[_ROWS] = len(base)
    return place


@compiled
def _search(network: Network, place: _Place, put_off: _PutOff, found: Patterns, tests: int) -> int:
    """Continue the search until the arrays of `found` are full; returns the number of patterns."""
    cursor = place.cursor
    n_found = 0
    while n_found < len(found.signs) and tests > 0:
        unit = cursor[_UNIT]
        if unit == len(place.signs):
            _record(network, place, found, n_found)
            n_found += 1
            if cursor[_DEPTH] == 0:
                cursor[_DONE] = 1
                break
            _resume(place, put_off)
            continue
        if network.block_end[unit] > 0:
            tests -= _enter(network, place, unit, network.block_end[unit])
        side = place.side[unit]
        if side == BOTH:
            tests -= 1
            side = _test(place, unit, True)
        place.decides[unit] = side == BOTH
        place.signs[unit] = side == ABOVE
        if side == BOTH:
            _split(network, place, put_off, unit)
        cursor[_UNIT] = unit + 1
    return n_found


@compiled
def _test(place: _Place, unit: int, crossing: bool) -> int:
    """The sides of a unit on the cell; if both, and with `crossing`, the unit is tight, as an additional row."""
    n_coordinates = len(place.tight)
    row = place.framed[unit]
    flat = True
    for q in range(n_coordinates):
        if row[q] != 0.0:
            flat = False
    n = place.cursor[_ROWS]
    if flat:
        return dictionary.constant_side(row[n_coordinates])
    if place.cursor[_PIVOTS] > FRESH:
        dictionary.refresh(place.table, place.tight, n, place.rows)
        place.cursor[_PIVOTS] = 0
    bound = place.rows[0, n_coordinates]
    dictionary.append(place.table, n, row[:n_coordinates], row[n_coordinates], bound)
    place.skipped[n] = True
    side, pivots = dictionary.sides(place.table, place.tight, n + 1, place.skipped, crossing)
    place.skipped[n] = False
    place.cursor[_PIVOTS] += pivots
    return side


@compiled
def _split(network: Network, place: _Place, put_off: _PutOff, unit: int) -> None:
    """Cut the cell along a unit whose row is tight; the positive half is postponed, unless a prefix picks one."""
    cursor = place.cursor
    n = cursor[_ROWS]
    cursor[_ROWS] = n + 1
    cursor[_UNIT] = unit
    if unit < len(network.prefix):
        place.signs[unit] = network.prefix[unit]
    else:
        depth = cursor[_DEPTH]
        put_off.tables[depth, :, : n + 1] = place.table[:, : n + 1]
        put_off.tight[depth] = place.tight
        put_off.cursor[depth] = cursor
        cursor[_DEPTH] = depth + 1
        place.signs[unit] = False
    if place.signs[unit]:
        place.rows[n] = place.framed[unit]
    else:
        place.rows[n] = -place.framed[unit]
        dictionary.turn(place.table, place.tight, n + 1, n)


@compiled
def _resume(place: _Place, put_off: _PutOff) -> None:
    """Go to the positive half that was postponed last."""
    depth = place.cursor[_DEPTH] - 1
    place.cursor[:] = put_off.cursor[depth]
    n, unit = place.cursor[_ROWS], place.cursor[_UNIT]
    place.table[:, :n] = put_off.tables[depth, :, :n]
    place.tight[:] = put_off.tight[depth]
    place.rows[n - 1] = place.framed[unit]
    place.signs[unit] = True
    place.cursor[_UNIT] = unit + 1


@compiled
def _enter(network: Network, place: _Place, start: int, stop: int) -> int:
    """Compute the pre-activations of a block and the sides of its units on the cell; returns how many were tested."""
    pre_activations(network, place.signs, start, stop, place.functions)
    for unit in range(start, stop):
        to_frame(place.functions[unit], place.frame, place.framed[unit])
        place.side[unit] = _test(place, unit, False)
    return stop - start


@compiled
def _record(network: Network, place: _Place, found: Patterns, number: int) -> None:
    found.signs[number] = place.signs
    found.decides[number] = place.decides
    found.tight[number] = place.tight
    found.outputs[number] = network.direct_outputs
    for unit in range(len(place.signs)):
        factor = 1.0 if place.signs[unit] else network.slopes[unit]
        for k in range(network.output_weights.shape[0]):
            weight = network.output_weights[k, unit] * factor
            if weight != 0.0:
                for q in range(place.functions.shape[1]):
                    found.outputs[number, k, q] += weight * place.functions[unit, q]
