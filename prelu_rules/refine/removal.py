"""The weights that a network can best do without, found and taken away in one compiled call, for squared errors."""

from __future__ import annotations

import numpy as np

from prelu_rules.geometry.compiled import compiled_sums, part_of_sums
from prelu_rules.network.compact import CompactForm
from prelu_rules.refine.layout import Layout, constant_first, with_weights
from prelu_rules.refine.linear_solution import invert_root, solve_damped
from prelu_rules.refine.prepared import prepared
from prelu_rules.refine.room import DerivativeRoom, StepRoom
from prelu_rules.refine.second_derivative import add_second
from prelu_rules.refine.second_order import squared_objective
from prelu_rules.refine.task import Task
from prelu_rules.refine.used_columns import on_used_columns
from prelu_rules.values import BoolArray, FloatArray, IntArray

SINGULAR = 1e-7
"""Added to the diagonal of the second derivative, relative to its mean, so that it can be inverted."""


def without_cheapest(
    system: CompactForm, task: Task, may_go: BoolArray, may_move: BoolArray, n_gone: int
) -> CompactForm | None:
    """The network without the weights that raise the objective least, each for itself, while others make up for them.

    The others are moved by the second derivative, or not at all, whichever is better.

    Args:
        system: a network that was fitted to the rows.
        task: the rows; their loss is that of squared errors.
        may_go: of the shape of its weights, which free weights may go.
        may_move: likewise, which may make up for others; all that may go are among them.
        n_gone: how many go; at least so many may.

    Returns:
        The network, not refitted; None if the second derivative is not positive definite.

    Example:
        >>> from prelu_rules.losses.squared import Squared
        >>> x = np.array([[1.0, 0.0], [0, 1], [-1, -1], [0, 0.5]])
        >>> task = Task(x, x[:, :1] * 3, np.full(4, 0.25), Squared(), 1e-9)
        >>> free, may_go = np.ones((1, 3), dtype=bool), np.array([[True, True, False]])
        >>> found = without_cheapest(CompactForm(np.array([[3.0, 0.1, 0.1]]), free, 2), task, may_go, free, 1)
        >>> assert found is not None
        >>> found.support
        array([[ True, False,  True]])
    """
    narrow, rows = on_used_columns(system, task)
    laid, penalties, steps, room = prepared(narrow, rows)
    free, gone = constant_first(system.support), np.empty(n_gone, np.int64)
    possible = _remove_cheapest(
        rows.columns,
        rows.targets,
        rows.row_weights,
        laid,
        penalties,
        constant_first(may_go)[free],
        np.flatnonzero(constant_first(may_move)[free]),
        SINGULAR,
        gone,
        steps,
        room,
    )
    if not possible:
        return None
    kept = narrow.support.copy()
    # The constants come first in the layout, and last here.
    kept[laid.places[0, gone], laid.places[1, gone] - 1] = False
    support = system.support.copy()
    support[support] = kept[narrow.support]
    return system.with_free(with_weights(narrow, laid.weights).free).with_support(support)


@compiled_sums
def _remove_cheapest(
    columns: FloatArray,
    targets: FloatArray,
    row_weights: FloatArray,
    laid: Layout,
    penalties: FloatArray,
    may_go: BoolArray,
    moving: IntArray,
    singular: float,
    gone: IntArray,
    steps: StepRoom,
    room: DerivativeRoom,
) -> bool:
    """Set weights to 0, and write which; False if that was not possible."""
    weights, second, inverse, step = laid.weights, room.second, steps.factor, steps.step
    squared_objective(columns, targets, row_weights, weights, laid.places, penalties, steps.units[0], steps.errors[0])
    second[:] = 0.0
    for k in range(len(penalties)):
        second[k, k] = penalties[k]
    room.state[:] = 0
    add_second(columns, row_weights, steps.units[0], weights, laid.starts, laid.places, room)
    if not invert_root(second, moving, singular, inverse):
        return False
    _choose(weights, laid.places, may_go, moving, inverse, step, gone)
    trial = steps.trial
    _copy(weights, trial)
    may_move = _move(trial, laid.places, moving, inverse, gone, second, room.first, step)
    for g in range(len(gone)):
        gone[g] = moving[gone[g]]
        row, column = laid.places[0, gone[g]], laid.places[1, gone[g]]
        trial[row, column] = weights[row, column] = 0.0
    if may_move:
        units, errors = steps.units[0], steps.errors[0]
        value = squared_objective(columns, targets, row_weights, weights, laid.places, penalties, units, errors)
        moved = squared_objective(columns, targets, row_weights, trial, laid.places, penalties, units, errors)
        if moved <= value:
            _copy(trial, weights)
    return True


@part_of_sums
def _copy(source: FloatArray, target: FloatArray) -> None:
    """Copy an array into another one; a plain assignment would need room for its parts."""
    for row in range(len(source)):
        for column in range(source.shape[1]):
            target[row, column] = source[row, column]


@part_of_sums
def _choose(
    weights: FloatArray,
    places: IntArray,
    may_go: BoolArray,
    moving: IntArray,
    inverse: FloatArray,
    costs: FloatArray,
    gone: IntArray,
) -> None:
    """Find the weights that cost least, as places in `moving`."""
    n = len(moving)
    costs[:] = 0.0
    for i in range(n):
        own = inverse[i]
        for k in range(i + 1):
            costs[k] += own[k] * own[k]
    for k in range(n):
        weight = weights[places[0, moving[k]], places[1, moving[k]]]
        costs[k] = weight * weight / costs[k] if may_go[moving[k]] else np.inf
    for g in range(len(gone)):
        least = 0
        for k in range(1, n):
            if costs[k] < costs[least]:
                least = k
        gone[g], costs[least] = least, np.inf


@part_of_sums
def _move(
    weights: FloatArray,
    places: IntArray,
    moving: IntArray,
    inverse: FloatArray,
    gone: IntArray,
    between: FloatArray,
    multiples: FloatArray,
    sums: FloatArray,
) -> bool:
    """Move weights so that they make up for those that go; False if that is not possible."""
    n, n_gone = len(moving), len(gone)
    for g in range(n_gone):
        for h in range(g + 1):
            total = 0.0
            for i in range(max(gone[g], gone[h]), n):
                total += inverse[i, gone[g]] * inverse[i, gone[h]]
            between[g, h] = total
    for g in range(n_gone):
        multiples[g] = -weights[places[0, moving[gone[g]]], places[1, moving[gone[g]]]]
    # In place: each number of the matrix is read before the one of its factor is written.
    if not solve_damped(multiples[:n_gone], between, 0.0, between, sums[:n_gone]):
        return False
    for g in range(n_gone):
        multiples[g] = sums[g]
    sums[:] = 0.0
    for i in range(n):
        for g in range(n_gone):
            if gone[g] <= i:
                sums[i] += inverse[i, gone[g]] * multiples[g]
    multiples[:] = 0.0
    for i in range(n):
        own, factor = inverse[i], sums[i]
        for k in range(i + 1):
            multiples[k] += own[k] * factor
    for k in range(n):
        weights[places[0, moving[k]], places[1, moving[k]]] -= multiples[k]
    return True
