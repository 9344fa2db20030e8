"""Random starts for networks of a few units.

Growth places the first unit where it helps most on its own. Where two units help only together, one inside the other,
this ends in another minimum than theirs. A few random starts of the whole network find it, and cost little on some of
the rows.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from prelu_rules.network.compact import CompactForm
from prelu_rules.refine.outputs import outputs_refitted
from prelu_rules.refine.proposals import some_rows
from prelu_rules.refine.refit import refit
from prelu_rules.refine.task import Task

STARTS, BEST = 30, 5
"""How many networks are drawn, and how many of them are fitted to all rows."""

STEPS, GAIN = 15, 1e-3
"""What suffices to compare them."""

LEAST_ROWS, ROWS_PER_WEIGHT = 500, 5
"""They are compared on so many rows, and on more if there are many weights."""

MOST_WEIGHTS = 150
"""Larger networks are not drawn, since each start would take long."""

MIDDLE = 0.2, 0.8
"""Between these quantiles of its pre-activation each unit bends."""


def restarted(linear: CompactForm, n_units: int, task: Task, rng: np.random.Generator) -> list[CompactForm]:
    """The best of some networks that start from random units.

    Args:
        linear: the network without units.
        n_units: how many units to draw.
        task: the rows.
        rng: the generator of the units.

    Returns:
        `BEST` networks that were fitted to some of the rows, the best first; none if there are too many weights, or
        several logits, whose refits take long.

    Example:
        >>> from prelu_rules.losses.squared import Squared
        >>> x = np.linspace(-1, 1, 41)[:, None]
        >>> task = Task(x, np.abs(x), np.full(41, 1 / 41), Squared(), 1e-9)
        >>> flat = CompactForm(np.array([[0.0, 0.5]]), np.ones((1, 2), dtype=bool), 1)
        >>> best = restarted(flat, 1, task, np.random.default_rng(0))[0]
        >>> best.n_units, bool(np.abs(best.predict(x) - np.abs(x)).max() < 1e-3)
        (1, True)
    """
    n_features = task.x.shape[1] + n_units + 1
    n_weights = (n_units + task.n_outputs) * n_features
    if n_weights > MOST_WEIGHTS or (task.loss.of_classes and task.n_outputs > 1):
        return []
    part = some_rows(task, max(LEAST_ROWS, ROWS_PER_WEIGHT * n_weights), rng)
    part = replace(part, weights=part.weights / part.weights.sum())
    starts = [_drawn(linear, n_units, part, rng) for _ in range(STARTS)]
    fitted = sorted((refit(start, part, STEPS, GAIN) for start in starts), key=lambda pair: pair[1])
    return [system for system, _ in fitted[:BEST]]


def _drawn(linear: CompactForm, n_units: int, task: Task, rng: np.random.Generator) -> CompactForm:
    """Units in random directions, and the outputs that are best with them."""
    system, unused = linear, np.zeros(linear.n_outputs)
    for _ in range(n_units):
        features = system.features(task.x)[:, :-1]
        deviation = features.std(axis=0)
        weights = rng.normal(size=features.shape[1]) / np.where(deviation > 0, deviation, 1.0)
        constant = -np.quantile(features @ weights, rng.uniform(*MIDDLE))
        system = system.with_unit(np.append(weights, constant), unused)
    return outputs_refitted(system, task, STEPS, GAIN)[0]
