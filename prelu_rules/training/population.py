"""Many restarts trained as one Keras model, with the force inside the compiled step (paper, section on the force).

Restarts are cheap when they share a model: kernels have a leading axis of members, so one matrix product serves all.
No number of one member depends on another's.
"""

from __future__ import annotations

import threading
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from math import ceil
from typing import Any, Literal, NamedTuple, get_args

import keras
import numpy as np
import tensorflow as tf
from keras import ops

from prelu_rules.errors import InvalidValueError, TrainingError
from prelu_rules.losses import softmax_crossentropy
from prelu_rules.normal_form import NormalForm
from prelu_rules.refine.losses import LossName
from prelu_rules.rules.collapse import collapse_form
from prelu_rules.tolerances import FORCE_SLEEPS_ABOVE
from prelu_rules.training.force import force_rate
from prelu_rules.training.prelu import UnitInterval
from prelu_rules.training.rows import Rows as Rows
from prelu_rules.training.rows import RowSource

STEPS_PER_EXECUTION = 100
"""Steps that one call of the compiled function takes."""

FIRST_SLOPE = 0.25
"""Where every slope starts (paper, section on experiments)."""

ForceName = Literal["ramp", "error"]
"""A rate that rises evenly, or the paper's, which follows the error of each member."""


@dataclass(frozen=True)
class PopulationSettings:
    """How a population is trained.

    Attributes:
        members: restarts.
        hidden: units of each hidden layer.
        learning_rate: of Adam.
        warm_up_steps: optimiser steps before the force wakes.
        force_steps: optimiser steps with the force.
        batch_size: rows of a step.
        noise: standard deviation of Gaussian noise on the inputs, drawn anew in every step.
        force: "ramp" for a rate that rises evenly to `full_rate`, for data whose noise no network removes; "error" for
            the paper's, from the error of each member's batch.
        full_rate: where the ramp ends; Adam moves a slope by at most the learning rate.
        refresh_every: steps between two looks at the error; for "error".
        jit: whether XLA compiles the steps: three times as fast, after some two seconds more at the start.

    Raises:
        InvalidValueError: if a number is out of range.

    Example:
        >>> PopulationSettings(members=4).hidden
        (8, 8)
    """

    members: int = 8
    hidden: tuple[int, ...] = (8, 8)
    learning_rate: float = 3e-3
    warm_up_steps: int = 1000
    force_steps: int = 1000
    batch_size: int = 64
    noise: float = 0.0
    force: ForceName = "ramp"
    full_rate: float = 3e-3
    refresh_every: int = 100
    jit: bool = True

    def __post_init__(self) -> None:
        if not self.hidden or min(self.hidden) < 1:
            raise InvalidValueError(f"hidden is {list(self.hidden)}; give at least one layer of at least one unit.")
        for name in ("members", "warm_up_steps", "force_steps", "batch_size", "refresh_every"):
            if getattr(self, name) != int(getattr(self, name)) or getattr(self, name) < 1:
                raise InvalidValueError(f"{name} is {getattr(self, name)}; it must be a whole number of at least 1.")
        for name in ("learning_rate", "full_rate"):
            if not (np.isfinite(getattr(self, name)) and getattr(self, name) > 0):
                raise InvalidValueError(f"{name} is {getattr(self, name)}; it must be a finite number above 0.")
        if not (np.isfinite(self.noise) and self.noise >= 0):
            raise InvalidValueError(f"noise is {self.noise}; it must be a finite number of at least 0.")
        if self.force not in get_args(ForceName):
            raise InvalidValueError(f"force is {self.force!r}; it must be one of {', '.join(get_args(ForceName))}.")

    @property
    def steps(self) -> int:
        """Optimiser steps in all, a whole number of executions."""
        return STEPS_PER_EXECUTION * ceil((self.warm_up_steps + self.force_steps) / STEPS_PER_EXECUTION)


