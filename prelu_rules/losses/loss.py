"""What is minimised: a loss of each row, its gradient, and the curvature that second-order steps need."""

from __future__ import annotations

from typing import Literal, Protocol, get_args

import numpy as np

from prelu_rules.errors import InvalidValueError
from prelu_rules.values import FloatArray

LossName = Literal["squared", "logistic", "softmax"]
"""Half the squared error; cross-entropy of one logit; cross-entropy of one logit per class."""


class Loss(Protocol):
    """A convex function of the outputs of each row."""

    def rows(self, outputs: FloatArray, y: FloatArray) -> FloatArray:
        """The loss of each row, `(n_rows,)`."""

    def gradient(self, outputs: FloatArray, y: FloatArray) -> FloatArray:
        """Its derivative in the outputs, `(n_rows, n_outputs)`."""

    def root(self, outputs: FloatArray) -> FloatArray | None:
        """`R`, `(n_rows, n_outputs, n_outputs)`, with `R R^T` the second derivative; None for the identity."""


class Squared:
    """Half the squared error, summed over the outputs.

    Example:
        >>> Squared().rows(np.array([[1.0, 2.0]]), np.array([[0.0, 0.0]]))
        array([2.5])
    """

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
        """The derivative of the loss in the outputs.

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


class Logistic:
    """Cross-entropy of the logit of class 1 against class 0.

    Example:
        >>> Logistic().rows(np.array([[0.0]]), np.array([1.0])).round(4)
        array([0.6931])
    """

    def rows(self, outputs: FloatArray, y: FloatArray) -> FloatArray:
        """The loss of each row.

        Args:
            outputs: `(n_rows, 1)` logits.
            y: `(n_rows,)`, 0 or 1.

        Returns:
            `(n_rows,)`.
        """
        return np.asarray(np.logaddexp(0, outputs[:, 0]) - y * outputs[:, 0])

    def gradient(self, outputs: FloatArray, y: FloatArray) -> FloatArray:
        """The derivative of the loss in the logit.

        Args:
            outputs: `(n_rows, 1)` logits.
            y: `(n_rows,)`, 0 or 1.

        Returns:
            `(n_rows, 1)`.
        """
        return _logistic(outputs) - y[:, None]

    def root(self, outputs: FloatArray) -> FloatArray:
        """The root of the second derivative, `p (1 - p)`.

        Args:
            outputs: `(n_rows, 1)` logits.

        Returns:
            `(n_rows, 1, 1)`.
        """
        p = _logistic(outputs)
        return np.asarray(np.sqrt(p * (1 - p))[:, :, None])


class Softmax:
    """Cross-entropy of logits, fused, so that no probability is ever rounded to 0.

    Example:
        >>> Softmax().rows(np.array([[0.0, 0.0]]), np.array([1.0])).round(4)
        array([0.6931])
    """

    def rows(self, outputs: FloatArray, y: FloatArray) -> FloatArray:
        """The loss of each row.

        Args:
            outputs: `(n_rows, n_classes)` logits.
            y: `(n_rows,)`, indices of classes.

        Returns:
            `(n_rows,)`.
        """
        shifted = outputs - outputs.max(axis=1, keepdims=True)
        return np.asarray(np.log(np.exp(shifted).sum(axis=1)) - shifted[np.arange(len(y)), y.astype(np.intp)])

    def gradient(self, outputs: FloatArray, y: FloatArray) -> FloatArray:
        """The derivative of the loss in the logits.

        Args:
            outputs: `(n_rows, n_classes)` logits.
            y: `(n_rows,)`, indices of classes.

        Returns:
            `(n_rows, n_classes)`.
        """
        p = _softmax(outputs)
        p[np.arange(len(y)), y.astype(np.intp)] -= 1
        return p

    def root(self, outputs: FloatArray) -> FloatArray:
        """A root of the second derivative, `diag(p) - p p^T = R R^T` with `R = (I - p 1^T) diag(sqrt(p))`.

        Args:
            outputs: `(n_rows, n_classes)` logits.

        Returns:
            `(n_rows, n_classes, n_classes)`.
        """
        p = _softmax(outputs)
        return np.asarray((np.eye(p.shape[1]) - p[:, :, None]) * np.sqrt(p)[:, None, :])


def loss_named(name: LossName) -> Loss:
    """The loss of a name.

    Args:
        name: "squared", "logistic" or "softmax".

    Returns:
        The loss.

    Raises:
        InvalidValueError: if it is another word.

    Example:
        >>> type(loss_named("squared")).__name__
        'Squared'
    """
    losses: dict[str, Loss] = {"squared": Squared(), "logistic": Logistic(), "softmax": Softmax()}
    if name not in losses:
        raise InvalidValueError(f"loss is {name!r}; it must be one of {', '.join(get_args(LossName))}.")
    return losses[name]


def _logistic(outputs: FloatArray) -> FloatArray:
    # Through tanh, which overflows on neither side.
    return np.asarray(0.5 * (1 + np.tanh(0.5 * outputs)))


def _softmax(outputs: FloatArray) -> FloatArray:
    p = np.exp(outputs - outputs.max(axis=1, keepdims=True))
    return np.asarray(p / p.sum(axis=1, keepdims=True))
