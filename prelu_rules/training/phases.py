"""The phases of a fit on real data: warm up, the force rising until every unit is linear, a refit with frozen slopes.

The force does not follow the training error here, as the paper's does: real data have noise that no network removes,
so the error stays above the paper's threshold. Its rate rises evenly instead, to twice the learning rate, which is more
than Adam moves a slope the other way.
"""

from __future__ import annotations

from math import ceil
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from prelu_rules.errors import TrainingError
from prelu_rules.rules.collapse import is_linear
from prelu_rules.training.force import IdentityForce
from prelu_rules.training.progress import EpochProgress
from prelu_rules.training.slopes import count_nonlinear, prelu_layers
from prelu_rules.values import FloatArray

LEARNING_RATE = 3e-3
FULL_RATE = 2 * LEARNING_RATE
BATCH_SIZE = 64
STEPS_PER_EPOCH = 100
"""Steps between two looks at the network; epochs of the data would be slow where the data are few."""

Weights = list[Any]


class PhaseTrainer:
    """Trains one network in phases; the network holds the weights of the phase that ran last.

    Args:
        core: a built network for standardised numbers; its last axis of outputs is what the loss takes.
        loss: a Keras loss.
        seed: of the order of the rows.
    """

    def __init__(self, core: keras.Sequential, loss: keras.losses.Loss, seed: int) -> None:
        self._core, self._loss, self._seed = core, loss, seed

    def run(
        self,
        x: FloatArray,
        y: FloatArray,
        steps: int,
        name: str,
        callbacks: list[keras.callbacks.Callback] | None = None,
    ) -> None:
        """Train for a number of steps, with the learning rate falling to 0 unless callbacks steer.

        Args:
            x: `(n_rows, n_inputs)`, standardised.
            y: `(n_rows,)`, standardised targets or class indices.
            steps: optimiser steps, rounded up to whole hundreds.
            name: what the phase is called on the progress bar and in errors.
            callbacks: what steers the phase.

        Raises:
            TrainingError: if the loss is no longer finite.
        """
        epochs = ceil(steps / STEPS_PER_EPOCH)
        decay = keras.optimizers.schedules.CosineDecay(LEARNING_RATE, epochs * STEPS_PER_EPOCH)
        self._core.compile(
            keras.optimizers.Adam(LEARNING_RATE if callbacks else decay),
            self._loss,
            steps_per_execution=STEPS_PER_EPOCH,
            jit_compile=False,
        )
        rows = tf.data.Dataset.from_tensor_slices((x.astype(np.float32), y.astype(np.float32)))
        batches = rows.shuffle(len(x), seed=self._seed).repeat().batch(BATCH_SIZE, drop_remainder=True)
        history = self._core.fit(
            batches,
            epochs=epochs,
            steps_per_epoch=STEPS_PER_EPOCH,
            shuffle=False,
            verbose=0,
            callbacks=[*(callbacks or []), EpochProgress(name)],
        )
        if not np.isfinite(history.history["loss"]).all():
            raise TrainingError(
                f"the loss is no longer finite in phase {name!r}; look for extreme values among the features."
            )

    def force_down(self, x: FloatArray, y: FloatArray, steps: int, max_nonlinear: int) -> dict[int, Weights]:
        """Let the force rise until no unit is nonlinear.

        Args:
            x: `(n_rows, n_inputs)`, standardised.
            y: `(n_rows,)`, standardised targets or class indices.
            steps: optimiser steps over which the rate rises from 0; it stays at its height as long again.
            max_nonlinear: the most nonlinear units that are of interest.

        Returns:
            The weights at each number of nonlinear units up to `max_nonlinear` that was met, when it was first met.

        Raises:
            TrainingError: if more units than that stay nonlinear, or the loss is no longer finite.
        """
        ramp = keras.optimizers.schedules.PolynomialDecay(0.0, steps, FULL_RATE)
        record = _Record(max_nonlinear)
        self.run(x, y, 2 * steps, "force", [IdentityForce(rate=ramp), record])
        if not record.weights:
            raise TrainingError(
                f"{count_nonlinear(self._core)} nonlinear units are left, more than max_nonlinear={max_nonlinear}; "
                "raise force_steps or max_nonlinear."
            )
        return record.weights

    def refit(self, weights: Weights, x: FloatArray, y: FloatArray, steps: int, name: str) -> Weights:
        """Train with the slopes frozen, those that count as linear at exactly 1.

        Args:
            weights: where to start.
            x: `(n_rows, n_inputs)`, standardised.
            y: `(n_rows,)`, standardised targets or class indices.
            steps: optimiser steps.
            name: of the phase.

        Returns:
            The weights that were reached.

        Raises:
            TrainingError: if the loss is no longer finite.
        """
        self._core.set_weights(weights)
        for layer in prelu_layers(self._core):
            slopes = layer.alpha.numpy()
            layer.alpha.assign(np.where(is_linear(slopes), 1.0, slopes))
            layer.trainable = False
        self.run(x, y, steps, name)
        for layer in prelu_layers(self._core):
            layer.trainable = True
        return self._core.get_weights()

    def outputs(self, x: FloatArray) -> FloatArray:
        """What the network says of rows.

        Args:
            x: `(n_rows, n_inputs)`, standardised.

        Returns:
            `(n_rows, n_outputs)` float64.
        """
        return np.asarray(self._core(x, training=False), dtype=np.float64)

    def row_losses(self, outputs: FloatArray, y: FloatArray) -> FloatArray:
        """The loss of each row.

        Args:
            outputs: `(n_rows, n_outputs)`.
            y: `(n_rows,)`, standardised targets or class indices.

        Returns:
            `(n_rows,)` float64.
        """
        return np.asarray(self._loss.call(y[:, None], outputs), dtype=np.float64).reshape(len(y))


class _Record(keras.callbacks.Callback):
    """Keeps the weights when a number of nonlinear units is first reached, and stops at none."""

    def __init__(self, max_nonlinear: int) -> None:
        super().__init__()
        self._max_nonlinear = max_nonlinear
        self.weights: dict[int, Weights] = {}

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Look at the slopes."""
        n_units = count_nonlinear(self.model)
        if n_units <= min([self._max_nonlinear, *(n - 1 for n in self.weights)]):
            self.weights[n_units] = self.model.get_weights()
        if n_units == 0:
            self.model.stop_training = True
