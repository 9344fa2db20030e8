"""Many networks as one Keras model, with the force inside the compiled step (paper, section on the force).

Restarts are cheap if they share a model: weights have a leading axis of members, so one matrix product serves all. No
number of one member depends on another member.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import prelu_rules.training  # noqa: F401

# isort: split
import keras
import numpy as np
import tensorflow as tf

from prelu_rules.losses.loss import Loss
from prelu_rules.network.collapse import collapse_form
from prelu_rules.network.normal_form import NormalForm
from prelu_rules.population.divergence import Divergence, divergences, noted
from prelu_rules.population.settings import STEPS_PER_EXECUTION, PopulationSettings
from prelu_rules.tolerances import FORCE_SLEEPS_ABOVE
from prelu_rules.training.arrays import as_array
from prelu_rules.training.force import force_rate
from prelu_rules.values import FloatArray

FIRST_SLOPE = 0.25
"""The initial value of every slope (paper, section on experiments)."""


class Population(keras.Model):
    """Feed-forward networks with a PReLU after every layer except the last, side by side.

    All layers are parts of two variables, since for such small networks the overhead of an operation exceeds its work.

    Args:
        n_inputs: the number of features.
        n_outputs: the number of outputs of each member.
        loss: the loss that each member minimises.
        settings: how to train.
        seeds: one per member; a member's weights depend on its own seed only.

    Attributes:
        linear: `(members, ...)`, the kernels and biases of the layers in order.
        slopes: `(members, ...)`, the slopes of the layers in order.
        wake: `(members, 1)` int32, the step at which the force wakes.
        active: `(members, 1)` bool, which members are still trained; the others do not change.

    Example:
        >>> from prelu_rules.losses.squared import Squared
        >>> population = Population(2, 1, Squared(), PopulationSettings(members=3, hidden=(4,)), seeds=[0, 1, 2])
        >>> tuple(population(np.zeros((5, 2), "float32")).shape)
        (3, 5, 1)
    """

    def __init__(
        self, n_inputs: int, n_outputs: int, loss: Loss, settings: PopulationSettings, seeds: Sequence[int]
    ) -> None:
        super().__init__(name="population")
        self._loss, self._settings = loss, settings
        self._layer_shapes = list(pairwise((n_inputs, *settings.hidden, n_outputs)))
        members, n_linear = len(seeds), sum((n_in + 1) * n_out for n_in, n_out in self._layer_shapes)
        # All replicas push the same slopes at the same rate, so the first one is enough.
        one = {"aggregation": "only_first_replica"}
        state = {**one, "trainable": False}
        self.linear = self.add_weight(name="linear", shape=(members, n_linear), **one)
        self.slopes = self.add_weight(name="slopes", shape=(members, sum(settings.hidden)), **one)
        self.wake = self.add_weight(name="wake", shape=(members, 1), dtype="int32", **state)
        self.active = self.add_weight(name="active", shape=(members, 1), dtype="bool", **state)
        self._rate = self.add_weight(name="force_rate", shape=(members, 1), **state)
        self._step = self.add_weight(name="step", shape=(), dtype="int32", **state)
        self._noise = self.add_weight(name="noise", shape=(2,), dtype="int32", **state)
        self._diverged = self.add_weight(name="diverged", shape=(members, 2), dtype="int32", **state)
        self._summed_losses = self.add_weight(name="summed_losses", shape=(members,), **state)
        self.built = True
        self.restart(seeds)

    def compile(self, *args: Any, **kwargs: Any) -> None:
        """Compile as in Keras, and create the optimiser's variables now, so that the step is traced only once.

        Args:
            *args: as for every Keras model.
            **kwargs: as for every Keras model.
        """
        super().compile(*args, **kwargs)
        self.optimizer.build(self.trainable_variables)

    def restart(self, seeds: Sequence[int]) -> None:
        """Reset the members to initial weights, so that a compiled population can be reused.

        Args:
            seeds: one per member.
        """
        self.linear.assign(np.stack([self._first_weights(np.random.default_rng(seed)) for seed in seeds]))
        self.slopes.assign(np.full(self.slopes.shape, FIRST_SLOPE))
        self.wake.assign(np.full(self.wake.shape, self._settings.warm_up_steps))
        self.active.assign(np.ones(self.active.shape, dtype=bool))
        self._noise.assign([int(seeds[0]) % 2**31, 0])
        zeros = [self._rate, self._step, self._diverged, self._summed_losses]
        if getattr(self, "optimizer", None) is not None:
            zeros += [variable for variable in self.optimizer.variables if variable is not self.optimizer.learning_rate]
        for variable in zeros:
            variable.assign(np.zeros(variable.shape, variable.dtype))

    def _first_weights(self, rng: np.random.Generator) -> FloatArray:
        parts = []
        for n_in, n_out in self._layer_shapes:
            # Glorot's range, as in Keras's Dense layers.
            limit = np.sqrt(6 / (n_in + n_out))
            parts += [rng.uniform(-limit, limit, n_in * n_out), np.zeros(n_out)]
        return np.concatenate(parts)

    def call(self, x: Any) -> Any:
        """Compute the outputs of every member.

        Args:
            x: `(n_rows, n_inputs)`.

        Returns:
            `(members, n_rows, n_outputs)`.
        """
        return self._levels(x, tf.convert_to_tensor(self.linear.value), tf.convert_to_tensor(self.slopes.value))[-1]

    def _levels(self, x: Any, linear: Any, slopes: Any) -> list[Any]:
        """The pre-activations of each layer, and the outputs."""
        sizes = [size for n_in, n_out in self._layer_shapes for size in (n_in * n_out, n_out)]
        parts = iter(tf.split(linear, sizes, axis=1))
        of_layers = iter(tf.split(slopes, self._settings.hidden, axis=1))
        levels: list[Any] = []
        h = tf.expand_dims(x, 0)
        for n_in, n_out in self._layer_shapes:
            if levels:
                h = tf.where(h >= 0, h, tf.expand_dims(next(of_layers), 1) * h)
            h = tf.matmul(h, tf.reshape(next(parts), (-1, n_in, n_out))) + tf.expand_dims(next(parts), 1)
            levels.append(h)
        return levels

    @property
    def metrics(self) -> list[keras.metrics.Metric]:
        """None; Keras would report its own mean of the losses instead of what `train_step` returns."""
        return []

    def train_step(self, data: Any) -> dict[str, Any]:
        """Take steps of Adam for every member, each followed by the force.

        Args:
            data: `(x, y, weights)` of a batch, or of several batches along a first axis, for several steps in one call.

        Returns:
            The mean loss over the members in the last step.
        """
        x, y, weights = data
        if len(x.shape) == 2:
            return {"loss": self._one_step(x, y, weights)}
        # One loop inside one compiled program: an execution then takes a third as many calls.
        _, loss = tf.while_loop(
            lambda step, _: step < x.shape[0],
            lambda step, _: (step + 1, self._one_step(x[step], y[step], weights[step])),
            [0, 0.0],
            parallel_iterations=1,
        )
        return {"loss": loss}

    def _one_step(self, x: Any, y: Any, weights: Any) -> Any:
        step = tf.convert_to_tensor(self._step.value)
        if self._settings.noise:
            seed = tf.stack([self._noise.value[0], step])
            x = x + tf.random.stateless_normal(tf.shape(x), seed=seed, stddev=self._settings.noise)
        variables = [self.linear, self.slopes]
        before = linear, slopes = [tf.convert_to_tensor(variable.value) for variable in variables]
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(before)
            levels = self._levels(x, linear, slopes)
            losses = tf.reduce_mean(self._loss.tensor(levels[-1], y) * weights, axis=1)
            total = tf.reduce_sum(losses)
        # Before the update, which would spread infinite values to all layers.
        self._diverged.assign(noted(tf.convert_to_tensor(self._diverged.value), step, x, levels, losses))
        self.optimizer.apply(tape.gradient(total, before), variables)
        rate = self._next_rate(step, losses)
        pulled = tf.clip_by_value(self.slopes.value, 0.0, 1.0)
        pulled = tf.clip_by_value(pulled + rate * tf.sign(1.0 - pulled), 0.0, 1.0)
        for variable, was, now in zip(variables, before, (self.linear.value, pulled), strict=True):
            variable.assign(tf.where(self.active.value, now, was))
        self._summed_losses.assign_add(losses)
        self._rate.assign(rate)
        self._step.assign(step + 1)
        return tf.reduce_mean(losses)

    def _next_rate(self, step: Any, losses: Any) -> Any:
        """How far the force moves each member's slopes in this step."""
        settings = self._settings
        steps = step - tf.convert_to_tensor(self.wake.value)
        if settings.force == "ramp":
            return settings.full_rate * tf.clip_by_value(tf.cast(steps, tf.float32) / settings.force_steps, 0.0, 1.0)
        refresh = tf.logical_and(steps >= 0, tf.equal((step + 1) % settings.refresh_every, 0))
        return tf.where(refresh, force_rate(losses, 0.01, FORCE_SLEEPS_ABOVE)[:, None], self._rate.value)

    def divergences(self) -> dict[int, Divergence]:
        """The members whose loss stopped being finite.

        Returns:
            When and where for each of them.
        """
        return divergences(as_array(self._diverged), len(self._layer_shapes) - 1)

    def take_losses(self) -> FloatArray:
        """The mean loss of each member over the steps of an execution; resets the mean to 0.

        Returns:
            `(members,)`.
        """
        summed = np.array(as_array(self._summed_losses), dtype=np.float64)
        self._summed_losses.assign(np.zeros(len(summed)))
        return summed / STEPS_PER_EXECUTION

    def members(self) -> tuple[NormalForm | None, ...]:
        """The members as normal forms in float64, with linear units collapsed.

        Returns:
            One form per member; None for members that diverged.
        """
        linear, slopes = (np.asarray(as_array(variable), dtype=np.float64) for variable in (self.linear, self.slopes))
        diverged = self.divergences()
        return tuple(
            # Weights may overflow in the very last step, which shows in no loss.
            self._form(*parts) if member not in diverged and np.isfinite(np.concatenate(parts)).all() else None
            for member, parts in enumerate(zip(linear, slopes, strict=True))
        )

    def _form(self, linear: FloatArray, slopes: FloatArray) -> NormalForm:
        kernels, biases, start = [], [], 0
        for n_in, n_out in self._layer_shapes:
            middle, end = start + n_in * n_out, start + (n_in + 1) * n_out
            kernels.append(linear[start:middle].reshape(n_in, n_out))
            biases.append(linear[middle:end])
            start = end
        of_layers = np.split(slopes, np.cumsum(self._settings.hidden)[:-1])
        return collapse_form(NormalForm.from_layers(kernels, biases, of_layers))

    def forms(self) -> tuple[NormalForm, ...]:
        """The members that did not diverge.

        Returns:
            One form for each of them.
        """
        return tuple(form for form in self.members() if form is not None)
