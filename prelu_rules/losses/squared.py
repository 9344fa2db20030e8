"""Squared errors."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from prelu_rules.losses.loss import Chooser
from prelu_rules.losses.number_loss import NumberLoss
from prelu_rules.tolerances import NEGLIGIBLE_ERROR
from prelu_rules.values import FloatArray


@dataclass(frozen=True)
class Squared(NumberLoss):
    """Half the squared error, summed over the outputs.

    Example:
        >>> Squared().rows(np.array([[1.0, 2.0]]), np.array([[0.0, 0.0]]))
        array([2.5])
    """

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

    def log_likelihood(self, outputs: FloatArray, y: FloatArray, weights: FloatArray) -> float:
        """The log-likelihood for Gaussian noise, with the most likely variance for each output.

        Args:
            outputs: `(n_rows, n_outputs)`.
            y: `(n_rows, n_outputs)`, the targets.
            weights: `(n_rows,)`, which sum to 1.

        Returns:
            The logarithm for all rows together, up to a constant.
        """
        return self.log_likelihood_of(weights @ (outputs - y) ** 2, len(y))

    def log_likelihood_of(self, mean_squares: FloatArray, n_rows: int) -> float:
        """The same for errors of which only this is known.

        Args:
            mean_squares: `(n_outputs,)`, the weighted mean of each output's squared errors.
            n_rows: the number of rows.

        Returns:
            As `log_likelihood`.

        Example:
            >>> Squared().log_likelihood_of(np.array([1.0]), 10) == 0.0
            True
        """
        return -0.5 * n_rows * float(np.log(np.maximum(mean_squares, NEGLIGIBLE_ERROR)).sum())
