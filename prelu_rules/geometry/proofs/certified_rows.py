"""Affine functions as rows of floats with proven errors, in coordinates in which a bounded cell is about a unit box."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import inf, nextafter
from typing import NamedTuple

import numpy as np

from prelu_rules.geometry.proofs.certified import TINY, UNIT, highest, ranges
from prelu_rules.geometry.proofs.exact import ExactCell
from prelu_rules.values import Array, FloatArray, IntArray


class Rows(NamedTuple):
    """Affine functions of coordinates, each known up to an error.

    Attributes:
        values: `(n_rows, n_coordinates + 1)`, weights, and constants last.
        errors: `(n_rows,)`, the exact function is nowhere within reach further from the row than this.
    """

    values: FloatArray
    errors: FloatArray

    def with_rows(self, other: Rows) -> Rows:
        """These rows and others.

        Args:
            other: the others, in the same coordinates.

        Returns:
            All of them.
        """
        return Rows(np.vstack([self.values, other.values]), np.concatenate([self.errors, other.errors]))

    def times(self, factor: float) -> Rows:
        """The rows times 1 or -1.

        Args:
            factor: 1 or -1; other numbers would need larger errors.

        Returns:
            The rows.
        """
        return Rows(factor * self.values, self.errors)

    def at(self, which: slice | IntArray) -> Rows:
        """Some of the rows.

        Args:
            which: their places.

        Returns:
            These rows.
        """
        return Rows(self.values[which], self.errors[which])


@dataclass(frozen=True, eq=False)
class Coordinates:
    """Coordinates `t` of inputs `centre + radius * t`.

    Attributes:
        centre: `(n_inputs,)`.
        radius: `(n_inputs,)`, positive.
        reach: `(n_inputs,)`, no point of the cell has a larger `|t|`; about 1.
    """

    centre: FloatArray
    radius: FloatArray
    reach: FloatArray

    @classmethod
    def of_cell(cls, cell: ExactCell) -> Coordinates | None:
        """Coordinates for a cell.

        Args:
            cell: the cell.

        Returns:
            The coordinates, None if the cell is unbounded.

        Example:
            >>> from prelu_rules.domains.box import Box
            >>> cell = ExactCell.of_domain(Box([0], [4]), 1)
            >>> assert cell is not None
            >>> Coordinates.of_cell(cell)
            Coordinates(centre=array([2.]), radius=array([2.]), reach=array([1.]))
        """
        n_inputs = len(cell.to_input)
        centre, radius, reach = np.zeros(n_inputs), np.ones(n_inputs), np.zeros(n_inputs)
        for k in range(n_inputs):
            unit = np.array([Fraction(int(k == i)) for i in range(n_inputs + 1)], dtype=object)
            above, below = cell.maximum(unit).value, cell.maximum(-unit).value
            if above is None or below is None:
                return None
            centre[k] = (above - below) / 2
            radius[k] = (above + below) / 2 or 1
            middle = Fraction(centre[k])
            reach[k] = _rounded_up(max(above - middle, below + middle) / Fraction(radius[k]))
        return cls(centre, radius, reach)

    def rows(self, functions: Array, scaled: bool = True) -> Rows:
        """Functions of the inputs as functions of the coordinates.

        Args:
            functions: `(n_functions, n_inputs + 1)`, floats or fractions, constants last.
            scaled: whether each row is divided by a power of 2, so that its values are at most about 1.

        Returns:
            The rows.
        """
        floats = functions.astype(np.float64).reshape(-1, len(self.centre) + 1)
        weights, constants = floats[:, :-1] * self.radius, floats[:, :-1] @ self.centre + floats[:, -1]
        sizes = np.abs(weights) @ self.reach + np.abs(floats[:, :-1]) @ np.abs(self.centre) + np.abs(floats[:, -1])
        # Every number is rounded once from a fraction and once when multiplied; the constants are sums.
        errors = (len(self.centre) + 8) * UNIT * sizes + TINY
        values = np.hstack([weights, constants[:, None]])
        if not scaled:
            return Rows(values, errors)
        exponents = np.frexp(np.abs(weights) @ self.reach + np.abs(constants))[1]
        return Rows(np.ldexp(values, -exponents[:, None]), np.ldexp(errors, -exponents))

    def highest(self, cell: Rows, function: Rows) -> float:
        """A proven upper bound of a function on a cell.

        Args:
            cell: functions that are non-negative there.
            function: one row.

        Returns:
            The bound, close to the largest value; minus infinity if the cell is proven to be empty.
        """
        values, errors = np.ascontiguousarray(cell.values), cell.errors
        return float(highest(values, errors, len(errors), function.values[0], function.errors[0], self.reach))

    def ranges(self, cell: Rows, functions: Rows) -> FloatArray:
        """Proven bounds of functions on a cell.

        Args:
            cell: functions that are non-negative there.
            functions: the functions.

        Returns:
            `(n_functions, 2)`, lower and upper bounds; an upper bound of minus infinity proves that the cell is empty.
        """
        return np.asarray(ranges(np.ascontiguousarray(cell.values), cell.errors, *functions, self.reach))


def _rounded_up(value: Fraction) -> float:
    return nextafter(float(value), inf) if Fraction(float(value)) < value else float(value)
