"""Equal rows are one row with the sum of their weights.

A row that is written twice, or drawn twice by a bootstrap, is no further evidence. Were copies kept apart, some would
train networks that others choose, and every standard error would shrink with the number of copies. So rows with the
same inputs and targets are put together, and what is learned depends only on the shares of the weights: a weight of 3
in each row, three copies of each row, and no weights at all give the same rules.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from prelu_rules.values import FloatArray, IntArray

Hashes = npt.NDArray[np.uint64]

SHIFTS = ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB), (31, 1))
"""Those of SplitMix64 (Steele, Lea and Flood 2014), a bijection after which each bit depends on all others."""


def row_hashes(values: npt.ArrayLike, before: Hashes | None = None) -> Hashes:
    """A number for each row, by what the row holds; different rows have different ones, but once in 2^64.

    Args:
        values: `(n_rows,)` or `(n_rows, n_columns)` numbers.
        before: `(n_rows,)`, the hashes of columns that come first; None if there are none.

    Returns:
        `(n_rows,)`.

    Example:
        >>> first, second, third = row_hashes([[0.0, 1.0], [1.0, 0.0], [-0.0, 1.0]])
        >>> bool(first == third), bool(first == second)
        (True, False)
    """
    array = np.asarray(values)
    found = np.zeros(len(array), dtype=np.uint64) if before is None else before
    # Column by column, so that large rows need little memory beside their own.
    for column in array.reshape(len(array), -1).T:
        # Adding 0 makes -0.0, which equals 0.0, the same word.
        words = (column.astype(np.float64) + 0.0).view(np.uint64)
        found = mixed(found ^ words) + np.uint64(1)
    return found


def mixed(words: Hashes) -> Hashes:
    """Words whose every bit depends on all bits of the given ones; different words stay different.

    Args:
        words: `(n,)`.

    Returns:
        `(n,)`.

    Example:
        >>> len(set(mixed(np.arange(100, dtype=np.uint64)).tolist()))
        100
    """
    for shift, factor in SHIFTS:
        words = (words ^ (words >> np.uint64(shift))) * np.uint64(factor)
    return words


def first_of_each(hashes: Hashes) -> tuple[IntArray, IntArray]:
    """The rows without their copies.

    Args:
        hashes: `(n_rows,)`.

    Returns:
        The first row of each value, ascending, and `(n_rows,)`, at which place of these each row's value is.

    Example:
        >>> first_of_each(np.array([7, 3, 7, 5], dtype=np.uint64))
        (array([0, 1, 3]), array([0, 1, 0, 2]))
    """
    _, first, value = np.unique(hashes, return_index=True, return_inverse=True)
    places = np.empty(len(first), dtype=np.intp)
    places[np.argsort(first)] = np.arange(len(first))
    return np.sort(first), places[value.ravel()]


def weights_of_first(hashes: Hashes, weights: FloatArray) -> FloatArray:
    """The weights once the first of equal rows that have one has those of all.

    Args:
        hashes: `(n_rows,)`, of inputs and targets.
        weights: `(n_rows,)`, at least 0, and not all 0.

    Returns:
        `(n_rows,)`, 0 for the other copies, and of mean 1 where they are not 0. The same to the last bit for weights
        that are whole numbers and for copies, however often all of them are there.

    Example:
        >>> weights_of_first(np.array([7, 3, 7], dtype=np.uint64), np.array([5.0, 5.0, 10.0]))
        array([1.5, 0.5, 0. ])
    """
    there = np.flatnonzero(weights)
    first, place = first_of_each(hashes[there])
    sums = np.bincount(place, weights=weights[there]).astype(np.float64)
    # Sums of whole numbers are exact, and so their ratios are rounded once.
    total = sums / sums.max()
    found = np.zeros(len(weights))
    found[there[first]] = total / total.mean()
    return found


def distinct_rows(x: FloatArray, y: FloatArray, weights: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """The rows that have a weight, each once.

    Args:
        x: `(n_rows, n_inputs)`.
        y: `(n_rows,)` or `(n_rows, n_outputs)`.
        weights: `(n_rows,)`, at least 0, and not all 0.

    Returns:
        Rows, targets and weights of mean 1, in the order in which they come first.

    Example:
        >>> x, y, weights = distinct_rows(np.array([[2.0], [1.0], [2.0]]), np.array([20.0, 10.0, 20.0]), np.ones(3))
        >>> x.tolist(), y.tolist(), weights.round(3).tolist()
        ([[2.0], [1.0]], [20.0, 10.0], [1.333, 0.667])
    """
    total = weights_of_first(row_hashes(y, row_hashes(x)), weights)
    kept = total > 0
    return x[kept], y[kept], total[kept]
