"""The choice of a network's size and sparsity."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import NamedTuple

import numpy as np

from prelu_rules.values import FloatArray

NEGLIGIBLE_LOSS = 1e-4
"""A unit that lowers the loss by less than this share of the loss without units is not worth reading."""


class Comparison(NamedTuple):
    """How a size compares with the best one.

    Attributes:
        loss: the mean loss on the validation rows.
        excess: how far it is above the smallest loss.
        standard_error: the standard error of the excess.
    """

    loss: float
    excess: float
    standard_error: float


def compared(losses: Mapping[int, FloatArray], weights: FloatArray | None = None) -> dict[int, Comparison]:
    """Compare each size with the best one.

    Args:
        losses: for each size, the loss of each validation row, `(n_rows,)`.
        weights: of the rows, `(n_rows,)`; None for equal weights. Each row counts as one observation, whatever its
            weight.

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
        # The variance of a weighted mean of rows with equal variances; for equal weights, the usual formula. If one row
        # has nearly all the weight, the variance is small, since the others hardly count.
        variance = float(share @ (excess - mean) ** 2) / (1 - squares) if squares < 1 else 0.0
        loss = float(np.average(losses[size], weights=weights))
        found[size] = Comparison(loss, mean, float(np.sqrt(squares * variance)))
    return found


def fewest_not_worse(losses: Mapping[int, FloatArray], weights: FloatArray | None = None) -> int:
    """The one-standard-error rule, paired: the smallest size that is not clearly worse than the best.

    Args:
        losses: for each size, the loss of each validation row, `(n_rows,)`.
        weights: of the rows, `(n_rows,)`; None for equal weights.

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
        weights: of the rows, `(n_rows,)`; None for equal weights.
        standard_errors: how many standard errors make a difference clear.
        right: sizes that are right on all rows. The smallest of them counts as not worse, whatever its loss: if all
            classes are right, cross-entropy only measures how confident a network is.

    Returns:
        The sizes whose mean loss exceeds the best by at most so many standard errors of the difference, or by a
        negligible share of the loss of the smallest size; and the smallest size that is right. In ascending order.

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
    """The size with the smallest mean loss; on a tie, the smallest of them.

    Args:
        losses: for each size, the loss of each validation row, `(n_rows,)`.
        weights: of the rows, `(n_rows,)`; None for equal weights.

    Returns:
        The size.

    Example:
        >>> best_size({0: np.array([1.0]), 1: np.array([0.5]), 2: np.array([0.5])})
        1
    """
    return min(sorted(losses), key=lambda size: float(np.average(losses[size], weights=weights)))
