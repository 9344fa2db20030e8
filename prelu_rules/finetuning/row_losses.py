"""The loss of each single row, for any loss and any outputs."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import tensorflow as tf

from prelu_rules.errors import InvalidValueError
from prelu_rules.values import FloatArray


class RowLosses:
    """Computes the loss of a compiled model for each row separately.

    Args:
        model: a built and compiled model.

    Example:
        >>> model = keras.Sequential([keras.Input((1,)), keras.layers.Rescaling(2.0)])
        >>> model.compile("sgd", "mse")
        >>> rows = np.array([[1.0], [2.0]], "float32")
        >>> RowLosses(model)(tf.data.Dataset.from_tensors((rows, np.zeros((2, 1), "float32"))))
        (array([ 4., 16.]), array([1., 1.]))
    """

    def __init__(self, model: keras.Model) -> None:
        def of_batch(x: Any, y: Any) -> Any:
            def of_row(row: Any) -> Any:
                target, output = tf.nest.map_structure(lambda value: value[None], row)
                return tf.cast(model.compute_loss(y=target, y_pred=output, training=False), tf.float32)

            return tf.map_fn(of_row, (y, model(x, training=False)), fn_output_signature=tf.float32)

        self._of_batch = tf.function(of_batch, reduce_retracing=True)

    def __call__(self, batches: tf.data.Dataset) -> tuple[FloatArray, FloatArray]:
        """Compute the losses.

        Args:
            batches: `(x, y)` or `(x, y, sample_weight)`; a finite dataset.

        Returns:
            `(n_rows,)` losses without weights, and `(n_rows,)` weights, 1 if none are given.

        Raises:
            InvalidValueError: if there are no rows, or a row has several weights.
        """
        losses, weights = [], []
        for batch in batches:
            x, y, weight = keras.utils.unpack_x_y_sample_weight(batch)
            losses.append(np.asarray(self._of_batch(x, y), np.float64))
            weights.append(np.ones(len(losses[-1])) if weight is None else np.asarray(weight, np.float64))
            if weights[-1].shape != losses[-1].shape:
                raise InvalidValueError(
                    f"sample_weight of the validation rows has shape {np.shape(weight)}; give one weight per row."
                )
        if not losses:
            raise InvalidValueError("validation_data has no rows; give at least one.")
        return np.concatenate(losses), np.concatenate(weights)
