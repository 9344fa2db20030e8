"""Activation patterns in the plane, by clipping many polygons at once.

In two dimensions a cell is a convex polygon, and how far it reaches to either side of a line is read off its corners.
So no linear program is needed, and one step of NumPy treats a whole chunk of cells.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from prelu_rules.errors import ShapeError
from prelu_rules.geometry.box import Box
from prelu_rules.geometry.patterns import ReachablePattern
from prelu_rules.normal_form import NormalForm
from prelu_rules.tolerances import CANCELLED, CUT
from prelu_rules.values import BoolArray, FloatArray, IntArray

CHUNK = 1024
"""Cells that are clipped together; larger chunks are split, so that memory stays bounded."""


def polygon_patterns(form: NormalForm, domain: Box) -> Iterator[ReachablePattern]:
    """The activation patterns whose region in a rectangle has an interior.

    They are those of `reachable_patterns`, found faster and in another order.

    Args:
        form: a network of two inputs.
        domain: the rectangle, with an interior.

    Yields:
        Each pattern, with the units whose sign is a decision of its own there.

    Raises:
        ShapeError: if the form or the domain do not have two dimensions.

    Example:
        >>> form = NormalForm.from_layers([np.eye(2), [[1.0], [1.0]]], [[0, 0], [0]], [[0, 0]])
        >>> sorted(pattern.signs.astype(int).tolist() for pattern in polygon_patterns(form, Box([-1, -1], [1, 1])))
        [[0, 0], [0, 1], [1, 0], [1, 1]]
    """
    if form.n_inputs != 2 or domain.n_inputs != 2:
        raise ShapeError(f"polygons need 2 dimensions, but the network has {form.n_inputs} inputs.")
    stack = [_Cells.of_box(domain, form)]
    while stack:
        cells = stack.pop()
        while cells.unit < form.n_units and cells.n <= CHUNK:
            cells.decide()
        if cells.unit == form.n_units:
            yield from cells.patterns()
        else:
            half = cells.n // 2
            stack += [cells.copied(slice(0, half)), cells.copied(slice(half, cells.n))]


class _Cells:
    """A chunk of convex polygons, up to a unit whose sign is to be decided next.

    Arrays have room for twice as many cells as a chunk may have, so that a cell that is cut in two is appended in
    place. `corners` is `(room, n_corners, 2)`, in order, where shorter polygons repeat their last corner; `rows` is
    `(room, n_units, 3)`, the pre-activations as two weights and a constant.
    """

    def __init__(self, form: NormalForm, half_width: FloatArray, corners: FloatArray, unit: int) -> None:
        self._form, self._half_width, self.unit, self.n = form, half_width, unit, len(corners)
        room = 2 * max(CHUNK, self.n)
        self._corners = np.zeros((room, *corners.shape[1:]))
        self._corners[: self.n] = corners
        self._signs = np.zeros((room, form.n_units), dtype=bool)
        self._decides = np.zeros((room, form.n_units), dtype=bool)
        self._rows = np.zeros((room, form.n_units, 3))

    @classmethod
    def of_box(cls, domain: Box, form: NormalForm) -> _Cells:
        (left, bottom), (right, top) = domain.lower, domain.upper
        corners = np.array([[[left, bottom], [right, bottom], [right, top], [left, top]]])
        return cls(form, (domain.upper - domain.lower) / 2, corners, unit=0)

    def copied(self, part: slice) -> _Cells:
        """Some of the cells, in a chunk of their own."""
        cells = _Cells(self._form, self._half_width, self._corners[part], self.unit)
        for mine, theirs in ((cells._signs, self._signs), (cells._decides, self._decides), (cells._rows, self._rows)):
            mine[: cells.n] = theirs[part]
        return cells

    def patterns(self) -> Iterator[ReachablePattern]:
        """What was found, once every unit is decided."""
        for signs, decides, rows in zip(self._signs[: self.n], self._decides, self._rows, strict=False):
            yield ReachablePattern(signs.copy(), decides.copy(), rows.copy())

    def decide(self) -> None:
        """Decide the sign of the next unit; cells that its line cuts become two."""
        unit, n = self.unit, self.n
        if any(block.start == unit for block in self._form.blocks):
            self._enter_block()
        rows, corners = self._rows[:n, unit], self._corners[:n]
        values = corners[:, :, 0] * rows[:, 0, None] + corners[:, :, 1] * rows[:, 1, None] + rows[:, 2, None]
        lengths = np.hypot(rows[:, 0] * self._half_width[0], rows[:, 1] * self._half_width[1])
        flat = lengths == 0
        reach = CUT * np.where(flat, 1.0, lengths)
        # Where the unit is constant its sign is that of the constant.
        above = np.where(flat, rows[:, 2] >= 0, values.max(axis=1) > reach)
        below = np.where(flat, rows[:, 2] < 0, values.min(axis=1) < -reach)
        self._signs[:n, unit] = ~below
        cut = np.flatnonzero(above & below)
        self._decides[cut, unit] = True
        if not len(cut):
            self.unit += 1
            return
        new = slice(n, n + len(cut))
        for array in (self._signs, self._decides, self._rows):
            array[new] = array[cut]
        self._signs[new, unit] = True
        negative, positive = _halves(corners[cut], values[cut])
        self._keep_corners(cut, negative)
        self._keep_corners(new, positive)
        self.unit, self.n = unit + 1, n + len(cut)

    def _enter_block(self) -> None:
        """The pre-activations of all units that do not use one another, from the activations before them."""
        block = next(block for block in self._form.blocks if block.start == self.unit)
        used = np.flatnonzero(self._form.B[block, : self.unit].any(axis=0))
        weights = self._form.B[block][:, used]
        direct = np.hstack([self._form.A[block], self._form.b[block, None]])
        slopes = np.where(self._signs[: self.n, used], 1.0, self._form.slopes[used])
        activations = self._rows[: self.n, used] * slopes[:, :, None]
        rows = direct + weights @ activations
        size = np.abs(direct) + np.abs(weights) @ np.abs(activations)
        self._rows[: self.n, block] = np.where(np.abs(rows) <= CANCELLED * size, 0.0, rows)

    def _keep_corners(self, place: IntArray | slice, corners: FloatArray) -> None:
        width = corners.shape[1]
        if width > self._corners.shape[1]:
            wider = np.repeat(self._corners[:, -1:], width, axis=1)
            wider[:, : self._corners.shape[1]] = self._corners
            self._corners = wider
        self._corners[place, :width] = corners
        self._corners[place, width:] = corners[:, -1:]


def _halves(corners: FloatArray, values: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Polygons cut by lines: the parts where `values`, those of their corners, are negative and positive."""
    next_values = np.roll(values, -1, axis=1)
    crosses = values * next_values < 0
    share = np.divide(values, values - next_values, out=np.zeros_like(values), where=crosses)
    crossings = corners + share[:, :, None] * (np.roll(corners, -1, axis=1) - corners)
    # Each corner, then the crossing on the edge after it, in the order of the polygon.
    points = np.stack([corners, crossings], axis=2).reshape(len(corners), -1, 2)
    negative, positive = (
        _packed(points, np.stack([stays, crosses], axis=2).reshape(len(corners), -1))
        for stays in (values <= 0, values >= 0)
    )
    return negative, positive


def _packed(points: FloatArray, stays: BoolArray) -> FloatArray:
    """The points of each polygon that stay, with the last one repeated where others have more."""
    counts = stays.sum(axis=1)
    order = np.argsort(~stays, axis=1, kind="stable")
    place = np.minimum(np.arange(counts.max()), counts[:, None] - 1)
    return np.take_along_axis(points, np.take_along_axis(order, place, axis=1)[:, :, None], axis=1)
