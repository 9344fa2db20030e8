"""The meaning of weights: a weight of 2 counts as two rows, a weight of 0 as none (scikit-learn's convention).

Held-out rows and batches are drawn row by row, so training with weights and training on repeated rows would differ by
chance. Rows that occur several times are therefore merged into one with a weight, and all rows are sorted: the same
rows give the same rules, in any order, and even if all of them are repeated.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from prelu_rules.errors import InvalidValueError, ShapeError
from prelu_rules.population.distinct import distinct_rows
from prelu_rules.values import FloatArray


def checked_weights(weights: npt.ArrayLike | None, n_rows: int) -> FloatArray:
    """Check the weights of rows.

    Args:
        weights: `(n_rows,)`; None for equal weights.
        n_rows: the number of rows.

    Returns:
        `(n_rows,)` float64.

    Raises:
        ShapeError: if there is not one weight for each row.
        InvalidValueError: if a weight is negative, NaN or infinite, or all are 0.

    Example:
        >>> checked_weights([1, 0], 2)
        array([1., 0.])
    """
    if weights is None:
        return np.ones(n_rows)
    array = np.asarray(weights, dtype=np.float64)
    if array.shape != (n_rows,):
        raise ShapeError(f"sample_weight has shape {array.shape}, but must have {(n_rows,)}; give one for each row.")
    bad = ~(np.isfinite(array) & (array >= 0))
    if bad.any():
        row = int(bad.argmax())
        raise InvalidValueError(
            f"sample_weight is {array[row]} in row {row}; it must be a finite number of at least 0."
        )
    if not array.any():
        raise InvalidValueError("sample_weight is zero in every row; give at least one row a positive weight.")
    return array


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
