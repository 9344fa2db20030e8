"""Weighted sums for many rows, whose last bit does not depend on the rows beside them."""

from __future__ import annotations

import numpy as np

from prelu_rules.values import Array

FEW_ROWS = 64
"""Fewer rows are added by one call of NumPy, which takes longer per row, but not as long as a call per feature."""


def weighted_sums(columns: Array, weights: Array) -> Array:
    """Sums of weighted features and a constant, added in this order.

    Args:
        columns: `(n_features, n_rows)`, the numbers of a feature in a row.
        weights: the weights of each feature and the constants, for all rows, `(n_features + 1, n_sums, 1)`, or for each
            row, `(n_features + 1, n_rows)`.

    Returns:
        `(n_sums, n_rows)`, or `(n_rows,)`. A number that is too large becomes infinite, without a warning.

    Example:
        >>> weighted_sums(np.array([[1.0, 2.0], [10.0, 20.0]]), np.array([[[3.0]], [[1.0]], [[0.5]]]))
        array([[13.5, 26.5]])
    """
    numbers = columns if weights.ndim == 2 else columns[:, None]
    with np.errstate(over="ignore", invalid="ignore"):
        if not len(columns):
            return np.asarray(weights[-1] + np.zeros(columns.shape[1]))
        if columns.shape[1] < FEW_ROWS:
            # Unlike a sum, which may add pairs first, it adds one after the other.
            total = np.add.accumulate(weights[:-1] * numbers, axis=0)[-1]
        else:
            total = weights[0] * numbers[0]
            for weight, number in zip(weights[1:-1], numbers[1:], strict=True):
                total += weight * number
        total += weights[-1]
        return np.asarray(total)
