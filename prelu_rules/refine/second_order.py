"""Levenberg-Marquardt steps for squared errors as one compiled call (Levenberg 1944, Marquardt 1963)."""

from __future__ import annotations

import numpy as np

from prelu_rules.geometry.compiled import compiled, compiled_sums
from prelu_rules.refine.groups import WORD, find_group, group_rows, in_group, read_patterns, sort_by_group
from prelu_rules.refine.linear_solution import solve_damped
from prelu_rules.refine.moments import TOGETHER, add_group, add_rows, move_row
from prelu_rules.refine.passes import BLOCK_ROWS, backward, forward, product
from prelu_rules.values import Array, FloatArray, IntArray

FIRST_DAMPING, LEAST_DAMPING = 1e-3, 1e-9
HARDER, SOFTER, MOST_REFUSALS = 8, 5, 7
LEAST_DIAGONAL = 1e-4

MOST_MOMENTS = 4_000_000
"""Moments that are kept at once; if there are too many groups for that, those of each group are added up when needed."""


@compiled
def squared_steps(
    columns: FloatArray,
    targets: FloatArray,
    row_weights: FloatArray,
    weights: FloatArray,
    runs: IntArray,
    starts: IntArray,
    n_units: int,
    n_free: int,
    ridge: float,
    max_steps: int,
    least_gain: float,
) -> float:
    """Take steps until one gains little.

    Args:
        columns: `(n_inputs, n_rows)`.
        targets: `(n_outputs, n_rows)`.
        row_weights: `(n_rows,)`.
        weights: as in `Layout`, like the next four; to be changed.
        runs: of free weights.
        starts: where those of each row start.
        n_units: how many rows are units.
        n_free: the number of free weights.
        ridge: as in `Task`.
        max_steps: the most steps.
        least_gain: as in `refit`.

    Returns:
        The objective.
    """
    n_rows, n_outputs, n_features = columns.shape[1], len(targets), weights.shape[1]
    units, trial_units = np.empty((n_units, n_rows)), np.empty((n_units, n_rows))
    errors, trial_errors = np.empty((n_outputs, n_rows)), np.empty((n_outputs, n_rows))
    trial, step, first = np.empty_like(weights), np.empty(n_free), np.empty(n_free)
    second, factor = np.empty((n_free, n_free)), np.empty((n_free, n_free))
    back = np.empty((len(weights), BLOCK_ROWS))
    affine, products = np.empty((n_units, n_features - n_units)), np.empty((n_features, n_features))
    sensitive = np.empty((len(weights), n_outputs))
    buffer = np.empty((2 * TOGETHER, n_features - n_units))
    patterns, known, groups, order, ends, slots, counts, moments = _room(n_rows, n_units, n_features - n_units)
    n_groups, kept = 0, True

    value = squared_errors(columns, targets, row_weights, weights, n_units, units, errors)
    value += penalty(weights, runs, n_units, ridge)
    if not np.isfinite(value):
        value = np.inf
    damping = FIRST_DAMPING
    for _ in range(max_steps):
        for output in range(n_outputs):
            errors[output] *= row_weights
        penalise(weights, runs, n_units, ridge, first, second)
        backward(columns, units, errors, weights, runs, back, first)
        read_patterns(units, patterns)
        if n_groups > 0 and kept:
            for row in range(n_rows):
                if in_group(patterns, row, known[groups[row]]):
                    continue
                group = find_group(patterns, row, known, n_groups, slots)
                if group == n_groups:
                    if n_groups == len(moments):
                        kept = False
                        break
                    moments[group] = 0.0
                    counts[group] = 0
                    n_groups += 1
                move_row(moments[groups[row]], moments[group], columns, row, row_weights[row], buffer)
                counts[groups[row]] -= 1
                counts[group] += 1
                groups[row] = group
        elif kept:
            n_groups = group_rows(patterns, groups, known, slots)
            kept = n_groups <= len(moments)
            if kept:
                sort_by_group(groups, n_groups, ends, order)
                for group in range(n_groups):
                    begin = ends[group - 1] if group > 0 else 0
                    counts[group] = ends[group] - begin
                    moments[group] = 0.0
                    add_rows(moments[group], columns, order[begin : ends[group]], row_weights, buffer)
        if kept:
            for group in range(n_groups):
                if counts[group] > 0:
                    add_group(
                        moments[group], known[group], weights, n_units, runs, starts, affine, products, sensitive, second
                    )
        else:
            n_groups = group_rows(patterns, groups, known, slots)
            sort_by_group(groups, n_groups, ends, order)
            for group in range(n_groups):
                begin = ends[group - 1] if group > 0 else 0
                moments[0] = 0.0
                add_rows(moments[0], columns, order[begin : ends[group]], row_weights, buffer)
                add_group(moments[0], known[group], weights, n_units, runs, starts, affine, products, sensitive, second)
        better, reached = False, value
        for _ in range(MOST_REFUSALS):
            if solve_damped(first, second, damping, LEAST_DIAGONAL, factor, step):
                trial[:] = weights
                move(trial, runs, step)
                reached = squared_errors(columns, targets, row_weights, trial, n_units, trial_units, trial_errors)
                reached += penalty(trial, runs, n_units, ridge)
                if reached < value:
                    better = True
                    break
            damping *= HARDER
        if not better:
            break
        gain = (value - reached) / value if value > 0 else 0.0
        weights[:] = trial
        units, trial_units, errors, trial_errors = trial_units, units, trial_errors, errors
        value, damping = reached, max(damping / SOFTER, LEAST_DAMPING)
        if gain < least_gain:
            break
    return value


@compiled
def _room(n_rows: int, n_units: int, size: int) -> tuple[Array, ...]:
    """Arrays for grouping rows, as long as there can be groups."""
    most = min(n_rows, 1 << min(n_units, 40))
    n_words = max(1, (n_units + WORD - 1) // WORD)
    n_slots = 2
    while n_slots < 2 * most:
        n_slots *= 2
    return (
        np.empty((n_words, n_rows), np.uint64),
        np.empty((most, n_words), np.uint64),
        np.empty(n_rows, np.int64),
        np.empty(n_rows, np.int64),
        np.empty(most + 1, np.int64),
        np.empty(n_slots, np.int64),
        np.empty(most, np.int64),
        np.empty((max(1, min(most, MOST_MOMENTS // size**2)), size, size)),
    )


@compiled_sums
def squared_errors(
    columns: FloatArray,
    targets: FloatArray,
    row_weights: FloatArray,
    weights: FloatArray,
    n_units: int,
    units: FloatArray,
    errors: FloatArray,
) -> float:
    """The loss, and units and errors."""
    forward(columns, weights, n_units, units, errors)
    total = 0.0
    for output in range(len(targets)):
        own, target = errors[output], targets[output]
        for row in range(len(own)):
            own[row] -= target[row]
            total += row_weights[row] * own[row] * own[row]
    return 0.5 * total


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


@compiled_sums
def move(weights: FloatArray, runs: IntArray, step: FloatArray) -> None:
    """Add a step."""
    for k in range(len(runs)):
        for j in range(runs[k, 2]):
            weights[runs[k, 0], runs[k, 1] + j] += step[runs[k, 3] + j]
