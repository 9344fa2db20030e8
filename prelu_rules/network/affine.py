"""Affine maps: the pieces of a piecewise linear function."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy.typing as npt

from prelu_rules.values import Array, Value, frozen_array, input_rows


@dataclass(frozen=True, eq=False)
class AffineMap(Value):
    """The map `x -> coef x + intercept`.

    Attributes:
        coef: `(n_outputs, n_inputs)`.
        intercept: `(n_outputs,)`.

    Raises:
        ShapeError: if the two do not fit together.
        InvalidValueError: if an entry is NaN or infinite.

    Example:
        >>> AffineMap(coef=[[1.0, 2.0]], intercept=[3.0])([10.0, 100.0])
        array([213.])
    """

    coef: Array
    intercept: Array

    if TYPE_CHECKING:
        # Other types are accepted and converted, which a dataclass cannot express to a type checker.
        def __init__(
            self,
            coef: npt.ArrayLike,
            intercept: npt.ArrayLike,
        ) -> None: ...

    def __post_init__(self) -> None:
        object.__setattr__(self, "coef", frozen_array(self.coef, "coef", (None, None)))
        object.__setattr__(self, "intercept", frozen_array(self.intercept, "intercept", (len(self.coef),)))

    def __call__(self, x: npt.ArrayLike) -> Array:
        """Evaluate the map.

        Args:
            x: `(n_rows, n_inputs)`, or `(n_inputs,)` for one row.

        Returns:
            `(n_rows, n_outputs)`, or `(n_outputs,)` for one row.

        Raises:
            ShapeError: if `x` has the wrong number of columns.
        """
        rows, single = input_rows(x, self.coef.shape[1])
        y = rows @ self.coef.T + self.intercept
        return y[0] if single else y
