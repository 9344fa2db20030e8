"""Bounds that outputs are kept within: far outside of what training saw, a linear function has no limits of its own."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from prelu_rules.errors import InvalidValueError, ShapeError
from prelu_rules.values import FloatArray, Value


@dataclass(frozen=True, eq=False)
class OutputBounds(Value):
    """The smallest and the largest value of each output; what is outside becomes the nearer of the two.

    Attributes:
        lower: `n_outputs` numbers; None for an output that may be as small as it likes.
        upper: the same for the largest values.

    Raises:
        ShapeError: if there is not one of each for each output.
        InvalidValueError: if a bound is not a finite number, a lower one is above the upper one, or there is none.

    Example:
        >>> bounds = OutputBounds([0.0], [45.0])
        >>> bounds.applied(np.array([[-3.0], [20.0], [1e6]]))
        array([[ 0.],
               [20.],
               [45.]])
    """

    lower: tuple[float | None, ...]
    upper: tuple[float | None, ...]

    if TYPE_CHECKING:
        # Other types are accepted and converted, which a dataclass cannot express to a type checker.
        def __init__(self, lower: Sequence[float | None], upper: Sequence[float | None]) -> None: ...

    def __post_init__(self) -> None:
        for name in ("lower", "upper"):
            object.__setattr__(self, name, tuple(_checked(name, one) for one in getattr(self, name)))
        if len(self.lower) != len(self.upper):
            raise ShapeError(f"there are {len(self.lower)} lower bounds and {len(self.upper)} upper ones; give pairs.")
        for low, high in self.pairs:
            if low is not None and high is not None and low > high:
                raise InvalidValueError(f"the lower bound {low:g} is above the upper one, {high:g}; swap them.")
        if {*self.lower, *self.upper} <= {None}:
            raise InvalidValueError("the bounds hold no number; leave them out.")

    @property
    def pairs(self) -> tuple[tuple[float | None, float | None], ...]:
        """The lower and the upper bound of each output."""
        return tuple(zip(self.lower, self.upper, strict=True))

    @cached_property
    def arrays(self) -> tuple[FloatArray, FloatArray]:
        """`(n_outputs,)` lower and upper bounds, infinite where there is none."""
        lower = np.array([-np.inf if one is None else one for one in self.lower])
        return lower, np.array([np.inf if one is None else one for one in self.upper])

    def applied(self, outputs: FloatArray) -> FloatArray:
        """Keep outputs within the bounds.

        Args:
            outputs: `(n_rows, n_outputs)`.

        Returns:
            A new array of the same shape.
        """
        return np.clip(outputs, *self.arrays)


def _checked(name: str, bound: float | None) -> float | None:
    """A finite number, or None."""
    if bound is None:
        return None
    try:
        value = float(bound)
    except (TypeError, ValueError):
        value = math.nan
    if isinstance(bound, (bool, str)) or not math.isfinite(value):
        raise InvalidValueError(f"the {name} bound is {bound!r}; it must be a finite number, or None for no bound.")
    # Without the sign of -0, which no comparison sees.
    return value + 0.0
