"""Compiled passes over the rows: forward, for units and outputs, and backward, for the gradient.

They take the rows in blocks that stay in the processor's cache, a column at a time, so that neighbouring rows are
computed at once. Loops are written out, here and in the files beside it: each call of a small function would be
compiled anew, which takes longer than all else.
"""

from __future__ import annotations

from prelu_rules.geometry.compiled import part_of_sums
from prelu_rules.values import FloatArray, IntArray

BLOCK_ROWS = 128
"""Rows of a block; with some thirty columns it fits into the first cache."""


@part_of_sums
def forward(columns: FloatArray, weights: FloatArray, units: FloatArray, outputs: FloatArray) -> None:
    """Compute units and outputs.

    Args:
        columns: `(n_inputs, n_rows)`.
        weights: as in `Layout`.
        units: `(n_units, n_rows)`, to be written: 0 where a unit is closed.
        outputs: `(n_outputs, n_rows)`, to be written.
    """
    (n_inputs, n_rows), n_units = columns.shape, len(units)
    for start in range(0, n_rows, BLOCK_ROWS):
        stop = min(start + BLOCK_ROWS, n_rows)
        for row in range(len(weights)):
            found = units[row, start:stop] if row < n_units else outputs[row - n_units, start:stop]
            constant = weights[row, 0]
            for r in range(len(found)):
                found[r] = constant
            # Most weights of sparse networks are 0; the others are taken in pairs, so that sums are read half as often.
            first = -1
            for i in range(n_inputs + min(row, n_units)):
                if weights[row, 1 + i] == 0:
                    continue
                if first < 0:
                    first = i
                    continue
                factor, other = weights[row, 1 + first], weights[row, 1 + i]
                column = columns[first, start:stop] if first < n_inputs else units[first - n_inputs, start:stop]
                next_column = columns[i, start:stop] if i < n_inputs else units[i - n_inputs, start:stop]
                for r in range(len(found)):
                    found[r] += factor * column[r] + other * next_column[r]
                first = -1
            if first >= 0:
                factor = weights[row, 1 + first]
                column = columns[first, start:stop] if first < n_inputs else units[first - n_inputs, start:stop]
                for r in range(len(found)):
                    found[r] += factor * column[r]
            if row < n_units:
                for r in range(len(found)):
                    found[r] = max(found[r], 0.0)


@part_of_sums
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
        stop = min(start + BLOCK_ROWS, n_rows)
        for row in range(len(weights) - 1, -1, -1):
            found = back[row]
            if row >= n_units:
                slope = slopes[row - n_units, start:stop]
                for r in range(len(slope)):
                    found[r] = slope[r]
                continue
            own = units[row, start:stop]
            for r in range(len(own)):
                found[r] = 0.0
            for user in range(row + 1, len(weights)):
                factor = weights[user, 1 + n_inputs + row]
                if factor != 0:
                    above = back[user]
                    for r in range(len(own)):
                        found[r] += factor * above[r]
            for r in range(len(own)):
                found[r] = found[r] if own[r] > 0 else 0.0
        for k in range(len(runs)):
            found = back[runs[k, 0]]
            for j in range(runs[k, 2]):
                column, total = runs[k, 1] + j - 1, 0.0
                if column < 0:
                    for r in range(stop - start):
                        total += found[r]
                else:
                    own = columns[column, start:stop] if column < n_inputs else units[column - n_inputs, start:stop]
                    for r in range(len(own)):
                        total += found[r] * own[r]
                first[runs[k, 3] + j] += total
