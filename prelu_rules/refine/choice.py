"""Which size of network, and which sparsity, to take."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from prelu_rules.tolerances import NEGLIGIBLE_LOSS
from prelu_rules.values import FloatArray


def fewest_not_worse(losses: Mapping[int, FloatArray], weights: FloatArray | None = None) -> int:
    """The one-standard-error rule, paired: the smallest size that is not clearly worse than the best.

    Args:
        losses: for each size, the loss of each validation row, `(n_rows,)`.
        weights: of the rows, `(n_rows,)`; None for equal ones.

    Returns:
        The smallest size of `not_worse`, with one standard error.

    Example:
        >>> best, close, far = np.array([1.0, 2.0, 3.0]), np.array([1.5, 1.6, 3.2]), np.array([4.0, 5.0, 6.5])
        >>> fewest_not_worse({2: best, 1: close, 0: far})
        1
    """
    return not_worse(losses, weights)[0]


def not_worse(
    losses: Mapping[int, FloatArray], weights: FloatArray | None = None, standard_errors: float = 1.0
) -> list[int]:
    """The sizes that are not clearly worse than the best.

    Args:
        losses: for each size, the loss of each validation row, `(n_rows,)`.
        weights: of the rows, `(n_rows,)`; None for equal ones.
        standard_errors: how many make a difference clear.

    Returns:
        Those whose mean loss exceeds the best by at most so many standard errors of the difference, or by next to
        nothing beside the loss of the smallest size; in ascending order.

    Example:
        >>> best, close, far = np.array([1.0, 2.0, 3.0]), np.array([1.5, 1.6, 3.2]), np.array([4.0, 5.0, 6.5])
        >>> not_worse({2: best, 1: close, 0: far}, standard_errors=2)
        [1, 2]
    """
    leader = losses[best_size(losses, weights)]
    least = NEGLIGIBLE_LOSS * float(np.average(losses[min(losses)], weights=weights))
    found = []
    for size in sorted(losses):
        excess = losses[size] - leader
        mean = np.average(excess, weights=weights)
        share = np.full(len(excess), 1 / len(excess)) if weights is None else weights / weights.sum()
        # The variance of a weighted mean; with equal weights the usual one.
        error = np.sqrt(float((share**2) @ (excess - mean) ** 2) * len(excess) / max(1, len(excess) - 1))
        if mean <= standard_errors * error + least:
            found.append(size)
    return found


def best_size(losses: Mapping[int, FloatArray], weights: FloatArray | None = None) -> int:
    """The size with the smallest mean loss, of equal ones the smallest.

    Args:
        losses: for each size, the loss of each validation row, `(n_rows,)`.
        weights: of the rows, `(n_rows,)`; None for equal ones.

    Returns:
        The size.

    Example:
        >>> best_size({0: np.array([1.0]), 1: np.array([0.5]), 2: np.array([0.5])})
        1
    """
    return min(sorted(losses), key=lambda size: float(np.average(losses[size], weights=weights)))


def schwarz(log_likelihood: float, n_numbers: int, n_rows: int) -> float:
    """The Bayesian information criterion (Schwarz 1978): what a number costs is the logarithm of the rows.

    Args:
        log_likelihood: of all rows together, up to a constant.
        n_numbers: numbers that were fitted.
        n_rows: rows that they were fitted to.

    Returns:
        The criterion; the smallest one is best.

    Example:
        >>> schwarz(-10.0, 2, 1)
        20.0
    """
    return float(-2 * log_likelihood + n_numbers * np.log(n_rows))
