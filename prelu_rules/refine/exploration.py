"""Forward and backward search: add units to small networks and take others out, as long as that finds better ones.

Elimination comes from above, so a small network can only have units that the large one ended with. Floating search
(Pudil, Novovicova and Kittler, "Floating search methods in feature selection", 1994) goes up again from every size:
units that explain much of the residual are added, and each size keeps the best network found.

Of two networks of a size that are nearly as good, one may make far fewer rules. So every network can be reported to a
callback, and the search can be restricted to shallow networks, whose bends are straight and cross less.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from prelu_rules.network.compact import CompactForm
from prelu_rules.refine.curvature import Task, objective
from prelu_rules.refine.elimination import cheapest_eliminations
from prelu_rules.refine.proposals import TRIALS, joined
from prelu_rules.refine.refit import refit
from prelu_rules.refine.shape import FREE, Shape

ROUNDS = 3
BETTER = 1e-4
"""A network counts as better if its objective is smaller by this share."""


def explore(
    best: Mapping[int, CompactForm],
    task: Task,
    most: int,
    rng: np.random.Generator,
    rounds: int = ROUNDS,
    *,
    shape: Shape = FREE,
    met: Callable[[float, CompactForm], object] | None = None,
) -> dict[int, CompactForm]:
    """Search for better networks of each size by adding units and taking others out.

    Args:
        best: for each number of units from 0, a network fitted to the rows.
        task: the rows.
        most: the largest size to search.
        rng: the generator for the proposals.
        rounds: how often to go up and down; the search ends earlier if a round finds nothing.
        shape: what bends may use. Other weights of the given networks are cut, and they are refitted.
        met: called with the objective of every network and the network itself; the given ones come first.

    Returns:
        For each size up to `most`, as far as `best` goes, a network that is at least as good as the given one (after
        the cut).

    Example:
        >>> from prelu_rules.losses.squared import Squared
        >>> x = np.linspace(-1, 1, 41)[:, None]
        >>> task = Task(x, np.abs(x), np.full(41, 1 / 41), Squared(), 1e-9)
        >>> flat = CompactForm(np.array([[0.0, 0.5]]), np.ones((1, 2), dtype=bool), 1)
        >>> useless = flat.with_unit(np.array([1.0, -0.9]), np.array([0.1]))
        >>> found = explore({0: flat, 1: useless}, task, 1, np.random.default_rng(0))
        >>> bool(objective(found[1], task) < 1e-6)
        True
    """
    found: dict[int, tuple[float, CompactForm]] = {}

    def improve(size: int, candidates: Sequence[CompactForm]) -> bool:
        """Whether one of the first few candidates, refitted, replaces the network of a size."""
        before = found[size]
        for candidate in candidates[:TRIALS]:
            system, value = refit(shape.restricted(candidate), task)
            if met:
                met(value, system)
            if value < found[size][0] * (1 - BETTER):
                found[size] = value, system
        return found[size] is not before

    for size in sorted(size for size in best if size <= most):
        system = best[size] if shape == FREE else refit(shape.restricted(best[size]), task)[0]
        found[size] = objective(system, task), system
        if met:
            met(*found[size])
    for _ in range(rounds):
        up = [
            improve(size, joined(found[size - 1][1], task, rng, shallow=not shape.nesting))
            for size in sorted(found)[1:]
        ]
        down = [
            improve(size, cheapest_eliminations(found[size + 1][1], task)) for size in sorted(found, reverse=True)[1:]
        ]
        if not any(up + down):
            break
    return {size: system for size, (_, system) in found.items()}
