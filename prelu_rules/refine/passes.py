"""Compiled passes over the rows: forward, for units and outputs, and backward, for the gradient.

They take the rows in blocks that stay in the processor's cache, a column at a time, so that neighbouring rows are
computed at once.
"""

from __future__ import annotations

from prelu_rules.geometry.compiled import compiled_sums
from prelu_rules.values import FloatArray, IntArray

BLOCK_ROWS = 128
"""Rows of a block; with some thirty columns it fits into the first cache."""


@compiled_sums
def forward(columns: FloatArray, weights: FloatArray, n_units: int, units: FloatArray, outputs: FloatArray) -> None:
    """Compute units and outputs.

    Args:
        columns: `(n_inputs, n_rows)`.
        weights: as in `Layout`.
        n_units: how many of their rows are units.
        units: `(n_units, n_rows)`, to be written: 0 where a unit is closed.
        outputs: `(n_outputs, n_rows)`, to be written.
    """
    n_inputs, n_rows = columns.shape
    for start in range(0, n_rows, BLOCK_ROWS):
        block = slice(start, min(start + BLOCK_ROWS, n_rows))
        for row in range(len(weights)):
            found = units[row, block] if row < n_units else outputs[row - n_units, block]
            found[:] = weights[row, 0]
            for i in range(n_inputs):
                add_multiple(found, weights[row, 1 + i], columns[i, block])
            for unit in range(min(row, n_units)):
                add_multiple(found, weights[row, 1 + n_inputs + unit], units[unit, block])
            if row < n_units:
                for r in range(len(found)):
                    found[r] = max(found[r], 0.0)


@compiled_sums
def backward(
    columns: FloatArray,
    units: FloatArray,
    slopes: FloatArray,
    weights: FloatArray,
    runs: IntArray,
    back: FloatArray,
    first: FloatArray,
) -> None:
    """Add the gradient in the free weights.

    Args:
        columns: `(n_inputs, n_rows)`.
        units: `(n_units, n_rows)`, as `forward` writes them.
        slopes: `(n_outputs, n_rows)`, the derivative of the weighted loss in the outputs.
        weights: as in `Layout`.
        runs: as in `Layout`.
        back: `(n_units + n_outputs, BLOCK_ROWS)`, to work in.
        first: `(n_free,)`, to be added to.
    """
    (n_inputs, n_rows), n_units = columns.shape, len(units)
    for start in range(0, n_rows, BLOCK_ROWS):
        block = slice(start, min(start + BLOCK_ROWS, n_rows))
        n = block.stop - start
        for output in range(len(slopes)):
            copy_numbers(slopes[output, block], back[n_units + output])
        for unit in range(n_units - 1, -1, -1):
            found, own = back[unit, :n], units[unit, block]
            found[:] = 0.0
            for row in range(unit + 1, len(weights)):
                add_multiple(found, weights[row, 1 + n_inputs + unit], back[row, :n])
            for r in range(n):
                found[r] = found[r] if own[r] > 0 else 0.0
        for k in range(len(runs)):
            own = back[runs[k, 0], :n]
            for j in range(runs[k, 2]):
                column, place = runs[k, 1] + j, runs[k, 3] + j
                if column == 0:
                    first[place] += total(own)
                elif column <= n_inputs:
                    first[place] += product(own, columns[column - 1, block])
                else:
                    first[place] += product(own, units[column - 1 - n_inputs, block])


@compiled_sums
def copy_numbers(source: FloatArray, target: FloatArray) -> None:
    """Copy; a plain assignment would first make a copy, in case that the arrays overlap."""
    for r in range(len(source)):
        target[r] = source[r]


@compiled_sums
def add_multiple(found: FloatArray, factor: float, column: FloatArray) -> None:
    """Add a multiple of a column; most weights of sparse networks are 0."""
    if factor != 0:
        for r in range(len(found)):
            found[r] += factor * column[r]


@compiled_sums
def total(column: FloatArray) -> float:
    """The sum of a column."""
    total = 0.0
    for r in range(len(column)):
        total += column[r]
    return total


@compiled_sums
def product(left: FloatArray, right: FloatArray) -> float:
    """The scalar product of two columns."""
    total = 0.0
    for r in range(len(left)):
        total += left[r] * right[r]
    return total
