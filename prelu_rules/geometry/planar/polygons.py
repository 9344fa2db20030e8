"""Activation patterns of a planar domain, depth first, as polygons that units' lines cut.

The search is that of `simplex`, and its patterns come in the same order. In the plane a cell is a few corners, so that
a unit's sides are the signs of its values there. The units of a block are first tested against the rectangle around the
cell, which settles nearly all of them. Those that remain are tested again on both parts after each cut, so that no unit
is tested in a cell far away from its line.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from prelu_rules.domains.frame import Frame
from prelu_rules.errors import InvalidValueError
from prelu_rules.geometry.planar.clipping import whole
from prelu_rules.geometry.planar.exact_sides import exact_judge
from prelu_rules.geometry.planar.layer_functions import LayerFunctions, layer_functions
from prelu_rules.geometry.planar.polygon_search import DONE, IN_DOUBT, OUT_OF_ROOM, search
from prelu_rules.geometry.planar.search_state import ANSWER, COUNT, FOUND, ROWS, UNIT, Found, Place, Stacks, new_place
from prelu_rules.network.normal_form import NormalForm
from prelu_rules.values import Array, BoolArray, FloatArray, IntArray, Value

UNKNOWN = -1.0
"""Instead of what is negligible, until it is asked for."""

BATCH = 4096
"""Regions that are yielded together."""

WORK = 50_000_000
"""Tests of units and terms of sums between two checks of the time, which take about a tenth of a second."""

CORNERS = 8
"""Corners that a batch has room for, per region; a cell of many lines in the plane has about four."""

ROOM = 1024
"""Corners and units that the stacks have room for at first; they grow where that is not enough."""


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


def planar_patterns(
    form: NormalForm, frame: Frame, negligible: Callable[[], FloatArray] | None = None
) -> Iterator[PlanarPatterns]:
    """The activation patterns whose region has an interior, in batches, in the order of `reachable_patterns`.

    Args:
        form: the network, in float64.
        frame: a bounded domain of two coordinates.
        negligible: returns `(n_units,)`, the largest `|z|` of each unit that does not matter: a side of it counts if
            the cell has points there that are further from its line than `CUT`, or where `|z|` is larger. Most searches
            do not meet sides that are so thin, and never ask. By default only `CUT` counts.

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
    functions = layer_functions(form)
    place = _at_start(frame, functions, np.full(form.n_units, np.inf if negligible is None else UNKNOWN))
    judge = exact_judge(form, frame, place.least)
    stacks = _first_polygon(frame, place)
    found = _room_for(form, stacks)
    while True:
        status = search(functions, place, stacks, found, WORK)
        if status == OUT_OF_ROOM:
            stacks = Stacks(_doubled(stacks.points), _doubled(stacks.edges), _doubled(stacks.units))
        elif status == IN_DOUBT and negligible is not None and (place.least == UNKNOWN).any():
            # The test is repeated with what is known now.
            place.least[:] = negligible()
        elif status == IN_DOUBT:
            # Units that cut the cell, but have not been split on yet, do not bound it.
            n_decided = place.cursor[ROWS] - len(frame.halfspaces)
            bounds = np.flatnonzero(place.decides)[:n_decided]
            place.cursor[ANSWER] = judge(place.signs, bounds, int(place.cursor[UNIT]))
        else:
            yield _taken(found, int(place.cursor[FOUND]))
            if status == DONE:
                return
            place.cursor[FOUND] = 0
            found = _room_for(form, stacks)


def _at_start(frame: Frame, functions: LayerFunctions, least: FloatArray) -> Place:
    place: Place = new_place(np.ascontiguousarray(frame.basis), frame.centre, frame.bound, functions.largest, least)
    return place


def _first_polygon(frame: Frame, place: Place) -> Stacks:
    """The whole domain."""
    rows = frame.rows
    # Twice the polygon, as a part is written behind the whole.
    room = 2 * (4 + len(rows)) + ROOM
    stacks = Stacks(np.zeros((room, 3)), np.zeros(room, dtype=np.intp), np.zeros(room, dtype=np.intp))
    count = whole(frame.bound, rows, stacks.points, stacks.edges)
    place.cursor[COUNT], place.cursor[ROWS] = count, 4 + len(rows)
    return stacks


def _room_for(form: NormalForm, stacks: Stacks) -> Found:
    # No polygon has more corners than there is room on the stack.
    corners = max(CORNERS * BATCH, len(stacks.points))
    return Found(
        np.empty((BATCH, form.n_units), dtype=bool),
        np.empty((BATCH, form.n_units), dtype=bool),
        np.empty((BATCH, form.n_outputs, form.n_inputs + 1)),
        np.zeros(BATCH + 1, dtype=np.intp),
        np.empty((corners, 2)),
        np.empty(corners, dtype=np.intp),
    )


def _taken(found: Found, n: int) -> PlanarPatterns:
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