class Divergence(NamedTuple):
    """When and where the numbers of a network ceased to be finite.

    Attributes:
        step: of the optimiser, counted from 1.
        place: the first layer whose values were not finite at that step.
    """

    step: int
    place: str


class Population(keras.Model):
    """Feed-forward networks with a PReLU after every layer but the last, side by side.

    Args:
        n_inputs: features.
        n_outputs: outputs of each member.
        loss: what each member minimises.
        settings: how.
        seeds: one per member; a member's weights depend on its own seed alone.

    Example:
        >>> population = Population(2, 1, "squared", PopulationSettings(members=3, hidden=(4,)), seeds=[0, 1, 2])
        >>> tuple(population(np.zeros((5, 2), "float32")).shape)
        (3, 5, 1)
    """

    def __init__(
        self, n_inputs: int, n_outputs: int, loss: LossName, settings: PopulationSettings, seeds: Sequence[int]
    ) -> None:
        super().__init__(name="population")
        self._loss_name, self._settings = loss, settings
        widths = (n_inputs, *settings.hidden, n_outputs)
        members = len(seeds)
        # All replicas push the same slopes by the same rate, so one of them speaks for all.
        one = {"aggregation": "only_first_replica"}
        self.kernels, self.biases, self.alphas = [], [], []
        for level, (n_in, n_out) in enumerate(pairwise(widths)):
            self.kernels.append(self.add_weight(name=f"kernel_{level}", shape=(members, n_in, n_out)))
            self.biases.append(self.add_weight(name=f"bias_{level}", shape=(members, 1, n_out)))
            if level < len(settings.hidden):
                shape = (members, 1, n_out)
                self.alphas.append(
                    self.add_weight(name=f"alpha_{level}", shape=shape, constraint=UnitInterval(), **one)
                )
        self._rate = self.add_weight(name="force_rate", shape=(members, 1, 1), trainable=False, **one)
        self._step = self.add_weight(name="step", shape=(), dtype="int32", trainable=False, **one)
        self._noise = self.add_weight(name="noise", shape=(2,), dtype="int32", trainable=False)
        # The step at which each member's loss ceased to be finite, and where; 0 before that.
        self._diverged = self.add_weight(name="diverged", shape=(members, 2), dtype="int32", trainable=False, **one)
        self.built = True
        self.restart(seeds)

    def restart(self, seeds: Sequence[int]) -> None:
        """Put the members back to their beginning, so that a compiled population serves again.

        Args:
            seeds: one per member.
        """
        generators = [np.random.default_rng(seed) for seed in seeds]
        for kernel in self.kernels:
            # Glorot's range, as Keras's Dense layers start.
            limit = np.sqrt(6 / sum(kernel.shape[1:]))
            kernel.assign(np.stack([rng.uniform(-limit, limit, kernel.shape[1:]) for rng in generators]))
        for bias in self.biases:
            bias.assign(np.zeros(bias.shape))
        for alpha in self.alphas:
            alpha.assign(np.full(alpha.shape, FIRST_SLOPE))
        self._rate.assign(np.zeros(self._rate.shape))
        self._step.assign(0)
        self._noise.assign([int(seeds[0]) % 2**31, 0])
        self._diverged.assign(np.zeros(self._diverged.shape, dtype=np.int32))
        if getattr(self, "optimizer", None) is not None:
            for variable in self.optimizer.variables:
                if variable is not self.optimizer.learning_rate:
                    variable.assign(np.zeros(variable.shape))

    def call(self, x: Any) -> Any:
        """The outputs of every member.

        Args:
            x: `(n_rows, n_inputs)`.

        Returns:
            `(members, n_rows, n_outputs)`.
        """
        return self._levels(x)[-1]

    def _levels(self, x: Any) -> list[Any]:
        """The pre-activations of each layer, and the outputs."""
        levels = [ops.matmul(ops.expand_dims(x, 0), self.kernels[0]) + self.biases[0]]
        for kernel, bias, slopes in zip(self.kernels[1:], self.biases[1:], self.alphas, strict=True):
            h = levels[-1]
            levels.append(ops.matmul(ops.maximum(h, 0.0) + slopes * ops.minimum(h, 0.0), kernel) + bias)
        return levels

    @property
    def metrics(self) -> list[keras.metrics.Metric]:
        """None; Keras's own mean of the losses would be reported instead of what `train_step` returns."""
        return []

    def train_step(self, data: Any) -> dict[str, Any]:
        """Steps of Adam for every member, each followed by the force.

        Args:
            data: `(x, y, weights)` of a batch, or of several batches along a first axis, which are taken in one call.

        Returns:
            The mean loss over the members, of the last step.
        """
        x, y, weights = data
        if len(x.shape) == 2:
            return {"loss": self._one_step(x, y, weights)}
        # One loop inside one compiled program: an execution costs a third of as many calls.
        _, loss = tf.while_loop(
            lambda step, _: step < x.shape[0],
            lambda step, _: (step + 1, self._one_step(x[step], y[step], weights[step])),
            [0, 0.0],
            parallel_iterations=1,
        )
        return {"loss": loss}

    def _one_step(self, x: Any, y: Any, weights: Any) -> Any:
        if self._settings.noise:
            seed = tf.stack([self._noise.value[0], self._step.value])
            x = x + tf.random.stateless_normal(ops.shape(x), seed=seed, stddev=self._settings.noise)
        with tf.GradientTape() as tape:
            losses = self._member_losses(self(x), y, weights)
            total = ops.sum(losses)
        # Before the update, which would spread what is not finite to all layers.
        self._note_divergence(x, losses)
        variables = self.trainable_variables
        self.optimizer.apply(tape.gradient(total, [v.value for v in variables]), variables)
        self._push(losses)
        return ops.mean(losses)

    def _member_losses(self, outputs: Any, y: Any, weights: Any) -> Any:
        """`(members,)`; the squared error in full, as the paper's force wants it."""
        if self._loss_name == "squared":
            rows = ops.mean(ops.square(outputs - ops.expand_dims(y, 0)), axis=2)
        elif self._loss_name == "logistic":
            rows = ops.softplus(outputs[:, :, 0]) - ops.expand_dims(y, 0) * outputs[:, :, 0]
        else:
            rows = softmax_crossentropy(ops.broadcast_to(y, ops.shape(outputs)[:2]), outputs)
        return ops.mean(rows * ops.expand_dims(weights, 0), axis=1)

    def _note_divergence(self, x: Any, losses: Any) -> None:
        known = self._diverged.value
        fresh = ops.logical_and(ops.logical_not(ops.isfinite(losses)), ops.equal(known[:, 0], 0))

        def noted() -> Any:
            inputs = ops.broadcast_to(ops.all(ops.isfinite(x)), losses.shape)
            layers = [ops.all(ops.isfinite(h), axis=(1, 2)) for h in self._levels(x)]
            # Where all of them are finite, it is the loss itself.
            broken = ops.logical_not(ops.stack([inputs, *layers, ops.zeros_like(inputs)], axis=1))
            place = ops.cast(ops.argmax(ops.cast(broken, "int32"), axis=1), "int32")
            now = ops.stack([ops.zeros_like(place) + self._step + 1, place], axis=1)
            return ops.where(ops.expand_dims(fresh, 1), now, known)

        self._diverged.assign(tf.cond(ops.any(fresh), noted, lambda: known))

    def divergences(self) -> dict[int, Divergence]:
        """The members whose loss ceased to be finite.

        Returns:
            For each of them when and where.
        """
        layers = [f"hidden layer {level}" for level in range(1, len(self.kernels))]
        places = ["the features", *layers, "the output layer", "the loss"]
        noted = np.asarray(ops.convert_to_numpy(self._diverged))
        return {member: Divergence(int(step), places[place]) for member, (step, place) in enumerate(noted) if step > 0}

    def _push(self, losses: Any) -> None:
        settings = self._settings
        step = ops.cast(self._step, "float32")
        if settings.force == "ramp":
            share = ops.clip((step - settings.warm_up_steps) / settings.force_steps, 0.0, 1.0)
            rate = ops.zeros_like(self._rate) + settings.full_rate * share
        else:
            refresh = ops.logical_and(
                step >= settings.warm_up_steps, ops.equal((self._step + 1) % settings.refresh_every, 0)
            )
            fresh = ops.reshape(force_rate(losses, 0.01, FORCE_SLEEPS_ABOVE), self._rate.shape)
            rate = ops.where(refresh, fresh, self._rate)
        self._rate.assign(rate)
        for alpha in self.alphas:
            alpha.assign(ops.clip(alpha + rate * ops.sign(1.0 - alpha), 0.0, 1.0))
        self._step.assign_add(1)

    def forms(self) -> tuple[NormalForm, ...]:
        """The members as normal forms in float64, linear units collapsed.

        Returns:
            One form per member whose weights are finite.
        """
        kernels, biases, slopes = (
            [np.asarray(ops.convert_to_numpy(v), dtype=np.float64) for v in variables]
            for variables in (self.kernels, self.biases, self.alphas)
        )
        finite = [
            member
            for member in range(len(kernels[0]))
            if all(np.isfinite(array[member]).all() for array in (*kernels, *biases, *slopes))
        ]
        return tuple(
            collapse_form(
                NormalForm.from_layers(
                    [kernel[member] for kernel in kernels],
                    [bias[member, 0] for bias in biases],
                    [slope[member, 0] for slope in slopes],
                )
            )
            for member in finite
        )


