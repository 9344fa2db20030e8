"""How far the fit of each row follows from the row itself, for networks with one output; compiled."""

from __future__ import annotations

import numpy as np

from prelu_rules.geometry.compiled import compiled_sums, part_of_sums
from prelu_rules.network.compact import CompactForm
from prelu_rules.refine.layout import Layout
from prelu_rules.refine.linear_solution import invert_root
from prelu_rules.refine.passes import forward
from prelu_rules.refine.prepared import prepared
from prelu_rules.refine.room import DerivativeRoom, StepRoom
from prelu_rules.refine.second_derivative import add_second
from prelu_rules.refine.task import Task
from prelu_rules.refine.used_columns import on_used_columns
from prelu_rules.values import FloatArray, IntArray

TOGETHER = 4
"""Rows whose leverages are computed at once, so that the inverse is read once for all of them."""

SINGULAR = 1e-9
"""Added to the diagonal of the second derivative, relative to its mean, so that it can be inverted."""


def leverages(system: CompactForm, task: Task, bent: FloatArray | float = 1.0) -> FloatArray | None:
    """`j H^-1 j^T` for the derivative `j` of each row's output in the free weights, and the second derivative `H`.

    Args:
        system: a network with one output, fitted to the rows.
        task: the rows.
        bent: `(n_rows,)`, the second derivative of each row's loss in its output; 1 for squared errors.

    Returns:
        `(n_rows,)`; None if the second derivative is not positive definite.

    Example:
        >>> from prelu_rules.losses.squared import Squared
        >>> task = Task(np.zeros((4, 1)), np.ones((4, 1)), np.full(4, 0.25), Squared(), 0.0)
        >>> found = leverages(CompactForm(np.array([[0.0, 1.0]]), np.array([[False, True]]), 1), task)
        >>> assert found is not None
        >>> found.round(6)
        array([1., 1., 1., 1.])
    """
    narrow, rows = on_used_columns(system, task)
    laid, penalties, steps, room = prepared(narrow, rows)
    found, n_free = np.empty(len(rows)), len(penalties)
    factors, jacobian = rows.row_weights * bent, np.empty((TOGETHER, n_free))
    possible = _leverages(
        rows.columns, factors, laid, penalties, np.arange(n_free), SINGULAR, steps, room, jacobian, found
    )
    return found if possible else None


@compiled_sums
def _leverages(
    columns: FloatArray,
    factors: FloatArray,
    laid: Layout,
    penalties: FloatArray,
    every: IntArray,
    singular: float,
    steps: StepRoom,
    room: DerivativeRoom,
    jacobian: FloatArray,
    found: FloatArray,
) -> bool:
    """Write the leverages; False if there are none."""
    units, weights, second, inverse = steps.units[0], laid.weights, room.second, steps.factor
    forward(columns, weights, units, steps.errors[0])
    second[:] = 0.0
    for k in range(len(penalties)):
        second[k, k] = penalties[k]
    room.state[:] = 0
    add_second(columns, factors, units, weights, laid.starts, laid.places, room)
    if not invert_root(second, every, singular, inverse):
        return False
    n_rows, (one, two, three, four) = len(found), (jacobian[0], jacobian[1], jacobian[2], jacobian[3])
    for start in range(0, n_rows, TOGETHER):
        for k in range(TOGETHER):
            _derive(columns, units, weights, laid.places, min(start + k, n_rows - 1), room.sensitive, jacobian[k])
        a = b = c = d = 0.0
        for i in range(len(one)):
            line = inverse[i]
            p = q = r = s = 0.0
            for k in range(i + 1):
                p += line[k] * one[k]
                q += line[k] * two[k]
                r += line[k] * three[k]
                s += line[k] * four[k]
            a += p * p
            b += q * q
            c += r * r
            d += s * s
        for row, value in ((start, a), (start + 1, b), (start + 2, c), (start + 3, d)):
            if row < n_rows:
                found[row] = value
    return True


@part_of_sums
def _derive(
    columns: FloatArray,
    units: FloatArray,
    weights: FloatArray,
    places: IntArray,
    row: int,
    sensitive: FloatArray,
    own: FloatArray,
) -> None:
    """The derivative of the output of a row in the free weights."""
    n_units, n_inputs = len(units), len(columns)
    sensitive[n_units, 0] = 1.0
    for unit in range(n_units - 1, -1, -1):
        total = 0.0
        if units[unit, row] > 0:
            for user in range(unit + 1, n_units + 1):
                total += weights[user, 1 + n_inputs + unit] * sensitive[user, 0]
        sensitive[unit, 0] = total
    for k in range(len(own)):
        column, feature = places[1, k] - 1, 1.0
        if column >= n_inputs:
            feature = units[column - n_inputs, row]
        elif column >= 0:
            feature = columns[column, row]
        own[k] = sensitive[places[0, k], 0] * feature
