"""The cross-entropy of any number of classes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from prelu_rules.errors import InvalidValueError
from prelu_rules.losses.class_loss import ClassLoss
from prelu_rules.losses.link import ClassLink, SoftmaxLink
from prelu_rules.values import FloatArray


@dataclass(frozen=True)
class Softmax(ClassLoss):
    """Cross-entropy of one logit per class, computed from the logits, so that no probability is ever rounded to 0.

    Example:
        >>> Softmax().rows(np.array([[0.0, 0.0]]), np.array([1.0])).round(4)
        array([0.6931])
    """

    link: ClassVar[ClassLink] = SoftmaxLink()

    def rows(self, outputs: FloatArray, y: FloatArray) -> FloatArray:
        """The loss of each row.

        Args:
            outputs: `(n_rows, n_classes)` logits.
            y: `(n_rows,)`, class indices.

        Returns:
            `(n_rows,)`.
        """
        shifted = outputs - outputs.max(axis=1, keepdims=True)
        return np.asarray(np.log(np.exp(shifted).sum(axis=1)) - shifted[np.arange(len(y)), y.astype(np.intp)])

    def gradient(self, outputs: FloatArray, y: FloatArray) -> FloatArray:
        """The derivative of the loss with respect to the logits.

        Args:
            outputs: `(n_rows, n_classes)` logits.
            y: `(n_rows,)`, class indices.

        Returns:
            `(n_rows, n_classes)`.
        """
        p = self.link.inverse(outputs)
        p[np.arange(len(y)), y.astype(np.intp)] -= 1
        return p

    def root(self, outputs: FloatArray) -> FloatArray:
        """A root of the second derivative, `diag(p) - p p^T = R R^T` with `R = (I - p 1^T) diag(sqrt(p))`.

        Args:
            outputs: `(n_rows, n_classes)` logits.

        Returns:
            `(n_rows, n_classes, n_classes)`.
        """
        p = self.link.inverse(outputs)
        return np.asarray((np.eye(p.shape[1]) - p[:, :, None]) * np.sqrt(p)[:, None, :])

    def tensor(self, outputs: Any, y: Any) -> Any:
        """The loss of each row, in TensorFlow.

        Args:
            outputs: `(members, n_rows, n_classes)` float32 logits.
            y: `(n_rows,)` float32, class indices.

        Returns:
            `(members, n_rows)`.
        """
        import tensorflow as tf

        labels = tf.broadcast_to(tf.cast(y, tf.int64), tf.shape(outputs)[:2])
        return tf.nn.sparse_softmax_cross_entropy_with_logits(labels, outputs)

    def n_outputs(self, largest: FloatArray) -> int:
        """One logit for each class up to the last one.

        Args:
            largest: `(1,)`, the largest class index.

        Returns:
            The number of classes.

        Raises:
            InvalidValueError: if there is only one.
        """
        if largest[0] < 1:
            raise InvalidValueError("y has class 0 only; give rows of at least two classes.")
        return int(largest[0]) + 1
