"""Levenberg-Marquardt steps for squared errors as one compiled call (Levenberg 1944, Marquardt 1963)."""

from __future__ import annotations

import numpy as np

from prelu_rules.geometry.compiled import compiled_sums, part_of_sums
from prelu_rules.refine.layout import Layout
from prelu_rules.refine.linear_solution import solve_damped
from prelu_rules.refine.passes import backward, forward
from prelu_rules.refine.room import DerivativeRoom, StepRoom
from prelu_rules.refine.second_derivative import add_second
from prelu_rules.values import FloatArray, IntArray

FIRST_DAMPING, LEAST_DAMPING = 1e-3, 1e-9
HARDER, SOFTER, MOST_REFUSALS = 8, 5, 7


@compiled_sums
def squared_steps(
    columns: FloatArray,
    targets: FloatArray,
    row_weights: FloatArray,
    laid: Layout,
    penalties: FloatArray,
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
        penalties: `(n_free,)`, the ridge of each free weight.
        max_steps: the most steps.
        least_gain: as in `refit`.
        steps: to work in.
        room: to work in.

    Returns:
        The objective.
    """
    best, first, second, step = laid.weights, room.first, room.second, steps.step
    value = squared_objective(
        columns, targets, row_weights, best, laid.places, penalties, steps.units[0], steps.errors[0]
    )
    if not value < np.inf:
        value = np.inf
    now, damping, reached = 0, FIRST_DAMPING, value
    room.state[:] = 0
    for _ in range(max_steps):
        units, errors = steps.units[now], steps.errors[now]
        for output in range(len(errors)):
            own = errors[output]
            for row in range(len(own)):
                own[row] *= row_weights[row]
        second[:] = 0.0
        for k in range(len(first)):
            first[k] = penalties[k] * best[laid.places[0, k], laid.places[1, k]]
            second[k, k] = penalties[k]
        backward(columns, units, errors, best, laid.runs, room.back, first)
        add_second(columns, row_weights, units, best, laid.starts, laid.places, room)
        for _ in range(MOST_REFUSALS):
            reached = value
            if solve_damped(first, second, damping, steps.factor, step):
                trial = steps.trial
                trial[:] = 0.0
                for k in range(len(step)):
                    row, column = laid.places[0, k], laid.places[1, k]
                    trial[row, column] = best[row, column] + step[k]
                reached = squared_objective(
                    columns,
                    targets,
                    row_weights,
                    trial,
                    laid.places,
                    penalties,
                    steps.units[1 - now],
                    steps.errors[1 - now],
                )
                if reached < value:
                    break
            damping *= HARDER
        if not reached < value:
            break
        now, gain = 1 - now, (value - reached) / value
        for k in range(len(step)):
            best[laid.places[0, k], laid.places[1, k]] += step[k]
        value, damping = reached, max(damping / SOFTER, LEAST_DAMPING)
        if gain < least_gain:
            break
    return value


@part_of_sums
def squared_objective(
    columns: FloatArray,
    targets: FloatArray,
    row_weights: FloatArray,
    weights: FloatArray,
    places: IntArray,
    penalties: FloatArray,
    units: FloatArray,
    errors: FloatArray,
) -> float:
    """The loss plus the penalty.

    Args:
        columns: as for `squared_loss`, like the next three.
        targets: likewise.
        row_weights: likewise.
        weights: likewise.
        places: as in `Layout`.
        penalties: `(n_free,)`, the ridge of each free weight.
        units: `(n_units, n_rows)`, to be written.
        errors: `(n_outputs, n_rows)`, to be written.

    Returns:
        The objective; infinite or not a number if the network overflows.
    """
    value = squared_loss(columns, targets, row_weights, weights, units, errors)
    for k in range(len(penalties)):
        weight = weights[places[0, k], places[1, k]]
        value += 0.5 * penalties[k] * weight * weight
    return value


@part_of_sums
def squared_loss(
    columns: FloatArray,
    targets: FloatArray,
    row_weights: FloatArray,
    weights: FloatArray,
    units: FloatArray,
    errors: FloatArray,
) -> float:
    """Half the weighted sum of squared errors, added up row by row, since moments lose digits where errors are small.

    Args:
        columns: `(n_inputs, n_rows)`.
        targets: `(n_outputs, n_rows)`.
        row_weights: `(n_rows,)`.
        weights: as in `Layout`.
        units: `(n_units, n_rows)`, to be written.
        errors: `(n_outputs, n_rows)`, to be written.

    Returns:
        The loss; infinite or not a number if the network overflows.
    """
    forward(columns, weights, units, errors)
    total = 0.0
    for output in range(len(targets)):
        own, target = errors[output], targets[output]
        for row in range(len(own)):
            own[row] -= target[row]
            total += row_weights[row] * own[row] * own[row]
    return 0.5 * total
