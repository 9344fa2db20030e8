"""From rows to a path of ever smaller networks: a population with the force, then elimination in float64."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import count, takewhile
from typing import Any

import prelu_rules.training  # noqa: F401

# isort: split
import keras
import numpy as np
import numpy.typing as npt
import tensorflow as tf
from threadpoolctl import threadpool_limits
from tqdm import tqdm

from prelu_rules.domains.as_domain import DomainLike, as_domain
from prelu_rules.errors import InvalidValueError
from prelu_rules.geometry.pattern_count import PatternCounter
from prelu_rules.losses.link import ClassLink
from prelu_rules.losses.loss import Loss
from prelu_rules.losses.named import LossName, loss_named
from prelu_rules.network.compact import CompactForm
from prelu_rules.population.stream import split_dataset
from prelu_rules.population.training import PopulationWatch, train_population
from prelu_rules.refine.curvature import Task
from prelu_rules.refine.elimination import eliminate
from prelu_rules.refine.exploration import explore
from prelu_rules.refine.frontier import Frontier
from prelu_rules.refine.levels import Levels, sparsified_levels
from prelu_rules.refine.path import PathPoint, RulePath
from prelu_rules.refine.refit import refit
from prelu_rules.renamed import renamed_arguments, warn_renamed
from prelu_rules.rows.rows import Rows, Split, split_arrays
from prelu_rules.search.measure import Measure
from prelu_rules.search.settings import PathSettings
from prelu_rules.training.progress import EpochProgress

LIGHT = 1e-3
"""The share of the penalty that is used for classes that a network without units separates. With the full penalty it
would not be right near the boundary, and units that hardly bend would be added only to avoid the penalty."""


@renamed_arguments(seed="random_state")
def train_path(
    x: npt.ArrayLike | tf.data.Dataset,
    y: npt.ArrayLike | None = None,
    *,
    loss: LossName | Loss = "squared",
    sample_weight: npt.ArrayLike | None = None,
    validation_fraction: float = 0.2,
    validation_data: tuple[npt.ArrayLike, ...] | None = None,
    domain: DomainLike | None = None,
    settings: PathSettings | None = None,
    random_state: int = 0,
    verbose: bool = False,
    n_jobs: int | None = None,
    callbacks: Sequence[keras.callbacks.Callback] = (),
    validation: float | tuple[npt.ArrayLike, ...] | None = None,
) -> RulePath:
    """Train many networks with the force, and eliminate their units down to none.

    The population warms up, the force pulls its slopes to 1, and linear units are collapsed. From there on the networks
    are normal forms: units are eliminated one by one with refits. At each size the best network is sparsified, and so
    are lean ones, which make fewer rules than any other network that is as good. All of them are scored on validation
    rows that were not used before, and finally refitted to all rows. An interrupt (Ctrl-C) ends the search early: the
    path then consists of what was found so far; a warning is given and `complete` is False.

    Args:
        x: `(n_rows, n_inputs)`, in the user's units; a memory-mapped array is read in batches and never copied. Or a
            dataset of batches `(x, y)` or `(x, y, weights)`, which is read once for its means and its box, and then as
            often as training requires.
        y: `(n_rows,)` or `(n_rows, n_outputs)` targets; for "logistic" 0 or 1, for "softmax" class indices.
        loss: "squared", "logistic" (one logit) or "softmax" (a logit per class), or a `Loss` of your own.
        sample_weight: `(n_rows,)`, non-negative; None for equal weights. Only their ratios matter, and equal rows are
            merged into one with the sum of their weights.
        validation_fraction: the share of distinct rows that are used to choose the size.
        validation_data: rows `(x, y)` or `(x, y, sample_weight)` that are used instead.
        domain: where rules are counted: a `Box`, a `Polytope`, or rows; the box of `x` by default.
        settings: how to train.
        random_state: the seed of the split, the weights and the order of the rows.
        verbose: whether to show a progress bar.
        n_jobs: joblib workers that sparsify networks of different sizes in parallel; None for those of
            `joblib.parallel_config`. The path does not depend on it.
        callbacks: Keras callbacks for the population.
        validation: the old name of `validation_fraction` and of `validation_data`.

    Returns:
        The path, from no units to at most `settings.max_nonlinear`, in the user's units.

    Raises:
        ShapeError: if rows, targets and weights do not fit together.
        InvalidValueError: if a number is NaN or infinite, a weight negative, a class missing, or an option unknown.
        TrainingError: if every network diverged.

    Example:
        >>> x = np.linspace(-1, 1, 200)[:, None]
        >>> from prelu_rules.population.settings import PopulationSettings
        >>> quick = PathSettings(PopulationSettings(members=2, hidden=(3,), warm_up_steps=100, force_steps=100))
        >>> path = train_path(x, np.abs(x[:, 0]), settings=quick)
        >>> path[1].n_numbers, bool(np.allclose(path[1].form.predict([[-0.5], [0.5]]), 0.5, atol=1e-3))
        (5, True)
    """
    settings = settings or PathSettings()
    if not 0 <= random_state < 2**31:
        raise InvalidValueError(f"random_state is {random_state}; it must be from 0 to 2^31 - 1.")
    held_out = validation_fraction if validation_data is None else validation_data
    if validation is not None:
        warn_renamed("train_path(validation=)", "validation_fraction= (a share) or validation_data= (rows)")
        held_out = validation
    # A misspelt name raises an error before the training, not after it.
    loss = loss_named(loss)
    rng = np.random.default_rng([random_state, 2])
    split = _split(x, y, sample_weight, loss, held_out, settings, random_state, rng)
    n_inputs, n_outputs = split.box.n_inputs, split.scale.n_outputs
    bar = [EpochProgress("population", always=True)] if verbose else []
    watch = PopulationWatch()
    forms = train_population(
        split.population, n_inputs, n_outputs, loss, settings.population, random_state, [watch, *callbacks, *bar]
    )
    tasks = [_task(split.standardised(part), loss, settings) for part in (split.train, split.everything)]
    where = as_domain(domain, n_inputs) or split.box
    counter = PatternCounter(where, n_inputs)
    frontier = Frontier(lambda system, at_most: counter.count(split.scale.user_units(system), at_most))
    # These matrix products are too small to be worth a second thread.
    with threadpool_limits(1, "blas"), tqdm(total=3, desc="path", disable=not verbose, leave=False) as phases:
        starts = [CompactForm.of(form) for form in forms]
        tried, refitted, complete = _refined(starts, tasks, settings, rng, frontier, phases, n_jobs)
    measure = Measure(split.scale, split.standardised(split.held), tasks[1], where)
    points: dict[int, list[PathPoint]] = {}
    for versions, tried_versions in zip(refitted, tried, strict=True):
        for system in versions:
            point = measure.point(system, _nearest(tried_versions, system.n_numbers))
            # The compact form drops units that no longer bend on any row.
            points.setdefault(point.n_nonlinear, []).append(point)
    whole = takewhile(points.__contains__, count())
    levels = tuple(tuple(points[size]) for size in whole)
    return RulePath(
        levels,
        split.held.weights,
        by=loss.chosen_by,
        # If the interrupt came before the force woke, there are only networks without the force.
        before_force=measure.best(watch.before_force or forms),
        complete=watch.complete and complete,
    )


def _refined(
    starts: list[CompactForm],
    tasks: list[Task],
    settings: PathSettings,
    rng: np.random.Generator,
    frontier: Frontier,
    phases: tqdm[Any],
    n_jobs: int | None,
) -> tuple[Levels, Levels, bool]:
    """The networks fitted to the training rows, those fitted to all rows, and whether all of them were found.

    Each has its sparser versions: one of each size, then those that make fewer rules.
    """
    train, everything = tasks
    best: Mapping[int, CompactForm] = {}
    try:
        best = explore(eliminate(starts, train), train, settings.max_nonlinear, rng, met=frontier.offer)
        explore(best, train, settings.max_nonlinear, rng, shallow=True, met=frontier.offer)
        phases.update()
        tried = _sparsified(best, train, settings, n_jobs)
        lean = sparsified_levels(frontier.besides(best.values()), train, n_jobs)
        phases.update()
        again = eliminate([level[0] for level in tried], everything)
        refitted = _sparsified(again, everything, settings, n_jobs)
        refitted += sparsified_levels([level[0] for level in lean], everything, n_jobs)
        separating, separating_all = _separating(tried[0][0], tasks, settings)
        return tried + lean + separating, refitted + separating_all, True
    except KeyboardInterrupt:
        warnings.warn(
            "interrupted: the path has the networks found so far, without sparser ones; train again for the whole "
            "path.",
            stacklevel=3,
        )
        best = best or eliminate(starts, train, kept=1, trials=1, small=0)
        quick = [[best[size]] for size in _sizes(best, settings)]
        return quick, quick, False


def _separating(flat: CompactForm, tasks: list[Task], settings: PathSettings) -> tuple[Levels, Levels]:
    """Networks without units that separate the classes only with a light penalty; otherwise none."""
    train, everything = tasks
    link = train.loss.link
    if not isinstance(link, ClassLink) or settings.ridge is not None:
        return [], []
    light = [replace(task, ridge=LIGHT * task.ridge) for task in tasks]
    usual, lightly = (link.decide(refit(flat, task)[0].predict(everything.x)) for task in (everything, light[1]))
    if (usual == everything.y).all() or (lightly != everything.y).any():
        return [], []
    first, second = (sparsified_levels([flat], task) for task in light)
    return first, second


def _sparsified(best: Mapping[int, CompactForm], task: Task, settings: PathSettings, n_jobs: int | None) -> Levels:
    return sparsified_levels([best[size] for size in _sizes(best, settings)], task, n_jobs)


def _sizes(best: Mapping[int, CompactForm], settings: PathSettings) -> range:
    return range(min(max(best), settings.max_nonlinear) + 1)


def _nearest(level: Sequence[CompactForm], n_numbers: int) -> CompactForm:
    """The network whose number of numbers is closest."""
    return min(level, key=lambda system: abs(system.n_numbers - n_numbers))


def _split(
    x: npt.ArrayLike | tf.data.Dataset,
    y: npt.ArrayLike | None,
    weights: npt.ArrayLike | None,
    loss: Loss,
    validation: float | tuple[npt.ArrayLike, ...],
    settings: PathSettings,
    seed: int,
    rng: np.random.Generator,
) -> Split:
    if isinstance(x, tf.data.Dataset):
        if y is not None or weights is not None or isinstance(validation, tuple):
            raise InvalidValueError(
                "a dataset contains its targets and weights, and its validation rows are a share of it; give "
                "neither y, sample_weight nor rows for validation."
            )
        return split_dataset(x, loss, validation, settings.refine_rows, rng)
    if y is None:
        raise InvalidValueError("y is missing; give a target for each row, or a dataset of batches (x, y).")
    return split_arrays(x, y, weights, loss, validation, settings.refine_rows, seed, rng)


def _task(rows: Rows, loss: Loss, settings: PathSettings) -> Task:
    share = rows.weights / rows.weights.sum()
    # The number of rows of equal weight with the same sum of squared weights. If one row has nearly all the weight, a
    # penalty of one over the number of rows would outweigh the others.
    n_rows = round(len(share) ** 2 * float(share @ share))
    return Task(rows.x, rows.y, share, loss, settings.ridge or loss.ridge(n_rows))
