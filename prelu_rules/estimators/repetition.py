"""What weights mean: a weight of 2 is the row twice, a weight of 0 is no row (scikit-learn's convention).

Held-out rows and batches are drawn row by row, so training on a weight and on repeated rows would differ by chance.
Rows that are there several times therefore become one with a weight, and all rows are put in one order: the same rows
give the same rules, in whatever order they come, and however often all of them are there.
"""

from __future__ import annotations

import numpy as np

from prelu_rules.population.distinct import distinct_rows
from prelu_rules.values import FloatArray


def in_order(x: FloatArray, y: FloatArray, weights: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Rows in an order of their own, each once, with the weight of all its copies.

    Args:
        x: `(n_rows, n_features)`.
        y: `(n_rows,)` or `(n_rows, n_outputs)`.
        weights: `(n_rows,)`, above 0.

    Returns:
        Rows, targets and weights of mean 1.

    Example:
        >>> x, y, weights = in_order(np.array([[2.0], [1.0], [2.0]]), np.array([20.0, 10.0, 20.0]), np.ones(3) * 7)
        >>> x.tolist(), y.tolist(), weights.round(3).tolist()
        ([[1.0], [2.0]], [10.0, 20.0], [0.667, 1.333])
    """
    # The first column decides, then the second, and so on; lexsort wants the last to decide first.
    order = np.lexsort(np.column_stack([x, y, weights]).T[::-1])
    return distinct_rows(x[order], y[order], weights[order])
