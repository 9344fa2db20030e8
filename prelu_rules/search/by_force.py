"""A path of networks by the force: units of trained networks are eliminated one by one, as in the paper."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from tqdm import tqdm

from prelu_rules.domains.domain import Domain
from prelu_rules.losses.loss import Loss
from prelu_rules.network.compact import CompactForm
from prelu_rules.refine.curvature import Task
from prelu_rules.refine.elimination import eliminate
from prelu_rules.refine.exploration import explore
from prelu_rules.refine.frontier import Frontier
from prelu_rules.refine.levels import Levels, sparsified_levels
from prelu_rules.refine.shape import SHALLOW
from prelu_rules.rows.rows import Split
from prelu_rules.search.found import INTERRUPTED, Found
from prelu_rules.search.measure import Measure
from prelu_rules.search.separable import separating
from prelu_rules.search.settings import PathSettings
from prelu_rules.search.tasks import task_of

FORCED_UNITS = 5
"""The largest size without a limit."""


def forced(
    split: Split,
    starts: Sequence[CompactForm],
    loss: Loss,
    settings: PathSettings,
    domain: Domain,
    rng: np.random.Generator,
    frontier: Frontier,
    phases: tqdm[Any],
    n_jobs: int | None,
) -> Found:
    """Eliminate the units of trained networks.

    Args:
        split: the rows.
        starts: the trained networks.
        loss: the loss that is minimised.
        settings: the limits.
        domain: where rules are counted.
        rng: the generator of a search for better networks.
        frontier: collects networks with few rules.
        phases: shows how far the search is.
        n_jobs: joblib workers.

    Returns:
        The networks of the path.
    """
    train, everything = (
        task_of(split.standardised(rows), loss, settings.ridge) for rows in (split.train, split.everything)
    )
    tried, refitted, complete = _refined(starts, [train, everything], settings, rng, frontier, phases, n_jobs)
    held = split.standardised(split.held)
    measure = Measure(split.scale, held, everything, domain)
    points = [
        measure.point(system, _nearest(tried_versions, system.n_numbers).predict(held.x))
        for versions, tried_versions in zip(refitted, tried, strict=True)
        for system in versions
    ]
    return Found(points, held.weights, complete)


def _refined(
    starts: Sequence[CompactForm],
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
    most = FORCED_UNITS if settings.max_nonlinear is None else settings.max_nonlinear
    best: Mapping[int, CompactForm] = {}
    try:
        best = explore(eliminate(starts, train), train, most, rng, met=frontier.offer)
        explore(best, train, most, rng, shape=SHALLOW, met=frontier.offer)
        phases.update()
        tried = sparsified_levels(_of_each_size(best, most), train, n_jobs)
        lean = sparsified_levels(frontier.besides(best.values()), train, n_jobs)
        phases.update()
        again = eliminate([level[0] for level in tried], everything)
        refitted = sparsified_levels(_of_each_size(again, most), everything, n_jobs)
        refitted += sparsified_levels([level[0] for level in lean], everything, n_jobs)
        apart = separating(tried[0][0], tasks) if settings.ridge is None else [[], []]
        return tried + lean + apart[0], refitted + apart[1], True
    except KeyboardInterrupt:
        warnings.warn(INTERRUPTED, stacklevel=4)
        best = best or eliminate(starts, train, kept=1, trials=1, small=0)
        quick = [[system] for system in _of_each_size(best, most)]
        return quick, quick, False


def _of_each_size(best: Mapping[int, CompactForm], most: int) -> list[CompactForm]:
    return [best[size] for size in range(min(max(best), most) + 1)]


def _nearest(level: Sequence[CompactForm], n_numbers: int) -> CompactForm:
    """The network whose number of numbers is closest."""
    return min(level, key=lambda system: abs(system.n_numbers - n_numbers))
