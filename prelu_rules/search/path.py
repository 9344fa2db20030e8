"""From rows to a path of ever smaller networks."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from itertools import count, takewhile
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from threadpoolctl import threadpool_limits
from tqdm import tqdm

from prelu_rules.domains.as_domain import DomainLike, as_domain
from prelu_rules.errors import InvalidValueError, ShortPathWarning
from prelu_rules.geometry.pattern_count import PatternCounter
from prelu_rules.losses.loss import Chooser, Loss
from prelu_rules.losses.named import LossName, loss_named
from prelu_rules.network.compact import CompactForm
from prelu_rules.network.normal_form import NormalForm
from prelu_rules.refine.frontier import Frontier
from prelu_rules.refine.path import MUCH_WORSE, PathPoint, RulePath
from prelu_rules.refine.refit import FEW_WEIGHTS
from prelu_rules.renamed import renamed_arguments, warn_renamed
from prelu_rules.rows.dataset import is_dataset
from prelu_rules.rows.rows import Split, split_arrays
from prelu_rules.rows.sample import sample
from prelu_rules.search.by_force import forced
from prelu_rules.search.by_growth import grown
from prelu_rules.search.measure import best_form
from prelu_rules.search.parts import Growth
from prelu_rules.search.settings import PathSettings, Starts

if TYPE_CHECKING:
    import keras
    import tensorflow as tf


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
    """Search for small networks of each size, from no units on.

    By default units are added one by one to a network without any, and taken out again from the largest, with refits of
    everything. The whole search is repeated without each part of the rows; the losses on the rows that were left out
    choose among several penalties, and later the size (`RulePath.choose`). With `starts="force"` a
    population of networks is trained instead, as in the paper: the force pulls its slopes to 1, linear units are
    collapsed, and the others are eliminated one by one; a share of the rows is left out of all that. "both" takes the
    better network of each size. At each size the best network is sparsified, and so are lean ones, which make fewer
    rules than any other network that is as good. An interrupt (Ctrl-C) ends the search early: the path then consists of
    what was found so far; a warning is given and `complete` is False.

    Args:
        x: `(n_rows, n_inputs)`, in the user's units; a memory-mapped array is read in batches and never copied. Or a
            dataset of batches `(x, y)` or `(x, y, weights)`, which is read once for its means and its box, and then as
            often as training requires.
        y: `(n_rows,)` or `(n_rows, n_outputs)` targets; for "logistic" 0 or 1, for "softmax" class indices.
        loss: "squared", "logistic" (one logit) or "softmax" (a logit per class), or a `Loss` of your own.
        sample_weight: `(n_rows,)`, non-negative; None for equal weights. Only their ratios matter, and equal rows are
            merged into one with the sum of their weights.
        validation_fraction: the share of distinct rows that are used to choose the size where one part is left out: for
            "force", for several logits, and where there are more rows than `settings.folds_up_to`.
        validation_data: rows `(x, y)` or `(x, y, sample_weight)` that are used instead.
        domain: where rules are counted: a `Box`, a `Polytope`, or rows; the box of `x` by default.
        settings: how to search.
        random_state: the seed of the split, the weights and the order of the rows.
        verbose: whether to show a progress bar.
        n_jobs: joblib workers for searches without different parts of the rows, and for sparsifying networks of
            different sizes; None for those of `joblib.parallel_config`. The path does not depend on it.
        callbacks: Keras callbacks for the population.
        validation: the old name of `validation_fraction` and of `validation_data`.

    Returns:
        The path, from no units to at most `settings.max_nonlinear`, in the user's units. It is shorter, with a warning,
        if no further unit bends on the rows.

    Raises:
        ShapeError: if rows, targets and weights do not fit together.
        InvalidValueError: if a number is NaN or infinite, a weight negative, a class missing, or an option unknown.
        TrainingError: if every network diverged.

    Example:
        >>> x = np.linspace(-1, 1, 200)[:, None]
        >>> path = train_path(x, np.abs(x[:, 0]), settings=PathSettings(max_nonlinear=2))
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
    where = as_domain(domain, split.box.n_inputs) or split.box
    counter = PatternCounter(where, split.box.n_inputs)
    frontier = Frontier(lambda system, at_most: counter.count(split.scale.user_units(system), at_most))
    forms, before_force, whole = _trained(split, loss, settings, random_state, verbose, callbacks)
    # These matrix products are too small to be worth a second thread.
    with threadpool_limits(1, "blas"), tqdm(total=3, desc="path", disable=not verbose, leave=False) as phases:
        if settings.starts == "force":
            found = forced(split, forms, loss, settings, where, rng, frontier, phases, n_jobs)
        else:
            growth = _growth(split, isinstance(held_out, tuple), loss, settings, random_state, rng)
            found = grown(split, growth, forms, settings, where, random_state, frontier, phases, n_jobs)
    points, held, complete, price_share = found
    levels: dict[int, list[PathPoint]] = {}
    for point in points:
        # The compact form drops units that no longer bend on any row.
        levels.setdefault(point.n_nonlinear, []).append(point)
    path = RulePath(
        tuple(tuple(levels[size]) for size in takewhile(levels.__contains__, count())),
        held,
        by=_chooser(loss, settings.starts),
        before_force=before_force,
        complete=complete and whole,
        most_errors=_most_errors(loss, levels[0]),
        price_share=price_share,
    )
    warn_of_a_short_path(path, settings.max_nonlinear, settings.starts, 3)
    return path


