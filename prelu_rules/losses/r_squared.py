"""R2, the share of the variance that is explained."""

from __future__ import annotations

import numpy as np

from prelu_rules.values import FloatArray


def r_squared(outputs: FloatArray, y: FloatArray, weights: FloatArray) -> float:
    """R2 as scikit-learn's `r2_score` defines it, without its checks, which take longer than the sums.

    Args:
        outputs: `(n_rows, n_outputs)`.
        y: `(n_rows, n_outputs)`, the targets.
        weights: `(n_rows,)`, not negative.

    Returns:
        At most 1, the mean over the outputs. A constant target counts as 1 if it is met, and as 0 otherwise. NaN for a
        single row, which has no variance to explain.

    Example:
        >>> r_squared(np.array([[1.0], [2.0]]), np.array([[1.0], [3.0]]), np.ones(2))
        0.5
    """
    if len(y) < 2:
        return float("nan")
    left = weights @ (outputs - y) ** 2
    there = weights @ (y - np.average(y, axis=0, weights=weights)) ** 2
    share = np.divide(left, there, out=np.where(left > 0, 1.0, 0.0), where=there > 0)
    return float(np.mean(1 - share))
