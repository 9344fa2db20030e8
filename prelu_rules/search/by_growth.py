"""A path of networks by growth: the ridge and the size are chosen by rows that are left out of the whole search."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from tqdm import tqdm

from prelu_rules.domains.domain import Domain
from prelu_rules.network.compact import CompactForm
from prelu_rules.refine.both_ways import BETTER, both_ways
from prelu_rules.refine.curvature import Task, objective
from prelu_rules.refine.elimination import eliminate
from prelu_rules.refine.exploration import explore
from prelu_rules.refine.frontier import Frontier
from prelu_rules.refine.growth import linear_weights
from prelu_rules.refine.levels import searched_levels, sparsified_levels, undominated
from prelu_rules.refine.path import PathPoint
from prelu_rules.refine.refit import FEW_WEIGHTS, improved, refit
from prelu_rules.refine.restarts import restarted
from prelu_rules.refine.shape import FREE, Shape
from prelu_rules.rows.rows import Split
from prelu_rules.search.found import INTERRUPTED, Found
from prelu_rules.search.left_out_choice import Trials, tried
from prelu_rules.search.left_out_outputs import LeftOutOutputs, Networks
from prelu_rules.search.measure import Measure
from prelu_rules.search.parts import Growth
from prelu_rules.search.price_choice import chosen_price_share
from prelu_rules.search.separable import separating
from prelu_rules.search.settings import PathSettings
from prelu_rules.search.tasks import task_of

LAST_STEPS = 3
"""Steps of the last refit, to all rows, of networks that were found on a sample of them."""

LIGHTER = 0.1
"""A single column may have many steep bends; so a penalty that is smaller by this factor is tried, too."""

QUICK = 5
"""The largest size after an interrupt."""

FEW_UNITS = 5
"""With fewer rows than a network of so many units has weights, bends use few columns from the start."""

WIDE = 2
"""The largest size without a limit where even a network without units has more weights than second-order steps take."""

Level = tuple[Shape, list[CompactForm]]
"""Networks with ever fewer numbers, and what their bends may use."""

EXPLORED = 5
"""Up to this size networks are also searched for that make few rules."""

RESTARTED = range(2, 5)
"""The sizes of networks that are also searched for from random starts."""


def grown(
    split: Split,
    growth: Growth,
    starts: Sequence[CompactForm],
    settings: PathSettings,
    domain: Domain,
    seed: int,
    frontier: Frontier,
    phases: tqdm[Any],
    n_jobs: int | None,
) -> Found:
    """Add units one by one, and choose the ridge by rows that are left out.

    Args:
        split: the rows.
        growth: the rows to search on, and what is left out of which search.
        starts: trained networks, to start from as well.
        settings: the limits.
        domain: where rules are counted.
        seed: the seed of the proposals.
        frontier: collects networks with few rules.
        phases: shows how far the search is.
        n_jobs: joblib workers.

    Returns:
        The networks of the path.
    """
    try:
        ridges, shapes = _ridges(growth.rows, settings), _shapes(growth, settings)
        limit, explored = settings.max_nonlinear, EXPLORED
        if _is_wide(growth.rows):
            shapes, limit, explored = shapes[:1], WIDE if limit is None else limit, 0
        single = growth.rows.x.shape[1] == 1
        # Trained networks use all columns; thresholds of a single column give way only to what is clearly better.
        always = shapes[:1] if starts or single else ()
        trials = tried(growth.parts, growth.held, ridges, shapes, limit, seed, n_jobs, always)
        if single:
            trials = trials.of_first_shape_if_enough()
        phases.update()
        task, networks = _best(growth, trials, seed, starts)
        networks = _explored(networks, task, explored, seed, frontier)
        if growth.by_folds:
            trials = trials.started_from(networks, growth.parts, growth.held)
        phases.update()
        levels, lean = _sparsified(networks, trials, task, frontier, settings, n_jobs)
        share = 1.0
        if settings.is_free:
            levels += _searched([*levels, *lean], networks, trials, task, n_jobs)
            share = chosen_price_share(trials, growth.parts, growth.held, next(iter(networks)))
        kept = undominated([versions for _, versions in levels], task)
        levels = [(shape, some) for (shape, _), some in zip(levels, kept, strict=True)] + lean
        left_out = LeftOutOutputs(growth, trials, networks, task)
    except KeyboardInterrupt:
        warnings.warn(INTERRUPTED, stacklevel=4)
        shape = _shapes(growth, settings)[0]
        quick = both_ways(growth.rows, QUICK, np.random.default_rng(seed), shape)
        points = _points([(shape, [system]) for system in quick], split, growth, growth.rows, domain, None)
        return Found(points, growth.held.weights, complete=False)
    return Found(_points(levels, split, growth, task, domain, left_out), trials.weights, True, share)


def _ridges(task: Task, settings: PathSettings) -> tuple[float, ...]:
    """The penalties to choose from, in ascending order."""
    if settings.ridge or _is_wide(task):
        return (task.ridge,)
    found = task.loss.ridges(task.ridge)
    return found if task.x.shape[1] > 1 or task.loss.of_classes else (LIGHTER * found[0], *found)


def _shapes(growth: Growth, settings: PathSettings) -> tuple[Shape, ...]:
    """What bends may use; for a single column thresholds first, and then bends inside bends."""
    if growth.rows.x.shape[1] > 1:
        return settings.shapes[-1:] if _has_few_rows(growth, settings) else settings.shapes
    return tuple(dict.fromkeys(replace(settings.shapes[0], nesting=nesting) for nesting in (False, settings.nesting)))


def _has_few_rows(growth: Growth, settings: PathSettings) -> bool:
    """Whether bends of all columns would fit any of so few rows, or nothing with a penalty that keeps them from it.

    Then they use few columns from the start. The search among sparse networks may give them more; without one, as for
    classes, they could have no more.
    """
    if not settings.is_free or settings.starts != "growth" or growth.rows.loss.chosen_by != "criterion":
        return False
    n_weights = linear_weights(growth.rows) + FEW_UNITS * (growth.rows.x.shape[1] + 1)
    return min(len(part.train) for part in growth.parts) < n_weights


def _is_wide(task: Task) -> bool:
    """Whether even a network without units has so many weights that a single search takes long."""
    return linear_weights(task) > FEW_WEIGHTS


def _points(
    levels: Sequence[Level], split: Split, growth: Growth, task: Task, domain: Domain, left_out: LeftOutOutputs | None
) -> list[PathPoint]:
    """The networks, fitted to all rows if they were found on a sample, with their scores."""
    everything = task
    if not growth.by_folds and len(split.everything.y) > len(task):
        every = task_of(split.standardised(split.everything), task.loss)
        # The default penalty may depend on the number of rows; what was chosen is a multiple of it.
        everything = replace(every, ridge=task.ridge * every.ridge / growth.rows.ridge)
    measure = Measure(split.scale, growth.held, everything, domain)
    points = []
    for shape, system in ((shape, version) for shape, versions in levels for version in versions):
        outputs = system.predict(growth.held.x) if left_out is None else left_out.of(system, shape)
        last = system if everything is task else refit(system, everything, LAST_STEPS)[0]
        points.append(measure.point(last, outputs))
    return points


def _sparsified(
    networks: Networks, trials: Trials, task: Task, frontier: Frontier, settings: PathSettings, n_jobs: int | None
) -> tuple[list[Level], list[Level]]:
    """Networks with ever fewer numbers: from the best of each size and shape, and from those that make few rules."""
    first, most = next(iter(networks)), max(map(len, networks.values()))
    # A single unit has no unit to use.
    shapes = [trials.shapes(size) if size > 1 else [first] for size in range(most)]
    pairs = [(shape, size) for size, some in enumerate(shapes) for shape in some if size < len(networks[shape])]
    known = [(shape, networks[shape][size]) for shape, size in pairs]
    n_best = len(known)
    known += [(_shape_of(one, networks), one) for one in frontier.besides([system for _, system in known])]
    sparser = sparsified_levels([system for _, system in known], task, n_jobs, around=True)
    levels = [(shape, versions) for (shape, _), versions in zip(known, sparser, strict=True)]
    levels, lean = levels[:n_best], levels[n_best:]
    if settings.ridge is None:
        levels += [(first, versions) for versions in separating(networks[first][0], [task])[0]]
    return levels, lean


def _searched(
    levels: Sequence[Level], networks: Networks, trials: Trials, task: Task, n_jobs: int | None
) -> list[Level]:
    """Sparse networks that the criterion prefers to all sparser versions, of the sizes that may be chosen."""
    # A single column has thresholds only, and classes have no criterion that a search among many numbers could trust.
    if task.x.shape[1] == 1 or task.loss.chosen_by != "criterion":
        return []
    first = next(iter(networks))
    largest = min(trials.enough() + 1, len(networks[first]) - 1)
    small = [[system for system in versions if system.n_units <= largest] for _, versions in levels]
    return [(first, versions) for versions in searched_levels(small, task, n_jobs)]


def _shape_of(system: CompactForm, networks: Networks) -> Shape:
    """The narrowest shape that a network has."""
    free = system.with_support(system.weights != 0)
    fitting = (shape for shape in reversed(networks) if shape.restricted(free) == free)
    large = (shape for shape in fitting if system.n_units < len(networks[shape]))
    return next(large, next(iter(networks)))


def _best(growth: Growth, trials: Trials, seed: int, starts: Sequence[CompactForm]) -> tuple[Task, Networks]:
    """The rows with the ridge that was chosen, and the networks of each size that were fitted to them."""
    task = replace(growth.rows, ridge=trials.ridge)
    networks: Networks = {}
    for variant in trials.networks:
        if growth.by_folds:
            rng = np.random.default_rng([seed, len(growth.parts)])
            found = both_ways(task, trials.most, rng, variant.shape)
            found = [improved(one, trials.of_size(variant, size), task, BETTER) for size, one in enumerate(found)]
        else:
            found = list(trials.networks[variant][0])
        # Without some rows the search may have come to its end earlier.
        networks[variant.shape] = found[: trials.n_sizes(variant)]
    free = networks.get(FREE, [])
    for size, system in (eliminate(starts, task) if starts else {}).items():
        # Elimination starts from larger networks than are on the path.
        if size < len(free) and objective(system, task) < objective(free[size], task) * (1 - BETTER):
            free[size] = system
    return task, networks


def _restarted(few: dict[int, CompactForm], task: Task, rng: np.random.Generator) -> dict[int, CompactForm]:
    """Networks that are at least as good: units that only help together are found from random starts."""
    sizes = [size for size in RESTARTED if size in few]
    starts = {size: restarted(few[0], size, task, rng) for size in sizes}
    return few | {size: improved(few[size], starts[size], task, BETTER) for size in sizes}


def _explored(networks: Networks, task: Task, most: int, seed: int, frontier: Frontier) -> Networks:
    """Networks that are at least as good; all that are met are offered to the frontier."""
    better = {}
    for shape, found in networks.items():
        few = dict(enumerate(found[: most + 1]))
        if shape == FREE:
            few = _restarted(few, task, np.random.default_rng([seed, 3]))
        rng = np.random.default_rng([seed, 2])
        searched = explore(few, task, most, rng, 1, shape=shape, met=frontier.offer)
        better[shape] = [searched.get(size, system) for size, system in enumerate(found)]
    return better
