"""From a table to rules: warm up, force, collapse, and a refit with the slopes frozen.

While the force rises, the number of nonlinear units falls step by step. Each number that is small enough is refitted,
and validation rows choose the smallest that is not clearly worse than the best.
"""

from __future__ import annotations

from dataclasses import dataclass

import keras
import numpy as np
from sklearn.metrics import accuracy_score, r2_score
from sklearn.model_selection import train_test_split

from prelu_rules.errors import InvalidValueError
from prelu_rules.extraction import extract
from prelu_rules.losses import StableSoftmaxCrossentropy
from prelu_rules.readers.table import Table
from prelu_rules.rules.extraction import MAX_UNITS
from prelu_rules.rules.rule_system import RuleSystem
from prelu_rules.training.network import build_network, in_user_units
from prelu_rules.training.phases import PhaseTrainer
from prelu_rules.training.slopes import count_nonlinear
from prelu_rules.values import FloatArray, IntArray

TEST_SHARE = 0.2
VALIDATION_SHARE = 0.2

LARGEST = 1e15
"""The largest number that a table may hold: float32 must hold its square."""


@dataclass(frozen=True)
class FitSettings:
    """How a network is trained.

    Attributes:
        hidden: units of each hidden layer.
        max_nonlinear: the most nonlinear units that may be left; there are at most `2**max_nonlinear` rules.
        warm_up_steps: optimiser steps before the force wakes.
        force_steps: optimiser steps over which the force rises to its full rate.
        refit_steps: optimiser steps with the slopes frozen, for each number of units.
        seed: of the split, the weights and the order of the rows.

    Raises:
        InvalidValueError: if a number is out of range.

    Example:
        >>> FitSettings(max_nonlinear=2).hidden
        (8, 8)
    """

    hidden: tuple[int, ...] = (8, 8)
    max_nonlinear: int = 3
    warm_up_steps: int = 3000
    force_steps: int = 4000
    refit_steps: int = 2000
    seed: int = 0

    def __post_init__(self) -> None:
        if not self.hidden or min(self.hidden) < 1:
            raise InvalidValueError(f"hidden is {list(self.hidden)}; give at least one layer of at least one unit.")
        if not 0 <= self.max_nonlinear <= MAX_UNITS:
            raise InvalidValueError(f"max_nonlinear is {self.max_nonlinear}; it must be from 0 to {MAX_UNITS}.")
        for name in ("warm_up_steps", "force_steps", "refit_steps"):
            if getattr(self, name) < 1:
                raise InvalidValueError(f"{name} is {getattr(self, name)}; it must be at least 1.")
        if not 0 <= self.seed < 2**31:
            raise InvalidValueError(f"seed is {self.seed}; it must be from 0 to 2^31 - 1.")


@dataclass(frozen=True)
class FittedRules:
    """What `fit_rules` learned.

    Attributes:
        rules: in the units of the table; the counts are of the rows that were learned from.
        model: the Keras model that the rules were read from; it predicts the target itself, or logits.
        score: of the rules on the test rows: R2, or the share of right classes.
        full_score: the same for the network before the force.
        full_nonlinear: how many nonlinear units that network has.
        sizes: the score on the validation rows for each number of nonlinear units that was tried.
        n_test: rows held out for the scores.
    """

    rules: RuleSystem
    model: keras.Model
    score: float
    full_score: float
    full_nonlinear: int
    sizes: dict[int, float]
    n_test: int


def fit_rules(table: Table, settings: FitSettings | None = None) -> FittedRules:
    """Train a network on a table with the force, and read its rules.

    Args:
        table: the rows; a fifth of them is held out for the scores, and a fifth of the rest chooses the size.
        settings: how to train.

    Returns:
        The rules, the model that they equal, and the test scores of both.

    Raises:
        InvalidValueError: if a number is too large for training in float32.
        TrainingError: if the loss is no longer finite.

    Example:
        >>> x = np.linspace(-1, 1, 60)[:, None]
        >>> table = Table(x, 2 * x[:, 0] + 1, ("x",), "y")
        >>> quick = FitSettings(hidden=(2,), warm_up_steps=500, force_steps=500, refit_steps=500)
        >>> len(fit_rules(table, quick).rules)
        1
    """
    settings = settings or FitSettings()
    _check_range(table)
    learn, test = _split(table, np.arange(len(table)), TEST_SHARE, settings.seed)
    train, validation = _split(table, learn, VALIDATION_SHARE, settings.seed)
    scale = _Scale.of(table, learn)
    x, y = scale.inputs(table.x), scale.targets(table)
    n_outputs = 1 if table.classes is None or len(table.classes) == 2 else len(table.classes)
    core = build_network(x.shape[1], settings.hidden, n_outputs, settings.seed)
    trainer = PhaseTrainer(core, _loss(table), settings.seed)

    trainer.run(x[train], y[train], settings.warm_up_steps, "warm up")
    full, full_nonlinear = scale.user_units(core), count_nonlinear(core)
    candidates = trainer.force_down(x[train], y[train], settings.force_steps, settings.max_nonlinear)
    losses: dict[int, FloatArray] = {}
    sizes: dict[int, float] = {}
    for n_units, weights in candidates.items():
        candidates[n_units] = trainer.refit(weights, x[train], y[train], settings.refit_steps, f"refit {n_units}")
        outputs = trainer.outputs(x[validation])
        losses[n_units] = trainer.row_losses(outputs, y[validation])
        sizes[n_units] = _score(table, y[validation], outputs)
    chosen = candidates[fewest_not_worse(losses)]
    trainer.refit(chosen, x[learn], y[learn], settings.refit_steps, "last refit")
    model = scale.user_units(core)

    rules = extract(
        model,
        table.x[learn],
        feature_names=table.feature_names,
        output_names=_output_names(table),
        classes=table.classes,
    )
    return FittedRules(
        rules=rules,
        model=model,
        score=_score(table, table.y[test], rules.predict(table.x[test])),
        full_score=_score(table, table.y[test], full.predict(table.x[test], verbose=0)),
        full_nonlinear=full_nonlinear,
        sizes=sizes,
        n_test=len(test),
    )


