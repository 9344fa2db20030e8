"""The sides of a unit on a planar cell in rational numbers, for where floats cannot tell them."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from functools import cache
from itertools import pairwise

import numpy as np

from prelu_rules.domains.frame import Frame
from prelu_rules.geometry.sides import ABOVE, BELOW, BOTH
from prelu_rules.network.normal_form import NormalForm
from prelu_rules.values import Array, BoolArray, FloatArray, IntArray, exact_array


def exact_judge(form: NormalForm, frame: Frame, least: FloatArray) -> Callable[[BoolArray, IntArray, int], int]:
    """Decides the sides of units on planar cells, exactly.

    Args:
        form: the network; its floats are taken for the numbers that they are.
        frame: a bounded domain of two coordinates, likewise.
        least: `(n_units,)`, the largest `|z|` of each unit that does not matter.

    Returns:
        A function of the signs, `(n_units,)` bool, the numbers of the earlier units whose signs bound the cell, and the
        unit's number. It returns `BOTH`, `BELOW` or `ABOVE`: the sides on which `|z|` exceeds `least` in the cell;
        `ABOVE` if there are none.

    Example:
        >>> from prelu_rules.domains.box import Box
        >>> form = NormalForm([[1, 0]] * 2, np.zeros((2, 2)), [0, -1e-20], [[0, 0]], [[1, 1]], [0], [0, 0])
        >>> judge = exact_judge(form, Frame.of_box(Box([-1, -1], [1, 1])), np.zeros(2))
        >>> judge(np.array([True, False]), np.array([0]), 1) == BOTH
        True
    """

    @cache
    def exact() -> tuple[Array, Array, Array, Array]:
        """Pre-activations in coordinates of the frame, weights, slopes and rows; most searches need none of them."""
        to_frame = exact_array(np.hstack([frame.basis, frame.centre[:, None]]))
        direct = exact_array(form.A) @ to_frame
        direct[:, 2] += exact_array(form.b)
        return direct, exact_array(form.B), exact_array(form.slopes), exact_array(frame.rows)

    def judge(signs: BoolArray, bounds: IntArray, unit: int) -> int:
        direct, weights, slopes, domain = exact()
        rows = direct[: unit + 1].copy()
        for k in range(unit + 1):
            for earlier in np.flatnonzero(weights[k, :k]):
                rows[k] += weights[k, earlier] * (1 if signs[earlier] else slopes[earlier]) * rows[earlier]
        bound = Fraction(frame.bound)
        corners = [np.array([x * bound, y * bound, 1]) for x, y in ((-1, -1), (1, -1), (1, 1), (-1, 1))]
        for row in domain:
            corners = _part(corners, row)
        for earlier in bounds:
            corners = _part(corners, rows[earlier] if signs[earlier] else -rows[earlier])
        values = [rows[unit] @ corner for corner in corners]
        above = any(value > least[unit] for value in values)
        below = any(-value > least[unit] for value in values)
        if above and below:
            return BOTH
        return BELOW if below else ABOVE

    return judge


def _part(corners: list[Array], row: Array) -> list[Array]:
    """The part of a convex polygon where a row is not negative; corners are `(3,)`, with a last entry of 1."""
    part = []
    for before, corner in pairwise([*corners[-1:], *corners]):
        u, v = row @ before, row @ corner
        if (u < 0) != (v < 0) and u != 0 and v != 0:
            part.append(before + u / (u - v) * (corner - before))
        if v >= 0:
            part.append(corner)
    return part
