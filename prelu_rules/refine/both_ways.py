"""Search for networks of each size, forward and backward.

Growth finds units in the order in which each helps most; elimination from the largest network finds small ones whose
units help together. Each size keeps the best, and growth starts again from where elimination found better ones
(Pudil, Novovicova and Kittler, "Floating search methods in feature selection", 1994).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from prelu_rules.network.compact import CompactForm
from prelu_rules.refine.curvature import Task, objective
from prelu_rules.refine.elimination import cheapest_eliminations
from prelu_rules.refine.growth import grow, grown, linear_fit
from prelu_rules.refine.refit import refit
from prelu_rules.refine.segments import bent_at_segments
from prelu_rules.refine.shape import FREE, Shape

TRIALS = 2
"""How many units are tried in each elimination."""

BETTER = 1e-4
"""A network counts as better if its objective is smaller by this share."""


def both_ways(
    task: Task, most: int, rng: np.random.Generator, shape: Shape = FREE, known: Sequence[CompactForm] = ()
) -> list[CompactForm]:
    """Find a network of each size.

    Args:
        task: the rows.
        most: the largest number of units.
        rng: the generator for the proposals.
        shape: what bends may use.
        known: networks with 0, 1, 2, ... units from an earlier search on the same rows, to go on from.

    Returns:
        Networks with 0, 1, 2, ... units, fitted to the rows; fewer than asked for if no further unit bends.

    Example:
        >>> from prelu_rules.losses.squared import Squared
        >>> x = np.linspace(-1, 1, 41)[:, None]
        >>> task = Task(x, np.abs(x), np.full(41, 1 / 41), Squared(), 1e-9)
        >>> [network.n_units for network in both_ways(task, 2, np.random.default_rng(0))]
        [0, 1, 2]
    """
    found = list(known) or [linear_fit(task)]
    for larger in grow(found[-1], task, rng, shape) if len(found) <= most else ():
        found.append(larger)
        if len(found) > most:
            break
    values, better = [objective(system, task) for system in found], []

    def improve(size: int, candidates: Sequence[CompactForm]) -> bool:
        """Whether one of the candidates replaces the network of a size."""
        before = values[size]
        for candidate in candidates:
            system, value = refit(candidate, task)
            if value < values[size] * (1 - BETTER):
                found[size], values[size] = system, value
        return values[size] < before

    if task.x.shape[1] == 1 and not task.loss.of_classes:
        for size, start in enumerate(bent_at_segments(found[0], len(found) - 1, task), start=1):
            if size >= len(known):
                improve(size, [start])
    new = set(range(max(len(known), 2), len(found)))
    for size in reversed(range(1, len(found) - 1)):
        # What the earlier search knew, it also took units from.
        if size + 1 in new and improve(size, cheapest_eliminations(found[size + 1], task)[:TRIALS]):
            new.add(size)
            better.append(size)
    # From networks that elimination has replaced, growth finds others.
    for size in reversed(better):
        one_more = grown(found[size], task, rng, shape)
        if one_more is not None:
            improve(size + 1, [one_more])
    return found