def train_population(
    data: RowSource | tf.data.Dataset,
    n_inputs: int,
    n_outputs: int,
    loss: LossName,
    settings: PopulationSettings | None = None,
    seed: int = 0,
    callbacks: Sequence[keras.callbacks.Callback] = (),
) -> tuple[NormalForm, ...]:
    """Train a population, and collapse what it ends with.

    It runs under the `tf.distribute` strategy of the caller, if there is one.

    Args:
        data: rows, or a dataset of batches `(x, y, weights)` of such rows, which is repeated as long as needed.
        n_inputs: features.
        n_outputs: outputs, or logits.
        loss: "squared", "logistic" (one logit) or "softmax" (a logit per class).
        settings: how to train.
        seed: of the weights and of the order of the rows; the first of `members` spawned seeds is that of member 0.
        callbacks: Keras callbacks.

    Returns:
        The collapsed members; fewer than there were if some diverged.

    Raises:
        TrainingError: if every member diverged; with the first step and layer where numbers were no longer finite.

    Warns:
        UserWarning: if some members diverged, or after an interrupt (Ctrl-C), which ends the training early.

    Example:
        >>> x = np.linspace(-1, 1, 100)[:, None]
        >>> quick = PopulationSettings(members=2, hidden=(3,), warm_up_steps=100, force_steps=100)
        >>> forms = train_population(Rows(x, np.abs(x), np.ones(100)), 1, 1, "squared", quick)
        >>> len(forms), forms[0].n_inputs
        (2, 1)
    """
    settings = settings or PopulationSettings()
    sequence = np.random.SeedSequence(seed)
    seeds = [int(child.generate_state(1)[0]) for child in sequence.spawn(settings.members)]
    if tf.distribute.has_strategy() or isinstance(data, tf.data.Dataset):
        population = Population(n_inputs, n_outputs, loss, settings, seeds)
        population.compile(keras.optimizers.Adam(settings.learning_rate), jit_compile=False)
        if isinstance(data, tf.data.Dataset):
            batches = data.repeat()
        else:
            batches = _executions(data, settings, seed).unbatch()
        return _fitted(population, batches, STEPS_PER_EXECUTION, settings, callbacks)
    # Threads that train at the same time would share the compiled population.
    with _ONE_AT_A_TIME:
        population = _compiled(n_inputs, n_outputs, loss, settings)
        population.restart(seeds)
        return _fitted(population, _executions(data, settings, seed), 1, settings, callbacks)


