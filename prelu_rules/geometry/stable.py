"""Units whose sign is the same on the whole domain, found by interval bounds, and a network without them.

Such units are called stable in the literature on verification. They are affine, so they are substituted as they are
found: a bound is an interval only in the inputs and in the units that are open.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from prelu_rules.domains.frame import Frame
from prelu_rules.network.normal_form import NormalForm
from prelu_rules.tolerances import CANCELLED
from prelu_rules.values import BoolArray, FloatArray, IntArray

ROUNDINGS = 4e-16
"""Twice the relative error of a sum, for each of its terms."""

WORK = 20_000_000
"""Multiplications between two checks of the time."""


@dataclass(frozen=True, eq=False)
class Reduced:
    """A network without its stable units.

    Attributes:
        form: the network with the open units alone; the same function on the domain.
        open_units: `(n_open,)`, their numbers in the whole network.
        signs: `(n_units,)` bool, the signs of the stable units; False where a unit is open.
    """

    form: NormalForm
    open_units: IntArray
    signs: BoolArray


def reduction(form: NormalForm, frame: Frame) -> Iterator[Reduced | None]:
    """Find the stable units block by block, and substitute them.

    Args:
        form: the network, in float64.
        frame: the domain; without bounds, all units are open.

    Yields:
        None when it has taken a while, so that the caller can check the time; and the smaller network in the end.

    Example:
        >>> from prelu_rules.domains.box import Box
        >>> form = NormalForm.from_layers([[[1.0, 1.0]], [[1.0], [1.0]]], [[0.0, 5.0], [0.0]], [[0.0, 0.0]])
        >>> *_, reduced = reduction(form, Frame.of_box(Box([-1], [1])))
        >>> assert reduced is not None
        >>> reduced.open_units, reduced.form.C, reduced.form.e
        (array([0]), array([[1.]]), array([5.]))
    """
    n = form.n_units
    if not np.isfinite(frame.bound):
        yield Reduced(form, np.arange(n), np.zeros(n, dtype=bool))
        return
    found = _Substitution(form, frame)
    work = 0
    for block in form.blocks:
        found.add(block)
        work += (block.stop - block.start) * block.start * form.n_inputs
        if work > WORK:
            work = 0
            yield None
    yield found.result()


class _Substitution:
    """Units as affine functions of the inputs, of 1, and of the open units before them, with what bounds these."""

    def __init__(self, form: NormalForm, frame: Frame) -> None:
        self._form, self._start = form, form.n_inputs + 1
        self._signs = np.zeros(form.n_units, dtype=bool)
        self._factors = np.zeros(form.n_units)
        self._open: list[int] = []
        self._rows = np.zeros((form.n_units, self._start + 16))
        # Each variable lies between its middle minus and plus its radius.
        half_width = np.abs(frame.basis).sum(axis=1) * frame.bound
        self._middle = np.concatenate([frame.centre, [1.0], np.zeros(16)])
        self._radius = np.concatenate([half_width, np.zeros(17)])

    def add(self, block: slice) -> None:
        """Find out which units of a block are stable."""
        form = self._form
        rows, size = self._substituted(form.A[block], form.b[block], form.B[block, : block.start])
        value, spread = rows @ self._middle, np.abs(rows) @ self._radius
        spread += ROUNDINGS * (rows.shape[1] + block.start) * (size @ (np.abs(self._middle) + self._radius))
        # A unit that is always 0 is not negative.
        above, below = value - spread >= 0, value + spread < 0
        self._rows[block], self._signs[block] = rows, above
        self._factors[block] = np.where(above, 1.0, np.where(below, form.slopes[block], 0.0))
        for k in np.flatnonzero(~above & ~below):
            self._add_variable(block.start + int(k), value[k] - spread[k], value[k] + spread[k])

    def result(self) -> Reduced:
        form, kept = self._form, np.array(self._open, dtype=np.intp)
        if len(kept) == form.n_units:
            return Reduced(form, kept, self._signs)
        d, stop = form.n_inputs, self._start + len(kept)
        rows = self._rows[kept]
        outputs, _ = self._substituted(form.C, form.e, form.D)
        reduced = NormalForm(
            A=rows[:, :d],
            B=rows[:, self._start : stop],
            b=rows[:, d],
            C=outputs[:, :d],
            D=outputs[:, self._start : stop],
            e=outputs[:, d],
            slopes=form.slopes[kept],
            labels=tuple(form.labels[unit] for unit in kept),
        )
        return Reduced(reduced, kept, self._signs)

    def _add_variable(self, unit: int, lower: float, upper: float) -> None:
        """Make the activation of an open unit a variable."""
        column = self._start + len(self._open)
        if column == len(self._middle):
            more = len(self._open)
            self._rows = np.pad(self._rows, ((0, 0), (0, more)))
            self._middle, self._radius = np.pad(self._middle, (0, more)), np.pad(self._radius, (0, more))
        self._open.append(unit)
        ends = (float(self._form.slopes[unit]) * lower, 0.0, upper)
        self._middle[column], self._radius[column] = (max(ends) + min(ends)) / 2, (max(ends) - min(ends)) / 2

    def _substituted(
        self, direct: FloatArray, constant: FloatArray, weights: FloatArray
    ) -> tuple[FloatArray, FloatArray]:
        """Sums of the inputs, constants and units before, without the stable ones; and the sizes of their terms."""
        n_before, d = weights.shape[1], direct.shape[1]
        rows = np.zeros((len(direct), len(self._middle)))
        rows[:, :d], rows[:, d] = direct, constant
        is_open = [unit for unit in self._open if unit < n_before]
        rows[:, self._start : self._start + len(is_open)] = weights[:, is_open]
        size = np.abs(rows)
        used = np.flatnonzero(self._factors[:n_before] * np.abs(weights).sum(axis=0))
        scaled = weights[:, used] * self._factors[used]
        rows += scaled @ self._rows[used]
        size += np.abs(scaled) @ np.abs(self._rows[used])
        # As everywhere, what cancels up to rounding is 0.
        return np.where(np.abs(rows) <= CANCELLED * size, 0.0, rows), size
