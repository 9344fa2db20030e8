"""Activation patterns of a planar domain, depth first, as polygons that units' lines cut; compiled by Numba.

The search is that of `simplex`, and its patterns come in the same order. In the plane a cell is a few corners, so that a
unit's sides are the signs of its values there. The units of a block are first tested against the rectangle around the
cell, which settles nearly all of them. Those that remain are tested again on both parts after each cut, so that no unit
is tested in a cell far away from its line.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from prelu_rules.domains.frame import Frame
from prelu_rules.errors import InvalidValueError
from prelu_rules.geometry.cells import to_frame
from prelu_rules.geometry.clipping import DOUBT, ROUNDING, clip, sides_of, whole
from prelu_rules.geometry.compiled import borrowed, compiled, inlined
from prelu_rules.geometry.dictionary import ABOVE, BELOW, BOTH
from prelu_rules.geometry.exact_sides import exact_judge
from prelu_rules.geometry.layer_functions import LayerFunctions, layer_functions, update
from prelu_rules.network.normal_form import NormalForm
from prelu_rules.tolerances import CUT
from prelu_rules.values import Array, BoolArray, FloatArray, IntArray, Value

BATCH = 4096
"""Regions that are yielded together."""

TESTS = 2_000_000
"""Units that are tested between two checks of the time, in about a tenth of a second."""

CORNERS = 8
"""Corners that a batch has room for, per region; a cell of many lines in the plane has about four."""

ROOM = 1024
"""Corners and units that the stacks have room for at first; they grow where that is not enough."""

SURE = 1e-12
"""The constant of a line counts as known up to this share of its terms when a rectangle is tested."""


@dataclass(frozen=True, eq=False)
class PlanarPatterns(Value):
    """Activation patterns whose cells have an interior, and their cells, as a few arrays.

    Attributes:
        signs: `(n_patterns, n_units)` bool, True where a pre-activation is non-negative.
        decides: `(n_patterns, n_units)` bool, True where the earlier units leave the sign open.
        outputs: `(n_patterns, n_outputs, n_inputs + 1)`, the affine maps, constants last.
        offsets: `(n_patterns + 1,)`, where the corners of each cell start in the arrays below.
        corners: `(n_corners, 2)`, the corners of the cells in coordinates of the frame, counter-clockwise.
        edges: `(n_corners,)`, the row of the cell that leads from each corner to the next: rows are numbered from the
            bounds of the frame, then its rows, then the units that decide, in order.
    """

    signs: BoolArray
    decides: BoolArray
    outputs: FloatArray
    offsets: IntArray
    corners: FloatArray
    edges: IntArray

    def __len__(self) -> int:
        return len(self.signs)

    def part(self, start: int, stop: int) -> PlanarPatterns:
        """The patterns from number `start` up to, and without, `stop`.

        Args:
            start: of the first.
            stop: behind the last.

        Returns:
            Views of the arrays.
        """
        offsets = self.offsets[start : stop + 1]
        own, first = slice(start, stop), int(offsets[0])
        corners = slice(first, int(offsets[-1]))
        return PlanarPatterns(
            self.signs[own],
            self.decides[own],
            self.outputs[own],
            offsets - first,
            self.corners[corners],
            self.edges[corners],
        )


class _Found(NamedTuple):
    """Room for the patterns of a batch."""

    signs: BoolArray
    decides: BoolArray
    outputs: FloatArray
    offsets: IntArray
    corners: FloatArray
    edges: IntArray


class _Place(NamedTuple):
    """The state of the search."""

    frame: FloatArray  # (n_inputs, 3), basis and centre
    least: FloatArray  # (n_units,), the largest |z| that does not matter
    blur: FloatArray  # (n_units,), by how much z may be off
    rows: FloatArray  # (n_units, 3), pre-activations as rows of the frame
    lengths: FloatArray  # (n_units,), what they were divided by
    signs: BoolArray
    decides: BoolArray
    put_off: IntArray  # (n_units + 1, n_cursors), positive parts to search later
    cursor: IntArray
    scratch: FloatArray  # (3, n_units), of the units of a block: value in the middle, how far it varies, a weight
    column: FloatArray  # (n_inputs + 1,), the function of one unit


class _Stacks(NamedTuple):
    """Polygons and lists of units, of the current cell and of those put off; replaced by larger ones when full."""

    points: FloatArray
    edges: IntArray
    units: IntArray


# The cursor: what to do next; the block; the current polygon; the units of the block to test on it, of which those that
# cut it are written from FIRST on; rows of the cell; parts put off; the unit in doubt, and the answer to it.
_STEP, _BLOCK, _START, _COUNT, _NEXT, _STOP, _FIRST, _WRITE, _ROWS, _DEPTH, _UNIT, _ANSWER, _FOUND = range(13)
_ENTER, _NARROW, _SPLIT, _END = range(4)
_FULL, _TIME, _ASK, _ROOM, _DONE = range(5)
_NONE = -1


def planar_patterns(form: NormalForm, frame: Frame, least: FloatArray | None = None) -> Iterator[PlanarPatterns]:
    """The activation patterns whose region has an interior, in batches, in the order of `reachable_patterns`.

    Args:
        form: the network, in float64.
        frame: a bounded domain of two coordinates.
        least: `(n_units,)`, the largest `|z|` of each unit that does not matter: a side of it counts if the cell has
            points there that are further from its line than `CUT`, or where `|z|` is larger; exactly so, also where
            floats cannot tell. By default only `CUT` counts.

    Yields:
        At most `BATCH` patterns at a time; sometimes none, so that the caller can check the time.

    Raises:
        InvalidValueError: if the frame is unbounded or has not two coordinates.

    Example:
        >>> from prelu_rules.domains.box import Box
        >>> form = NormalForm.from_layers([np.eye(2), [[1.0], [1.0]]], [[0, 0], [0]], [[0, 0]])
        >>> (found,) = planar_patterns(form, Frame.of_box(Box([-1, -1], [1, 1])))
        >>> found.signs.astype(int).tolist(), found.corners[found.offsets[0] : found.offsets[1]].tolist()
        ([[0, 0], [0, 1], [1, 0], [1, 1]], [[-1.0, 0.0], [-1.0, -1.0], [0.0, -1.0], [0.0, 0.0]])
    """
    if frame.n_coordinates != 2 or not np.isfinite(frame.bound):
        raise InvalidValueError(
            f"the domain has {frame.n_coordinates} coordinates and the bound {frame.bound}; polygons need two "
            "coordinates and a finite bound."
        )
    least = np.full(form.n_units, np.inf) if least is None else np.array(least, dtype=np.float64)
    judge = exact_judge(form, frame, least)
    functions = layer_functions(form)
    place = _at_start(form, frame, functions, least)
    stacks = _first_polygon(frame, place)
    found = _room_for(form, stacks)
    while True:
        status = _search(functions, place, stacks, found, TESTS)
        if status == _ROOM:
            stacks = _Stacks(_doubled(stacks.points), _doubled(stacks.edges), _doubled(stacks.units))
        elif status == _ASK:
            # Units that cut the cell, but have not been split on yet, do not bound it.
            n_decided = place.cursor[_ROWS] - len(frame.halfspaces)
            bounds = np.flatnonzero(place.decides)[:n_decided]
            place.cursor[_ANSWER] = judge(place.signs, bounds, int(place.cursor[_UNIT]))
        else:
            yield _taken(found, int(place.cursor[_FOUND]))
            if status == _DONE:
                return
            place.cursor[_FOUND] = 0
            found = _room_for(form, stacks)


def _at_start(form: NormalForm, frame: Frame, functions: LayerFunctions, least: FloatArray) -> _Place:
    n = form.n_units
    blur = np.zeros(n)
    if np.isfinite(least).any():
        reach = np.append(np.abs(frame.centre) + np.abs(frame.basis).sum(axis=1) * frame.bound, 1.0)
        # Weights of 1e300 in several layers overflow: then floats cannot tell anything.
        with np.errstate(over="ignore", invalid="ignore"):
            blur = ROUNDING * max(1.0, np.sqrt(n)) * (reach @ functions.largest[:, :n])
        blur = np.nan_to_num(blur, nan=np.inf, posinf=np.inf)
    place = _Place(
        np.ascontiguousarray(np.hstack([frame.basis, frame.centre[:, None]])),
        least,
        blur,
        np.zeros((n, 3)),
        np.ones(n),
        np.zeros(n, dtype=bool),
        np.zeros(n, dtype=bool),
        np.zeros((n + 1, 13), dtype=np.intp),
        np.zeros(13, dtype=np.intp),
        np.zeros((3, n)),
        np.zeros(form.n_inputs + 1),
    )
    place.cursor[_UNIT] = place.cursor[_ANSWER] = _NONE
    return place


def _first_polygon(frame: Frame, place: _Place) -> _Stacks:
    """The whole domain."""
    rows = frame.rows
    # Twice the polygon, as a part is written behind the whole.
    room = 2 * (4 + len(rows)) + ROOM
    stacks = _Stacks(np.zeros((room, 3)), np.zeros(room, dtype=np.intp), np.zeros(room, dtype=np.intp))
    count = whole(frame.bound, rows, stacks.points, stacks.edges)
    place.cursor[_COUNT], place.cursor[_ROWS] = count, 4 + len(rows)
    return stacks


def _room_for(form: NormalForm, stacks: _Stacks) -> _Found:
    # No polygon has more corners than there is room on the stack.
    corners = max(CORNERS * BATCH, len(stacks.points))
    return _Found(
        np.empty((BATCH, form.n_units), dtype=bool),
        np.empty((BATCH, form.n_units), dtype=bool),
        np.empty((BATCH, form.n_outputs, form.n_inputs + 1)),
        np.zeros(BATCH + 1, dtype=np.intp),
        np.empty((corners, 2)),
        np.empty(corners, dtype=np.intp),
    )


def _taken(found: _Found, n: int) -> PlanarPatterns:
    """The first patterns of a batch."""
    n_corners = found.offsets[n]
    return PlanarPatterns(
        found.signs[:n],
        found.decides[:n],
        found.outputs[:n],
        found.offsets[: n + 1],
        found.corners[:n_corners],
        found.edges[:n_corners],
    )


def _doubled(array: Array) -> Array:
    larger = np.zeros((2 * len(array), *array.shape[1:]), dtype=array.dtype)
    larger[: len(array)] = array
    return larger


@compiled
def _search(functions: LayerFunctions, place: _Place, stacks: _Stacks, found: _Found, tests: int) -> int:
    """Continue the search; returns why it stopped."""
    functions, place, stacks, found = _borrowed(functions, place, stacks, found)
    cursor = place.cursor
    n_blocks = len(functions.age)
    while True:
        if cursor[_STEP] == _ENTER:
            block = cursor[_BLOCK]
            if tests <= 0:
                return _TIME
            size = functions.start[block + 1] - functions.start[block]
            if len(stacks.units) < cursor[_FIRST] + size:
                return _ROOM
            update(functions, place.signs, block)
            tests -= size
            if block < n_blocks - 1:
                _enter(functions, place, stacks, block)
                continue
            if not _record(functions, place, stacks, found):
                return _FULL
            if cursor[_DEPTH] == 0:
                return _DONE
            _resume(place)
        if cursor[_STEP] == _NARROW:
            tests -= cursor[_STOP] - cursor[_NEXT]
            if not _narrow(functions, place, stacks):
                return _ASK
            if cursor[_WRITE] == cursor[_FIRST]:
                cursor[_BLOCK] += 1
                cursor[_STEP] = _ENTER
                continue
            cursor[_STEP] = _SPLIT
        if cursor[_STEP] == _SPLIT:
            n_left = cursor[_WRITE] - cursor[_FIRST]
            if len(stacks.points) < cursor[_START] + 3 * cursor[_COUNT] + 8:
                return _ROOM
            if len(stacks.units) < cursor[_WRITE] + n_left:
                return _ROOM
            _split(place, stacks)


@inlined
def _borrowed(
    functions: LayerFunctions, place: _Place, stacks: _Stacks, found: _Found
) -> tuple[LayerFunctions, _Place, _Stacks, _Found]:
    return (
        LayerFunctions(
            borrowed(functions.direct),
            borrowed(functions.weights),
            borrowed(functions.slopes),
            borrowed(functions.linked),
            borrowed(functions.start),
            borrowed(functions.last_source),
            borrowed(functions.largest),
            borrowed(functions.sums),
            borrowed(functions.values),
            borrowed(functions.used),
            borrowed(functions.age),
        ),
        _Place(
            borrowed(place.frame),
            borrowed(place.least),
            borrowed(place.blur),
            borrowed(place.rows),
            borrowed(place.lengths),
            borrowed(place.signs),
            borrowed(place.decides),
            borrowed(place.put_off),
            borrowed(place.cursor),
            borrowed(place.scratch),
            borrowed(place.column),
        ),
        _Stacks(borrowed(stacks.points), borrowed(stacks.edges), borrowed(stacks.units)),
        _Found(
            borrowed(found.signs),
            borrowed(found.decides),
            borrowed(found.outputs),
            borrowed(found.offsets),
            borrowed(found.corners),
            borrowed(found.edges),
        ),
    )


@inlined
def _enter(functions: LayerFunctions, place: _Place, stacks: _Stacks, block: int) -> None:
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
        for i in range(cursor[_START], cursor[_START] + cursor[_COUNT]):
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
    n = cursor[_FIRST]
    for unit in range(first, last):
        place.decides[unit] = False
        place.signs[unit] = scratch[middle, unit] >= 0.0
        if abs(scratch[middle, unit]) < scratch[spread, unit] or scratch[middle, unit] == -scratch[spread, unit]:
            stacks.units[n] = unit
            n += 1
            _make_row(functions, place, unit)
    cursor[_NEXT] = cursor[_WRITE] = cursor[_FIRST]
    cursor[_STOP] = n
    cursor[_STEP] = _NARROW


@inlined
def _make_row(functions: LayerFunctions, place: _Place, unit: int) -> None:
    for q in range(len(place.column)):
        place.column[q] = functions.values[q, unit]
    place.lengths[unit] = to_frame(place.column, place.frame, place.rows[unit])


@inlined
def _narrow(functions: LayerFunctions, place: _Place, stacks: _Stacks) -> bool:
    """Test the listed units on the polygon, and keep those that cut it; False if one is in doubt."""
    cursor = place.cursor
    start, count = cursor[_START], cursor[_COUNT]
    n = cursor[_WRITE]
    for place_in_list in range(cursor[_NEXT], cursor[_STOP]):
        unit = stacks.units[place_in_list]
        row, length = place.rows[unit], place.lengths[unit]
        if cursor[_ANSWER] != _NONE:
            side = cursor[_ANSWER]
            cursor[_ANSWER] = _NONE
        elif row[0] == 0.0 and row[1] == 0.0:
            side = ABOVE if row[2] >= 0.0 else BELOW
        else:
            side = sides_of(stacks.points, start, count, row, place.least[unit] / length, place.blur[unit] / length)
        if side == DOUBT:
            cursor[_UNIT], cursor[_NEXT], cursor[_WRITE] = unit, place_in_list, n
            return False
        place.decides[unit] = side == BOTH
        place.signs[unit] = side == ABOVE
        if side == BOTH:
            stacks.units[n] = unit
            n += 1
    cursor[_WRITE] = n
    return True


@inlined
def _split(place: _Place, stacks: _Stacks) -> None:
    """Cut the polygon along the first unit of the list; the positive part is put off."""
    cursor = place.cursor
    unit = stacks.units[cursor[_FIRST]]
    start, count, edge = cursor[_START], cursor[_COUNT], cursor[_ROWS]
    row, blur = place.rows[unit], place.blur[unit] / place.lengths[unit]
    to = start + count
    n_above = clip(stacks.points, stacks.edges, start, count, row, blur, 1.0, edge, to)
    n_below = clip(stacks.points, stacks.edges, start, count, row, blur, -1.0, edge, to + n_above)
    # Both parts test the rest of the list, and write what is left of it behind it.
    cursor[_NEXT], cursor[_STOP] = cursor[_FIRST] + 1, cursor[_WRITE]
    cursor[_FIRST] = cursor[_WRITE]
    cursor[_ROWS] += 1
    cursor[_STEP], cursor[_UNIT] = _NARROW, unit
    cursor[_START], cursor[_COUNT] = to, n_above
    depth = cursor[_DEPTH]
    for field in range(len(cursor)):
        place.put_off[depth, field] = cursor[field]
    cursor[_DEPTH] = depth + 1
    cursor[_START], cursor[_COUNT] = to + n_above, n_below
    place.signs[unit], place.decides[unit] = False, True


@inlined
def _resume(place: _Place) -> None:
    """Go to the positive part that was put off last."""
    cursor, depth = place.cursor, place.cursor[_DEPTH] - 1
    for field in range(_FOUND):
        cursor[field] = place.put_off[depth, field]
    unit = cursor[_UNIT]
    place.signs[unit], place.decides[unit] = True, True


@inlined
def _record(functions: LayerFunctions, place: _Place, stacks: _Stacks, found: _Found) -> bool:
    """Write the pattern that was reached; False if there is no room."""
    number, start, count = place.cursor[_FOUND], place.cursor[_START], place.cursor[_COUNT]
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
    place.cursor[_FOUND] = number + 1
    return True
