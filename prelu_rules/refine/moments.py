"""The second derivative from second moments of groups of rows, compiled: exact, without a Jacobian.

Where the same units are open, the features of a row are `F (1, x)` and each output depends on the pre-activation of each
row `r` of weights with a constant factor `s_r`. So the Gauss-Newton matrix is, over such groups of rows, the sum of
`s_r s_q F S F^T` for each pair of rows of weights, with `S` the weighted second moments of `(1, x)` in the group.
"""

from __future__ import annotations

import numpy as np

from prelu_rules.geometry.compiled import compiled_sums
from prelu_rules.refine.groups import WORD
from prelu_rules.refine.passes import add_multiple, copy_numbers, product
from prelu_rules.values import Array, FloatArray, IntArray

TOGETHER = 4
"""Rows that are added to moments at once, so that each moment is read and written once for all of them."""


@compiled_sums
def add_rows(moments: FloatArray, columns: FloatArray, rows: IntArray, factors: FloatArray, buffer: FloatArray) -> None:
    """Add rows to the moments of a group.

    Args:
        moments: `(1 + n_inputs, 1 + n_inputs)`, the half below the diagonal, to be added to.
        columns: `(n_inputs, n_rows)`.
        rows: `(n,)`, which of the rows.
        factors: `(n_rows,)`, the weight of each row.
        buffer: `(2 * TOGETHER, 1 + n_inputs)`, to work in.
    """
    size = len(moments)
    for start in range(0, len(rows), TOGETHER):
        for k in range(TOGETHER):
            if start + k < len(rows):
                row = rows[start + k]
                buffer[k, 0] = 1.0
                for i in range(size - 1):
                    buffer[k, 1 + i] = columns[i, row]
                for i in range(size):
                    buffer[TOGETHER + k, i] = factors[row] * buffer[k, i]
            else:
                buffer[TOGETHER + k] = 0.0
        for i in range(size):
            a, b, c, d = buffer[4, i], buffer[5, i], buffer[6, i], buffer[7, i]
            for j in range(i + 1):
                moments[i, j] += a * buffer[0, j] + b * buffer[1, j] + c * buffer[2, j] + d * buffer[3, j]


@compiled_sums
def move_row(
    source: FloatArray, target: FloatArray, columns: FloatArray, row: int, factor: float, buffer: FloatArray
) -> None:
    """Take a row out of the moments of one group and add it to those of another.

    Args:
        source: `(1 + n_inputs, 1 + n_inputs)`, the half below the diagonal.
        target: of the same shape.
        columns: `(n_inputs, n_rows)`.
        row: which of the rows.
        factor: its weight.
        buffer: `(2 * TOGETHER, 1 + n_inputs)`, to work in.
    """
    size, own = len(source), buffer[0]
    own[0] = 1.0
    for i in range(size - 1):
        own[1 + i] = columns[i, row]
    for i in range(size):
        a = factor * own[i]
        for j in range(i + 1):
            source[i, j] -= a * own[j]
            target[i, j] += a * own[j]


@compiled_sums
def add_group(
    moments: FloatArray,
    pattern: Array,
    weights: FloatArray,
    n_units: int,
    runs: IntArray,
    starts: IntArray,
    affine: FloatArray,
    products: FloatArray,
    sensitive: FloatArray,
    second: FloatArray,
) -> None:
    """Add what a group of rows contributes to the second derivative.

    Args:
        moments: `(1 + n_inputs, 1 + n_inputs)`, the half below the diagonal.
        pattern: `(n_words,)`, which units are open.
        weights: as in `Layout`, like the next three.
        n_units: how many of their rows are units.
        runs: of free weights.
        starts: where those of each row start.
        affine: `(n_units, 1 + n_inputs)`, to work in.
        products: `(n_features, n_features)`, to work in.
        sensitive: `(n_units + n_outputs, n_outputs)`, to work in.
        second: `(n_free, n_free)`, the half below the diagonal, to be added to.
    """
    size = len(moments)
    _multiply_features(moments, pattern, weights, n_units, affine, products)
    _propagate(pattern, weights, n_units, size, sensitive)
    for row in range(len(weights)):
        if row < n_units and not _open(pattern, row):
            continue
        for other in range(row + 1):
            factor = product(sensitive[row], sensitive[other])
            if factor == 0:
                continue
            for left in runs[starts[row] : starts[row + 1]]:
                for right in runs[starts[other] : starts[other + 1]]:
                    columns = slice(right[1], right[1] + right[2])
                    places = slice(right[3], right[3] + right[2])
                    for k in range(left[2]):
                        add_multiple(second[left[3] + k, places], factor, products[left[1] + k, columns])


@compiled_sums
def _multiply_features(
    moments: FloatArray, pattern: Array, weights: FloatArray, n_units: int, affine: FloatArray, products: FloatArray
) -> None:
    """Write the second moments of the features: of 1, the inputs and the units, which are affine in them."""
    size = len(moments)
    for i in range(size):
        for j in range(i + 1):
            products[i, j] = moments[i, j]
            products[j, i] = moments[i, j]
    for unit in range(n_units):
        here = size + unit
        if not _open(pattern, unit):
            products[here] = 0.0
            products[:, here] = 0.0
            continue
        own = affine[unit]
        copy_numbers(weights[unit, :size], own)
        for earlier in range(unit):
            if _open(pattern, earlier):
                add_multiple(own, weights[unit, size + earlier], affine[earlier])
        for i in range(size):
            products[here, i] = product(own, products[i, :size])
        for earlier in range(unit + 1):
            if _open(pattern, earlier):
                products[here, size + earlier] = product(products[here, :size], affine[earlier])
        for i in range(here):
            products[i, here] = products[here, i]


@compiled_sums
def _propagate(pattern: Array, weights: FloatArray, n_units: int, size: int, sensitive: FloatArray) -> None:
    """Write how the pre-activation of each row of weights affects the outputs."""
    sensitive[:] = 0.0
    for output in range(sensitive.shape[1]):
        sensitive[n_units + output, output] = 1.0
    for unit in range(n_units - 1, -1, -1):
        if _open(pattern, unit):
            for row in range(unit + 1, len(weights)):
                add_multiple(sensitive[unit], weights[row, size + unit], sensitive[row])


@compiled_sums
def _open(pattern: Array, unit: int) -> bool:
    """Whether a unit is open."""
    return (pattern[unit // WORD] >> np.uint64(unit % WORD)) & np.uint64(1) != 0
