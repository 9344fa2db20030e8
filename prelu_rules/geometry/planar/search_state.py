"""What the search for polygons is at, in a few arrays that live from batch to batch."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from prelu_rules.geometry.compiled import compiled, inlined
from prelu_rules.geometry.numba_internals import borrowed
from prelu_rules.geometry.planar.clipping import ROUNDING
from prelu_rules.geometry.planar.layer_functions import LayerFunctions
from prelu_rules.values import BoolArray, FloatArray, IntArray

STEP, BLOCK, START, COUNT, NEXT, STOP, FIRST, WRITE, ROWS, DEPTH, UNIT, ANSWER, FOUND = range(13)
CURSOR_SIZE = 13
"""Entries of the cursor: what to do next; the block; the current polygon; the units of the block to test on it, of
which those that cut it are written from FIRST on; rows of the cell; parts put off; the unit in doubt, or split on; the
answer to a doubt; and the patterns found.
"""

NO_UNIT = -1


class Found(NamedTuple):
    """Room for the patterns of a batch."""

    signs: BoolArray
    decides: BoolArray
    outputs: FloatArray
    offsets: IntArray
    corners: FloatArray
    edges: IntArray


class Place(NamedTuple):
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


class Stacks(NamedTuple):
    """Polygons and lists of units, of the current cell and of those put off; replaced by larger ones when full."""

    points: FloatArray
    edges: IntArray
    units: IntArray


@compiled
def new_place(basis: FloatArray, centre: FloatArray, bound: float, largest: FloatArray, least: FloatArray) -> Place:
    """The whole domain.

    Args:
        basis: `(n_inputs, 2)`, of the frame.
        centre: `(n_inputs,)`, of the frame.
        bound: of the frame.
        largest: as in `LayerFunctions`.
        least: as in `Place`.

    Returns:
        The state before the first polygon is known.
    """
    n, n_inputs = len(least), len(centre)
    frame = np.empty((n_inputs, 3))
    frame[:, :2], frame[:, 2] = basis, centre
    place = Place(
        frame,
        least,
        np.zeros(n),
        np.zeros((n, 3)),
        np.ones(n),
        np.zeros(n, dtype=np.bool_),
        np.zeros(n, dtype=np.bool_),
        np.zeros((n + 1, CURSOR_SIZE), dtype=np.intp),
        np.zeros(CURSOR_SIZE, dtype=np.intp),
        np.zeros((3, n)),
        np.zeros(n_inputs + 1),
    )
    place.cursor[UNIT] = place.cursor[ANSWER] = NO_UNIT
    for unit in range(n):
        # Without what is negligible, no test asks how far a line may be off.
        if np.isfinite(least[unit]):
            place.blur[unit] = _blur(frame, bound, largest[:, unit], n)
    return place


@inlined
def _blur(frame: FloatArray, bound: float, largest: FloatArray, n_units: int) -> float:
    """By how much a pre-activation may be off anywhere in the domain."""
    n_inputs = len(frame)
    total = largest[n_inputs]
    for i in range(n_inputs):
        total += (abs(frame[i, 2]) + (abs(frame[i, 0]) + abs(frame[i, 1])) * bound) * largest[i]
    total *= ROUNDING * max(1.0, np.sqrt(n_units))
    # Weights of 1e300 in several layers overflow: then floats cannot tell anything.
    return total if total < np.inf else np.inf


@inlined
def borrowed_state(
    functions: LayerFunctions, place: Place, stacks: Stacks, found: Found
) -> tuple[LayerFunctions, Place, Stacks, Found]:
    """The same arrays, without counting the references to them."""
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
        Place(
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
        Stacks(borrowed(stacks.points), borrowed(stacks.edges), borrowed(stacks.units)),
        Found(
            borrowed(found.signs),
            borrowed(found.decides),
            borrowed(found.outputs),
            borrowed(found.offsets),
            borrowed(found.corners),
            borrowed(found.edges),
        ),
    )
