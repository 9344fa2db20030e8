"""The loss of each row under the network that was fitted without it, by one Newton step instead of one refit a row.

Leaving a row out moves the weights by the inverse of the second derivative times the row's gradient; to first order its
outputs `z` move by `K (I - W K)^-1 g`, with `g` and `W` the first and second derivative of its loss in the outputs, and
`K = w J H^-1 J^T` from its Jacobian `J`, its weight `w` and the second derivative `H` of the whole (Rad and Maleki, "A
scalable estimate of the out-of-sample prediction error via approximate leave-one-out cross-validation", 2020). With
squared errors and no units it is exact but for nothing: the textbook's `residual / (1 - leverage)`.
"""

from __future__ import annotations

import numpy as np
from scipy.linalg import cholesky, solve_triangular

from prelu_rules.refine.curvature import Task, curvature, jacobian, parts
from prelu_rules.refine.system import CompactSystem
from prelu_rules.values import FloatArray

SINGULAR = 1e-9
"""Added to the diagonal of the second derivative, relative to its mean, so that it has an inverse."""


def left_out_losses(system: CompactSystem, task: Task) -> FloatArray:
    """The loss of each row as if it had not been there when the network was fitted.

    Args:
        system: a network fitted to the rows.
        task: the rows.

    Returns:
        `(n_rows,)`; infinite where without its row the network would have no fit.

    Example:
        >>> from prelu_rules.refine.losses import Squared
        >>> task = Task(np.zeros((3, 1)), np.array([[1.0], [2.0], [3.0]]), np.full(3, 1 / 3), Squared(), 1e-12)
        >>> mean = CompactSystem(np.array([[0.0, 2.0]]), np.array([[False, True]]), 1)
        >>> left_out_losses(mean, task).round(4)  # without 1, the mean of the others is 2.5
        array([1.125, 0.   , 1.125])
    """
    if not system.support.any():
        return task.loss.rows(system.evaluate(task.x), task.y)
    _, second = curvature(system, task)
    second[np.diag_indices_from(second)] += SINGULAR * float(np.trace(second)) / len(second)
    root = cholesky(second, lower=True)
    return np.concatenate([_losses(system, part, root) for part in parts(task, len(second) * system.n_outputs)])


def _losses(system: CompactSystem, task: Task, root: FloatArray) -> FloatArray:
    features = system.features(task.x)
    outputs = system.outputs(features)
    halves = [solve_triangular(root, derivative, lower=True) for derivative in jacobian(system, features)]
    moved = np.array([[np.einsum("pn,pn->n", one, other) for other in halves] for one in halves]).transpose(2, 0, 1)
    moved *= task.weights[:, None, None]
    identity = np.eye(system.n_outputs)
    half = task.loss.root(outputs)
    bent = identity if half is None else half @ half.transpose(0, 2, 1)
    gradient = task.loss.gradient(outputs, task.y)[:, :, None]
    # A row that alone holds a weight has leverage 1, but for the ridge; rounding must not make it more.
    with np.errstate(divide="ignore", invalid="ignore"):
        steps = moved @ np.linalg.solve(identity - bent @ moved, gradient)
    losses = task.loss.rows(outputs + steps[:, :, 0], task.y)
    return np.where(np.isfinite(losses), losses, np.inf)
