"""How many digits a number needs so that the printed rules agree with the rules."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from prelu_rules.errors import InvalidValueError
from prelu_rules.tolerances import CANCELLED
from prelu_rules.values import Array, FloatArray, IntArray, Value, frozen_array

MOST_PLACES = 340
"""A normal float64 is at least 2e-308 and has 17 digits."""


@dataclass(frozen=True, eq=False)
class Precision(Value):
    """The number of decimal places of each printed number.

    A weight's last digit is worth about `10**-digits` of the sum that it stands in, whatever its feature is measured
    in: a feature in the millions has weights with more places, one in thousandths has fewer. Places below 0 are those
    before the point: 1234567 has -4 places as 1230000.

    Attributes:
        digits: digits relative to the size of the sum, at least 0.
        feature_scale: `(n_inputs,)`, the largest absolute value of each feature, in its own unit; above 0.
        output_scale: `(n_outputs,)`, the range of each output, in its own unit; of a constant one its size. Above 0.
        error: `(n_outputs,)`, how far printed numbers were from the rules at most on the rows that the digits were
            chosen by, in the unit of each output; None where that is not known.

    Raises:
        ShapeError: if a scale or the error is not one-dimensional, or there is not one error for each output.
        InvalidValueError: if a scale is not above 0, or an error or the number of digits is negative.

    Example:
        >>> Precision(2, feature_scale=[1.0, 1000.0], output_scale=[10.0]).output_places(0)
        (array([1, 4]), 1)
    """

    digits: int
    feature_scale: FloatArray
    output_scale: FloatArray
    error: FloatArray | None = None

    if TYPE_CHECKING:
        # Other types are accepted and converted, which a dataclass cannot express to a type checker.
        def __init__(
            self,
            digits: int,
            feature_scale: npt.ArrayLike,
            output_scale: npt.ArrayLike,
            error: npt.ArrayLike | None = None,
        ) -> None: ...

    def __post_init__(self) -> None:
        if self.digits < 0:
            raise InvalidValueError(f"digits is {self.digits}; it must be at least 0.")
        for name in ("feature_scale", "output_scale"):
            scale = frozen_array(getattr(self, name), name, (None,))
            if (scale <= 0).any():
                raise InvalidValueError(f"{name} holds {scale.min()}; every scale must be positive.")
            object.__setattr__(self, name, scale)
        if self.error is not None:
            error = frozen_array(self.error, "error", (len(self.output_scale),))
            if (error < 0).any():
                raise InvalidValueError(f"error holds {error.min()}; every error must be at least 0.")
            object.__setattr__(self, "error", error)

    @classmethod
    def of_data(
        cls, digits: int, x: npt.ArrayLike, y: npt.ArrayLike, output_size: npt.ArrayLike | None = None
    ) -> Precision:
        """The precision for rules that are applied to rows like these.

        Args:
            digits: digits relative to the size of each sum.
            x: `(n_rows, n_inputs)`.
            y: `(n_rows, n_outputs)`, the outputs on these rows.
            output_size: `(n_outputs,)`, how large the sum of the absolute terms of each output gets; None for its
                largest absolute value.

        Returns:
            A precision with the scales of the rows. An output that varies by at most `CANCELLED` of its size is a
            constant up to rounding errors, whose scale is that size. The scale of what is 0 everywhere is 1.

        Example:
            >>> Precision.of_data(2, [[0.0], [2.0]], [[5.0, 0.3], [9.0, 0.3 + 1e-16]]).output_scale
            array([4. , 0.3])
        """
        outputs = np.asarray(y, dtype=np.float64)
        feature_scale = np.abs(np.asarray(x, dtype=np.float64)).max(axis=0)
        size = np.abs(outputs).max(axis=0) if output_size is None else np.asarray(output_size, dtype=np.float64)
        output_scale = np.ptp(outputs, axis=0)
        output_scale = np.where(output_scale > CANCELLED * size, output_scale, size)
        return cls(digits, np.where(feature_scale > 0, feature_scale, 1), np.where(output_scale > 0, output_scale, 1))

    def places(self, size: float, scales: Array) -> tuple[IntArray, int]:
        """Decimal places of the weights and of the constant in a sum.

        Args:
            size: how large the sum gets; positive.
            scales: `(n_terms,)`, the largest absolute value of each term's variable; positive.

        Returns:
            `(n_terms,)` int, and an int.
        """
        weights = np.rint(self.digits - np.log10(size / scales)).astype(np.intp)
        constant = int(np.rint(self.digits - np.log10(size)))
        return np.clip(weights, -MOST_PLACES, MOST_PLACES), min(max(constant, -MOST_PLACES), MOST_PLACES)

    def condition_places(self, coef: Array) -> tuple[IntArray, int]:
        """Decimal places of a condition's weights and of its constant.

        Args:
            coef: `(n_inputs,)`, the weights.

        Returns:
            `(n_inputs,)` int, and an int.
        """
        return self.places(float((np.abs(coef) * self.feature_scale).max(initial=0)) or 1.0, self.feature_scale)

    def output_places(self, output: int) -> tuple[IntArray, int]:
        """Decimal places of the weights and of the constant in an output.

        Args:
            output: the index of the output.

        Returns:
            `(n_inputs,)` int, and an int.
        """
        return self.places(float(self.output_scale[output]), self.feature_scale)


def rounded(value: float, places: int) -> float:
    """A number after a round trip through printed text.

    Args:
        value: the number.
        places: digits after the point; below 0 so many before it become 0.

    Returns:
        The number that the printed text parses to; never a negative zero.

    Example:
        >>> rounded(-0.004, 2), rounded(2.675, 2), rounded(1234567.0, -4)
        (0.0, 2.67, 1230000.0)
    """
    if places < 0:
        return float(round(float(value), places)) + 0.0
    return float(f"{float(value):.{places}f}") + 0.0
