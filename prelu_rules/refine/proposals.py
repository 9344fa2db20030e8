"""Units to add to a network: random ones, ranked by how much of the residual each of them explains."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from prelu_rules.network.compact import CompactForm
from prelu_rules.refine.curvature import Task
from prelu_rules.refine.refit import FEW_WEIGHTS
from prelu_rules.values import FloatArray

PROPOSALS = 200
"""How many random units are drawn for each place where one may be added."""

TRIALS = 6
"""How many networks are refitted for each size in each direction."""

PROPOSAL_ROWS = 2000
"""How many rows proposals are judged by, drawn at random if there are more."""

SHARES = (0.3, 0.6, 1.0)
"""How many of the inputs a proposed unit uses."""

ROUNDING = 1e-24
"""A unit whose squares are below this share of those of its terms is 0 on all rows, up to rounding errors: it bends at
the last row, or beyond it."""

EXPLAINED = 1e-10
"""A unit of which less than this share is left besides the existing features adds nothing; rounding errors of the share
are near 1e-15.
"""


def joined(
    system: CompactForm, task: Task, rng: np.random.Generator, shallow: bool, n: int = TRIALS
) -> list[CompactForm]:
    """The network plus each of the units that explain most of the residual.

    Args:
        system: the network.
        task: the rows.
        rng: the generator for the proposals.
        shallow: whether units may use inputs only.
        n: how many units are wanted.

    Returns:
        Networks with one unit more, the most promising first; none if their refits would take long.

    Example:
        >>> from prelu_rules.losses.squared import Squared
        >>> x = np.linspace(-1, 1, 41)[:, None]
        >>> task = Task(x, np.abs(x), np.full(41, 1 / 41), Squared(), 1e-9)
        >>> flat = CompactForm(np.array([[0.0, 0.5]]), np.ones((1, 2), dtype=bool), 1)
        >>> [system.n_units for system in joined(flat, task, np.random.default_rng(0), shallow=True, n=2)]
        [1, 1]
    """
    if system.support.sum() + system.support.shape[1] > FEW_WEIGHTS:
        return []
    part = some_rows(task, PROPOSAL_ROWS, rng)
    features = system.features(part.x)
    inputs = features[:, : system.n_inputs] if shallow else features[:, :-1]
    return [system.with_unit(*unit) for unit in best_units(system, features, part, oblique(inputs, rng), n)]


def some_rows(task: Task, most: int, rng: np.random.Generator) -> Task:
    """The rows of a task, or a random selection of them if there are more than wanted.

    Args:
        task: the rows.
        most: how many are enough.
        rng: the generator.

    Returns:
        The task itself, or one with fewer rows.
    """
    if len(task) <= most:
        return task
    rows = rng.choice(len(task), most, replace=False)
    return replace(task, x=task.x[rows], y=task.y[rows], weights=task.weights[rows])


def oblique(inputs: FloatArray, rng: np.random.Generator, most: int | None = None) -> FloatArray:
    """Random units that bend at one of the rows.

    Args:
        inputs: `(n_rows, n_inputs)`, what units may use.
        rng: the generator.
        most: how many of the inputs a unit uses at most; None for one of `SHARES`.

    Returns:
        `(PROPOSALS, n_inputs + 1)`, weights and constants.
    """
    deviation = inputs.std(axis=0)
    weights = rng.normal(size=(PROPOSALS, inputs.shape[1])) / np.where(deviation > 0, deviation, 1.0)
    if most is None:
        weights *= rng.random(weights.shape) < rng.choice(SHARES, size=(PROPOSALS, 1))
    elif most < inputs.shape[1]:
        weights *= rng.random(weights.shape).argsort(axis=1) < most
    at = rng.integers(len(inputs), size=PROPOSALS)
    return np.column_stack([weights, -np.einsum("pd,pd->p", weights, inputs[at])])


def best_units(
    system: CompactForm, features: FloatArray, task: Task, units: FloatArray, n: int
) -> list[tuple[FloatArray, FloatArray]]:
    """The units that explain most of the residual.

    Args:
        system: the network.
        features: `(n_rows, n_features)`, of the network.
        task: the rows.
        units: `(n_units, n_used + 1)`, weights on the first features, and constants.
        n: how many are wanted.

    Returns:
        For each, the best one first, its weights `(n_features,)` and its uses `(n_outputs,)`, as `with_unit` takes
        them. Units that the features explain, such as those that do not bend on the rows, are left out.
    """
    # The square roots of the rows' weights turn plain least squares into weighted least squares.
    root = np.sqrt(task.weights)
    n_used = units.shape[1] - 1
    weighted = features * root[:, None]
    # The last feature is 1.
    used = np.hstack([weighted[:, :n_used], weighted[:, -1:]])
    # In place: with several arrays of this size, memory would be slower than the arithmetic.
    values = units @ used.T
    np.maximum(values, 0, out=values)
    basis, _ = np.linalg.qr(weighted)
    residual = task.loss.gradient(system.outputs(features), task.y) * root[:, None]
    # The basis is orthonormal, so what remains of units and residual follows from their products with it.
    along = values @ basis
    slope = values @ residual - along @ (basis.T @ residual)
    length = np.einsum("pn,pn->p", values, values)
    remaining = length - np.einsum("pb,pb->p", along, along)
    is_open = length > ROUNDING * (units**2 @ np.einsum("nu,nu->u", used, used))
    bends = np.flatnonzero(is_open & (remaining > EXPLAINED * length))
    gain = (slope[bends] ** 2).sum(axis=1) / remaining[bends]
    best = bends[np.argsort(-gain, kind="stable")[:n]]
    weights = np.insert(units[best], [n_used] * (features.shape[1] - 1 - n_used), 0.0, axis=1)
    return list(zip(weights, -slope[best] / remaining[best, None], strict=True))
