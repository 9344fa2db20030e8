"""Starts made of hinges `max(0, x_j - t)` and `max(0, t - x_j)`: one column each, joined greedily.

For each hinge that may join, all output weights are refitted in closed form, for every knot `t` at a value of every
column; then all weights are refitted, with one column in each bend, so that knots move freely between the values. That
is the forward pass of MARS (Friedman, "Multivariate adaptive regression splines", 1991) without products, and with free
knots.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy.linalg import cholesky, solve_triangular

from prelu_rules.network.compact import CompactForm
from prelu_rules.refine.curvature import Task
from prelu_rules.refine.exact_starts import exact_starts
from prelu_rules.refine.knot_sweep import sweep
from prelu_rules.refine.refit import refit
from prelu_rules.values import FloatArray

EXPLAINED = 1e-9
"""A hinge whose squared length the features explain up to this share adds nothing but rounding errors."""

SINGULAR = 1e-12
"""Added to the diagonal of the second derivative, relative to its mean, so that equal features do no harm."""

ROUNDING = 1e-12
"""A gain below this share of the loss without any weights is none."""

TRIALS = 3
"""How many hinges, on different columns, are refitted for each one that joins."""


def hinges(start: CompactForm, task: Task, most: int, trials: int = TRIALS) -> Iterator[CompactForm]:
    """Join the hinge that lowers the objective most, refit all weights, and repeat.

    In one dimension, with squared errors of one output, the best continuous piecewise linear fit of each size, see
    `exact_starts`, competes with what grew.

    Args:
        start: a network to start from, such as a linear one.
        task: the rows.
        most: how many hinges join at most.
        trials: how many hinges, on different columns, are refitted for each one that joins; the best of them stays.

    Yields:
        Networks with one, two, ... hinges more than the start, refitted, whose new units have one free column and a
        free constant; fewer than `most` if no further hinge lowers the objective.

    Example:
        >>> from prelu_rules.losses.squared import Squared
        >>> x = np.linspace(-1, 1, 41)[:, None]
        >>> task = Task(x, np.abs(x - 0.3), np.full(41, 1 / 41), Squared(), 1e-9)
        >>> flat = CompactForm(np.zeros((1, 2)), np.ones((1, 2), dtype=bool), 1)
        >>> one = next(hinges(flat, task, 1))
        >>> knot = -one.weights[0, -1] / one.weights[0, 0]
        >>> round(float(knot), 3)
        0.3
    """
    exact = exact_starts(start, task, most)
    nothing = np.zeros((len(task), start.n_outputs))
    least_gain = ROUNDING * float(task.weights @ task.loss.rows(nothing, task.y))
    system, value = refit(start, task)
    for size in range(most):
        candidates = with_hinges(system, task)[:trials] + exact[size : size + 1]
        if not candidates:
            return
        fitted = [refit(candidate, task) for candidate in candidates]
        larger, reached = min(fitted, key=lambda pair: pair[1])
        if reached >= value - least_gain:
            return
        system, value = larger, reached
        yield system


def with_hinges(system: CompactForm, task: Task) -> list[CompactForm]:
    """The network plus the best hinge of each column, best column first.

    The best hinge is the one that lowers the objective most if the output weights are refitted with it, and if its own
    scale is the one that the penalty likes best; for losses other than squared errors, in one second-order step.

    Args:
        system: the network.
        task: the rows.

    Returns:
        A network for each column on which some hinge lowers the objective. Only the new unit's column, its constant
        and its uses have become free.

    Example:
        >>> from prelu_rules.losses.squared import Squared
        >>> x = np.linspace(-1, 1, 41)[:, None]
        >>> task = Task(x, np.abs(x - 0.3), np.full(41, 1 / 41), Squared(), 1e-9)
        >>> flat = CompactForm(np.zeros((1, 2)), np.ones((1, 2), dtype=bool), 1)
        >>> [larger] = with_hinges(flat, task)
        >>> larger.scaled().weights[0].round(9), larger.support[0]
        (array([ 1. ,  0. , -0.3]), array([ True, False,  True]))
    """
    models = _models(system, task)
    found = []
    for column in range(system.n_inputs):
        values = np.ascontiguousarray(task.x[:, column])
        rising = np.argsort(values, kind="stable")
        sides = [_best_knot(sign * values, rising[::-sign], models, task.ridge) for sign in (1, -1)]
        sign = 1 if sides[0][0] >= sides[1][0] else -1
        gain, knot, uses = sides[0] if sign == 1 else sides[1]
        if gain > 0:
            found.append((gain, column, sign, knot, uses))
    found.sort(key=lambda one: -one[0])
    return [_joined(system, column, sign, knot, uses) for _, column, sign, knot, uses in found]


@dataclass(frozen=True)
class _Model:
    """What a sweep needs to know of the network, for outputs whose rows have the same curvature."""

    basis: FloatArray
    curvature: FloatArray
    pull: FloatArray


def _models(system: CompactForm, task: Task) -> list[_Model]:
    """One model for all outputs if the second derivative is the identity, else one for each output."""
    features = system.features(task.x)
    outputs = system.outputs(features)
    downhill = -task.weights[:, None] * task.loss.gradient(outputs, task.y)
    root = task.loss.root(outputs)
    weights = system.weights[system.n_units :]
    used = np.flatnonzero(system.support[system.n_units :].any(axis=0))
    penalty = np.where(used < features.shape[1] - 1, task.ridge, 0.0)
    features, weights = features[:, used], weights[:, used]
    if root is None:
        return [_model(features, weights, penalty, task.weights, downhill)]
    # What outputs have to do with each other is left to the refit.
    curvature = task.weights[:, None] * (root**2).sum(axis=2)
    each = range(system.n_outputs)
    return [_model(features, weights[[o]], penalty, curvature[:, o], downhill[:, [o]]) for o in each]


def _model(
    features: FloatArray, weights: FloatArray, penalty: FloatArray, curvature: FloatArray, downhill: FloatArray
) -> _Model:
    """The features made orthonormal, and the pull that is left when their output weights have been refitted."""
    second = (features.T * curvature) @ features
    diagonal = np.einsum("ii->i", second)
    diagonal += penalty + SINGULAR * diagonal.mean()
    root = cholesky(second, lower=True)
    basis = np.ascontiguousarray(solve_triangular(root, features.T, lower=True).T)
    step = solve_triangular(root, features.T @ downhill - penalty[:, None] * weights.T, lower=True)
    return _Model(basis, np.ascontiguousarray(curvature), downhill - curvature[:, None] * (basis @ step))


def _best_knot(
    values: FloatArray, falling: np.ndarray, models: list[_Model], ridge: float
) -> tuple[float, float, FloatArray]:
    """The gain, the knot and the output weights of the best hinge `max(0, x - t)` on a column."""
    swept = [sweep(values, falling, model.basis, model.curvature, model.pull) for model in models]
    pull = np.hstack([pulls for pulls, _, _ in swept])
    rest = np.column_stack([rests for _, _, rests in swept])
    new = np.column_stack([rests > EXPLAINED * squares for _, squares, rests in swept])
    share = np.where(new, pull, 0.0)
    knots = values[falling]
    # With the best scale `s` of the hinge, the penalty on `s^2 (1 + t^2) + |c / s|^2` is the following, times |c|.
    charge = ridge * np.sqrt(1 + knots**2)
    strength = np.linalg.norm(share, axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        left = np.where(strength > charge, 1 - charge / strength, 0.0)
        uses = np.where(new, share / rest, 0.0)
    gains = 0.5 * left**2 * (uses * share).sum(axis=1)
    best = int(gains.argmax())
    return float(gains[best]), float(knots[best]), left[best] * uses[best]


def _joined(system: CompactForm, column: int, sign: int, knot: float, uses: FloatArray) -> CompactForm:
    """The network plus a hinge, at the scale at which the penalty on all its weights is smallest."""
    scale = np.sqrt(np.linalg.norm(uses) / np.sqrt(1 + knot**2))
    weights = np.zeros(system.weights.shape[1])
    weights[column], weights[-1] = sign * scale, -knot * scale
    larger = system.with_unit(weights, uses / scale)
    support = larger.support.copy()
    support[system.n_units] = np.insert(weights, -1, 0.0) != 0
    support[system.n_units, -1] = True
    return larger.with_support(support)
