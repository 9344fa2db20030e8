"""The loss of each row under the network that was fitted without it, by a Newton step instead of a refit per row.

Leaving a row out moves the weights by the inverse of the second derivative times the row's gradient. To first order,
its outputs `z` move by `K (I - W K)^-1 g`, where `g` and `W` are the first and second derivative of its loss in the
outputs, and `K = w J H^-1 J^T` with its Jacobian `J`, its weight `w` and the second derivative `H` of the whole
objective (Rad and Maleki, "A scalable estimate of the out-of-sample prediction error via approximate leave-one-out
cross-validation", 2020). For squared errors and no units this is exact: the textbook's `residual / (1 - leverage)`.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from scipy.linalg import cho_factor, cho_solve

from prelu_rules.network.compact import CompactForm
from prelu_rules.refine.curvature import Task, curvature, parts, sensitivities
from prelu_rules.refine.leverages import SINGULAR, leverages
from prelu_rules.values import FloatArray


def left_out_losses(system: CompactForm, task: Task, observed: FloatArray | None = None) -> FloatArray:
    """The loss of each row as if it had been left out when the network was fitted.

    Args:
        system: a network fitted to the rows.
        task: the rows.
        observed: `(n_rows,)`, the part of each row's weight that is left out: if a row stands for several observations,
            that of one; None for all of it.

    Returns:
        `(n_rows,)`; infinite if the network would have no fit without the row.

    Example:
        >>> from prelu_rules.losses.squared import Squared
        >>> task = Task(np.zeros((3, 1)), np.array([[1.0], [2.0], [3.0]]), np.full(3, 1 / 3), Squared(), 1e-12)
        >>> mean = CompactForm(np.array([[0.0, 2.0]]), np.array([[False, True]]), 1)
        >>> left_out_losses(mean, task).round(4)  # without 1, the mean of the others is 2.5
        array([1.125, 0.   , 1.125])
    """
    with np.errstate(over="ignore", invalid="ignore"):
        losses = task.loss.rows(left_out_outputs(system, task, observed), task.y)
    return np.where(np.isfinite(losses), losses, np.inf)


def left_out_outputs(system: CompactForm, task: Task, observed: FloatArray | None = None) -> FloatArray:
    """The outputs of each row as if it had been left out when the network was fitted.

    Args:
        system: a network fitted to the rows.
        task: the rows.
        observed: as for `left_out_losses`.

    Returns:
        `(n_rows, n_outputs)`; not finite if the network would have no fit without the row.

    Example:
        >>> from prelu_rules.losses.squared import Squared
        >>> task = Task(np.zeros((3, 1)), np.array([[1.0], [2.0], [3.0]]), np.full(3, 1 / 3), Squared(), 1e-12)
        >>> mean = CompactForm(np.array([[0.0, 2.0]]), np.array([[False, True]]), 1)
        >>> left_out_outputs(mean, task)[:, 0].round(4)
        array([2.5, 2. , 1.5])
    """
    if not system.support.any():
        return system.predict(task.x)
    if system.n_outputs == 1:
        return _single_outputs(system, task, task.weights if observed is None else observed)
    whole = task if observed is None else replace(task, weights=observed)
    _, second = curvature(system, task)
    second[np.diag_indices_from(second)] += SINGULAR * float(np.trace(second)) / len(second)
    inverse = cho_solve(cho_factor(second), np.eye(len(second)))
    return np.concatenate([_outputs(system, part, inverse) for part in parts(whole, len(second))])


def _single_outputs(system: CompactForm, task: Task, left_out: FloatArray) -> FloatArray:
    """The outputs of rows without a part of their weight, where there is one output: by leverages."""
    outputs = system.predict(task.x)
    root = task.loss.root(outputs)
    bent = 1.0 if root is None else root[:, 0, 0] ** 2
    known = leverages(system, task, bent)
    if known is None:
        return np.full_like(outputs, np.inf)
    # `K` of the module's description, for each row.
    moved = known * left_out
    # A row that alone determines a weight has leverage 1, but for the ridge; rounding must not make it larger.
    with np.errstate(divide="ignore", invalid="ignore"):
        steps = moved * task.loss.gradient(outputs, task.y)[:, 0] / (1 - bent * moved)
    return np.asarray(outputs + steps[:, None])


def _outputs(system: CompactForm, task: Task, inverse: FloatArray) -> FloatArray:
    """The outputs of rows if all of their weight is left out."""
    features = system.features(task.x)
    outputs = system.outputs(features)
    sensitive = sensitivities(system, features)
    moved = np.einsum("ran,rsn,sbn->nab", sensitive, _between_rows(system, features, inverse), sensitive, optimize=True)
    moved *= task.weights[:, None, None]
    identity = np.eye(system.n_outputs)
    half = task.loss.root(outputs)
    bent = identity if half is None else half @ half.transpose(0, 2, 1)
    gradient = task.loss.gradient(outputs, task.y)[:, :, None]
    # A row that alone determines a weight has leverage 1, but for the ridge; rounding must not make it larger.
    with np.errstate(divide="ignore", invalid="ignore"):
        steps = moved @ np.linalg.solve(identity - bent @ moved, gradient)
    return np.asarray(outputs + steps[:, :, 0])


def _between_rows(system: CompactForm, features: FloatArray, inverse: FloatArray) -> FloatArray:
    """`(n_weight_rows, n_weight_rows, n_rows)`: the inverse between the features of each two rows of weights."""
    ends = np.cumsum(system.support.sum(axis=1))
    parts = [features[:, on] for on in system.support]
    found = np.zeros((len(parts), len(parts), len(features)))
    for row, part in enumerate(parts):
        here = slice(ends[row] - part.shape[1], ends[row])
        for other in range(row, len(parts)):
            there = slice(ends[other] - parts[other].shape[1], ends[other])
            found[row, other] = np.einsum("np,np->n", part @ inverse[here, there], parts[other])
            found[other, row] = found[row, other]
    return found
