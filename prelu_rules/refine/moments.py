"""The second derivative from second moments of groups of rows, compiled: exact, without a Jacobian.

Where the same units are open, the features of a row are `F (1, x)`, and each output depends on the pre-activation of
each row `r` of weights with a constant factor `s_r`. So the Gauss-Newton matrix is, over such groups of rows, the sum
of `s_r s_q F S F^T` for each pair of rows of weights, with `S` the weighted second moments of `(1, x)` in the group.
"""

from __future__ import annotations

import numpy as np

from prelu_rules.geometry.compiled import part_of_sums
from prelu_rules.refine.groups import WORD
from prelu_rules.values import Array, FloatArray, IntArray

TOGETHER = 4
"""Rows that are added to moments at once, so that each moment is read and written once for all of them."""


@part_of_sums
def add_rows(moments: FloatArray, columns: FloatArray, rows: IntArray, factors: FloatArray, buffer: FloatArray) -> None:
    """Compute the moments of a group.

    Args:
        moments: `(1 + n_inputs, 1 + n_inputs)`, the half below the diagonal, to be written.
        columns: `(n_inputs, n_rows)`.
        rows: `(n,)`, which of the rows.
        factors: `(n_rows,)`, the weight of each row.
        buffer: `(2 * TOGETHER, 1 + n_inputs)`, to work in.
    """
    size, end = len(moments), len(rows)
    moments[:] = 0.0
    for start in range(0, end, TOGETHER):
        for k in range(TOGETHER):
            row = rows[min(start + k, end - 1)]
            factor = factors[row] if start + k < end else 0.0
            buffer[k, 0], buffer[TOGETHER + k, 0] = 1.0, factor
            for i in range(1, size):
                buffer[k, i] = columns[i - 1, row]
                buffer[TOGETHER + k, i] = factor * buffer[k, i]
        one, two, three, four = buffer[0], buffer[1], buffer[2], buffer[3]
        for i in range(size):
            own, a, b, c, d = moments[i], buffer[4, i], buffer[5, i], buffer[6, i], buffer[7, i]
            for j in range(i + 1):
                own[j] += a * one[j] + b * two[j] + c * three[j] + d * four[j]


@part_of_sums
def move_rows(
    moments: FloatArray,
    counts: IntArray,
    before: IntArray,
    groups: IntArray,
    columns: FloatArray,
    factors: FloatArray,
    buffer: FloatArray,
) -> None:
    """Take the rows that have changed groups out of the moments of one group, and add them to those of another.

    Args:
        moments: `(most_kept, 1 + n_inputs, 1 + n_inputs)`, the half below the diagonal, to be changed.
        counts: `(most,)`, how many rows each group has, to be changed.
        before: `(n_rows,)`, the group in which each row was.
        groups: `(n_rows,)`, that in which it is.
        columns: `(n_inputs, n_rows)`.
        factors: `(n_rows,)`, the weight of each row.
        buffer: `(2 * TOGETHER, 1 + n_inputs)`, to work in.
    """
    own = buffer[0]
    for row in range(len(groups)):
        source, target = before[row], groups[row]
        if source == target:
            continue
        if counts[target] == 0:
            # A group that has lost all rows still has rounding errors.
            moments[target] = 0.0
        counts[source] -= 1
        counts[target] += 1
        own[0] = 1.0
        for i in range(1, len(own)):
            own[i] = columns[i - 1, row]
        for i in range(len(own)):
            factor, old, new = factors[row] * own[i], moments[source, i], moments[target, i]
            for j in range(i + 1):
                old[j] -= factor * own[j]
                new[j] += factor * own[j]


@part_of_sums
def multiply_features(
    moments: FloatArray, pattern: Array, weights: FloatArray, affine: FloatArray, products: FloatArray
) -> None:
    """Write the second moments of the features: of 1, the inputs and the units, which are affine in them.

    Args:
        moments: `(1 + n_inputs, 1 + n_inputs)`, the half below the diagonal.
        pattern: `(n_words,)`, which units are open.
        weights: as in `Layout`.
        affine: `(n_units, 1 + n_inputs)`, to be written: the units as functions of the inputs; 0 if closed.
        products: `(n_features, n_features)`, to be written.
    """
    size = len(moments)
    for i in range(size):
        for j in range(i + 1):
            products[i, j] = moments[i, j]
            products[j, i] = moments[i, j]
    for unit in range(len(affine)):
        own, found = affine[unit], products[size + unit]
        if (pattern[unit // WORD] >> np.uint64(unit % WORD)) & np.uint64(1) == 0:
            for j in range(size):
                own[j] = 0.0
            for i in range(size + unit + 1):
                found[i] = products[i, size + unit] = 0.0
            continue
        for j in range(size):
            own[j] = weights[unit, j]
        for earlier in range(unit):
            factor, other = weights[unit, size + earlier], affine[earlier]
            if factor != 0:
                for j in range(size):
                    own[j] += factor * other[j]
        for i in range(size + unit + 1):
            # Of an earlier unit the products with the inputs are known, and of this one from here on.
            total, other = 0.0, products[i] if i < size + unit else found
            for j in range(size):
                total += own[j] * other[j]
            found[i] = total
            products[i, size + unit] = total


@part_of_sums
def add_group(
    pattern: Array,
    weights: FloatArray,
    starts: IntArray,
    places: IntArray,
    products: FloatArray,
    sensitive: FloatArray,
    second: FloatArray,
) -> None:
    """Add what a group of rows contributes to the second derivative.

    Args:
        pattern: `(n_words,)`, which units are open.
        weights: as in `Layout`, like the next two.
        starts: where the free weights of each row start.
        places: of the free weights.
        products: `(n_features, n_features)`, of the features in the group.
        sensitive: `(n_units + n_outputs, n_outputs)`, to work in.
        second: `(n_free, n_free)`, the half below the diagonal, to be added to.
    """
    n_outputs = sensitive.shape[1]
    n_units = len(weights) - n_outputs
    sensitive[:] = 0.0
    for row in range(len(weights) - 1, -1, -1):
        if row >= n_units:
            sensitive[row, row - n_units] = 1.0
        elif (pattern[row // WORD] >> np.uint64(row % WORD)) & np.uint64(1) != 0:
            for user in range(row + 1, len(weights)):
                factor = weights[user, len(products) - n_units + row]
                for output in range(n_outputs):
                    sensitive[row, output] += factor * sensitive[user, output]
    columns = places[1]
    for row in range(len(weights)):
        for other in range(row + 1):
            # It is 0 where one of them is a closed unit, and between two outputs.
            factor = 0.0
            for output in range(n_outputs):
                factor += sensitive[row, output] * sensitive[other, output]
            start, stop = starts[other], starts[other + 1]
            if factor == 0 or start == stop:
                continue
            column, length = columns[start], stop - start
            side_by_side = columns[stop - 1] - column == length - 1
            for place in range(starts[row], starts[row + 1]):
                if side_by_side:
                    found = second[place, start:stop]
                    own = products[columns[place], column : column + length]
                    for j in range(len(found)):
                        found[j] += factor * own[j]
                else:
                    found, own = second[place], products[columns[place]]
                    for j in range(start, stop if other < row else place + 1):
                        found[j] += factor * own[columns[j]]
