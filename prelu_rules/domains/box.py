"""The box, the simplest domain."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from prelu_rules.errors import InvalidValueError
from prelu_rules.values import BoolArray, FloatArray, Value, frozen_array, input_rows


@dataclass(frozen=True, eq=False)
class Box(Value):
    """All `x` with `lower <= x <= upper`.

    Attributes:
        lower: `(n_inputs,)` float64, in the units of the inputs.
        upper: `(n_inputs,)` float64, at least `lower` everywhere.

    Raises:
        ShapeError: if the two have different lengths.
        InvalidValueError: if a bound is not finite, or a lower bound is above its upper bound.

    Example:
        >>> Box([0, 0], [1, 2]).contains([[0.5, 1.5], [0.5, 2.5]])
        array([ True, False])
    """

    lower: FloatArray
    upper: FloatArray

    if TYPE_CHECKING:
        # Other types are accepted and converted, which a dataclass cannot express to a type checker.
        def __init__(
            self,
            lower: npt.ArrayLike,
            upper: npt.ArrayLike,
        ) -> None: ...

    def __post_init__(self) -> None:
        object.__setattr__(self, "lower", frozen_array(self.lower, "lower", (None,)))
        object.__setattr__(self, "upper", frozen_array(self.upper, "upper", (len(self.lower),)))
        if (self.lower > self.upper).any():
            k = int(np.argmax(self.lower > self.upper))
            raise InvalidValueError(
                f"input {k} has lower bound {self.lower[k]} above its upper bound {self.upper[k]}; swap them."
            )

    @classmethod
    def from_data(cls, x: npt.ArrayLike, margin: float = 0.0) -> Box:
        """The smallest box that contains all rows, with a margin around it.

        Args:
            x: `(n_rows, n_inputs)`, at least one row.
            margin: how far the box extends beyond the rows on each side, as a share of each column's range.

        Returns:
            The box of column minima and maxima, widened by the margin.

        Raises:
            ShapeError: if `x` is not two-dimensional.
            InvalidValueError: if there are no rows, a value is not finite, or the margin is negative.

        Example:
            >>> Box.from_data([[0, 5], [1, 3]], margin=0.1)
            Box(lower=array([-0.1, 2.8]), upper=array([1.1, 5.2]))
        """
        rows = frozen_array(x, "the data", (None, None))
        if len(rows) == 0:
            raise InvalidValueError("the data have 0 rows; a box needs at least one.")
        if not 0 <= margin < np.inf:
            raise InvalidValueError(f"margin is {margin}; it must be a finite number of at least 0.")
        lower, upper = rows.min(axis=0), rows.max(axis=0)
        return cls(lower - margin * (upper - lower), upper + margin * (upper - lower))

    @property
    def n_inputs(self) -> int:
        """The number of inputs."""
        return len(self.lower)

    def contains(self, x: npt.ArrayLike) -> BoolArray:
        """Which rows lie in the box, bounds included.

        Args:
            x: `(n_rows, n_inputs)`, or `(n_inputs,)` for one row.

        Returns:
            bool, `(n_rows,)`.

        Raises:
            ShapeError: if `x` has the wrong number of columns.
        """
        rows, _ = input_rows(x, self.n_inputs)
        return np.asarray(((rows >= self.lower) & (rows <= self.upper)).all(axis=1))
