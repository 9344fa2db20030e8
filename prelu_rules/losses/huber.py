"""Huber's loss: squared errors up to a bound, and in proportion to their size beyond it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np

from prelu_rules.errors import InvalidValueError
from prelu_rules.losses.loss import Chooser
from prelu_rules.losses.number_loss import NumberLoss
from prelu_rules.values import FloatArray, Shown

DELTA = 1.35
"""With Gaussian errors of deviation 1 the estimate is 95% as efficient as least squares (Huber 1964)."""

NORMAL_RANGE = 1.3489795003921634
"""The range between the first and the third quartile of Gaussian numbers of deviation 1."""

LEAST_SCALE = 1e-3
"""Of the deviation of the targets; a smaller bound would be the absolute error, and most numbers equal."""


@dataclass(frozen=True)
class Huber(Shown, NumberLoss):
    """Half the squared error up to `delta`, `delta (|error| - delta / 2)` beyond it, summed over the outputs.

    P. J. Huber, "Robust estimation of a location parameter" (1964). One row far from the others counts as much as one
    at the bound, so that it cannot decide everything.

    Attributes:
        delta: the error from which on a row counts less, in units of `scale`.
        scale: `(n_outputs,)`, or one number for all, the unit of `delta` in the numbers that the loss compares.
            Networks are trained on targets of deviation 1, and a few huge targets inflate that deviation, so that all
            other errors are far below `delta`; `of_targets` makes up for it.

    Raises:
        InvalidValueError: if `delta` or a scale is not a positive number.

    Example:
        >>> Huber(delta=1.0).rows(np.array([[0.5], [3.0]]), np.array([[0.0], [0.0]]))
        array([0.125, 2.5  ])
    """

    delta: float = DELTA
    scale: tuple[float, ...] = (1.0,)

    chosen_by: ClassVar[Chooser] = "validation"

    def __post_init__(self) -> None:
        object.__setattr__(self, "scale", tuple(np.ravel(self.scale).tolist()))
        for name, value in [("delta", self.delta), *(("scale", one) for one in self.scale)]:
            if not 0 < value < np.inf:
                raise InvalidValueError(f"{name} is {value!r}; it must be a positive number.")

    @property
    def _bound(self) -> FloatArray:
        """`(n_outputs,)` or `(1,)`: the error from which on a row counts less."""
        return self.delta * np.array(self.scale)

    def rows(self, outputs: FloatArray, y: FloatArray) -> FloatArray:
        """The loss of each row.

        Args:
            outputs: `(n_rows, n_outputs)`.
            y: `(n_rows, n_outputs)`, the targets.

        Returns:
            `(n_rows,)`.
        """
        errors, bound = np.abs(outputs - y), self._bound
        within = np.minimum(errors, bound)
        return np.asarray((within * (errors - 0.5 * within)).sum(axis=1))

    def gradient(self, outputs: FloatArray, y: FloatArray) -> FloatArray:
        """The derivative of the loss with respect to the outputs: the error, at most `delta`.

        Args:
            outputs: `(n_rows, n_outputs)`.
            y: `(n_rows, n_outputs)`, the targets.

        Returns:
            `(n_rows, n_outputs)`.
        """
        bound = self._bound
        return np.clip(outputs - y, -bound, bound)

    def root(self, outputs: FloatArray) -> None:
        """The identity is an upper bound of the second derivative, which is 0 beyond `delta`.

        Steps with it are least squares on clipped errors (the method of modified residuals; Huber 1981, section 7.8),
        which never increase the loss.

        Args:
            outputs: `(n_rows, n_outputs)`.
        """

    def tensor(self, outputs: Any, y: Any) -> Any:
        """Twice the mean loss over the outputs, in TensorFlow: where errors are small that of squared errors.

        Args:
            outputs: `(members, n_rows, n_outputs)` float32.
            y: `(n_rows, n_outputs)` float32.

        Returns:
            `(members, n_rows)`.
        """
        import tensorflow as tf

        errors = tf.abs(outputs - y)
        within = tf.minimum(errors, tf.constant(self._bound, dtype=tf.float32))
        return tf.reduce_mean(within * (2 * errors - within), axis=2)

    def of_targets(self, y: FloatArray) -> Huber:
        """The loss whose `delta` counts in robust deviations of some targets.

        The robust deviation is the normalised interquartile range, which a quarter of the rows cannot move. `scale` is
        its ratio to the standard deviation, which targets are divided by; where the middle half of the targets is
        equal, it is `LEAST_SCALE`, and never is it above 1.

        Args:
            y: `(n_rows,)` or `(n_rows, n_outputs)`, finite.

        Returns:
            The loss for standardised targets.

        Example:
            >>> Huber().of_targets(np.arange(100.0)).scale
            (1.0,)
            >>> round(Huber().of_targets(np.append(np.arange(100.0), 1e4)).scale[0], 3)
            0.038
        """
        columns = y.reshape(len(y), -1)
        deviation = columns.std(axis=0)
        first, third = np.quantile(columns, [0.25, 0.75], axis=0)
        robust = (third - first) / NORMAL_RANGE
        ratio = np.divide(robust, deviation, out=np.ones_like(deviation), where=deviation > 0)
        return replace(self, scale=tuple(np.clip(ratio, LEAST_SCALE, 1.0).tolist()))
