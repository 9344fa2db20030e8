"""The loss of a compact form on rows, and its first and (Gauss-Newton) second derivatives in the free weights."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from prelu_rules.network.compact import CompactForm
from prelu_rules.refine.row_passes import RowPasses, from_moments
from prelu_rules.refine.task import Task, objective, penalties, penalty
from prelu_rules.refine.used_columns import on_used_columns
from prelu_rules.values import BoolArray, FloatArray

__all__ = ["Task", "curvature", "curvature_by_products", "gradient", "objective"]

CHUNK = 4_000_000
"""Numbers of the Jacobian that are in memory at once, so that memory use does not grow with the number of rows."""

BLOCK = 50_000
"""Multiplications that take as long as the overhead of a block of the second derivative."""


def gradient(system: CompactForm, task: Task) -> tuple[float, FloatArray]:
    """The objective and its gradient.

    Args:
        system: the network.
        task: the rows.

    Returns:
        The objective, and its derivative in the free weights, `(n_free,)`.
    """
    features = system.features(task.x)
    outputs = system.outputs(features)
    at_outputs = task.loss.gradient(outputs, task.y) * task.weights[:, None]
    rows = np.hstack([_at_units(system, features, at_outputs), at_outputs])
    ridge = penalties(system, task)
    value = float(task.weights @ task.loss.rows(outputs, task.y)) + penalty(system, task)
    return value, (rows.T @ features)[system.support] + ridge * system.free


def curvature(system: CompactForm, task: Task) -> tuple[FloatArray, FloatArray]:
    """The gradient and the second derivative; the curvature of the network itself, almost everywhere 0, is ignored.

    Args:
        system: the network.
        task: the rows.

    Returns:
        `(n_free,)` and `(n_free, n_free)`.
    """
    system, task = on_used_columns(system, task)
    return RowPasses(system, task).curvature() if from_moments(system, task) else curvature_by_products(system, task)


def curvature_by_products(system: CompactForm, task: Task) -> tuple[FloatArray, FloatArray]:
    """The same from products of Jacobians, for any loss.

    Args:
        system: the network.
        task: the rows.

    Returns:
        `(n_free,)` and `(n_free, n_free)`.
    """
    n_free = int(system.support.sum())
    ridge = penalties(system, task)
    first, second = ridge * system.free, np.diag(ridge)
    for part in parts(task, n_free):
        features = system.features(part.x)
        outputs = system.outputs(features)
        sensitive = sensitivities(system, features)
        at_outputs = part.loss.gradient(outputs, part.y) * part.weights[:, None]
        rows = np.einsum("ron,no->rn", sensitive, at_outputs)
        first += (rows @ features)[system.support]
        root = part.loss.root(outputs)
        # For each row of weights: how its pre-activation affects the loss, in units whose second derivative is 1.
        bent = sensitive if root is None else np.einsum("ron,nop->rpn", sensitive, root)
        saved = (system.n_outputs - 1) * n_free**2 * len(part)
        add = _add_blocks if saved > BLOCK * len(system.weights) ** 2 else _add_products
        add(second, bent * np.sqrt(part.weights), features.T, system.support)
    return first, second


def _add_products(second: FloatArray, bent: FloatArray, columns: FloatArray, support: BoolArray) -> None:
    """Add the Jacobian of each output times its own transpose; BLAS computes one half of it."""
    parts = [columns[on] for on in support]
    ends = np.cumsum(support.sum(axis=1))
    jacobian = np.empty((len(second), columns.shape[1]))
    for output in range(bent.shape[1]):
        for end, by_row, part in zip(ends, bent, parts, strict=True):
            np.multiply(by_row[output], part, out=jacobian[end - len(part) : end])
        second += jacobian @ jacobian.T


def _add_blocks(second: FloatArray, bent: FloatArray, columns: FloatArray, support: BoolArray) -> None:
    """Add the same, block by block, a block for each two rows of weights.

    A weight of an output does not affect the others, so most of the Jacobian of many outputs is 0.
    """
    ends = np.cumsum(support.sum(axis=1))
    parts = [columns[on] for on in support]
    for row, part in enumerate(parts):
        here = slice(ends[row] - len(part), ends[row])
        for other in range(row, len(parts)):
            there = slice(ends[other] - len(parts[other]), ends[other])
            block = (part * np.einsum("on,on->n", bent[row], bent[other])) @ parts[other].T
            second[here, there] += block
            if other > row:
                second[there, here] += block.T


def parts(task: Task, row_size: int) -> Iterator[Task]:
    """Split the rows into parts that are small enough to hold their derivatives in memory.

    Args:
        task: the rows.
        row_size: how many numbers each row needs.

    Yields:
        Parts of the task, in order; their weights are those of the whole.
    """
    step = max(1, CHUNK // max(1, row_size))
    for start in range(0, len(task), step):
        rows = slice(start, start + step)
        yield replace(task, x=task.x[rows], y=task.y[rows], weights=task.weights[rows])


def sensitivities(system: CompactForm, features: FloatArray) -> FloatArray:
    """The derivative of each output in the pre-activation of each row of weights: units, and the outputs themselves.

    Args:
        system: the network.
        features: `(n_rows, n_features)`, as returned by `system.features`.

    Returns:
        `(n_units + n_outputs, n_outputs, n_rows)`.
    """
    k, m = system.n_units, system.n_outputs
    found = np.zeros((k + m, m, len(features)))
    for output in range(m):
        found[k + output, output] = 1
        at_outputs = np.zeros((len(features), m), order="F")
        at_outputs[:, output] = 1
        found[:k, output] = _at_units(system, features, at_outputs).T
    return found


def _at_units(system: CompactForm, features: FloatArray, at_outputs: FloatArray) -> FloatArray:
    """From derivatives in the outputs to those in the pre-activations, `(n_rows, n_units)`: the backward pass."""
    k, d = system.n_units, system.n_inputs
    units, outputs = system.weights[:k, d:-1], system.weights[k:, d:-1]
    back, columns = outputs.T @ at_outputs.T, features.T
    used = np.asarray(units.any(axis=0))
    for unit in reversed(range(k)):
        if used[unit]:
            back[unit] += units[unit + 1 :, unit] @ back[unit + 1 :]
        back[unit] *= columns[d + unit] > 0
    return np.asarray(back.T)