def _most_errors(loss: Loss, linear: Sequence[PathPoint]) -> float:
    """By how many standard errors of the left-out rows a version may be worse, from the networks without units."""
    if not loss.of_classes:
        return np.inf
    # Akaike's criterion counts each number fully, even where the penalty leaves it little freedom.
    is_wide = max(point.n_numbers for point in linear) > FEW_WEIGHTS
    return 1.0 if is_wide else MUCH_WORSE


def _chooser(loss: Loss, starts: Starts) -> Chooser:
    """What chooses the size: by growth left-out rows do, which all rows are, and where it is known also a criterion."""
    if starts == "force":
        return loss.chosen_by
    return "both" if loss.chosen_by == "criterion" else "validation"


def _trained(
    split: Split,
    loss: Loss,
    settings: PathSettings,
    seed: int,
    verbose: bool,
    callbacks: Sequence[keras.callbacks.Callback],
) -> tuple[list[CompactForm], NormalForm | None, bool]:
    """The networks of a population after the force, the best one before it, and whether training came to its end."""
    if settings.starts == "growth":
        return [], None, True
    # Keras is needed for training only.
    from prelu_rules.population.training import PopulationWatch, train_population
    from prelu_rules.training.progress import EpochProgress

    watch, bar = PopulationWatch(), [EpochProgress("population", always=True)] if verbose else []
    forms = train_population(
        split.population,
        split.box.n_inputs,
        split.scale.n_outputs,
        loss,
        settings.population,
        seed,
        [watch, *callbacks, *bar],
    )
    # If the interrupt came before the force woke, there are only networks without the force.
    before = best_form(watch.before_force or forms, split, loss)
    return [CompactForm.of(form) for form in forms], before, watch.complete


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
    if is_dataset(x):
        from prelu_rules.population.stream import split_dataset

        if y is not None or weights is not None or isinstance(validation, tuple):
            raise InvalidValueError(
                "a dataset contains its targets and weights, and its validation rows are a share of it; give "
                "neither y, sample_weight nor rows for validation."
            )
        return split_dataset(x, loss, validation, settings.refine_rows, rng)
    if y is None:
        raise InvalidValueError("y is missing; give a target for each row, or a dataset of batches (x, y).")
    return split_arrays(x, y, weights, loss, validation, settings.refine_rows, seed, rng)


def _growth(
    split: Split, given: bool, loss: Loss, settings: PathSettings, seed: int, rng: np.random.Generator
) -> Growth:
    """The rows of a search by growth, and what is left out of which search."""
    everything = split.standardised(split.everything)
    n_logits = split.scale.n_outputs if loss.of_classes else None
    if given:
        return Growth.of_part(everything, split.standardised(split.held), loss, settings, n_logits)
    # Refits of many logits take a hundred times as long as others of the size.
    of_logits = n_logits is not None and n_logits > 1
    if len(everything.y) <= settings.folds_up_to and not of_logits:
        return Growth.of_folds(everything, loss, settings, seed, n_logits)
    train, held = (split.standardised(rows) for rows in (split.train, split.held))
    return Growth.of_part(sample(train, settings.search_rows, loss, rng), held, loss, settings, n_logits)


def warn_of_a_short_path(path: RulePath, asked: int | None, starts: Starts, stacklevel: int) -> None:
    """Warn if a path ends at fewer units than were asked for.

    Args:
        path: the path.
        asked: how many units it should have; None for as many as help.
        starts: where its networks come from.
        stacklevel: as in `warnings.warn`, as if it were called in place of this function.
    """
    largest = len(path) - 1
    if asked is None or largest >= asked or not path.complete:
        return
    why = (
        "the force and the elimination left no more; set starts to 'growth' or 'both' to add units"
        if starts == "force"
        else "no further unit bends on the rows"
    )
    warnings.warn(
        f"max_nonlinear is {asked}, but the path ends at {largest} units, since {why}.",
        ShortPathWarning,
        stacklevel=stacklevel + 1,
    )
