"""Backward elimination: from networks with many units to ever smaller ones, down to none.

At each size the best few networks are kept. From each of them, the units whose removal would raise the objective least
are taken out, one per trial, and the rest is refitted. The trial with the best objective is the network of the next
size, so a unit that the rest cannot make up for stays.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

import numpy as np

from prelu_rules.losses.squared import Squared
from prelu_rules.network.compact import CompactForm
from prelu_rules.refine.curvature import Task
from prelu_rules.refine.outputs import outputs_refitted
from prelu_rules.refine.refit import damped_step, refit
from prelu_rules.refine.second_order import LEAST_DAMPING
from prelu_rules.values import FloatArray

KEPT = 2
"""How many networks of each size are kept."""

TRIALS = 2
"""How many units are tried in each of them."""

SMALL = 2
"""Networks with at most so many units are refitted so fast that three times as many are kept, and each unit is
tried."""

SAME_OBJECTIVE = 1e-6
"""Networks of one size whose objectives differ relatively by less than this count as the same."""


def eliminate(
    systems: Iterable[CompactForm], task: Task, kept: int = KEPT, trials: int = TRIALS, small: int = SMALL
) -> dict[int, CompactForm]:
    """Find the best network of each size, from the largest given one down to no units.

    Args:
        systems: networks to start from, of any sizes, with the same inputs and outputs.
        task: the rows that they are fitted to.
        kept: how many networks of each size are kept.
        trials: how many units are tried in each of them.
        small: up to this size every unit is tried, and three times as many networks are kept.

    Returns:
        For each number of units from 0, a network fitted to the rows; no size is missing.

    Example:
        >>> from prelu_rules.refine.curvature import objective
        >>> from prelu_rules.losses.squared import Squared
        >>> x = np.linspace(-1, 1, 41)[:, None]
        >>> task = Task(x, np.abs(x), np.full(41, 1 / 41), Squared(), 1e-9)
        >>> weights = np.array([[1.0, 0, 0.3], [1, 0.8, 0]])
        >>> start = CompactForm(weights, np.array([[1, 0, 1], [1, 1, 1]], dtype=bool), 1)
        >>> path = eliminate([start], task)
        >>> sorted(path), bool(objective(path[1], task) < 1e-6)
        ([0, 1], True)
    """
    return {system.n_units: system for system in eliminations(systems, task, kept, trials, small)}


def eliminations(
    systems: Iterable[CompactForm], task: Task, kept: int = KEPT, trials: int = TRIALS, small: int = SMALL
) -> Iterator[CompactForm]:
    """Like `eliminate`, but size by size, for callers that do not need the smallest ones.

    Args:
        systems: networks to start from, of any sizes, with the same inputs and outputs.
        task: the rows that they are fitted to.
        kept: how many networks of each size are kept.
        trials: how many units are tried in each of them.
        small: up to this size every unit is tried, and three times as many networks are kept.

    Yields:
        The best network of each size, from the largest size down.

    Example:
        >>> from prelu_rules.losses.squared import Squared
        >>> task = Task(np.eye(3), np.ones((3, 1)), np.full(3, 1 / 3), Squared(), 1e-9)
        >>> start = CompactForm(np.ones((3, 6)), np.tri(3, 6, k=2, dtype=bool), 3)
        >>> [system.n_units for system in eliminations([start], task)]
        [2, 1, 0]
    """
    waiting: dict[int, list[CompactForm]] = {}
    for system in systems:
        waiting.setdefault(system.n_units, []).append(system)
    fitted: list[tuple[float, CompactForm]] = []
    for size in range(max(waiting), -1, -1):
        for system in waiting.get(size, []):
            refitted, value = refit(system, task)
            fitted.append((value, refitted))
        leaders = _distinct(fitted)[: kept if size > small else 3 * kept]
        yield leaders[0][1]
        fitted = []
        for _, system in leaders:
            for candidate in cheapest_eliminations(system, task)[: trials if size > small else size]:
                refitted, value = refit(candidate, task)
                fitted.append((value, refitted))


def _distinct(fitted: Sequence[tuple[float, CompactForm]]) -> list[tuple[float, CompactForm]]:
    """The distinct networks, best first."""
    ordered: list[tuple[float, CompactForm]] = []
    for value, system in sorted(fitted, key=lambda pair: pair[0]):
        if not ordered or value > ordered[-1][0] * (1 + SAME_OBJECTIVE):
            ordered.append((value, system))
    return ordered


def cheapest_eliminations(system: CompactForm, task: Task) -> list[CompactForm]:
    """The network without each of its units, which is replaced by its better side; cheapest first.

    Args:
        system: the network.
        task: the rows.

    Returns:
        A network with one unit less for each unit; only its outputs are refitted.
    """
    moments = _moments(system, task) if isinstance(task.loss, Squared) else None
    candidates = []
    for unit in range(system.n_units):
        if moments is not None and not system.weights[: system.n_units, system.n_inputs + unit].any():
            candidates.append(_without_column(system, unit, task, moments))
            continue
        sides = [_outputs_refitted(system.without(unit, always), task) for always in (False, True)]
        candidates.append(min(sides, key=lambda side: side[0]))
    return [candidate for _, candidate in sorted(candidates, key=lambda pair: pair[0])]


class _Moments(NamedTuple):
    """Features, and the weighted second moments that determine the outputs."""

    features: FloatArray
    second: FloatArray
    right: FloatArray


def _moments(system: CompactForm, task: Task) -> _Moments:
    """The moments of all features, `(n_features, n_features)`, with the penalty, and those with the targets."""
    features = system.features(task.x)
    weighted = features.T * task.weights
    second = weighted @ features
    second[np.diag_indices(len(second) - 1)] += _output_penalties(system, task)
    return _Moments(features, second, weighted @ task.y)


def _output_penalties(system: CompactForm, task: Task) -> FloatArray:
    """The penalties of the outputs' weights, `(n_inputs + n_units,)`."""
    return np.repeat([task.ridge, task.ridge_on_bends], [system.n_inputs, system.n_units])


