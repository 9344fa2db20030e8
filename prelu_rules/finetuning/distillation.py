"""A network that also learns from its own outputs before units were eliminated."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from prelu_rules.training.attributes import instance_attribute
from prelu_rules.training.copies import set_weights
from prelu_rules.training.keras_internals import set_train_function
from prelu_rules.values import FloatArray


class SelfDistillation:
    r"""Trains a network on the outputs of an earlier state of itself, in addition to its own targets.

    Each training step follows the gradient of

        loss + w g mean_k(|y_k - t_k|^2 / |t_k - mean t_k|^2)

    where `t_k` are the outputs of the earlier state, and `g` is how far their loss is below the loss of their means. So
    `w` has the same meaning for any loss in any unit. The reported loss is the network's own.

    The outputs for a row contain more information than its target (Ba and Caruana 2014, arXiv:1312.6184; Hinton et al.
    2015, arXiv:1503.02531). Selective Network Linearization (Cho et al. 2022, arXiv:2202.02340) learns from the network
    that was given; a network whose teacher is its own last generation can become better than that (Furlanello et al.
    2018, arXiv:1805.04770).

    Args:
        network: a built and compiled model.
        teacher: a copy of the network, whose weights will be overwritten.
        batches: batches of its training rows, `(x, y)` or `(x, y, sample_weight)`.
        n_batches: the number of batches from which `g` and the means are computed, once.
        weight: `w`, non-negative.

    Example:
        >>> start = keras.initializers.Constant(1.0)
        >>> layer = keras.layers.Dense(1, use_bias=False, kernel_initializer=start)
        >>> network = keras.Sequential([keras.Input((1,)), layer])
        >>> network.compile(keras.optimizers.SGD(0.25), "mse")
        >>> x = np.array([[-1.0], [1.0]], "float32")
        >>> rows = tf.data.Dataset.from_tensors((x, 2 * x))
        >>> distillation = SelfDistillation(network, keras.models.clone_model(network), rows, 1, weight=0.5)
        >>> distillation.remember()
        >>> layer.kernel.assign([[0.0]])  # doctest: +ELLIPSIS
        <...>
        >>> with distillation.active():
        ...     history = network.fit(x, 2 * x, verbose=0)
        >>> history.history["loss"], layer.kernel.numpy().item()  # 1.0 without distillation
        ([4.0], 1.75)
    """

    def __init__(
        self, network: keras.Model, teacher: keras.Model, batches: tf.data.Dataset, n_batches: int, weight: float
    ) -> None:
        self._network, self._teacher = network, teacher
        self._batches, self._n_batches, self._weight = batches, n_batches, weight
        n_outputs = next(len(keras.tree.flatten(given)) for *_, given in self._probed())
        self._scales = tf.Variable(tf.zeros(n_outputs), trainable=False)

    def remember(self) -> None:
        """Make the network's current state the teacher; before the first call there is only the targets."""
        if self._weight == 0:
            return
        set_weights(self._teacher, self._network.get_weights())
        if not np.any(self._scales):
            self._scales.assign(self._weight * self._loss_per_distance())

    @contextmanager
    def active(self) -> Iterator[None]:
        """Within this block, `fit` also learns from the teacher.

        Yields:
            Nothing.
        """
        if self._weight == 0:
            yield
            return
        own_loss = self._network.compute_loss

        def compute_loss(
            x: Any = None, y: Any = None, y_pred: Any = None, sample_weight: Any = None, *args: Any, **kwargs: Any
        ) -> Any:
            loss = own_loss(x, y, y_pred, sample_weight, *args, **kwargs)
            if not kwargs.get("training", True):
                return loss
            given = self._teacher(x, training=False)
            targets, outputs, weights = map(keras.tree.flatten, (given, y_pred, sample_weight))
            weights = weights if len(weights) == len(outputs) else weights[:1] * len(outputs)
            distances = [
                _distance(tf.stop_gradient(t), y, w) for t, y, w in zip(targets, outputs, weights, strict=True)
            ]
            added = tf.tensordot(self._scales, tf.stack(distances), 1)
            # Adds the gradient but not the value.
            return loss + tf.cast(added - tf.stop_gradient(added), loss.dtype)

        try:
            with instance_attribute(self._network, "compute_loss", compute_loss):
                yield
        finally:
            # Keras has compiled the step with the teacher in it.
            set_train_function(self._network, None)

    def _loss_per_distance(self) -> FloatArray:
        """`g / |t_k - mean t_k|^2` of each output, divided by their number; 0 if means are as good as outputs."""
        loss = self._network.compute_loss
        # Over rows and positions, whose number may vary.
        each = [[np.mean(t, tuple(range(t.ndim - 1)) or 0) for t in keras.tree.flatten(t)] for *_, t in self._probed()]
        means = [np.mean(of_output, axis=0) for of_output in zip(*each, strict=True)]
        spreads, gain = np.zeros(len(means)), 0.0
        for x, y, weights, given in self._probed():
            targets = keras.tree.flatten(given)
            constants = [tf.broadcast_to(mean, tf.shape(t)) for mean, t in zip(means, targets, strict=True)]
            spreads += [float(_distance(t, constant)) for t, constant in zip(targets, constants, strict=True)]
            without = keras.tree.pack_sequence_as(given, constants)
            gain += float(loss(x, y, without, weights)) - float(loss(x, y, given, weights))
        if not (np.isfinite(gain) and gain > 0):
            return np.zeros(len(means))
        return np.divide(gain / len(means), spreads, out=np.zeros(len(means)), where=spreads > 0)

    def _probed(self) -> Iterator[tuple[Any, Any, Any, Any]]:
        """Inputs, targets, weights and the teacher's outputs, batch by batch."""
        for batch in islice(self._batches, self._n_batches):
            x, y, weights = keras.utils.unpack_x_y_sample_weight(batch)
            yield x, y, weights, self._teacher(x, training=False)


def _distance(targets: Any, outputs: Any, weights: Any = None) -> Any:
    """The loss; Keras averages over rows and, if there are several replicas, divides by their number."""
    return keras.losses.MeanSquaredError(dtype="float32")(targets, outputs, weights)
