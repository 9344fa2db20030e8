"""Cells and linear programs in exact arithmetic, for proofs.

A cell is a dictionary as in `dictionary`, in integers: the slack of row i is `(table[i] . (slacks of the tight rows,
1)) / denominator`. Pivots are fraction-free (Bareiss 1968; Edmonds 1967): every division leaves no remainder, so
fractions never have to be reduced. Every half-space is closed, and no tolerance is used anywhere.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from math import gcd, lcm
from typing import NamedTuple

import numpy as np

from prelu_rules.domains.box import Box
from prelu_rules.domains.domain import Domain
from prelu_rules.errors import ShapeError
from prelu_rules.values import Array, exact_array

PATIENCE = 40
"""Pivots after which the next pivot is chosen by Bland's rule, which cannot cycle."""


@dataclass(frozen=True, eq=False)
class ExactCell:
    """A cell of a domain, at one of its corners. Use `of_domain` and `cut` to make one.

    Attributes:
        table: `(n_rows, n_variables + 1)` object array of integers.
        denominator: a positive integer.
        tight: `(n_variables,)`, the row that each column stands for.
        to_input: `(n_inputs, n_variables + 1)` integers; divided by `scale`, they are the inputs as affine functions of
            the slacks of the first rows.
        scale: a positive integer.
        rows: functions of the inputs, `(n_inputs + 1,)` each; the cell is where all of them are non-negative.
    """

    table: Array
    denominator: int
    tight: tuple[int, ...]
    to_input: Array
    scale: int
    rows: tuple[Array, ...] = ()

    @classmethod
    def of_domain(cls, domain: Domain | None, n_inputs: int) -> ExactCell | None:
        """The whole domain.

        Args:
            domain: a box, a polytope, or None for all of R^n.
            n_inputs: the number of inputs.

        Returns:
            The cell, or None if no point satisfies the constraints of the domain exactly.

        Raises:
            ShapeError: if the domain has the wrong dimension.

        Example:
            >>> cell = ExactCell.of_domain(Box([0], [2]), 1)
            >>> assert cell is not None
            >>> cell.maximum(np.array([Fraction(1), Fraction(5)])).value
            Fraction(7, 1)
        """
        eye = np.array([[Fraction(int(i == j)) for j in range(n_inputs)] for i in range(n_inputs)], dtype=object)
        eye = eye.reshape(n_inputs, n_inputs)
        none = np.full((n_inputs, 1), Fraction(0), dtype=object)
        if domain is None:
            # An unbounded input is the difference of two non-negative variables.
            return cls._at_origin(np.hstack([eye, -eye, none]))
        if domain.n_inputs != n_inputs:
            raise ShapeError(
                f"the domain has {domain.n_inputs} dimensions, but there are {n_inputs} inputs; give one that fits."
            )
        box = domain if isinstance(domain, Box) else domain.box
        cell = cls._at_origin(np.hstack([eye, exact_array(box.lower)[:, None]]))
        below, above = (
            np.hstack([eye, -exact_array(box.lower)[:, None]]),
            np.hstack([-eye, exact_array(box.upper)[:, None]]),
        )
        for row in above:
            # The corner is at the lower bounds, where the upper bounds hold.
            cell = cell._with(cell._row(row))
        cell = replace(cell, rows=(*below, *above))
        if isinstance(domain, Box):
            return cell
        cut: ExactCell | None = cell
        for coef, limit, equal in zip(domain.coef, domain.limit, domain.equal, strict=True):
            row = exact_array(np.append(-coef, limit))
            for side in (row, -row) if equal else (row,):
                cut = None if cut is None else cut.cut(side)
        return cut

    @classmethod
    def _at_origin(cls, to_input: Array) -> ExactCell:
        """The cell in which the slacks of the first rows are non-negative, at the corner where they are 0."""
        k = to_input.shape[1] - 1
        table = np.zeros((k, k + 1), dtype=object)
        table[np.arange(k), np.arange(k)] = 1
        return cls(table, 1, tuple(range(k)), *_whole(to_input))

    def _row(self, row: Array) -> Array:
        """An affine function of the input as integers at this corner, scaled by a positive factor."""
        given, _ = _whole(row)
        own = given[:-1] @ self.to_input
        own[-1] += given[-1] * self.scale
        # Small numbers stay small in the pivots.
        own //= gcd(*own) or 1
        result = own[:-1] @ self.table[: len(self.tight)]
        result[-1] += own[-1] * self.denominator
        return np.asarray(result)

    def _with(self, row: Array) -> ExactCell:
        return replace(self, table=np.vstack([self.table, row[None]]))

    def _climbed(self, row: Array, above: bool) -> tuple[ExactCell, Array, bool]:
        """Walk to where a row is largest, or at least positive; the corner, the row there, whether it has a maximum."""
        table, denominator, tight = np.vstack([self.table, row[None]]), self.denominator, list(self.tight)
        pivots = 0
        while not (above and table[-1, -1] > 0):
            rising = [j for j in range(len(tight)) if table[-1, j] > 0]
            if not rising:
                break
            bland = pivots > PATIENCE
            column = min(rising, key=lambda j: tight[j]) if bland else max(rising, key=lambda j: table[-1, j])
            falling = [i for i in range(len(table) - 1) if table[i, column] < 0]
            if not falling:
                return self, row, False
            entering = min(falling, key=lambda i: (Fraction(table[i, -1], -table[i, column]), i))
            table, denominator = _pivoted(table, denominator, entering, column)
            tight[column] = entering
            pivots += 1
        return replace(self, table=table[:-1], denominator=denominator, tight=tuple(tight)), table[-1], True

    def cut(self, row: Array) -> ExactCell | None:
        """The part of the cell where an affine function is non-negative.

        Args:
            row: `(n_inputs + 1,)` of fractions, weights and constant.

        Returns:
            That part, or None if it is empty. It may not have an interior.
        """
        corner, here, bounded = self._climbed(self._row(row), above=True)
        if not bounded:
            # The function is unbounded along a ray, so it is enough to go where it is positive.
            return self._along_ray(row)
        return replace(corner._with(here), rows=(*self.rows, row)) if here[-1] >= 0 else None

    def _along_ray(self, row: Array) -> ExactCell:
        # The cut itself stops the walk: its negative, a row that must not fall, rises to 0.
        table, tight = np.vstack([self.table, self._row(row)[None]]), list(self.tight)
        denominator, last = self.denominator, len(self.table)
        while table[last, -1] < 0:
            rising = [j for j in range(len(tight)) if table[last, j] > 0]
            column = min(rising, key=lambda j: tight[j])
            falling = [i for i in range(last) if table[i, column] < 0]
            entering = min(falling, key=lambda i: (Fraction(table[i, -1], -table[i, column]), i), default=last)
            table, denominator = _pivoted(table, denominator, entering, column)
            tight[column] = entering
        return replace(self, table=table, denominator=denominator, tight=tuple(tight), rows=(*self.rows, row))

    def exceeds(self, row: Array) -> bool:
        """Whether an affine function is positive somewhere in the cell.

        Args:
            row: `(n_inputs + 1,)` of fractions, weights and constant.

        Returns:
            True if it is positive somewhere.
        """
        _, here, bounded = self._climbed(self._row(row), above=True)
        return not bounded or bool(here[-1] > 0)

    def maximum(self, row: Array) -> Maximum:
        """The largest value of an affine function on the cell.

        Args:
            row: `(n_inputs + 1,)` of fractions, weights and constant.

        Returns:
            The value, None if it is unbounded; and a corner where it is attained.
        """
        corner, _, bounded = self._climbed(self._row(row), above=False)
        point = corner.corner
        return Maximum(row[:-1] @ point + row[-1] if bounded else None, point)

    @property
    def inner_point(self) -> Array:
        """`(n_inputs,)` of fractions, a point that lies on no boundary except those that contain the whole cell.

        It is the mean of the corners that are furthest from each boundary; for an unbounded cell, of those near a
        corner.

        Example:
            >>> cell = ExactCell.of_domain(Box([0], [2]), 1)
            >>> assert cell is not None
            >>> cell.inner_point
            array([Fraction(1, 1)], dtype=object)
        """
        climbed = [self._climbed(slack, above=False) for slack in self.table]
        if not all(bounded for _, _, bounded in climbed):
            near = self._near_corner()
            climbed = [near._climbed(slack, above=False) for slack in near.table]
        # Near a corner, only the two variables whose difference is an unbounded input can still grow without limit.
        corners = [cell.corner for cell, _, bounded in climbed if bounded]
        return np.asarray(sum(corners) / Fraction(len(corners)))

    def _near_corner(self) -> ExactCell:
        """The part of the cell where no input is further than 1 from the current corner."""
        corner, near = self.corner, self
        for k in range(len(corner)):
            for sign in (Fraction(1), Fraction(-1)):
                row = np.full(len(corner) + 1, Fraction(0), dtype=object)
                row[k], row[-1] = sign, 1 - sign * corner[k]
                cut = near.cut(row)
                assert cut is not None
                near = cut
        return near

    @property
    def corner(self) -> Array:
        """`(n_inputs,)` of fractions, the current corner."""
        slacks = np.append(self.table[: len(self.tight), -1], np.array(self.denominator, dtype=object))
        scale = self.scale * self.denominator
        return np.array([Fraction(v, scale) for v in self.to_input @ slacks], dtype=object)


class Maximum(NamedTuple):
    """The largest value of a function on a cell, None if it is unbounded, and where it is attained."""

    value: Fraction | None
    point: Array


def _whole(values: Array) -> tuple[Array, int]:
    """Fractions as integers, and their common denominator."""
    scale = lcm(*(v.denominator for v in values.flat))
    return np.array([v.numerator * (scale // v.denominator) for v in values.flat], dtype=object).reshape(
        values.shape
    ), scale


def _pivoted(table: Array, denominator: int, entering: int, column: int) -> tuple[Array, int]:
    """The table and its denominator after a row has become tight in the place of a column."""
    pivot = table[entering, column]
    factors = table[:, column].copy()
    result = (table * pivot - factors[:, None] * table[entering][None]) // denominator
    result[:, column] = factors
    result[entering] = 0
    result[entering, column] = pivot
    return (result, pivot) if pivot > 0 else (-result, -pivot)
