"""From rows to the path of ever smaller networks: a population with the force, then elimination in float64."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count, takewhile
from typing import Any

import keras
import numpy as np
import numpy.typing as npt
from sklearn.metrics import accuracy_score, r2_score
from sklearn.model_selection import train_test_split
from threadpoolctl import threadpool_limits
from tqdm import tqdm

from prelu_rules.domains.box import Box
from prelu_rules.domains.domain import Domain
from prelu_rules.errors import InvalidValueError, ShapeError
from prelu_rules.normal_form import NormalForm
from prelu_rules.refine.choice import akaike, schwarz
from prelu_rules.refine.curvature import Task
from prelu_rules.refine.elimination import eliminate
from prelu_rules.refine.losses import LossName, loss_named
from prelu_rules.refine.path import PathPoint, RulePath
from prelu_rules.refine.sparsification import sparsify
from prelu_rules.refine.system import CompactSystem
from prelu_rules.rules.compact import compact_form
from prelu_rules.tolerances import NEGLIGIBLE_ERROR
from prelu_rules.training.population import PopulationSettings, Rows, train_population
from prelu_rules.training.progress import EpochProgress
from prelu_rules.values import FloatArray, IntArray, frozen_array

FEWEST_TO_SPLIT = 10
"""Rows below which none are held out: a choice by one or two rows would be chance."""

RIDGE = 1e-4
"""The default penalty with squared errors, whose targets have a variance of 1."""

CONSTANT = 1e-12
"""A column whose deviation is below this share of its mean is constant but for rounding."""


@dataclass(frozen=True)
class PathSettings:
    """How a path is trained.

    Attributes:
        population: the restarts, and the force.
        max_nonlinear: the largest size on the path.
        ridge: penalty in the refits, half of it times the sum of the squares of the weights for standardised numbers.
            None for 1e-4 with squared errors, and for one over the rows with classes, which keeps separable classes
            finite and is what scikit-learn's `LogisticRegression` has.
        refine_rows: rows that elimination and refits look at, drawn at random if there are more; the population sees
            all of them.

    Raises:
        InvalidValueError: if a number is out of range.

    Example:
        >>> PathSettings(max_nonlinear=3).population.members
        8
    """

    population: PopulationSettings = field(default_factory=PopulationSettings)
    max_nonlinear: int = 5
    ridge: float | None = None
    refine_rows: int = 50_000

    def __post_init__(self) -> None:
        if self.max_nonlinear != int(self.max_nonlinear) or self.max_nonlinear < 0:
            raise InvalidValueError(f"max_nonlinear is {self.max_nonlinear}; it must be a whole number of at least 0.")
        if self.refine_rows != int(self.refine_rows) or self.refine_rows < 1:
            raise InvalidValueError(f"refine_rows is {self.refine_rows}; it must be a whole number of at least 1.")
        if self.ridge is not None and not (np.isfinite(self.ridge) and self.ridge > 0):
            raise InvalidValueError(f"ridge is {self.ridge}; it must be a finite number above 0.")


def train_path(
    x: npt.ArrayLike,
    y: npt.ArrayLike,
    *,
    loss: LossName = "squared",
    sample_weight: npt.ArrayLike | None = None,
    validation: float | tuple[npt.ArrayLike, ...] = 0.2,
    domain: Domain | None = None,
    settings: PathSettings | None = None,
    seed: int = 0,
    verbose: bool = False,
    callbacks: Sequence[keras.callbacks.Callback] = (),
) -> RulePath:
    """Train many networks with the force, and eliminate their units down to none.

    The population warms up, the force pulls its slopes to 1, and what is linear collapses. From there on the networks
    are normal forms: units are eliminated one by one with refits, at each size the best network is sparsified, and
    validation rows that took no part score it. At last all rows refit it. An interrupt (Ctrl-C) ends the search
    early: the path is then made of what was found, and a warning says so.

    Args:
        x: `(n_rows, n_inputs)`, in the user's units. A memory-mapped array is read in batches.
        y: `(n_rows,)` or `(n_rows, n_outputs)` targets; for "logistic" 0 or 1, for "softmax" indices of classes.
        loss: "squared", "logistic" (one logit) or "softmax" (a logit per class).
        sample_weight: `(n_rows,)`, not negative; None for equal ones.
        validation: the share of rows that choose the size, or rows `(x, y)` or `(x, y, sample_weight)`.
        domain: where rules are counted; the box of `x` by default.
        settings: how to train.
        seed: of the split, the weights and the order of the rows.
        verbose: whether to show a progress bar.
        callbacks: Keras callbacks for the population.

    Returns:
        The path, from no units to at most `settings.max_nonlinear`, in the user's units.

    Raises:
        ShapeError: if rows, targets and weights do not fit together.
        InvalidValueError: if a number is NaN or infinite, a weight negative, a class missing, or an option unknown.
        TrainingError: if every network diverged.

    Example:
        >>> x = np.linspace(-1, 1, 200)[:, None]
        >>> quick = PathSettings(PopulationSettings(members=2, hidden=(3,), warm_up_steps=100, force_steps=100))
        >>> path = train_path(x, np.abs(x[:, 0]), settings=quick)
        >>> path[1].n_numbers, bool(np.allclose(path[1].form.evaluate([[-0.5], [0.5]]), 0.5, atol=1e-3))
        (5, True)
    """
    settings = settings or PathSettings()
    if not 0 <= seed < 2**31:
        raise InvalidValueError(f"seed is {seed}; it must be from 0 to 2^31 - 1.")
    rows = _checked(x, y, sample_weight, loss)
    if isinstance(validation, tuple):
        train, everything = rows, rows
        held = _checked(validation[0], validation[1], validation[2] if len(validation) > 2 else None, loss)
    else:
        chosen, left = _split(rows.y, validation, loss, seed)
        train, held, everything = _taken(rows, chosen), _taken(rows, left), rows
    scale = _Scale.of(rows, loss)
    n_inputs, n_outputs = rows.x.shape[1], scale.n_outputs
    bar = [EpochProgress("population")] if verbose else []
    forms = train_population(
        scale.rows(train), n_inputs, n_outputs, loss, settings.population, seed, [*callbacks, *bar]
    )
    rng = np.random.default_rng([seed, 2])
    tasks = [
        _task(scale.rows(_sampled(part, settings.refine_rows, rng)), loss, settings) for part in (train, everything)
    ]
    # These products are too small to be worth a second thread.
    with threadpool_limits(1, "blas"), tqdm(total=3, desc="path", disable=not verbose, leave=False) as phases:
        tried, refitted = _refined([CompactSystem.of(form) for form in forms], tasks, settings, phases)
    domain = domain or Box.from_data(rows.x)
    measure = _Measure(scale, held, tasks[1], domain)
    points: dict[int, list[PathPoint]] = {}
    for size, level in enumerate(refitted):
        for system in level:
            point = measure.point(system, _nearest(tried[size], system.n_numbers))
            # A unit that no row bends any more is gone in the compact form.
            points.setdefault(point.n_nonlinear, []).append(point)
    whole = takewhile(points.__contains__, count())
    # The likelihood of separable classes says little about how many numbers they need; rows held out do.
    levels = tuple(tuple(points[size]) for size in whole)
    return RulePath(levels, held.weights, by="criterion" if loss == "squared" else "validation")


Levels = list[list[CompactSystem]]
"""For each size, networks of ever fewer numbers."""


def _refined(
    starts: list[CompactSystem], tasks: list[Task], settings: PathSettings, phases: tqdm[Any]
) -> tuple[Levels, Levels]:
    """The levels fitted to the training rows, and those fitted to all rows."""
    train, everything = tasks
    try:
        best = eliminate(starts, train)
        phases.update()
        tried = [list(sparsify(best[size], train)) for size in _sizes(best, settings)]
        phases.update()
        again = eliminate([level[0] for level in tried], everything)
        return tried, [list(sparsify(again[size], everything)) for size in _sizes(again, settings)]
    except KeyboardInterrupt:
        warnings.warn(
            "interrupted: the path is made of the networks found so far, without sparser ones; train again for all.",
            stacklevel=3,
        )
        best = eliminate(starts, train, kept=1, trials=1, small=0)
        quick = [[best[size]] for size in _sizes(best, settings)]
        return quick, quick


def _sizes(best: Mapping[int, CompactSystem], settings: PathSettings) -> range:
    return range(min(max(best), settings.max_nonlinear) + 1)


def _nearest(level: Sequence[CompactSystem], n_numbers: int) -> CompactSystem:
    """The network whose length is nearest."""
    return min(level, key=lambda system: abs(system.n_numbers - n_numbers))


def _checked(x: npt.ArrayLike, y: npt.ArrayLike, weights: npt.ArrayLike | None, loss: LossName) -> Rows:
    # Memory-mapped numbers stay where they are.
    inputs = x if isinstance(x, np.memmap) else frozen_array(x, "x", (None, None))
    targets = frozen_array(y, "y", (None,) if np.ndim(y) == 1 else (None, None))
    if targets.ndim == 1 and loss == "squared":
        targets = targets[:, None]
    if inputs.ndim != 2 or not len(inputs) or not inputs.shape[1]:
        raise ShapeError(f"x has shape {np.shape(x)}; it must have at least one row and one column.")
    if len(targets) != len(inputs):
        raise ShapeError(f"x has {len(inputs)} rows, but y has {len(targets)}; give a target for each row.")
    if targets.ndim != (2 if loss == "squared" else 1):
        raise ShapeError(f"y has shape {targets.shape}; for loss {loss!r} give one class for each row.")
    given = np.ones(len(inputs)) if weights is None else frozen_array(weights, "sample_weight", (len(inputs),))
    if (given < 0).any() or not given.any():
        raise InvalidValueError(
            "sample_weight must not be negative, nor all 0; give a weight of at least 0 for each row."
        )
    return Rows(inputs, targets, given / given.mean())


def _split(y: FloatArray, share: float, loss: LossName, seed: int) -> tuple[IntArray, IntArray]:
    if not 0 < share < 1:
        raise InvalidValueError(f"validation is {share}; give a share between 0 and 1, or rows.")
    everything = np.arange(len(y))
    if len(y) < FEWEST_TO_SPLIT:
        return everything, everything
    labels = None
    if loss != "squared":
        counts = np.bincount(y.astype(np.intp))
        held = int(np.ceil(share * len(y)))
        # A class of one row cannot be split; nor can more classes than rows are held.
        labels = y if counts[counts > 0].min() > 1 and held >= (counts > 0).sum() else None
    train, held_out = train_test_split(everything, test_size=share, random_state=seed, stratify=labels)
    return np.sort(train), np.sort(held_out)


def _taken(rows: Rows, chosen: IntArray) -> Rows:
    return Rows(rows.x[chosen], rows.y[chosen], rows.weights[chosen])


def _sampled(rows: Rows, most: int, rng: np.random.Generator) -> Rows:
    if len(rows.x) <= most:
        return rows
    return _taken(rows, np.sort(rng.choice(len(rows.x), most, replace=False)))


def _task(rows: Rows, loss: LossName, settings: PathSettings) -> Task:
    ridge = settings.ridge or (RIDGE if loss == "squared" else 1 / len(rows.x))
    return Task(
        np.asarray(rows.x, dtype=np.float64), rows.y, rows.weights / rows.weights.sum(), loss_named(loss), ridge
    )


@dataclass(frozen=True)
class _Scale:
    """Means and deviations; networks see standardised numbers, the user never does."""

    loss: LossName
    x_mean: FloatArray
    x_deviation: FloatArray
    y_mean: FloatArray
    y_deviation: FloatArray

    @classmethod
    def of(cls, rows: Rows, loss: LossName) -> _Scale:
        x_mean, x_deviation = _moments(rows.x)
        if loss == "squared":
            return cls(loss, x_mean, x_deviation, *_moments(rows.y))
        n_outputs = 1 if loss == "logistic" else int(rows.y.max()) + 1
        return cls(loss, x_mean, x_deviation, np.zeros(n_outputs), np.ones(n_outputs))

    @property
    def n_outputs(self) -> int:
        return len(self.y_mean)

    def rows(self, rows: Rows) -> Rows:
        y = (rows.y - self.y_mean) / self.y_deviation if self.loss == "squared" else rows.y
        return Rows((rows.x - self.x_mean) / self.x_deviation, y, rows.weights)

    def user_units(self, system: CompactSystem) -> NormalForm:
        """The same function of the user's numbers."""
        weights, k, d = system.weights.copy(), system.n_units, system.n_inputs
        weights[:, :d] /= self.x_deviation
        weights[:, -1] -= weights[:, :d] @ self.x_mean
        weights[k:] *= self.y_deviation[:, None]
        weights[k:, -1] += self.y_mean
        return compact_form(CompactSystem(weights, system.support, d, system.labels).form)


