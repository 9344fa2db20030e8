"""Which size of network, and which sparsity, to take."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import NamedTuple

import numpy as np

from prelu_rules.values import FloatArray

NEGLIGIBLE_LOSS = 1e-4
"""A unit that lowers the loss by less than this share of what no unit leaves is not worth reading, however certain."""


class Comparison(NamedTuple):
    """How a size compares with the best one.

    Attributes:
        loss: the mean loss of the validation rows.
        excess: by how much it is above the smallest.
        standard_error: of the excess.
    """

    loss: float
    excess: float
    standard_error: float


def compared(losses: Mapping[int, FloatArray], weights: FloatArray | None = None) -> dict[int, Comparison]:
    """What the choice of a size goes by.

    Args:
        losses: for each size, the loss of each validation row, `(n_rows,)`.
        weights: of the rows, `(n_rows,)`; None for equal ones. Each row is one observation, whatever it weighs.

    Returns:
        For each size, in ascending order, how it compares with the best.

    Example:
        >>> best, far = np.array([1.0, 2.0, 3.0]), np.array([4.0, 5.0, 6.5])
        >>> one = compared({2: best, 0: far})[0]
        >>> [round(number, 3) for number in one]
        [5.167, 3.167, 0.167]
    """
    leader = losses[best_size(losses, weights)]
    share = np.full(len(leader), 1 / len(leader)) if weights is None else weights / weights.sum()
    squares = float(share @ share)
    found = {}
    for size in sorted(losses):
        excess = losses[size] - leader
        mean = float(np.average(excess, weights=weights))
        # The variance of a weighted mean of rows that vary alike; with equal weights the usual one. Where one row has
        # nearly all the weight, it knows that the others hardly count.
        variance = float(share @ (excess - mean) ** 2) / (1 - squares) if squares < 1 else 0.0
        loss = float(np.average(losses[size], weights=weights))
        found[size] = Comparison(loss, mean, float(np.sqrt(squares * variance)))
    return found


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
    losses: Mapping[int, FloatArray],
    weights: FloatArray | None = None,
    standard_errors: float = 1.0,
    right: Collection[int] = (),
) -> list[int]:
    """The sizes that are not clearly worse than the best.

    Args:
        losses: for each size, the loss of each validation row, `(n_rows,)`.
        weights: of the rows, `(n_rows,)`; None for equal ones.
        standard_errors: how many make a difference clear.
        right: sizes that are right everywhere. The smallest of them is not worse, whatever its loss: where all
            classes are right, cross-entropy only tells how sure of them a network is.

    Returns:
        Those whose mean loss exceeds the best by at most so many standard errors of the difference, or by next to
        nothing beside the loss of the smallest size, and the smallest that is right; in ascending order.

    Example:
        >>> best, close, far = np.array([1.0, 2.0, 3.0]), np.array([1.5, 1.6, 3.2]), np.array([4.0, 5.0, 6.5])
        >>> not_worse({2: best, 1: close, 0: far}, standard_errors=2)
        [1, 2]
        >>> not_worse({2: best, 1: close, 0: far}, right=[0, 2])
        [0, 1, 2]
    """
    found = compared(losses, weights)
    least, enough = NEGLIGIBLE_LOSS * found[min(found)].loss, min(right, default=None)
    return [
        size
        for size, one in found.items()
        if size == enough or one.excess <= standard_errors * one.standard_error + least
    ]


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
