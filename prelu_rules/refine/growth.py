"""Forward growth: one unit at a time, from a network without units.

A unit is proposed where it explains most of what the network leaves over; the best few proposals are fitted alone, with
the outputs, which takes few weights, and the best of these are fitted together with all the others. What growth in this
order cannot find, `both_ways` finds by going back.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from prelu_rules.network.compact import CompactForm
from prelu_rules.refine.curvature import Task
from prelu_rules.refine.proposals import best_units, oblique, some_rows
from prelu_rules.refine.refit import FEW_WEIGHTS, refit
from prelu_rules.refine.shape import FREE, Shape
from prelu_rules.values import FloatArray

KNOTS = 10
"""How many knots are proposed on each feature."""

ALONE, TOGETHER = 3, 2
"""How many proposals are fitted alone with the outputs, and how many of them together with all other units."""

STEPS, GAIN = 8, 1e-3
"""What suffices to compare proposals that are fitted alone."""

PROPOSAL_ROWS = 1000
"""How many rows proposals are judged by, drawn at random if there are more."""


def linear_fit(task: Task) -> CompactForm:
    """The network without units, fitted.

    Args:
        task: the rows.

    Returns:
        The linear network.

    Example:
        >>> from prelu_rules.losses.squared import Squared
        >>> task = Task(np.array([[-1.0], [1.0]]), np.array([[1.0], [5.0]]), np.full(2, 0.5), Squared(), 1e-9)
        >>> linear_fit(task).weights.round(3)
        array([[2., 3.]])
    """
    shape = task.n_outputs, task.x.shape[1] + 1
    return refit(CompactForm(np.zeros(shape), np.ones(shape, dtype=bool), task.x.shape[1]), task)[0]


def linear_weights(task: Task) -> int:
    """The number of weights of a network without units.

    Args:
        task: the rows.

    Returns:
        One for each output and input, and a constant for each output.

    Example:
        >>> from prelu_rules.losses.squared import Squared
        >>> linear_weights(Task(np.eye(3), np.ones((3, 2)), np.full(3, 1 / 3), Squared(), 1e-4))
        8
    """
    return task.n_outputs * (task.x.shape[1] + 1)


def grow(system: CompactForm, task: Task, rng: np.random.Generator, shape: Shape = FREE) -> Iterator[CompactForm]:
    """Yield the network with one, two, three, ... more units.

    Args:
        system: the network to start from, fitted to the rows.
        task: the rows.
        rng: the generator for the proposals.
        shape: what bends may use.

    Yields:
        Ever larger networks, fitted to the rows; endlessly, unless there is nothing left to explain.

    Example:
        >>> from prelu_rules.losses.squared import Squared
        >>> x = np.linspace(-1, 1, 41)[:, None]
        >>> task = Task(x, np.abs(x), np.full(41, 1 / 41), Squared(), 1e-9)
        >>> one = next(grow(linear_fit(task), task, np.random.default_rng(0)))
        >>> one.n_units, bool(np.abs(one.predict(x) - np.abs(x)).max() < 1e-3)
        (1, True)
    """
    while True:
        larger = grown(system, task, rng, shape)
        if larger is None:
            return
        system = larger
        yield system


def grown(system: CompactForm, task: Task, rng: np.random.Generator, shape: Shape = FREE) -> CompactForm | None:
    """The network with one more unit.

    Args:
        system: a network fitted to the rows.
        task: the rows.
        rng: the generator for the proposals.
        shape: what bends may use.

    Returns:
        The best network that was found, fitted to the rows; None if no proposal bends on them.
    """
    fitted = [refit(larger, task) for larger in best_proposals(system, task, rng, shape)]
    return min(fitted, key=lambda pair: pair[1])[0] if fitted else None


def best_proposals(system: CompactForm, task: Task, rng: np.random.Generator, shape: Shape) -> list[CompactForm]:
    """The network with each of the best proposals, which are fitted with the outputs, the other units as they are.

    Args:
        system: a network fitted to the rows.
        task: the rows.
        rng: the generator for the proposals.
        shape: what bends may use.

    Returns:
        At most two networks with one unit more, the best first.
    """
    k, n_inputs = system.n_units, system.n_inputs + system.n_units
    part = some_rows(task, PROPOSAL_ROWS, rng)
    rest = replace(part, x=system.features(part.x)[:, :-1])
    found = []
    for weights, uses in _proposals(system, part, rng, shape):
        larger = shape.restricted(system.with_unit(weights, uses))
        if larger.support.sum() > FEW_WEIGHTS:
            return [larger]
        # Of the last rows of weights, the other units are inputs like any other.
        alone, value = refit(CompactForm(larger.weights[k:], larger.support[k:], n_inputs), rest, STEPS, GAIN)
        found.append((value, replace(larger, weights=np.vstack([larger.weights[:k], alone.weights]))))
    found.sort(key=lambda pair: pair[0])
    return [larger for _, larger in found[: TOGETHER if k else 1]]


def _proposals(
    system: CompactForm, task: Task, rng: np.random.Generator, shape: Shape
) -> list[tuple[FloatArray, FloatArray]]:
    """The weights of units that explain most of what is left over, and of their uses, best first."""
    features = system.features(task.x)
    inputs = features[:, :-1] if shape.nesting else features[:, : system.n_inputs]
    units = np.vstack([oblique(inputs, rng, shape.max_columns_per_bend), _one_feature(inputs)])
    return best_units(system, features, task, units, ALONE)


def _one_feature(inputs: FloatArray) -> FloatArray:
    """Weights of units that bend at quantiles of single features, `(KNOTS * n_inputs, n_inputs + 1)`."""
    n_inputs = inputs.shape[1]
    knots = np.quantile(inputs, (np.arange(KNOTS) + 0.5) / KNOTS, axis=0)
    weights = np.zeros((n_inputs, KNOTS, n_inputs + 1))
    weights[np.arange(n_inputs), :, np.arange(n_inputs)] = 1
    weights[:, :, -1] = -knots.T
    return weights.reshape(-1, n_inputs + 1)
