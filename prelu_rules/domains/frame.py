"""Coordinates in which a domain is full-dimensional and of about unit size."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from prelu_rules.domains.box import Box
from prelu_rules.tolerances import CANCELLED, CUT
from prelu_rules.values import BoolArray, FloatArray, Value, frozen_array


@dataclass(frozen=True, eq=False)
class Frame(Value):
    """Inputs `x = centre + basis t`, where `|t| <= bound` and `rows (t, 1) >= 0` is the domain.

    Inputs that are constant on the domain, or determined by its equations, do not get a coordinate. Distances are
    measured in `t`, so that the units of the inputs do not matter.

    Attributes:
        centre: `(n_inputs,)`.
        basis: `(n_inputs, n_coordinates)`.
        bound: the largest absolute value of a coordinate; infinite if the domain is all of R^n.
        rows: `(n_rows, n_coordinates + 1)`, weights of length 1 and a constant.
    """

    centre: FloatArray
    basis: FloatArray
    bound: float
    rows: FloatArray

    def __post_init__(self) -> None:
        object.__setattr__(self, "centre", frozen_array(self.centre, "centre", (None,)))
        object.__setattr__(self, "basis", frozen_array(self.basis, "basis", (len(self.centre), None)))
        object.__setattr__(self, "rows", frozen_array(self.rows, "rows", (None, self.n_coordinates + 1)))

    @classmethod
    def of_box(cls, box: Box) -> Frame:
        """The box as `[-1, 1]^n`, without the inputs that are constant on it.

        Args:
            box: the box.

        Returns:
            Its frame, which has no rows.

        Example:
            >>> Frame.of_box(Box([0, 3], [4, 3])).basis
            array([[2.],
                   [0.]])
        """
        half_width = (box.upper - box.lower) / 2
        moves = np.flatnonzero(half_width)
        basis = np.zeros((len(half_width), len(moves)))
        basis[moves, np.arange(len(moves))] = half_width[moves]
        return cls((box.lower + box.upper) / 2, basis, 1.0, np.empty((0, len(moves) + 1)))

    @classmethod
    def of_everything(cls, n_inputs: int) -> Frame:
        """All of R^n, in the units of the inputs.

        Args:
            n_inputs: the dimension.

        Returns:
            Its frame, which is unbounded.

        Example:
            >>> Frame.of_everything(2).bound
            inf
        """
        return cls(np.zeros(n_inputs), np.eye(n_inputs), np.inf, np.empty((0, n_inputs + 1)))

    @property
    def n_coordinates(self) -> int:
        """The dimension of the domain."""
        return int(self.basis.shape[1])

    def contains(self, points: FloatArray) -> BoolArray:
        """Which inputs satisfy all rows in spite of rounding.

        Args:
            points: `(n_points, n_inputs)`, which satisfy the equations of the domain.

        Returns:
            `(n_points,)`.

        Example:
            >>> frame = Frame(np.zeros(1), np.array([[2.0]]), 1.0, np.array([[1.0, 0.0]]))
            >>> frame.contains(np.array([[1.0], [0.0], [-1.0]])).tolist()
            [True, False, False]
        """
        coordinates = (points - self.centre) @ self._to_coordinates
        return np.asarray((coordinates @ self.rows[:, :-1].T + self.rows[:, -1] > CUT).all(axis=1))

    @cached_property
    def _to_coordinates(self) -> FloatArray:
        """`(n_inputs, n_coordinates)`: from differences of inputs to coordinates."""
        return np.asarray(np.linalg.pinv(self.basis).T)

    @property
    def halfspaces(self) -> FloatArray:
        """`(2 * n_coordinates + n_rows, n_coordinates + 1)`: lower bounds, upper bounds, then the rows.

        Example:
            >>> Frame.of_box(Box([0], [4])).halfspaces
            array([[ 1.,  1.],
                   [-1.,  1.]])
        """
        k = self.n_coordinates
        bounds = np.hstack([np.vstack([np.eye(k), -np.eye(k)]), np.full((2 * k, 1), self.bound)])
        return np.vstack([bounds, self.rows])

    def row(self, coef: FloatArray, intercept: float) -> tuple[FloatArray, float]:
        """An affine function of the input as one of `t`, with a gradient of length 1.

        Args:
            coef: `(n_inputs,)`.
            intercept: the constant.

        Returns:
            The weights, `(n_coordinates,)`, and the constant; if the function is constant on the domain, weights of 0
            and that constant.
        """
        weights, constant = coef @ self.basis, float(intercept + coef @ self.centre)
        weights[np.abs(weights) <= CANCELLED * (np.abs(coef) @ np.abs(self.basis))] = 0
        length = float(np.linalg.norm(weights))
        if length > 0:
            return weights / length, constant / length
        size = abs(intercept) + np.abs(coef) @ np.abs(self.centre)
        return weights, constant if abs(constant) > CANCELLED * size else 0.0
