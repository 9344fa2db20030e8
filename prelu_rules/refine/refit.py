"""Refits of all free weights at once: Levenberg-Marquardt if there are few of them, L-BFGS otherwise.

The loss is smooth except at kinks, and nearly quadratic between them, so second-order steps converge in tens of
milliseconds where gradient descent takes thousands of steps (Levenberg 1944, Marquardt 1963; for many weights Liu and
Nocedal 1989, as in SciPy).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from scipy.linalg.lapack import dposv
from scipy.optimize import minimize

from prelu_rules.losses.squared import Squared
from prelu_rules.network.compact import CompactForm
from prelu_rules.refine.curvature import Task, curvature_by_products, gradient, objective
from prelu_rules.refine.layout import with_weights
from prelu_rules.refine.linear_solution import LEAST_DIAGONAL
from prelu_rules.refine.prepared import prepared
from prelu_rules.refine.row_passes import RowPasses, from_moments
from prelu_rules.refine.second_order import (
    FIRST_DAMPING,
    HARDER,
    LEAST_DAMPING,
    MOST_REFUSALS,
    SOFTER,
    squared_steps,
)
from prelu_rules.refine.used_columns import on_used_columns
from prelu_rules.values import FloatArray

FEW_WEIGHTS = 500
"""Up to this number of weights, the second derivative costs less than the many steps that it saves."""


def refit(system: CompactForm, task: Task, max_steps: int = 30, least_gain: float = 1e-4) -> tuple[CompactForm, float]:
    """Minimise the objective over the free weights, starting from their current values.

    Args:
        system: the network to start from.
        task: the rows.
        max_steps: second-order steps, or a tenth of the first-order ones.
        least_gain: stop when a step lowers the objective by less than this share of it.

    Returns:
        The refitted network and its objective, which is never above that of the start.
    """
    if not system.support.any():
        return system, objective(system, task)
    narrow, rows = on_used_columns(system, task)
    found, value = _refit(narrow, rows, max_steps, least_gain)
    return (found if narrow is system else system.with_free(found.free)), value


def _refit(system: CompactForm, task: Task, max_steps: int, least_gain: float) -> tuple[CompactForm, float]:
    """As `refit`, by the method that suits the number of weights."""
    if np.count_nonzero(system.support) <= FEW_WEIGHTS:
        if isinstance(task.loss, Squared):
            return _squared_steps(system, task, max_steps, least_gain)
        if from_moments(system, task):
            return _moment_steps(system, task, max_steps, least_gain)
        return refit_by_products(system, task, max_steps, least_gain)
    return _l_bfgs(system, task, 10 * max_steps, least_gain)


def improved(system: CompactForm, starts: Iterable[CompactForm], task: Task, share: float) -> CompactForm:
    """A network, or a better one that other starts lead to.

    Args:
        system: the network.
        starts: networks to refit, such as those of searches on other rows.
        task: the rows.
        share: by how much of the objective so far a better one is lower.

    Returns:
        The network itself if no start leads to a better one.
    """
    value = objective(system, task)
    for start in starts:
        refitted, reached = refit(start, task)
        if reached < value * (1 - share):
            system, value = refitted, reached
    return system


def _squared_steps(system: CompactForm, task: Task, max_steps: int, least_gain: float) -> tuple[CompactForm, float]:
    """All steps in one compiled call."""
    laid, penalties, steps, room = prepared(system, task)
    value = squared_steps(
        task.columns,
        task.targets,
        task.row_weights,
        laid,
        penalties,
        max_steps,
        float(least_gain),
        steps,
        room,
    )
    return with_weights(system, laid.weights), value


def _moment_steps(system: CompactForm, task: Task, max_steps: int, least_gain: float) -> tuple[CompactForm, float]:
    """The same steps for losses that NumPy computes."""
    passes = RowPasses(system, task)
    best, value, damping = passes.weights.copy(), passes.objective(), FIRST_DAMPING
    for _ in range(max_steps):
        passes.differentiate()
        reached = value
        for _ in range(MOST_REFUSALS):
            step = passes.step(damping)
            if step is not None:
                passes.weights[:] = best + step
                reached = passes.objective()
                if reached < value:
                    break
            damping *= HARDER
        if not reached < value:
            break
        gain = (value - reached) / value
        best[:], value, damping = passes.weights, reached, max(damping / SOFTER, LEAST_DAMPING)
        if gain < least_gain:
            break
    return with_weights(system, best), value


def refit_by_products(
    system: CompactForm, task: Task, max_steps: int = 30, least_gain: float = 1e-4
) -> tuple[CompactForm, float]:
    """As `refit`, with second-order steps from products of Jacobians, for any loss.

    Args:
        system: the network to start from.
        task: the rows.
        max_steps: the most steps.
        least_gain: as in `refit`.

    Returns:
        The refitted network and its objective.
    """
    value, damping = objective(system, task), FIRST_DAMPING
    for _ in range(max_steps):
        first, second = curvature_by_products(system, task)
        better = None
        for _ in range(MOST_REFUSALS):
            step = damped_step(first, second, damping)
            if step is not None:
                trial = system.with_free(system.free + step)
                reached = objective(trial, task)
                if reached < value:
                    better = trial
                    break
            damping *= HARDER
        if better is None:
            break
        gain = (value - reached) / value if value > 0 else 0.0
        system, value, damping = better, reached, max(damping / SOFTER, LEAST_DAMPING)
        if gain < least_gain:
            break
    return system, value


def damped_step(first: FloatArray, second: FloatArray, damping: float) -> FloatArray | None:
    """The step to the stationary point of a quadratic function, or, with damping, a shorter one.

    Args:
        first: `(n,)` or `(n, k)`, the gradient, of `k` functions.
        second: `(n, n)`, the second derivative, common to all of them.
        damping: added to its diagonal, relative to that.

    Returns:
        The step, with the shape of `first`; None if the second derivative is not positive definite.

    Example:
        >>> damped_step(np.array([-4.0]), np.array([[2.0]]), 0.0)
        array([2.])
    """
    damped = second.copy()
    diagonal = np.einsum("ii->i", damped)
    # With a floor, since a weight that currently affects nothing has no curvature at all.
    diagonal += damping * np.maximum(diagonal, LEAST_DIAGONAL)
    # LAPACK is called directly: for such small matrices, checking the arguments would take longer than solving.
    _, step, failed = dposv(damped, -first)
    return None if failed else np.asarray(step)


def _l_bfgs(system: CompactForm, task: Task, max_steps: int, least_gain: float) -> tuple[CompactForm, float]:
    def at(free: FloatArray) -> tuple[float, FloatArray]:
        return gradient(system.with_free(free), task)

    start = objective(system, task)
    # SciPy measures the gain of a single step; ten of them correspond to one second-order step.
    options: Any = {"maxiter": max_steps, "ftol": least_gain / 10, "gtol": 0.0, "maxcor": 20}
    found = minimize(at, system.free, args=(), jac=True, method="L-BFGS-B", options=options)
    better = system.with_free(found.x)
    value = objective(better, task)
    return (better, value) if value < start else (system, start)
