"""The meaning of weights: a weight of 2 counts as two rows, a weight of 0 as none (scikit-learn's convention).

Held-out rows and batches are drawn row by row, so training with weights and training on repeated rows would differ by
chance. Rows that occur several times are therefore merged into one with a weight, and all rows are sorted: the same
rows give the same rules, in any order, and even if all of them are repeated.
"""

from __future__ import annotations

import numpy as np

from prelu_rules.rows.distinct import distinct_rows
from prelu_rules.values import FloatArray


def in_order(x: FloatArray, y: FloatArray, weights: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Sort rows in a canonical order, and merge copies into one row with the weight of all of them.

    Args:
        x: `(n_rows, n_features)`.
        y: `(n_rows,)` or `(n_rows, n_outputs)`.
        weights: `(n_rows,)`, positive.

    Returns:
        Rows, targets and weights, with a mean weight of 1.

    Example:
        >>> x, y, weights = in_order(np.array([[2.0], [1.0], [2.0]]), np.array([20.0, 10.0, 20.0]), np.ones(3) * 7)
        >>> x.tolist(), y.tolist(), weights.round(3).tolist()
        ([[1.0], [2.0]], [10.0, 20.0], [0.667, 1.333])
    """
    # Sorted by the first column, then the second, and so on; lexsort takes the most important key last.
    order = np.lexsort(np.column_stack([x, y, weights]).T[::-1])
    return distinct_rows(x[order], y[order], weights[order])
