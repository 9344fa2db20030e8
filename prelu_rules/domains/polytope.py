"""The polytope: a box with further linear constraints, such as one-hot columns that sum to 1."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from prelu_rules.domains.box import Box
from prelu_rules.errors import InvalidValueError
from prelu_rules.tolerances import ON_DOMAIN
from prelu_rules.values import BoolArray, FloatArray, Value, frozen_array, input_rows


@dataclass(frozen=True, eq=False)
class Polytope(Value):
    """All `x` of a box with `coef x <= limit`, or `= limit` for the rows that are equations.

    Attributes:
        box: the bounds.
        coef: `(n_constraints, n_inputs)` float64.
        limit: `(n_constraints,)` float64.
        equal: `(n_constraints,)` bool, True for equations; by default there are none.

    Raises:
        ShapeError: if the arrays do not fit together.
        InvalidValueError: if an entry is not finite.

    Example:
        >>> triangle = Polytope(Box([0, 0], [1, 1]), coef=[[1, 1]], limit=[1])
        >>> triangle.contains([[0.5, 0.5], [0.6, 0.5]])
        array([ True, False])
    """

    box: Box
    coef: FloatArray
    limit: FloatArray
    equal: BoolArray = ()  # type: ignore[assignment]

    if TYPE_CHECKING:
        # Other types are accepted and converted, which a dataclass cannot express to a type checker.
        def __init__(
            self,
            box: Box,
            coef: npt.ArrayLike,
            limit: npt.ArrayLike,
            equal: npt.ArrayLike = (),
        ) -> None: ...

    def __post_init__(self) -> None:
        object.__setattr__(self, "coef", frozen_array(self.coef, "coef", (None, self.box.n_inputs)))
        object.__setattr__(self, "limit", frozen_array(self.limit, "limit", (len(self.coef),)))
        given = np.zeros(len(self.coef)) if len(self.equal) == 0 else self.equal
        equal = frozen_array(given, "equal", (len(self.coef),)).astype(bool)
        equal.setflags(write=False)
        object.__setattr__(self, "equal", equal)

    @classmethod
    def one_hot(cls, box: Box, groups: Sequence[Sequence[int]]) -> Polytope:
        """A box in which the columns of each group sum to 1, as those of a one-hot encoding do.

        Args:
            box: the bounds; 0 and 1 for one-hot columns.
            groups: the columns of each encoded feature.

        Returns:
            The polytope. It also contains the mixtures between the corners, at which one column is 1.

        Raises:
            InvalidValueError: if a column is out of range or repeated.

        Example:
            >>> Polytope.one_hot(Box([0, 0, 0], [1, 1, 9]), [[0, 1]]).contains([[1, 0, 5], [1, 1, 5]])
            array([ True, False])
        """
        coef = np.zeros((len(groups), box.n_inputs))
        for row, group in zip(coef, groups, strict=True):
            for column in group:
                if not 0 <= column < box.n_inputs:
                    raise InvalidValueError(
                        f"column {column} is not one of the {box.n_inputs} inputs; count them from 0."
                    )
                row[column] += 1
        if (coef.sum(axis=0) > 1).any():
            raise InvalidValueError(
                f"column {int(coef.sum(axis=0).argmax())} is in the groups twice; name each column once."
            )
        return cls(box, coef, np.ones(len(groups)), np.ones(len(groups), dtype=bool))

    @property
    def n_inputs(self) -> int:
        """The number of inputs."""
        return self.box.n_inputs

    @property
    def lower(self) -> FloatArray:
        """`(n_inputs,)`, the lower bounds of the box."""
        return self.box.lower

    @property
    def upper(self) -> FloatArray:
        """`(n_inputs,)`, the upper bounds of the box."""
        return self.box.upper

    def contains(self, x: npt.ArrayLike) -> BoolArray:
        """Which rows lie in the polytope, its boundary included, up to rounding.

        Args:
            x: `(n_rows, n_inputs)`, or `(n_inputs,)` for one row.

        Returns:
            bool, `(n_rows,)`.

        Raises:
            ShapeError: if `x` has the wrong number of columns.
        """
        rows, _ = input_rows(x, self.n_inputs)
        over = rows @ self.coef.T - self.limit
        allowed = ON_DOMAIN * (np.abs(rows) @ np.abs(self.coef).T + np.abs(self.limit))
        met = np.where(self.equal, np.abs(over) <= allowed, over <= allowed)
        return np.asarray(self.box.contains(rows) & met.all(axis=1))
