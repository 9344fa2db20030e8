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
from prelu_rules.refine.refit import FEW_WEIGHTS, refit
from prelu_rules.values import FloatArray

OBLIQUE = 200
"""How many units of random directions are proposed."""

KNOTS = 10
"""How many knots are proposed on each feature."""

SHARES = (0.3, 0.6, 1.0)
"""How many of the features an oblique proposal uses."""

ALONE, TOGETHER = 6, 2
"""How many proposals are fitted alone with the outputs, and how many of them together with all other units."""

ALONE_STEPS, ALONE_GAIN = 8, 1e-3
"""What suffices to compare proposals that are fitted alone."""

PROPOSAL_ROWS = 600
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
    n_outputs = task.y.shape[1] if task.y.ndim == 2 else task.loss.n_outputs(np.atleast_1d(task.y.max()))
    shape = n_outputs, task.x.shape[1] + 1
    return refit(CompactForm(np.zeros(shape), np.ones(shape, dtype=bool), task.x.shape[1]), task)[0]


def grow(system: CompactForm, task: Task, rng: np.random.Generator, *, shallow: bool = False) -> Iterator[CompactForm]:
    """Yield the network with one, two, three, ... more units.

    Args:
        system: the network to start from, fitted to the rows.
        task: the rows.
        rng: the generator for the proposals.
        shallow: whether units may use inputs only.

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
        larger = grown(system, task, rng, shallow=shallow)
        if larger is None:
            return
        system = larger
        yield system


def grown(system: CompactForm, task: Task, rng: np.random.Generator, *, shallow: bool = False) -> CompactForm | None:
    """The network with one more unit.

    Args:
        system: a network fitted to the rows.
        task: the rows.
        rng: the generator for the proposals.
        shallow: whether the unit may use inputs only.

    Returns:
        The best network that was found, fitted to the rows; None if no proposal bends on them.
    """
    features = system.features(task.x)
    together = [_joined(system, alone) for alone in _fitted_alone(system, features, task, rng, shallow)]
    fitted = [refit(larger.shallow() if shallow else larger, task) for larger in together]
    return min(fitted, key=lambda pair: pair[1])[0] if fitted else None


def _fitted_alone(
    system: CompactForm, features: FloatArray, task: Task, rng: np.random.Generator, shallow: bool
) -> list[CompactForm]:
    """The best proposals, each fitted with the outputs while the other units are inputs like any other."""
    k, outputs = system.n_units, system.weights[system.n_units :]
    n_inputs = features.shape[1] - 1
    may_use = np.ones(n_inputs + 2, dtype=bool)
    may_use[n_inputs] = False
    may_use[system.n_inputs : n_inputs] = not shallow
    rest = replace(task, x=features[:, :-1])
    found = []
    for weights, uses in _proposals(system, features, task, rng, shallow):
        rows = np.vstack([np.insert(weights, n_inputs, 0.0), np.insert(outputs, n_inputs, uses, axis=1)])
        free = np.vstack([may_use, np.ones((len(outputs), n_inputs + 2), dtype=bool)])
        found.append(CompactForm(rows, free, n_inputs))
    if system.support.sum() + n_inputs > FEW_WEIGHTS:
        return found[:1]
    fitted = [refit(alone, rest, ALONE_STEPS, ALONE_GAIN) for alone in found]
    return [alone for alone, _ in sorted(fitted, key=lambda pair: pair[1])[: TOGETHER if k else 1]]


def _joined(system: CompactForm, alone: CompactForm) -> CompactForm:
    """The network with the unit of a network that has the other units among its inputs, and its outputs."""
    k, column = system.n_units, alone.n_inputs
    larger = system.with_unit(np.delete(alone.weights[0], column), alone.weights[1:, column])
    return larger.with_free(np.vstack([larger.weights[: k + 1], alone.weights[1:]])[larger.support])


def _proposals(
    system: CompactForm, features: FloatArray, task: Task, rng: np.random.Generator, shallow: bool
) -> list[tuple[FloatArray, FloatArray]]:
    """The weights of units that explain most of what is left over, and of their uses, best first."""
    many = len(task) > PROPOSAL_ROWS
    rows = rng.choice(len(task), PROPOSAL_ROWS, replace=False) if many else np.arange(len(task))
    features = features[rows]
    weights = np.zeros((0, features.shape[1]))
    usable = system.n_inputs if shallow else features.shape[1] - 1
    weights = np.vstack([_oblique(features[:, :usable], rng), _one_feature(features[:, :usable])])
    units = np.maximum(features[:, :usable] @ weights[:, :-1].T + weights[:, -1], 0)
    # The square roots of the rows' weights turn plain least squares into weighted least squares.
    root = np.sqrt(task.weights[rows])[:, None]
    basis, _ = np.linalg.qr(features * root)
    units *= root
    before = (units**2).sum(axis=0)
    units -= basis @ (basis.T @ units)
    length = (units**2).sum(axis=0)
    # A proposal that the features explain has nothing left but rounding errors.
    bends = np.flatnonzero(length > 1e-9 * before)
    slope = units.T @ (task.loss.gradient(system.outputs(features), task.y[rows]) * root)
    gain = (slope[bends] ** 2).sum(axis=1) / length[bends]
    chosen = bends[np.argsort(-gain, kind="stable")[:ALONE]]
    wide = np.insert(weights[chosen], [usable] * (features.shape[1] - 1 - usable), 0.0, axis=1)
    return list(zip(wide, -slope[chosen] / length[chosen, None], strict=True))


def _oblique(inputs: FloatArray, rng: np.random.Generator) -> FloatArray:
    """Weights of random units that bend at one of the rows, `(OBLIQUE, n_inputs + 1)`."""
    deviation = inputs.std(axis=0)
    weights = rng.normal(size=(OBLIQUE, inputs.shape[1])) / np.where(deviation > 0, deviation, 1.0)
    weights *= rng.random(weights.shape) < rng.choice(SHARES, size=(OBLIQUE, 1))
    at = rng.integers(len(inputs), size=OBLIQUE)
    return np.column_stack([weights, -np.einsum("pd,pd->p", weights, inputs[at])])


def _one_feature(inputs: FloatArray) -> FloatArray:
    """Weights of units that bend at quantiles of single features, `(KNOTS * n_inputs, n_inputs + 1)`."""
    n_inputs = inputs.shape[1]
    knots = np.quantile(inputs, (np.arange(KNOTS) + 0.5) / KNOTS, axis=0)
    weights = np.zeros((n_inputs, KNOTS, n_inputs + 1))
    weights[np.arange(n_inputs), :, np.arange(n_inputs)] = 1
    weights[:, :, -1] = -knots.T
    return weights.reshape(-1, n_inputs + 1)
