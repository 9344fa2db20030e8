"""How much a network's outputs change when a unit becomes linear, for all units at once."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from prelu_rules.training.slopes import prelu_layers
from prelu_rules.values import FloatArray


class OutputSensitivity:
    r"""Estimates `(1 - a)^2 sum_rows |dy/da|^2` for every slope `a` of a network with outputs `y`.

    To first order this is the sum of squares by which the outputs change when the slope becomes 1. It needs no targets,
    and applies to any loss, architecture and number of outputs. One backward pass per batch estimates it for all
    slopes: with independent random signs `v`, `E (d/da sum v y)^2 = sum |dy/da|^2`, which is Hutchinson's estimator
    (Communications in Statistics 1989) of the diagonal of `J' J`.

    Args:
        model: a built network with PReLUs.

    Example:
        >>> model = keras.Sequential([keras.Input((1,)), keras.layers.PReLU(), keras.layers.Rescaling(3.0)])
        >>> OutputSensitivity(model)([np.array([[-2.0]], "float32"), np.array([[2.0]], "float32")])
        [array([36.])]
    """

    def __init__(self, model: keras.Model) -> None:
        slopes = [layer.alpha.value for layer in prelu_layers(model)]

        def gradients(x: Any, seed: Any) -> list[Any]:
            with tf.GradientTape() as tape:
                outputs = [tf.cast(y, tf.float32) for y in tf.nest.flatten(model(x, training=False))]
                total = tf.add_n(
                    [tf.reduce_sum(y * _signs(tf.shape(y), tf.stack([seed, place]))) for place, y in enumerate(outputs)]
                )
            return tape.gradient(total, slopes, unconnected_gradients=tf.UnconnectedGradients.ZERO)

        self._slopes, self._gradients = slopes, tf.function(gradients, reduce_retracing=True)

    def __call__(self, batches: Iterable[Any], seed: int = 0) -> list[FloatArray]:
        """Compute the estimate.

        Args:
            batches: inputs of the network, batch by batch. Each batch is one draw, so the estimate is more accurate
                with few rows per batch or many batches.
            seed: the seed of the signs.

        Returns:
            For each PReLU layer, in the order of `prelu_layers`, an array with the shape of its slopes.
        """
        sums = [np.zeros(slope.shape) for slope in self._slopes]
        for number, x in enumerate(batches):
            gradients = self._gradients(x, tf.constant(seed * 1_000_003 + number, tf.int64))
            sums = [total + np.asarray(g, np.float64) ** 2 for total, g in zip(sums, gradients, strict=True)]
        return [
            (1 - np.asarray(slope, np.float64)) ** 2 * total for slope, total in zip(self._slopes, sums, strict=True)
        ]


def _signs(shape: Any, seed: Any) -> Any:
    bits = tf.random.stateless_uniform(shape, tf.cast(seed, tf.int64), 0, 2, tf.int32)
    return tf.cast(2 * bits - 1, tf.float32)