def _without_column(system: CompactForm, unit: int, task: Task, moments: _Moments) -> tuple[float, CompactForm]:
    """The network without a unit that only outputs use, from the moments of all features without its own.

    Both sides are the same then: the outputs make up for a unit that stays open by its weights.
    """
    rest = np.delete(np.arange(moments.features.shape[1]), system.n_inputs + unit)
    smaller = system.without(unit, always=False)
    outputs = _solved(smaller, moments.second[np.ix_(rest, rest)], moments.right[rest])
    predicted = moments.features[:, rest] @ outputs.T
    loss = float(task.weights @ task.loss.rows(predicted, task.y))
    penalty = 0.5 * float((outputs[:, :-1] ** 2 @ _output_penalties(smaller, task)).sum())
    return loss + penalty, _with_outputs(smaller, outputs)


def _outputs_refitted(system: CompactForm, task: Task) -> tuple[float, CompactForm]:
    """The objective with only the outputs refitted, which is cheap."""
    if isinstance(task.loss, Squared):
        moments = _moments(system, task)
        outputs = _solved(system, moments.second, moments.right)
        loss = float(task.weights @ task.loss.rows(moments.features @ outputs.T, task.y))
        penalty = 0.5 * float((outputs[:, :-1] ** 2 @ _output_penalties(system, task)).sum())
        return loss + penalty, _with_outputs(system, outputs)
    smaller, value = outputs_refitted(system, task, max_steps=3)
    return value, smaller


def _with_outputs(system: CompactForm, outputs: FloatArray) -> CompactForm:
    """The network with other weights of its outputs."""
    return CompactForm(np.vstack([system.weights[: system.n_units], outputs]), system.support, system.n_inputs)


def _solved(system: CompactForm, second: FloatArray, right: FloatArray) -> FloatArray:
    """The best outputs for squared errors: one system of equations, with the same matrix for every output."""
    outputs = damped_step(-right, second, LEAST_DAMPING)
    # If rounding leaves no solution, the outputs are unchanged.
    return system.weights[system.n_units :] if outputs is None else outputs.T
