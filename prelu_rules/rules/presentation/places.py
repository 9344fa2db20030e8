"""The digits that the sums of a compact form are printed with."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction

import numpy as np

from prelu_rules.columns.column import Column, features_of
from prelu_rules.network.precision import Precision, rounded
from prelu_rules.rules.presentation.by_state import Linear
from prelu_rules.rules.presentation.decimals import exact, plain
from prelu_rules.rules.presentation.statements import Letter
from prelu_rules.values import FloatArray

Rounding = Callable[[Linear], Linear]
"""From the numbers of a sum to those that are printed."""


class Places:
    """How the sums of a compact form are rounded: as `rounded_weights` rounds them, whatever has been put together.

    Args:
        columns: what the columns are.
        units: `(n_units, n_features + n_units + 1)`, its rows of units.
        precision: None for all digits.
    """

    def __init__(self, columns: Sequence[Column], units: FloatArray, precision: Precision | None) -> None:
        self._columns, self._precision = columns, precision
        self._sizes: list[float] = []
        if precision is not None:
            for row in units[:, :-1]:
                scales = np.append(precision.feature_scale, [*self._sizes, *np.ones(len(units) - len(self._sizes))])
                self._sizes.append(float(np.abs(row * scales).max(initial=0)) or 1.0)

    def rescale(self, unit: int, factor: Fraction) -> None:
        """From now on a unit is a number of times smaller.

        Args:
            unit: which.
            factor: the number.
        """
        if self._precision is not None:
            self._sizes[unit] /= float(factor)

    def unit(self, unit: int, factor: Fraction = Fraction(1)) -> Rounding:
        """How the sum of a unit is rounded.

        Args:
            unit: which.
            factor: how many times smaller it is than it was.

        Returns:
            The rounding.
        """
        return self._rounding(None if self._precision is None else self._sizes[unit] / float(factor))

    def output(self, output: int) -> Rounding:
        """How an output is rounded.

        Args:
            output: which.

        Returns:
            The rounding.
        """
        return self._rounding(None if self._precision is None else float(self._precision.output_scale[output]))

    def _rounding(self, size: float | None) -> Rounding:
        """Rounding of a sum that gets so large; None for all digits."""
        if size is None or self._precision is None:
            return _all_digits
        precision, features = self._precision, features_of(self._columns)
        scales: dict[str | Letter, float] = {
            f.column: float(s) for f, s in zip(features, precision.feature_scale, strict=True) if not f.is_indicator
        }
        scales |= {Letter(k): size for k, size in enumerate(self._sizes)}
        weights, constant = precision.places(size, np.array(list(scales.values())))
        places = dict(zip(scales, weights.tolist(), strict=True))

        def printed(linear: Linear) -> Linear:
            found = {of: exact(rounded(float(w), places[of])) for of, w in linear.weights.items()}
            return Linear(
                exact(rounded(float(linear.constant), constant)), {of: w for of, w in found.items() if w != 0}
            )

        return printed


def _all_digits(linear: Linear) -> Linear:
    """A sum without rounding errors."""
    return Linear(exact(plain(linear.constant)), {of: exact(plain(w)) for of, w in linear.weights.items()})
