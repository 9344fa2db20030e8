"""Means and deviations: networks are trained on standardised numbers, which the user never sees.

A row counts as much as it weighs, so that the penalty on a network's weights is relative to how much the rows with most
of the weight differ, even if that is a single row.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from prelu_rules.errors import InvalidValueError
from prelu_rules.losses.loss import Loss
from prelu_rules.network.compact import CompactForm
from prelu_rules.network.fewest_numbers import turned_compact_weights
from prelu_rules.network.normal_form import NormalForm
from prelu_rules.values import FloatArray

CONSTANT = 1e-12
"""A column whose deviation is below this share of its mean is constant up to rounding."""

LEAST_SPREAD = 1e-150
"""Squares of smaller differences underflow, as those above 1e154 overflow."""

STEEPEST = 1e290
"""The largest ratio of a deviation of targets to one of features, and one over the smallest: weights are about as
large, and some digits of float64 have to be left for what they are multiplied by."""


class Moments:
    """Mean, deviation and range of columns, computed part by part (Chan, Golub and LeVeque 1979).

    Args:
        name: the name of the columns in error messages.

    Example:
        >>> moments = Moments("x")
        >>> moments.add(np.array([[1.0], [2.0]]))
        >>> moments.add(np.array([[3.0]]))
        >>> moments.mean, moments.deviation.round(3), moments.upper
        (array([2.]), array([0.816]), array([3.]))
    """

    def __init__(self, name: str) -> None:
        self._name, self.weight = name, 0.0
        self.mean = self._variance = self.lower = self.upper = np.zeros(0)

    def add(self, part: npt.ArrayLike, weights: FloatArray | None = None) -> None:
        """Add further rows.

        Args:
            part: `(n_rows, n_columns)`, at least one row.
            weights: `(n_rows,)`, positive; None for 1 each.

        Raises:
            InvalidValueError: if a number or its square is NaN or infinite.
        """
        values = np.asarray(part, dtype=np.float64)
        lower, upper = values.min(axis=0), values.max(axis=0)
        if not np.isfinite(lower + upper).all():
            bad = ~np.isfinite(values)
            if bad.any():
                raise InvalidValueError(
                    f"{self._name} holds {values[bad][0]} in column {int(bad.any(axis=0).argmax())}; only finite "
                    "numbers can be used."
                )
        with np.errstate(over="ignore", invalid="ignore"):
            mean = np.average(values, axis=0, weights=weights)
            variance = np.average((values - mean) ** 2, axis=0, weights=weights)
            weight = float(len(values) if weights is None else weights.sum())
            if self.weight:
                share = weight / (self.weight + weight)
                between = (mean - self.mean) ** 2 * share * (1 - share)
                variance = (1 - share) * self._variance + share * variance + between
                mean = self.mean + share * (mean - self.mean)
                lower, upper = np.minimum(lower, self.lower), np.maximum(upper, self.upper)
        self.weight += weight
        self.mean, self._variance, self.lower, self.upper = mean, variance, lower, upper
        wrong = ~np.isfinite(variance)
        if wrong.any():
            column = int(wrong.argmax())
            largest = max(self.lower[column], self.upper[column], key=abs)
            raise InvalidValueError(
                f"column {column} of {self._name} holds {largest:g}, whose square overflows; give it in another unit."
            )

    @property
    def deviation(self) -> FloatArray:
        """The standard deviation of each column; 1 for a constant one, so that division by it gives 0.

        Raises:
            InvalidValueError: if the numbers of a column differ, but by so little that the squares underflow.
        """
        spread, largest = self.upper - self.lower, np.maximum(np.abs(self.lower), np.abs(self.upper))
        lost = (spread > CONSTANT * largest) & (spread < LEAST_SPREAD)
        if lost.any():
            column = int(lost.argmax())
            raise InvalidValueError(
                f"the numbers in column {column} of {self._name} differ by at most {spread[column]:g}, so little that "
                "the square underflows; give it in another unit."
            )
        deviation = np.sqrt(self._variance)
        return np.where(deviation > CONSTANT * np.abs(self.mean), deviation, 1.0)


@dataclass(frozen=True)
class Scale:
    """How rows are standardised, and how networks for standardised rows are converted to the user's units.

    Attributes:
        loss: determines whether targets are standardised.
        x_mean: `(n_inputs,)`.
        x_deviation: `(n_inputs,)`, positive.
        y_mean: `(n_outputs,)`.
        y_deviation: `(n_outputs,)`, positive.

    Example:
        >>> from prelu_rules.losses.squared import Squared
        >>> scale = Scale(Squared(), np.array([5.0]), np.array([2.0]), np.array([0.0]), np.array([10.0]))
        >>> scale.inputs(np.array([[7.0]])), scale.targets(np.array([[5.0]]))
        (array([[1.]]), array([[0.5]]))
    """

    loss: Loss
    x_mean: FloatArray
    x_deviation: FloatArray
    y_mean: FloatArray
    y_deviation: FloatArray

    @classmethod
    def of(cls, x: Moments, y: Moments, loss: Loss) -> Scale:
        """Compute the scale of rows.

        Args:
            x: the moments of the inputs.
            y: the moments of the targets, or of the class indices as one column.
            loss: the loss that is minimised.

        Returns:
            The scale.

        Raises:
            InvalidValueError: if the magnitudes of targets and features are too far apart for a weight between them.
        """
        if loss.standardised:
            steepest, flattest = y.deviation.max() / x.deviation.min(), y.deviation.min() / x.deviation.max()
            if not 1 / STEEPEST <= flattest <= steepest <= STEEPEST:
                raise InvalidValueError(
                    f"targets deviate by {y.deviation.min():g} to {y.deviation.max():g} and features by "
                    f"{x.deviation.min():g} to {x.deviation.max():g}, too far apart for a weight "
                    "between them in float64; give one of them in another unit."
                )
            return cls(loss, x.mean, x.deviation, y.mean, y.deviation)
        n_outputs = loss.n_outputs(y.upper)
        return cls(loss, x.mean, x.deviation, np.zeros(n_outputs), np.ones(n_outputs))

    @property
    def n_outputs(self) -> int:
        """The number of outputs of a network."""
        return len(self.y_mean)

    def inputs(self, x: FloatArray) -> FloatArray:
        """Standardise inputs.

        Args:
            x: `(n_rows, n_inputs)`.

        Returns:
            An array of the same shape.
        """
        return np.asarray((x - self.x_mean) / self.x_deviation)

    def targets(self, y: FloatArray) -> FloatArray:
        """Standardise targets, unless the loss does not (for classes and the like).

        Args:
            y: `(n_rows, n_outputs)`, or `(n_rows,)` classes.

        Returns:
            An array of the same shape.
        """
        return np.asarray((y - self.y_mean) / self.y_deviation) if self.loss.standardised else y

    def user_units(self, system: CompactForm) -> NormalForm:
        """Convert a network to the user's units.

        Args:
            system: a network for standardised rows.

        Returns:
            Its compact form in the user's units.
        """
        weights, k, d = system.weights.copy(), system.n_units, system.n_inputs
        weights[:, :d] /= self.x_deviation
        weights[:, -1] -= weights[:, :d] @ self.x_mean
        weights[k:] *= self.y_deviation[:, None]
        weights[k:, -1] += self.y_mean
        return turned_compact_weights(weights, system.labels)[0]
