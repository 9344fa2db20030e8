"""Units to add to a network: random ones, ranked by how much of the residual each of them explains."""

from __future__ import annotations

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
    many = len(task) > PROPOSAL_ROWS
    rows = rng.choice(len(task), PROPOSAL_ROWS, replace=False) if many else slice(None)
    features = system.features(task.x[rows])
    weights = _proposed(features[:, : system.n_inputs] if shallow else features[:, :-1], rng)
    if shallow:
        weights = np.insert(weights, [system.n_inputs] * system.n_units, 0.0, axis=1)
    # The square roots of the rows' weights turn plain least squares into weighted least squares.
    root = np.sqrt(task.weights[rows])
    units = np.maximum(weights @ features.T, 0)
    units *= root
    basis, _ = np.linalg.qr(features * root[:, None])
    residual = task.loss.gradient(system.outputs(features), task.y[rows]) * root[:, None]
    # The basis is orthonormal, so what remains of units and residual follows from their products with it.
    along = units @ basis
    slope = units @ residual - along @ (basis.T @ residual)
    length = np.einsum("pn,pn->p", units, units)
    remaining = length - np.einsum("pb,pb->p", along, along)
    # A proposal that the existing features explain has nothing left but rounding errors.
    remaining = np.maximum(remaining, EXPLAINED * length + np.finfo(float).tiny)[:, None]
    order = np.argsort(-(slope**2 / remaining).sum(axis=1), kind="stable")
    return [system.with_unit(weights[k], -slope[k] / remaining[k]) for k in order[:n]]


def _proposed(inputs: FloatArray, rng: np.random.Generator) -> FloatArray:
    """Weights of random units that bend at one of the rows, `(PROPOSALS, n_inputs + 1)`."""
    deviation = inputs.std(axis=0)
    weights = rng.normal(size=(PROPOSALS, inputs.shape[1])) / np.where(deviation > 0, deviation, 1.0)
    weights *= rng.random(weights.shape) < rng.choice(SHARES, size=(PROPOSALS, 1))
    at = rng.integers(len(inputs), size=PROPOSALS)
    return np.column_stack([weights, -np.einsum("pd,pd->p", weights, inputs[at])])
