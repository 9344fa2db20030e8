"""Trains a population and collapses its networks."""

from __future__ import annotations

import threading
import warnings
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Any

import prelu_rules.training  # noqa: F401

# isort: split
import keras
import numpy as np
import tensorflow as tf

from prelu_rules.errors import TrainingError
from prelu_rules.losses.loss import Loss
from prelu_rules.losses.named import LossName, loss_named
from prelu_rules.network.normal_form import NormalForm
from prelu_rules.population.divergence import first_divergence
from prelu_rules.population.population import Population
from prelu_rules.population.settings import STEPS_PER_EXECUTION, PopulationSettings
from prelu_rules.population.settling import Settling
from prelu_rules.rows.rows import RowSource
from prelu_rules.training.arrays import as_array
from prelu_rules.training.forked import refuse_in_forked_child


def train_population(
    data: RowSource | tf.data.Dataset,
    n_inputs: int,
    n_outputs: int,
    loss: LossName | Loss,
    settings: PopulationSettings | None = None,
    seed: int = 0,
    callbacks: Sequence[keras.callbacks.Callback] = (),
) -> tuple[NormalForm, ...]:
    """Train a population, and collapse each member at its best state.

    It runs under the caller's `tf.distribute` strategy, if there is one.

    Args:
        data: rows, or a dataset of batches `(x, y, weights)`, which is repeated as often as needed.
        n_inputs: the number of features.
        n_outputs: the number of outputs or logits.
        loss: "squared", "logistic" (one logit) or "softmax" (a logit per class), or a `Loss`.
        settings: how to train.
        seed: the seed of the weights and of the order of rows; the first of `members` spawned seeds is that of member
            0.
        callbacks: Keras callbacks.

    Returns:
        The collapsed members; fewer than were trained if some diverged.

    Raises:
        TrainingError: if every member diverged; the message has the first step and layer with numbers that were not
            finite.
        BackendError: in a process that was forked from one in which TensorFlow ran.

    Warns:
        UserWarning: if some members diverged, or after an interrupt (Ctrl-C), which ends the training early.

    Example:
        >>> from prelu_rules.rows.rows import Rows
        >>> x = np.linspace(-1, 1, 100)[:, None]
        >>> quick = PopulationSettings(members=2, hidden=(3,), warm_up_steps=100, force_steps=100)
        >>> forms = train_population(Rows(x, np.abs(x), np.ones(100)), 1, 1, "squared", quick)
        >>> len(forms), forms[0].n_inputs
        (2, 1)
    """
    refuse_in_forked_child()
    settings, loss = settings or PopulationSettings(), loss_named(loss)
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
    """Records the members of a population when the force wakes for them.

    Attributes:
        steps: the number of optimiser steps so far, of the members that were trained longest.
        complete: whether the training was completed.
    """

    def __init__(self) -> None:
        super().__init__()
        self.steps = 0
        self.complete = False
        self._before: dict[int, NormalForm | None] = {}

    @property
    def before_force(self) -> tuple[NormalForm, ...]:
        """The members for which the force has woken, as they were at that moment."""
        return tuple(form for _, form in sorted(self._before.items()) if form is not None)

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Record the members for which the force wakes in the coming steps."""
        wake = as_array(self.model.wake)[:, 0]
        woken = set(np.flatnonzero(wake < (epoch + 1) * STEPS_PER_EXECUTION).tolist()) - self._before.keys()
        if woken:
            members = self.model.members()
            self._before |= {member: members[member] for member in woken}

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Count the steps."""
        self.steps = (epoch + 1) * STEPS_PER_EXECUTION

    def on_train_end(self, logs: dict[str, Any] | None = None) -> None:
        """Note the end of the training; this is not called after an interrupt."""
        self.complete = True


def _fitted(
    population: Population,
    batches: tf.data.Dataset,
    calls: int,
    settings: PopulationSettings,
    callbacks: Sequence[keras.callbacks.Callback],
) -> tuple[NormalForm, ...]:
    settling = Settling(settings)
    try:
        population.fit(
            batches,
            steps_per_epoch=calls,
            epochs=settings.steps // STEPS_PER_EXECUTION,
            shuffle=False,
            verbose=0,
            callbacks=[settling, *callbacks],
        )
    except KeyboardInterrupt:
        settling.end()
        for watch in callbacks:
            # Keras may have called its end already.
            if isinstance(watch, PopulationWatch):
                watch.complete = False
        warnings.warn("interrupted: continuing with the networks as they are.", stacklevel=4)
    forms = population.forms()
    first = first_divergence(population.divergences().values(), settings.steps)
    if not forms:
        raise TrainingError(
            f"all {settings.members} networks diverged{first}; look for extreme values among the features and targets, "
            f"or lower learning_rate={settings.learning_rate:g}."
        )
    if len(forms) < settings.members:
        warnings.warn(
            f"{settings.members - len(forms)} of {settings.members} networks diverged{first}; the others are used. "
            f"Lower learning_rate={settings.learning_rate:g} to keep all of them.",
            stacklevel=4,
        )
    return forms


_ONE_AT_A_TIME = threading.Lock()


@lru_cache(maxsize=32)
def _compiled(n_inputs: int, n_outputs: int, loss: Loss, settings: PopulationSettings) -> Population:
    """A population that is reused, since compiling it takes longer than training it."""
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
