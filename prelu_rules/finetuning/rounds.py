"""Rounds of training, each of which ends with the elimination of a group of units."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from prelu_rules.errors import InvalidValueError, TrainingError
from prelu_rules.finetuning.groups import least_units, sizes_left
from prelu_rules.finetuning.sensitivity import OutputSensitivity
from prelu_rules.training.prelu import PReLU
from prelu_rules.training.slopes import prelu_layers
from prelu_rules.values import BoolArray, Shown


@dataclass(frozen=True)
class FinetuneSettings(Shown):
    """How a network is trained further.

    Attributes:
        warm_up_epochs: epochs before anything is eliminated, in which slopes begin to move.
        round_epochs: epochs after each elimination.
        share: the share of the remaining units that each round eliminates.
        max_nonlinear: the number of units at which to stop.
        learning_rate: the learning rate at the beginning of each round; it falls to 0 along a cosine (Loshchilov and
            Hutter 2017, arXiv:1608.03983). None for that of the model's optimiser, or the initial one of its schedule.
        probe_batches: the number of batches on which units are compared before each elimination.
        distillation: the weight of the outputs before each elimination relative to the model's own loss, `w` in
            `SelfDistillation`; 0 for the targets alone.

    Raises:
        InvalidValueError: if a number is out of range.

    Example:
        >>> FinetuneSettings(share=0.35).round_epochs
        10
    """

    warm_up_epochs: int = 10
    round_epochs: int = 10
    share: float = 0.5
    max_nonlinear: int = 0
    learning_rate: float | None = None
    probe_batches: int = 100
    distillation: float = 0.25

    def __post_init__(self) -> None:
        least = {"warm_up_epochs": 1, "round_epochs": 1, "max_nonlinear": 0, "probe_batches": 1}
        for name, smallest in least.items():
            value = getattr(self, name)
            if value != int(value) or value < smallest:
                raise InvalidValueError(f"{name} is {value}; it must be an integer of at least {smallest}.")
        if not 0 < self.share < 1:
            raise InvalidValueError(f"share is {self.share}; it must be between 0 and 1.")
        if self.learning_rate is not None and not (np.isfinite(self.learning_rate) and self.learning_rate > 0):
            raise InvalidValueError(f"learning_rate is {self.learning_rate}; it must be a positive finite number.")
        if not (np.isfinite(self.distillation) and self.distillation >= 0):
            raise InvalidValueError(f"distillation is {self.distillation}; it must be a finite number of at least 0.")


class EliminationRounds(keras.callbacks.Callback):
    """Lowers the learning rate in each round, and eliminates a group of units at its end.

    Args:
        network: a compiled network whose PReLUs are eliminable; frozen ones are not changed.
        settings: how to train.
        rate: the learning rate at the beginning of each round.
        probes: batches of inputs on which units are compared.
        record: called at the end of each round, before the elimination, with the scores on the training and the
            validation rows.
        seed: the seed of the comparison.

    Attributes:
        ends: the epochs at which rounds end, counted from 1; `fit` has to validate there.
    """

    def __init__(
        self,
        network: keras.Model,
        settings: FinetuneSettings,
        rate: float,
        probes: tf.data.Dataset,
        record: Callable[[Mapping[str, float], Mapping[str, float]], None],
        seed: int,
    ) -> None:
        super().__init__()
        self._layers: list[PReLU] = prelu_layers(network)
        self._sensitivity = OutputSensitivity(network)
        self._rate, self._record, self._seed = rate, record, seed
        self._probes, self._probe_batches = probes, settings.probe_batches
        n_units = sum(int(which.sum()) for which in self._candidates())
        self._sizes = [n_units, *sizes_left(n_units, settings.share, settings.max_nonlinear)]
        lengths = [settings.warm_up_epochs] + [settings.round_epochs] * (len(self._sizes) - 1)
        self.ends = [int(end) for end in np.cumsum(lengths)]
        self._epoch = self._round = self._steps = 0

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Determine which round it is."""
        self._epoch = epoch
        self._round = sum(end <= epoch for end in self.ends)

    def on_train_batch_begin(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        """Lower the learning rate."""
        start, end = ([0, *self.ends][self._round + more] for more in (0, 1))
        steps = self.params["steps"] or self._steps or batch + 1
        done = min(1.0, (self._epoch - start + batch / steps) / (end - start))
        self.model.optimizer.learning_rate = self._rate * 0.5 * (1 + np.cos(np.pi * done))

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        """Count the steps of the first epoch, since they may not be known in advance."""
        if self._epoch == 0:
            self._steps = batch + 1

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Record and eliminate, if the round is over.

        Args:
            epoch: counted from 0.
            logs: the logs of the epoch.

        Raises:
            TrainingError: if the loss is infinite or NaN.
        """
        logs, now = logs or {}, self._round
        if not np.isfinite(logs["loss"]):
            phase = f"round {now}, with {self._sizes[now]} units left" if now else "the warm start"
            raise TrainingError(
                f"the loss is {logs['loss']} in {phase}; lower learning_rate={self._rate:g}, or look for extreme "
                "values among the inputs."
            )
        if epoch + 1 < self.ends[now]:
            return
        held = {name.removeprefix("val_"): value for name, value in logs.items() if name.startswith("val_")}
        self._record({name: logs[name] for name in held}, held)
        if now + 1 < len(self._sizes):
            saliencies = self._sensitivity(islice(self._probes, self._probe_batches), self._seed + now)
            group = least_units(saliencies, self._candidates(), self._sizes[now] - self._sizes[now + 1])
            for layer, units in zip(self._layers, group, strict=True):
                layer.eliminate(units)

    def _candidates(self) -> list[BoolArray]:
        return [~layer.eliminated & layer.trainable for layer in self._layers]
