"""Squared errors."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from prelu_rules.losses.loss import Chooser, Loss
from prelu_rules.losses.r_squared import r_squared
from prelu_rules.tolerances import NEGLIGIBLE_ERROR
from prelu_rules.values import FloatArray

RIDGE = 1e-4
"""The default penalty, for targets with a variance of 1."""


@dataclass(frozen=True)
class Squared(Loss):
    """Half the squared error, summed over the outputs.

    Example:
        >>> Squared().rows(np.array([[1.0, 2.0]]), np.array([[0.0, 0.0]]))
        array([2.5])
    """

    standardised: ClassVar[bool] = True
    chosen_by: ClassVar[Chooser] = "criterion"

    def rows(self, outputs: FloatArray, y: FloatArray) -> FloatArray:
        """The loss of each row.

        Args:
            outputs: `(n_rows, n_outputs)`.
            y: `(n_rows, n_outputs)`, the targets.

        Returns:
            `(n_rows,)`.
        """
        return np.asarray(0.5 * ((outputs - y) ** 2).sum(axis=1))

    def gradient(self, outputs: FloatArray, y: FloatArray) -> FloatArray:
        """The derivative of the loss with respect to the outputs.

        Args:
            outputs: `(n_rows, n_outputs)`.
            y: `(n_rows, n_outputs)`, the targets.

        Returns:
            `(n_rows, n_outputs)`.
        """
        return outputs - y

    def root(self, outputs: FloatArray) -> None:
        """The second derivative is the identity.

        Args:
            outputs: `(n_rows, n_outputs)`.
        """

    def tensor(self, outputs: Any, y: Any) -> Any:
        """The mean squared error of each row, without the factor 1/2, as the paper's force needs it.

        Args:
            outputs: `(members, n_rows, n_outputs)` float32.
            y: `(n_rows, n_outputs)` float32.

        Returns:
            `(members, n_rows)`.
        """
        import tensorflow as tf

        return tf.reduce_mean(tf.square(outputs - y), axis=2)

    def score(self, outputs: FloatArray, y: FloatArray, weights: FloatArray) -> float:
        """R2, the share of the variance that is explained; the mean over outputs if there are several.

        Args:
            outputs: `(n_rows, n_outputs)`.
            y: `(n_rows, n_outputs)`, the targets.
            weights: `(n_rows,)`, not negative.

        Returns:
            At most 1; NaN for a single row, which has no variance to explain.
        """
        return r_squared(outputs, y, weights)

    def ridge(self, n_rows: int) -> float:
        """The default penalty, which does not depend on the number of rows.

        Args:
            n_rows: the number of rows that a network is fitted to.

        Returns:
            The factor of half the sum of squared weights.
        """
        return RIDGE

    def log_likelihood(self, outputs: FloatArray, y: FloatArray, weights: FloatArray) -> float:
        """The log-likelihood for Gaussian noise, with the most likely variance for each output.

        Args:
            outputs: `(n_rows, n_outputs)`.
            y: `(n_rows, n_outputs)`, the targets.
            weights: `(n_rows,)`, which sum to 1.

        Returns:
            The logarithm for all rows together, up to a constant.
        """
        errors = weights @ (outputs - y) ** 2
        return -0.5 * len(y) * float(np.log(np.maximum(errors, NEGLIGIBLE_ERROR)).sum())
