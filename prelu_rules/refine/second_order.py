"""Levenberg-Marquardt steps for squared errors as one compiled call (Levenberg 1944, Marquardt 1963)."""

from __future__ import annotations

import numpy as np

from prelu_rules.geometry.compiled import compiled_sums
from prelu_rules.refine.layout import Layout
from prelu_rules.refine.linear_solution import solve_damped
from prelu_rules.refine.passes import backward, copy_numbers, forward, product
from prelu_rules.refine.room import DerivativeRoom, StepRoom
from prelu_rules.refine.second_derivative import add_second
from prelu_rules.values import FloatArray, IntArray

FIRST_DAMPING, LEAST_DAMPING = 1e-3, 1e-9
HARDER, SOFTER, MOST_REFUSALS = 8, 5, 7
LEAST_DIAGONAL = 1e-4


@compiled_sums
def squared_steps(
    columns: FloatArray,
    targets: FloatArray,
    row_weights: FloatArray,
    laid: Layout,
    ridge: float,
    max_steps: int,
    least_gain: float,
    steps: StepRoom,
    room: DerivativeRoom,
) -> float:
    """Take steps until one gains little.

    Args:
        columns: `(n_inputs, n_rows)`.
        targets: `(n_outputs, n_rows)`.
        row_weights: `(n_rows,)`.
        laid: the weights, which become the best ones found.
        ridge: as in `Task`.
        max_steps: the most steps.
        least_gain: as in `refit`.
        steps: to work in.
        room: to work in.

    Returns:
        The objective.
    """
    value = _reached(columns, targets, row_weights, laid, ridge, 0, steps)
    if not value < np.inf:
        value = np.inf
    now, damping = 0, FIRST_DAMPING
    for _ in range(max_steps):
        errors, units = steps.errors[now], steps.units[now]
        for output in range(len(errors)):
            own = errors[output]
            for row in range(len(own)):
                own[row] *= row_weights[row]
        penalise(laid.weights, laid.runs, laid.n_units, ridge, room.first, room.second)
        backward(columns, units, errors, laid.weights, laid.runs, room.back, room.first)
        add_second(columns, row_weights, units, laid, True, room)
        reached, accepted = value, False
        for _ in range(MOST_REFUSALS):
            if solve_damped(room.first, room.second, damping, LEAST_DIAGONAL, steps.factor, steps.step):
                _move(laid, steps.step, steps.trials[1 - now])
                reached = _reached(columns, targets, row_weights, laid, ridge, 1 - now, steps)
                if reached < value:
                    accepted = True
                    break
            damping *= HARDER
        if not accepted:
            break
        now = 1 - now
        gain = (value - reached) / value if value > 0 else 0.0
        for row in range(len(laid.weights)):
            copy_numbers(steps.trials[now, row], laid.weights[row])
        value, damping = reached, max(damping / SOFTER, LEAST_DAMPING)
        if gain < least_gain:
            break
    return value


@compiled_sums
def _reached(
    columns: FloatArray,
    targets: FloatArray,
    row_weights: FloatArray,
    laid: Layout,
    ridge: float,
    which: int,
    steps: StepRoom,
) -> float:
    """The objective, with units and errors; added up row by row, since moments lose digits where errors are small."""
    weights, errors = steps.trials[which], steps.errors[which]
    forward(columns, weights, laid.n_units, steps.units[which], errors)
    total = 0.0
    for output in range(len(targets)):
        own, target = errors[output], targets[output]
        for row in range(len(own)):
            own[row] -= target[row]
            total += row_weights[row] * own[row] * own[row]
    return 0.5 * total + penalty(weights, laid.runs, laid.n_units, ridge)


@compiled_sums
def _move(laid: Layout, step: FloatArray, moved: FloatArray) -> None:
    """Write the weights after a step."""
    for row in range(len(moved)):
        copy_numbers(laid.weights[row], moved[row])
    for k in range(len(laid.runs)):
        row, column, length, place = laid.runs[k, 0], laid.runs[k, 1], laid.runs[k, 2], laid.runs[k, 3]
        for j in range(length):
            moved[row, column + j] += step[place + j]


@compiled_sums
def penalty(weights: FloatArray, runs: IntArray, n_units: int, ridge: float) -> float:
    """The penalty."""
    total = 0.0
    for k in range(len(runs)):
        row, column, length = runs[k, 0], runs[k, 1], runs[k, 2]
        if column == 0 and row >= n_units:
            column, length = 1, length - 1
        part = weights[row, column : column + length]
        total += product(part, part)
    return 0.5 * ridge * total


@compiled_sums
def penalise(
    weights: FloatArray, runs: IntArray, n_units: int, ridge: float, first: FloatArray, second: FloatArray
) -> None:
    """Start the derivatives with those of the penalty."""
    second[:] = 0.0
    for k in range(len(runs)):
        for j in range(runs[k, 2]):
            row, column, place = runs[k, 0], runs[k, 1] + j, runs[k, 3] + j
            counted = 0.0 if column == 0 and row >= n_units else ridge
            first[place] = counted * weights[row, column]
            second[place, place] = counted
