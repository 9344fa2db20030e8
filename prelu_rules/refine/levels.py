"""Sparser versions of networks of several sizes, computed in parallel by joblib; does not load Keras."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import count

import numpy as np
from joblib import Parallel, delayed

from prelu_rules.network.compact import CompactForm
from prelu_rules.refine.criterion import criterion, price, price_of_numbers
from prelu_rules.refine.curvature import Task
from prelu_rules.refine.sparse_search import sparse_search
from prelu_rules.refine.sparsification import sparsify, sparsify_around
from prelu_rules.refine.threads import single_blas_thread

Levels = list[list[CompactForm]]
"""For each size, networks with ever fewer numbers."""

FAR = 3.0
"""A size above the one that the criterion prefers is not searched if its criterion is higher by the price of so many
numbers."""


def sparsified_levels(
    systems: Sequence[CompactForm],
    task: Task,
    n_jobs: int | None = None,
    around: bool = False,
) -> Levels:
    """Sparsify each network; see `sparsify`.

    Args:
        systems: one for each size.
        task: the rows that they are fitted to.
        n_jobs: joblib workers; None for those of `joblib.parallel_config`, by default one. The result is the same.
        around: whether there are more around the network that the criterion prefers, see `sparsify_around`.

    Returns:
        For each network, the refitted network itself and sparser ones.

    Example:
        >>> from prelu_rules.losses.squared import Squared
        >>> task = Task(np.eye(3), np.ones((3, 1)), np.full(3, 1 / 3), Squared(), 1e-9)
        >>> start = CompactForm(np.ones((1, 4)), np.ones((1, 4), dtype=bool), 3)
        >>> [system.n_numbers for system in sparsified_levels([start], task)[0]]
        [4, 3, 2, 1]
    """
    return list(Parallel(n_jobs=n_jobs)(delayed(_level)(system, task, around) for system in systems))


def searched_levels(levels: Levels, task: Task, n_jobs: int | None = None) -> Levels:
    """Search around the network of each size that the criterion prefers; see `sparse_search`.

    Sizes with more units than the criterion prefers are left out if their criterion is far above the smallest one: a
    search hardly ever makes up for that, and theirs take longest.

    Args:
        levels: versions of networks, of any sizes.
        task: the rows that they are fitted to.
        n_jobs: as in `sparsified_levels`.

    Returns:
        For each size for which a better network was found, that network and sparser ones.

    Example:
        >>> from prelu_rules.losses.squared import Squared
        >>> x = np.random.default_rng(0).uniform(-1, 1, (100, 2))
        >>> task = Task(x, np.maximum(x[:, :1], 0) + x[:, 1:], np.full(100, 0.01), Squared(), 1e-9)
        >>> weights = np.array([[0.0, 1.0, 0.0, 0.1], [1.0, 0.0, 1.0, 0.0]])
        >>> [[better, *_]] = searched_levels([[CompactForm(weights, weights != 0, 2)]], task)
        >>> better.weights.round(3) + 0.0
        array([[1., 0., 0., 0.],
               [0., 1., 1., 0.]])
    """
    best: dict[int, tuple[float, CompactForm]] = {}
    for system in (version for level in levels for version in level):
        value = criterion(system, task)
        if system.n_units not in best or value < best[system.n_units][0]:
            best[system.n_units] = value, system
    if not best:
        return []
    lowest, preferred = min(best.values(), key=lambda pair: pair[0])
    near = [
        (value, system)
        for size, (value, system) in best.items()
        if size <= preferred.n_units or value <= lowest + FAR * price(system, task)
    ]
    found = Parallel(n_jobs=n_jobs)(delayed(_searched)(system, value, task) for value, system in near)
    return [level for level in found if level]


def undominated(levels: Levels, task: Task) -> Levels:
    """The versions that no other one of their size beats: in likelihood, in numbers, and in what these cost.

    Whatever a number costs, the criterion prefers none of the others, with or without a limit on the numbers.

    Args:
        levels: versions of networks, of any sizes.
        task: the rows that they are fitted to.

    Returns:
        Each level without what is beaten, and of several that are equally good, the first one only; all versions, if
        the loss is not a likelihood.

    Example:
        >>> from prelu_rules.losses.squared import Squared
        >>> task = Task(np.eye(2), np.ones((2, 1)), np.full(2, 0.5), Squared(), 1e-9)
        >>> long, wrong, short = (
        ...     CompactForm(np.array([weights]), np.array([weights]) != 0, 2)
        ...     for weights in ([0.5, 0.4, 0.6], [0.0, 0.0, 3.0], [0.0, 0.0, 1.0])
        ... )
        >>> [[system.weights.tolist() for system in level] for level in undominated([[long], [wrong, short]], task)]
        [[], [[[0.0, 0.0, 1.0]]]]
    """
    if task.loss.chosen_by != "criterion":
        return levels
    ranks = []
    for place, system in enumerate(system for level in levels for system in level):
        cost = price_of_numbers(system, task)
        ranks.append((criterion(system, task) - cost, cost, system.n_numbers, place, system.n_units))
    kept: list[tuple[float, float, int, int, int]] = []
    for rank in sorted(ranks):
        _, cost, n_numbers, _, size = rank
        # All that are kept so far fit as well.
        if not any(other[-1] == size and other[1] <= cost and other[2] <= n_numbers for other in kept):
            kept.append(rank)
    places, number = {place for *_, place, _ in kept}, count()
    return [[system for system in level if next(number) in places] for level in levels]


def _searched(system: CompactForm, value: float, task: Task) -> list[CompactForm]:
    with single_blas_thread():
        found = sparse_search(system, task, np.random.default_rng(system.n_units))
        return list(sparsify(found, task)) if criterion(found, task) < value else []


def _level(system: CompactForm, task: Task, around: bool) -> list[CompactForm]:
    # One thread in other processes too, so that sums are computed in the same order.
    with single_blas_thread():
        return sparsify_around(system, task, criterion) if around else list(sparsify(system, task))
