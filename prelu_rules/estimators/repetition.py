"""What weights mean: a weight of 2 is the row twice, a weight of 0 is no row (scikit-learn's convention).

Held-out rows and batches are drawn row by row, so training on a weight and on repeated rows would differ by chance.
Rows whose weights are small whole numbers are therefore repeated, and all rows are put in one order: the same rows give
the same rules, in whatever order they come.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from prelu_rules.errors import InvalidValueError, ShapeError
from prelu_rules.values import FloatArray, IntArray

MOST_REPETITIONS = 10
"""Where the mean weight is larger than this, as in surveys that count the people a row stands for, rows are not
repeated but weigh so much in the loss."""


def checked_weights(weights: npt.ArrayLike | None, n_rows: int) -> FloatArray:
    """Weights that rows can have.

    Args:
        weights: `(n_rows,)`; None for equal ones.
        n_rows: the number of rows.

    Returns:
        `(n_rows,)` float64.

    Raises:
        ShapeError: if there is not one for each row.
        InvalidValueError: if one is negative, NaN or infinite, or all are 0.

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
        raise InvalidValueError("sample_weight is zero in every row; give at least one row a weight above zero.")
    return array


def repetitions(weights: FloatArray) -> tuple[IntArray, FloatArray]:
    """How often each row is there.

    Args:
        weights: `(n_rows,)`, above 0.

    Returns:
        The numbers of rows, with repetitions, and what is left of their weights: all 1 where rows could be repeated.

    Example:
        >>> repetitions(np.array([1.0, 2.0]))
        (array([0, 1, 1]), array([1., 1., 1.]))
    """
    rows = np.arange(len(weights))
    if (weights != np.rint(weights)).any() or weights.mean() > MOST_REPETITIONS:
        return rows, weights
    rows = np.repeat(rows, weights.astype(np.intp))
    return rows, np.ones(len(rows))


def repeated(x: FloatArray, y: FloatArray, weights: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Rows in an order of their own, each as often as its weight says.

    Args:
        x: `(n_rows, n_features)`.
        y: `(n_rows,)` or `(n_rows, n_outputs)`.
        weights: `(n_rows,)`, above 0.

    Returns:
        Rows, targets and what is left of the weights.

    Example:
        >>> x, y, weights = repeated(np.array([[2.0], [1.0]]), np.array([20.0, 10.0]), np.array([1.0, 2.0]))
        >>> x.tolist(), y.tolist(), weights.tolist()
        ([[1.0], [1.0], [2.0]], [10.0, 10.0, 20.0], [1.0, 1.0, 1.0])
    """
    # The first column decides, then the second, and so on; lexsort wants the last to decide first.
    order = np.lexsort(np.column_stack([x, y, weights]).T[::-1])
    rows, left = repetitions(weights[order])
    return x[order[rows]], y[order[rows]], left