class PopulationWatch(keras.callbacks.Callback):
    """Keeps what a population was when the force woke.

    Attributes:
        before_force: its members then; empty before.
        complete: whether the population was trained to its end.

    Args:
        settings: those of the population.
    """

    def __init__(self, settings: PopulationSettings) -> None:
        super().__init__()
        self._awakening = settings.warm_up_steps // STEPS_PER_EXECUTION
        self.before_force: tuple[NormalForm, ...] = ()
        self.complete = False

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Look at the members."""
        if epoch == self._awakening:
            self.before_force = self.model.forms()

    def on_train_end(self, logs: dict[str, Any] | None = None) -> None:
        """Not called after an interrupt."""
        self.complete = True


class _StopWhenAllDiverged(keras.callbacks.Callback):
    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        if len(self.model.divergences()) == self.model.kernels[0].shape[0]:
            self.model.stop_training = True


def _fitted(
    population: Population,
    batches: tf.data.Dataset,
    calls: int,
    settings: PopulationSettings,
    callbacks: Sequence[keras.callbacks.Callback],
) -> tuple[NormalForm, ...]:
    try:
        population.fit(
            batches,
            steps_per_epoch=calls,
            epochs=settings.steps // STEPS_PER_EXECUTION,
            shuffle=False,
            verbose=0,
            callbacks=[_StopWhenAllDiverged(), *callbacks],
        )
    except KeyboardInterrupt:
        warnings.warn("interrupted: going on with the networks as they are.", stacklevel=4)
    forms = population.forms()
    if not forms:
        raise TrainingError(
            f"all {settings.members} networks diverged{_first_divergence(population, settings)}; look for extreme "
            f"values among the features and targets, or lower learning_rate={settings.learning_rate:g}."
        )
    if len(forms) < settings.members:
        warnings.warn(
            f"{settings.members - len(forms)} of {settings.members} networks diverged"
            f"{_first_divergence(population, settings)}; the others go on. Lower "
            f"learning_rate={settings.learning_rate:g} to keep all.",
            stacklevel=4,
        )
    return forms


def _first_divergence(population: Population, settings: PopulationSettings) -> str:
    first = min(population.divergences().values(), default=None)
    # Weights may overflow in the very last step, which no loss tells of.
    if first is None:
        return f" at the last of {settings.steps} steps"
    return f", the first at step {first.step} of {settings.steps}, where {first.place} ceased to be finite"


_ONE_AT_A_TIME = threading.Lock()


@lru_cache(maxsize=32)
def _compiled(n_inputs: int, n_outputs: int, loss: LossName, settings: PopulationSettings) -> Population:
    """A population to be used again and again: compiling it takes longer than training it."""
    population = Population(n_inputs, n_outputs, loss, settings, range(settings.members))
    population.compile(keras.optimizers.Adam(settings.learning_rate), jit_compile=settings.jit)
    return population


def _executions(rows: RowSource, settings: PopulationSettings, seed: int) -> tf.data.Dataset:
    """The batches of a whole execution at a time."""
    shape = (STEPS_PER_EXECUTION, settings.batch_size)
    shapes = [(*shape, *row) for row in rows.row_shapes]

    def blocks() -> Iterator[tuple[np.ndarray, ...]]:
        for block in rows.blocks(shape[0] * shape[1], seed):
            yield tuple(np.asarray(part, dtype=np.float32).reshape(to) for part, to in zip(block, shapes, strict=True))

    signature = tuple(tf.TensorSpec(to, tf.float32) for to in shapes)
    return tf.data.Dataset.from_generator(blocks, output_signature=signature).prefetch(1)
