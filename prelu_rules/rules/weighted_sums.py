"""Weighted sums for many rows, whose last bit does not depend on the rows beside them."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from prelu_rules.values import Array


def weighted_sums(columns: Array, weights: Iterable[Array]) -> Array:
    """Sums of weighted features and a constant, added in this order.

    Args:
        columns: `(n_features, n_rows)`, the numbers of a feature in a row.
        weights: `n_features` arrays, the weights of a feature, and one more, the constants; each for all rows,
            `(n_sums, 1)`, or for each row, `(n_rows,)`.

    Returns:
        `(n_sums, n_rows)`, or `(n_rows,)`. A number that is too large becomes infinite, without a warning.

    Example:
        >>> weighted_sums(np.array([[1.0, 2.0], [10.0, 20.0]]), np.array([[[3.0]], [[1.0]], [[0.5]]]))
        array([[13.5, 26.5]])
    """
    numbers = iter(weights)
    total: Array | None = None
    with np.errstate(over="ignore", invalid="ignore"):
        for column in columns:
            term = next(numbers) * column
            total = term if total is None else np.add(total, term, out=total)
        constant = next(numbers)
        return constant + np.zeros(columns.shape[1]) if total is None else np.add(total, constant, out=total)