def fewest_not_worse(losses: dict[int, FloatArray]) -> int:
    """The one-standard-error rule, paired: the smallest size that is not clearly worse than the best.

    Args:
        losses: for each size, the loss of each validation row, `(n_rows,)`.

    Returns:
        The smallest size whose mean loss exceeds the best by at most one standard error of the difference.

    Example:
        >>> best, close, far = np.array([1.0, 2.0, 3.0]), np.array([1.5, 1.6, 3.2]), np.array([4.0, 5.0, 6.5])
        >>> fewest_not_worse({2: best, 1: close, 0: far})
        1
    """
    best = min(losses.values(), key=lambda rows: float(rows.mean()))
    for size in sorted(losses):
        excess = losses[size] - best
        if excess.mean() <= excess.std(ddof=1) / np.sqrt(len(excess)):
            return size
    raise AssertionError("the best size is never worse than itself")


@dataclass(frozen=True)
class _Scale:
    """Means and deviations; the network sees standardised numbers, the user never does."""

    x_mean: FloatArray
    x_deviation: FloatArray
    y_mean: float
    y_deviation: float

    @classmethod
    def of(cls, table: Table, rows: IntArray) -> _Scale:
        deviation = table.x[rows].std(axis=0)
        # A constant feature has no deviation; dividing by 1 leaves it at 0.
        deviation = np.where(deviation > 0, deviation, 1.0)
        if table.classes is not None:
            return cls(table.x[rows].mean(axis=0), deviation, 0.0, 1.0)
        y = table.y[rows]
        return cls(table.x[rows].mean(axis=0), deviation, float(y.mean()), float(y.std()) or 1.0)

    def inputs(self, x: FloatArray) -> FloatArray:
        return (x - self.x_mean) / self.x_deviation

    def targets(self, table: Table) -> FloatArray:
        return (table.y - self.y_mean) / self.y_deviation

    def user_units(self, core: keras.Sequential) -> keras.Sequential:
        return in_user_units(core, self.x_mean, self.x_deviation, self.y_mean, self.y_deviation)


def _check_range(table: Table) -> None:
    for name, column in zip((*table.feature_names, table.target), (*table.x.T, table.y), strict=True):
        worst = column[np.argmax(np.abs(column))]
        if abs(worst) > LARGEST:
            raise InvalidValueError(
                f"column {name!r} holds {worst:g}, which training in float32 cannot hold; give it in another unit."
            )


def _split(table: Table, rows: IntArray, share: float, seed: int) -> tuple[IntArray, IntArray]:
    labels = None if table.classes is None else table.y[rows]
    kept, held = train_test_split(rows, test_size=share, random_state=seed, stratify=labels)
    return kept, held


def _loss(table: Table) -> keras.losses.Loss:
    if table.classes is None:
        return keras.losses.MeanSquaredError()
    if len(table.classes) == 2:
        return keras.losses.BinaryCrossentropy(from_logits=True)
    return StableSoftmaxCrossentropy()


def _output_names(table: Table) -> list[str]:
    if table.classes is None:
        return [table.target]
    shown = table.classes[1:] if len(table.classes) == 2 else table.classes
    return [f"logit({table.target} = {label})" for label in shown]


def _score(table: Table, y: FloatArray, outputs: FloatArray) -> float:
    if table.classes is None:
        return float(r2_score(y, outputs[:, 0]))
    predicted = outputs[:, 0] > 0 if outputs.shape[1] == 1 else outputs.argmax(axis=1)
    return float(accuracy_score(y, predicted))
