"""Trains a given network further while its PReLUs are eliminated, group by group (paper, introduction)."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from prelu_rules.errors import InvalidValueError, UnsupportedModelError
from prelu_rules.finetuning.batches import training_and_validation
from prelu_rules.finetuning.distillation import SelfDistillation
from prelu_rules.finetuning.path import FinetunePath, FinetunePoint
from prelu_rules.finetuning.rounds import EliminationRounds, FinetuneSettings
from prelu_rules.finetuning.row_losses import RowLosses
from prelu_rules.renamed import renamed_arguments
from prelu_rules.training.conversion import SlopeSharing, with_prelus
from prelu_rules.training.copies import compile_like, copied
from prelu_rules.training.forked import refuse_in_forked_child
from prelu_rules.training.keras_internals import metric_direction
from prelu_rules.training.progress import EpochProgress
from prelu_rules.training.slopes import count_evaluations, count_nonlinear, prelu_layers


@renamed_arguments(seed="random_state", validation_split="validation_fraction")
def finetune(
    model: keras.Model,
    x: Any,
    y: Any = None,
    *,
    sample_weight: Any = None,
    validation_data: Any = None,
    validation_fraction: float = 0.2,
    batch_size: int = 32,
    steps_per_epoch: int | None = None,
    callbacks: Sequence[keras.callbacks.Callback] = (),
    slopes: SlopeSharing = "channel",
    settings: FinetuneSettings | None = None,
    random_state: int = 0,
    verbose: bool = False,
) -> FinetunePath:
    """Train a network further while more and more of its PReLUs become the identity.

    A copy of the model, with PReLUs in place of its ReLUs, is trained by one call of `fit` with the model's own loss,
    optimiser and metrics. After a warm-up, each round eliminates a share of the remaining units and trains the rest, on
    the targets and on the outputs before the elimination (`SelfDistillation`). The units to eliminate are those whose
    linearisation changes the outputs least, in any layer. Their slopes stay at exactly 1.

    The path is reported as in Selective Network Linearization (Cho et al. 2022, arXiv:2202.02340) and Layer Folding
    (Ben Dror et al. 2021, arXiv:2106.09309): score against the share of ReLUs that have been removed.

    An interrupt (Ctrl-C) ends the path early; the path so far is returned, with a warning.

    Args:
        model: a built and compiled model, which is not changed. It is either one that `with_prelus` takes, or one that
            overrides `call` and whose nonlinear layers are `PReLU(eliminable=True)`. Frozen PReLU layers keep their
            units; slopes outside [0, 1], which only Keras's own PReLUs can have, are clipped to it.
        x: inputs as for `fit`: an array, or a dict or list of arrays; or a `tf.data.Dataset` of batches `(x, y)` or
            `(x, y, sample_weight)`.
        y: targets as for `fit`; None with a dataset.
        sample_weight: one weight per row; None with a dataset.
        validation_data: rows `(x, y)` or `(x, y, sample_weight)`, or a finite dataset of batches of them.
        validation_fraction: the share of rows, drawn at random, that is held out if there are no validation data.
        batch_size: the number of rows per step; a dataset has its own.
        steps_per_epoch: the length of an epoch, for an infinite dataset.
        callbacks: Keras callbacks, for instance `IdentityForce`. Validation takes place at the end of each round.
        slopes: "channel" or "unit"; see `with_prelus`. With "unit", more can be eliminated at the same score.
        settings: how to train.
        random_state: the seed of the split and of the order of the rows. A model with random layers also depends on
            `keras.utils.set_random_seed`.
        verbose: whether to show a progress bar.

    Returns:
        The path, from the given network to the smallest one.

    Raises:
        UnsupportedModelError: if the model is not compiled, cannot be copied, or has a PReLU that cannot be eliminated.
        InvalidValueError: if an argument is out of range, or the data are of the wrong kind.
        ShapeError: if inputs, targets and weights have different numbers of rows.
        TrainingError: if the loss becomes infinite or NaN.
        BackendError: in a process that was forked from one in which TensorFlow ran.

    Example:
        >>> keras.utils.set_random_seed(0)
        >>> x = np.linspace(-1, 1, 1000, dtype="float32")[:, None]
        >>> model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(6, "relu"), keras.layers.Dense(1)])
        >>> model.compile(keras.optimizers.Adam(0.01), "mse", jit_compile=False)
        >>> history = model.fit(x, np.abs(x), epochs=20, verbose=0)
        >>> path = finetune(model, x, np.abs(x))
        >>> [point.n_nonlinear for point in path]
        [6, 6, 3, 1, 0]
        >>> path.choose(max_nonlinear=2).validation_scores["loss"] < 0.001
        True
    """
    refuse_in_forked_child()
    settings = settings or FinetuneSettings()
    if not getattr(model, "compiled", False) or model.optimizer is None:
        raise UnsupportedModelError(
            f"the model {model.name!r} is not compiled; compile it with a loss and an optimizer."
        )
    if not 0 <= random_state < 2**31:
        raise InvalidValueError(f"random_state is {random_state}; it must be from 0 to 2^31 - 1.")
    train, held = training_and_validation(
        x, y, sample_weight, validation_data, validation_fraction, batch_size, random_state
    )
    rate = settings.learning_rate or _learning_rate(model.optimizer)
    network = _eliminable(model, slopes)
    compile_like(network, model, rate)
    record = _Record(network, held)
    record(network.evaluate(train, steps=steps_per_epoch, verbose=0, return_dict=True), held_scores=None)
    teacher = _eliminable(model, slopes)
    distillation = SelfDistillation(network, teacher, train, settings.probe_batches, settings.distillation)

    def end_of_round(train_scores: Mapping[str, float], held_scores: Mapping[str, float]) -> None:
        record(train_scores, held_scores)
        distillation.remember()

    rounds = EliminationRounds(network, settings, rate, train.map(lambda *batch: batch[0]), end_of_round, random_state)
    try:
        with distillation.active():
            network.fit(
                train,
                epochs=rounds.ends[-1],
                steps_per_epoch=steps_per_epoch,
                validation_data=held,
                validation_freq=rounds.ends,
                shuffle=False,
                verbose=0,
                callbacks=[rounds, *callbacks, *([EpochProgress("finetune")] if verbose else [])],
            )
    except KeyboardInterrupt:
        missing = len(rounds.ends) + 1 - len(record.points)
        warnings.warn(
            f"interrupted: the path ends at {record.points[-1].n_nonlinear} nonlinear units, {missing} of "
            f"{len(rounds.ends)} rounds early; run it again for the whole path.",
            stacklevel=2,
        )
    return record.path()


class _Record:
    """Records the networks of the path."""

    def __init__(self, network: keras.Model, held: tf.data.Dataset) -> None:
        self._network, self._held = network, held
        self._row_losses = RowLosses(network)
        self._validation_weights = np.zeros(0)
        self.points: list[FinetunePoint] = []

    def __call__(self, train_scores: Mapping[str, float], held_scores: Mapping[str, float] | None) -> None:
        network = self._network
        scores = held_scores or network.evaluate(self._held, verbose=0, return_dict=True)
        losses, self._validation_weights = self._row_losses(self._held)
        self.points.append(
            FinetunePoint(
                n_nonlinear=count_nonlinear(network),
                n_evaluations=count_evaluations(network),
                train_scores={name: float(value) for name, value in train_scores.items()},
                validation_scores={name: float(value) for name, value in scores.items()},
                validation_losses=losses,
                weights=tuple(network.get_weights()),
            )
        )

    def path(self) -> FinetunePath:
        network, scores = self._network, self.points[0].validation_scores
        metrics = [one for metric in network.metrics for one in getattr(metric, "metrics", [metric])]
        return FinetunePath(
            points=tuple(self.points),
            network=network,
            validation_weights=self._validation_weights,
            metric=next((metric.name for metric in metrics if metric.name in scores.keys() - {"loss"}), "loss"),
            larger_is_better=_directions(scores, metrics),
        )


def _directions(scores: Iterable[str], metrics: Sequence[keras.metrics.Metric]) -> dict[str, bool]:
    """For each score whose direction is known, whether larger values are better."""
    # With several outputs, Keras puts their names in front of the scores.
    ways = {metric.name: metric_direction(metric) for metric in metrics} | {"loss": "down"}
    found = {score: [way for name, way in ways.items() if f"_{score}".endswith(f"_{name}")] for score in scores}
    return {score: way[0] == "up" for score, way in found.items() if way and way[0]}


def _learning_rate(optimizer: keras.optimizers.Optimizer) -> float:
    """The learning rate of an optimiser, or the initial one of its schedule, which may have ended at 0."""
    rate = keras.optimizers.serialize(optimizer)["config"]["learning_rate"]
    if isinstance(rate, dict):
        return float(keras.optimizers.schedules.deserialize(rate)(0))
    return float(rate)


def _eliminable(model: keras.Model, slopes: SlopeSharing) -> keras.Model:
    """A copy in which every PReLU can be eliminated."""
    graph = isinstance(model, keras.Sequential) or (getattr(model, "inputs", None) and hasattr(model, "operations"))
    network = with_prelus(model, slopes=slopes, eliminable=True) if graph else copied(model)
    layers = prelu_layers(network)
    if not layers:
        raise UnsupportedModelError(f"the model {model.name!r} has no ReLU or PReLU, so there is nothing to eliminate.")
    for layer in layers:
        if not getattr(layer, "eliminable", False):
            raise UnsupportedModelError(
                f"the PReLU {layer.name!r} is inside a layer or model that overrides call, where it cannot be "
                "replaced; make it prelu_rules.PReLU(eliminable=True)."
            )
    return network
