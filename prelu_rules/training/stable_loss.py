"""A cross-entropy without rounded probabilities: softmax and logarithm in one operation (second article, remedy 1).

`log(softmax(z))` in two steps has no gradient where a probability is rounded to 0 or clipped, so a row that is badly
wrong no longer has any effect. In one step the gradient is `softmax(z) - y`, however large the logits `z` are.

Source: E. P. Csirmaz, "Decreasing accuracy in neural nets during training - things to try".
"""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from prelu_rules.errors import InvalidValueError, ShapeError
from prelu_rules.training.keras_internals import known_logits


def softmax_crossentropy(labels: Any, logits: Any, label_smoothing: float = 0.0) -> Any:
    """Softmax cross-entropy of each row, computed in one operation; no gradient flows into the labels.

    Args:
        labels: `(..., n_classes)`, a distribution over the classes; or `(...)` or `(..., 1)`, class indices. The shape
            determines which.
        logits: `(..., n_classes)`, of a floating-point dtype.
        label_smoothing: the share `s` of each label that is spread evenly over the classes, `(1 - s) y + s / N`.

    Returns:
        `(...)`, with the dtype of the logits.

    Raises:
        InvalidValueError: if the logits are the output of a softmax.
        ShapeError: if there are fewer than two classes, or the labels have neither shape.

    Example:
        >>> softmax_crossentropy([1, 0], [[0.0, 0.0], [-1e4, 1e4]]).numpy().round(4)
        array([6.931e-01, 2.000e+04], dtype=float32)
    """
    if _is_softmax(logits):
        raise InvalidValueError(
            "the logits are the output of a softmax; remove it from the model with prelu_rules.doctor.with_logits."
        )
    logits = ops.convert_to_tensor(logits)
    labels = ops.stop_gradient(ops.convert_to_tensor(labels))
    if _are_indices(labels, logits):
        rows = ops.sparse_categorical_crossentropy(labels, logits, from_logits=True)
    else:
        rows = ops.categorical_crossentropy(ops.cast(labels, logits.dtype), logits, from_logits=True)
    if label_smoothing:
        # The loss is linear in the labels, so that class indices need not be converted to one-hot vectors.
        even = ops.full_like(logits, 1 / logits.shape[-1])
        spread = ops.categorical_crossentropy(even, logits, from_logits=True)
        rows = (1 - label_smoothing) * rows + label_smoothing * spread
    return rows


@keras.saving.register_keras_serializable(package="prelu_rules")
class StableSoftmaxCrossentropy(keras.losses.Loss):
    """Softmax cross-entropy on logits in one operation, averaged over the batch (second article).

    It takes one-hot labels, other distributions, and class indices, and distinguishes them by their shape. No gradient
    flows into the labels. Saved models load if `prelu_rules` was imported after Keras.

    Args:
        label_smoothing: the share of each label that is spread evenly over all classes, from 0 to 1.
        name: the name of the loss.
        reduction: how the rows' losses are combined, as for every Keras loss; by default their mean.
        dtype: the dtype of the computation, as for every Keras loss; float32 by default, also with mixed precision.

    Raises:
        InvalidValueError: if `label_smoothing` is not from 0 to 1; when called, if the model ends in a softmax.
        ShapeError: when called, if the shapes of labels and logits do not match.

    Example:
        >>> loss = StableSoftmaxCrossentropy()
        >>> float(loss([[0.0, 1.0]], [[1e4, -1e4]])), float(loss([1], [[1e4, -1e4]]))
        (20000.0, 20000.0)
    """

    def __init__(
        self,
        label_smoothing: float = 0.0,
        name: str = "stable_softmax_crossentropy",
        reduction: str | None = "sum_over_batch_size",
        dtype: Any = None,
    ) -> None:
        if not 0 <= label_smoothing <= 1:
            raise InvalidValueError(f"label_smoothing is {label_smoothing}; it must be from 0 to 1.")
        super().__init__(name=name, reduction=reduction, dtype=dtype)
        self.label_smoothing = float(label_smoothing)

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """The loss of each row.

        Args:
            y_true: labels, as for `softmax_crossentropy`.
            y_pred: `(..., n_classes)` logits.

        Returns:
            `(...)`.
        """
        return softmax_crossentropy(y_true, y_pred, self.label_smoothing)

    def get_config(self) -> dict[str, Any]:
        """The configuration that Keras saves.

        Returns:
            The arguments of the constructor.
        """
        return {**super().get_config(), "label_smoothing": self.label_smoothing, "dtype": self.dtype}


def _are_indices(labels: Any, logits: Any) -> bool:
    if labels.shape.rank is None:
        raise ShapeError(
            "the labels have an unknown number of axes; compile the model again before you use labels of another shape."
        )
    given, outputs = tuple(labels.shape), tuple(logits.shape)
    n_classes = outputs[-1] if outputs else None
    if n_classes is None or n_classes < 2:
        raise ShapeError(f"the logits have the shape {outputs}; their last axis must have at least two classes.")
    if len(given) == len(outputs) - 1 or (len(given) == len(outputs) and given[-1] == 1):
        return True
    if len(given) != len(outputs) or given[-1] not in (n_classes, None):
        raise ShapeError(
            f"the labels have the shape {given} and the logits {outputs}; give one index or {n_classes} probabilities "
            "for each row."
        )
    return False


def _is_softmax(tensor: Any) -> bool:
    """Whether a tensor is known to come from a softmax; `prelu_rules.doctor.logits` explains what Keras knows."""
    return known_logits(tensor) is not None
