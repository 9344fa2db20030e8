"""Training a given network on while its PReLUs are eliminated, group by group (paper, introduction)."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from prelu_rules.errors import InvalidValueError, ShapeError, TrainingError, UnsupportedModelError
from prelu_rules.training.conversion import SlopeSharing, with_prelus
from prelu_rules.training.copies import compile_like, copied
from prelu_rules.training.finetune_path import FinetunePath, FinetunePoint
from prelu_rules.training.groups import least_units, sizes_left
from prelu_rules.training.prelu import PReLU
from prelu_rules.training.progress import EpochProgress
from prelu_rules.training.row_losses import RowLosses
from prelu_rules.training.sensitivity import OutputSensitivity
from prelu_rules.training.slopes import prelu_layers
from prelu_rules.values import BoolArray


@dataclass(frozen=True)
class FinetuneSettings:
    """How a network is trained on.

    Attributes:
        warm_up_epochs: epochs before anything is eliminated, in which slopes begin to move.
        round_epochs: epochs after each elimination.
        share: of the units that are left, what each round eliminates.
        max_nonlinear: units at which it ends.
        learning_rate: at the beginning of each round, from which it falls to 0 along a cosine (Loshchilov and Hutter
            2017, arXiv:1608.03983); None for that of the model's optimiser, or of the beginning of its schedule.
        probe_batches: batches of rows on which units are compared before each elimination.

    Raises:
        InvalidValueError: if a number is out of range.

    Example:
        >>> FinetuneSettings(share=0.5).round_epochs
        4
    """

    warm_up_epochs: int = 4
    round_epochs: int = 4
    share: float = 0.3
    max_nonlinear: int = 0
    learning_rate: float | None = None
    probe_batches: int = 100

    def __post_init__(self) -> None:
        least = {"warm_up_epochs": 1, "round_epochs": 1, "max_nonlinear": 0, "probe_batches": 1}
        for name, smallest in least.items():
            value = getattr(self, name)
            if value != int(value) or value < smallest:
                raise InvalidValueError(f"{name} is {value}; it must be a whole number of at least {smallest}.")
        if not 0 < self.share < 1:
            raise InvalidValueError(f"share is {self.share}; it must be between 0 and 1.")
        if self.learning_rate is not None and not (np.isfinite(self.learning_rate) and self.learning_rate > 0):
            raise InvalidValueError(f"learning_rate is {self.learning_rate}; it must be a finite number above 0.")


def finetune(
    model: keras.Model,
    x: Any,
    y: Any = None,
    *,
    sample_weight: Any = None,
    validation_data: Any = None,
    validation_split: float = 0.2,
    batch_size: int = 32,
    steps_per_epoch: int | None = None,
    callbacks: Sequence[keras.callbacks.Callback] = (),
    slopes: SlopeSharing = "channel",
    settings: FinetuneSettings | None = None,
    seed: int = 0,
    verbose: bool = False,
) -> FinetunePath:
    """Train a network on while ever more of its PReLUs become the identity.

    A copy of the model, with PReLUs in the place of its ReLUs, is trained by one call of `fit` with the model's own
    loss, optimiser and metrics. It warms up; then round after round a share of the units that are left is eliminated, and
    the rest trained on. Those go whose linearisation moves the outputs least (`OutputSensitivity`), whatever layer
    they are in. Their slopes stay at exactly 1.

    The path is reported as in Selective Network Linearization (Cho et al. 2022, arXiv:2202.02340) and Layer Folding
    (Ben Dror et al. 2021, arXiv:2106.09309): score against the share of ReLUs that is gone.

    An interrupt (Ctrl-C) ends the path early; what was found is returned, and a warning says so.

    Args:
        model: a built and compiled model; it stays as it is. What `with_prelus` takes, or a model with a `call` of its
            own whose nonlinear layers are `PReLU(eliminable=True)`. PReLU layers that are frozen keep their units; slopes
            outside [0, 1], which only Keras's own PReLUs have, are brought back to it.
        x: inputs as for `fit`: an array, or a dict or list of arrays; or a `tf.data.Dataset` of batches `(x, y)` or
            `(x, y, sample_weight)`.
        y: targets as for `fit`; None with a dataset.
        sample_weight: one weight per row; None with a dataset.
        validation_data: rows `(x, y)` or `(x, y, sample_weight)`, or a finite dataset of batches of them.
        validation_split: the share of rows, drawn at random, that is held out where there are no validation data.
        batch_size: rows of a step; a dataset has its own.
        steps_per_epoch: for a dataset without end.
        callbacks: Keras callbacks, for instance `IdentityForce`. Validation takes place at the end of each round.
        slopes: "channel" or "unit"; see `with_prelus`. With "unit" more can go at the same score, and the network is slower.
        settings: how to train.
        seed: of the split and of the order of the rows. A model with random layers depends on
            `keras.utils.set_random_seed`, too.
        verbose: whether to show a progress bar.

    Returns:
        The path, from the network as it was given to the smallest one.

    Raises:
        UnsupportedModelError: if the model is not compiled, cannot be copied, or has a PReLU that cannot be eliminated.
        InvalidValueError: if an argument is out of range, or the data are of another kind.
        ShapeError: if inputs, targets and weights have different numbers of rows.
        TrainingError: if the loss is no longer finite.

    Example:
        >>> keras.utils.set_random_seed(0)
        >>> x = np.linspace(-1, 1, 200, dtype="float32")[:, None]
        >>> model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(6, "relu"), keras.layers.Dense(1)])
        >>> model.compile(keras.optimizers.Adam(0.01), "mse", jit_compile=False)
        >>> history = model.fit(x, np.abs(x), epochs=20, verbose=0)
        >>> path = finetune(model, x, np.abs(x))
        >>> [point.n_nonlinear for point in path]
        [6, 6, 4, 2, 1, 0]
        >>> path.choose(max_nonlinear=2).validation_scores["loss"] < 0.01
        True
    """
    settings = settings or FinetuneSettings()
    if not getattr(model, "compiled", False) or model.optimizer is None:
        raise UnsupportedModelError(f"the model {model.name!r} is not compiled; compile it with a loss and an optimizer.")
    if not 0 <= seed < 2**31:
        raise InvalidValueError(f"seed is {seed}; it must be from 0 to 2^31 - 1.")
    train, held = _batches(x, y, sample_weight, validation_data, validation_split, batch_size, seed)
    rate = settings.learning_rate or _learning_rate(model.optimizer)
    network = _eliminable(model, slopes)
    compile_like(network, model, rate)
    layers = [layer for layer in prelu_layers(network) if layer.trainable]
    n_units = sum(int((~layer.eliminated).sum()) for layer in layers)
    rounds = _Rounds(
        sizes=[n_units, *sizes_left(n_units, settings.share, settings.max_nonlinear)],
        settings=settings,
        rate=rate,
        probes=train.map(lambda *batch: batch[0]),
        held=held,
        seed=seed,
    )
    rounds.begin(network, network.evaluate(train, steps=steps_per_epoch, verbose=0, return_dict=True))
    try:
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
        left = rounds.points[-1].n_nonlinear
        warnings.warn(
            f"interrupted: the path ends at {left} nonlinear units, {len(rounds.ends) + 1 - len(rounds.points)} of "
            f"{len(rounds.ends)} rounds early.",
            stacklevel=2,
        )
    return rounds.path()


class _Rounds(keras.callbacks.Callback):
    """Eliminates a group at the end of each round, and keeps what was there."""

    def __init__(
        self,
        sizes: list[int],
        settings: FinetuneSettings,
        rate: float,
        probes: tf.data.Dataset,
        held: tf.data.Dataset,
        seed: int,
    ) -> None:
        super().__init__()
        self._sizes, self._settings, self._rate, self._seed = sizes, settings, rate, seed
        self._probes, self._held = probes, held
        epochs = [settings.warm_up_epochs] + [settings.round_epochs] * (len(sizes) - 1)
        self.ends = [int(end) for end in np.cumsum(epochs)]
        self.points: list[FinetunePoint] = []
        self._start = self._length = 0
        self._epoch = self._steps = 0

    def begin(self, network: keras.Model, train_scores: dict[str, float]) -> None:
        """Look at the network before it is trained."""
        self._network = network
        self._layers: list[PReLU] = prelu_layers(network)
        self._sensitivity, self._row_losses = OutputSensitivity(network), RowLosses(network)
        scores = network.evaluate(self._held, verbose=0, return_dict=True)
        self._record(train_scores, scores)

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Note where in its round the epoch is."""
        self._epoch = epoch
        starts = [0, *self.ends]
        place = next(place for place, end in enumerate(self.ends) if epoch < end)
        self._start, self._length = starts[place], self.ends[place] - starts[place]

    def on_train_batch_begin(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        """Let the learning rate fall."""
        steps = self.params.get("steps") or self._steps or batch + 1
        done = (self._epoch - self._start + batch / steps) / self._length
        self.model.optimizer.learning_rate = self._rate * 0.5 * (1 + np.cos(np.pi * min(1.0, done)))

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        """Count the steps of an epoch, where nobody knows them in advance."""
        if self._epoch == 0:
            self._steps = batch + 1

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Eliminate, at the end of a round."""
        logs = logs or {}
        done = sum(end <= epoch for end in self.ends)
        if not np.isfinite(logs["loss"]):
            phase = f"round {done} with {self._sizes[done]} units left" if done else "the warm start"
            raise TrainingError(
                f"the loss is {logs['loss']} in {phase}; lower learning_rate={self._rate:g}, or look for extreme values "
                "among the inputs."
            )
        if epoch + 1 not in self.ends:
            return
        held = {name.removeprefix("val_"): value for name, value in logs.items() if name.startswith("val_")}
        self._record({name: logs[name] for name in held}, held)
        if done + 1 < len(self._sizes):
            self._eliminate(self._sizes[done] - self._sizes[done + 1], self._seed + done)

    def _eliminate(self, n_units: int, seed: int) -> None:
        probes = islice(self._probes, self._settings.probe_batches)
        saliencies = self._sensitivity(probes, seed)
        candidates = [~layer.eliminated if layer.trainable else layer.eliminated & False for layer in self._layers]
        for layer, units in zip(self._layers, least_units(saliencies, candidates, n_units), strict=True):
            layer.eliminate(units)

    def path(self) -> FinetunePath:
        """What was kept."""
        network = self._network
        scores = self.points[0].validation_scores
        return FinetunePath(
            points=tuple(self.points),
            network=network,
            n_units=sum(layer.slopes.size for layer in self._layers),
            n_evaluations=_evaluations(self._layers, [np.ones(layer.slopes.shape, bool) for layer in self._layers]),
            validation_weights=self._weights,
            metric=next((name for name in scores if name != "loss"), "loss"),
            larger_is_better=_larger_is_better(network),
        )

    def _record(self, train_scores: dict[str, float], scores: dict[str, float]) -> None:
        nonlinear = [layer.nonlinear() for layer in self._layers]
        losses, self._weights = self._row_losses(self._held)
        self.points.append(
            FinetunePoint(
                n_nonlinear=sum(int(which.sum()) for which in nonlinear),
                n_evaluations=_evaluations(self._layers, nonlinear),
                train_scores={name: float(value) for name, value in train_scores.items()},
                validation_scores={name: float(value) for name, value in scores.items()},
                validation_losses=losses,
                weights=tuple(self._network.get_weights()),
            )
        )


def _evaluations(layers: Sequence[PReLU], units: Sequence[BoolArray]) -> int:
    """How many places of a row the units have, each of which is one evaluation; -1 if that varies."""
    total = 0
    for layer, which in zip(layers, units, strict=True):
        shape = layer.get_build_config()["input_shape"][1:]
        if None in shape:
            return -1
        total += int(which.sum()) * (int(np.prod(shape)) // which.size)
    return total


def _larger_is_better(model: keras.Model) -> dict[str, bool]:
    # Keras's own callbacks ask its metrics in this way.
    directions = {metric.name: getattr(metric, "_direction", None) for metric in _metrics(model)}
    return {"loss": False, **{name: way == "up" for name, way in directions.items() if way is not None}}


def _metrics(model: keras.Model) -> list[Any]:
    """The metrics of a model one by one, without Keras's containers of them."""
    return [one for metric in model.metrics for one in getattr(metric, "metrics", [metric])]


def _learning_rate(optimizer: keras.optimizers.Optimizer) -> float:
    """That of an optimiser, or of the beginning of its schedule, which may have ended at 0."""
    rate = keras.optimizers.serialize(optimizer)["config"]["learning_rate"]
    if isinstance(rate, dict):
        return float(keras.optimizers.schedules.deserialize(rate)(0))
    return float(rate)


def _eliminable(model: keras.Model, slopes: SlopeSharing) -> keras.Model:
    """A copy of which every PReLU can be eliminated."""
    graph = isinstance(model, keras.Sequential) or (getattr(model, "inputs", None) and hasattr(model, "operations"))
    network = with_prelus(model, slopes=slopes, eliminable=True) if graph else copied(model)
    layers = prelu_layers(network)
    if not layers:
        raise UnsupportedModelError(f"the model {model.name!r} has no ReLU or PReLU, so there is nothing to eliminate.")
    for layer in layers:
        if not getattr(layer, "eliminable", False):
            raise UnsupportedModelError(
                f"the PReLU {layer.name!r} is inside a layer or model with a call of its own, where it cannot be replaced; "
                "make it prelu_rules.PReLU(eliminable=True)."
            )
    return network


def _batches(
    x: Any, y: Any, weights: Any, validation: Any, share: float, batch_size: int, seed: int
) -> tuple[tf.data.Dataset, tf.data.Dataset]:
    """Training and validation rows, in batches."""
    if isinstance(x, tf.data.Dataset):
        if y is not None or weights is not None:
            raise InvalidValueError("x is a dataset, so y and sample_weight must be in it; leave both out.")
        if validation is None:
            raise InvalidValueError("x is a dataset, so no rows can be held out of it; give validation_data.")
        train = x
    else:
        rows, n_rows = _arrays(x, y, weights)
        if validation is None:
            if not 0 < share < 1 or not 1 <= int(share * n_rows) < n_rows:
                raise InvalidValueError(
                    f"validation_split is {share}; it must be between 0 and 1, and leave some of the {n_rows} rows on "
                    "either side."
                )
            order = np.random.default_rng([seed, 3]).permutation(n_rows)
            held, kept = np.split(order, [int(share * n_rows)])
            validation = tuple(keras.tree.map_structure(lambda array: array[held], part) for part in rows)
            rows = tuple(keras.tree.map_structure(lambda array: array[kept], part) for part in rows)
            n_rows = len(kept)
        train = tf.data.Dataset.from_tensor_slices(rows).shuffle(n_rows, seed=seed).batch(batch_size)
    if isinstance(validation, tf.data.Dataset):
        return train, validation
    if not isinstance(validation, tuple) or len(validation) not in (2, 3):
        raise InvalidValueError("validation_data must be rows (x, y) or (x, y, sample_weight), or a dataset of batches.")
    given, _ = _arrays(*validation, *[None] * (3 - len(validation)))
    return train, tf.data.Dataset.from_tensor_slices(given).batch(batch_size)


def _arrays(x: Any, y: Any, weights: Any) -> tuple[tuple[Any, ...], int]:
    """Rows as arrays in the float type of Keras, and how many there are."""
    if y is None:
        raise InvalidValueError("y is missing; give a target for each row, or a tf.data.Dataset of batches (x, y).")

    def array(value: Any) -> Any:
        values = np.asarray(value)
        return values.astype(keras.config.floatx()) if values.dtype.kind == "f" else values

    rows = tuple(keras.tree.map_structure(array, part) for part in (x, y, weights) if part is not None)
    lengths = [len(one) if one.ndim else 0 for one in keras.tree.flatten(rows)]
    if len(set(lengths)) != 1 or not lengths[0]:
        raise ShapeError(f"inputs, targets and weights have {lengths} rows; give the same number, at least one, of each.")
    return rows, lengths[0]