def _moments(values: FloatArray) -> tuple[FloatArray, FloatArray]:
    mean = np.asarray(np.mean(values, axis=0, dtype=np.float64))
    deviation = np.asarray(np.std(values, axis=0, dtype=np.float64))
    # A constant column has no deviation but for rounding; dividing by 1 leaves it at 0.
    return mean, np.where(deviation > CONSTANT * np.abs(mean), deviation, 1.0)


@dataclass(frozen=True)
class _Measure:
    """What is written down of each network."""

    scale: _Scale
    held: Rows
    task: Task
    domain: Domain

    def point(self, system: CompactSystem, tried: CompactSystem) -> PathPoint:
        held = self.scale.rows(self.held)
        outputs, fitted = tried.evaluate(np.asarray(held.x)), system.evaluate(self.task.x)
        return PathPoint(
            form=self.scale.user_units(system),
            domain=self.domain,
            train_score=self._score(fitted, self.task.y, self.task.weights),
            validation_score=self._score(outputs, held.y, held.weights),
            validation_losses=self.task.loss.rows(outputs, held.y),
            criterion=self._criterion(fitted, system.n_numbers),
        )

    def _score(self, outputs: FloatArray, y: FloatArray, weights: FloatArray) -> float:
        if self.scale.loss == "squared":
            with warnings.catch_warnings():
                # One row has no variance to be explained; scikit-learn answers nan.
                warnings.simplefilter("ignore")
                return float(r2_score(y, outputs, sample_weight=weights))
        predicted = outputs[:, 0] > 0 if outputs.shape[1] == 1 else outputs.argmax(axis=1)
        return float(accuracy_score(y, predicted, sample_weight=weights))

    def _criterion(self, outputs: FloatArray, n_numbers: int) -> float:
        """Schwarz's for squared errors. Akaike's for classes, whose penalised likelihood leaves Schwarz's too short."""
        n_rows = len(self.task)
        if self.scale.loss != "squared":
            log_likelihood = -n_rows * float(self.task.weights @ self.task.loss.rows(outputs, self.task.y))
            return akaike(log_likelihood, n_numbers)
        errors = self.task.weights @ (outputs - self.task.y) ** 2
        # With the variance of each output that makes the rows most likely.
        log_likelihood = -0.5 * n_rows * float(np.log(np.maximum(errors, NEGLIGIBLE_ERROR)).sum())
        return schwarz(log_likelihood, n_numbers, n_rows)
