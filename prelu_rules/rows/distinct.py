"""Merges equal rows into one row with the sum of their weights.

A row that is written twice, or drawn twice by a bootstrap, is not further evidence. If copies were kept apart, some
would train networks that others validate, and every standard error would shrink with the number of copies. So rows with
the same inputs and targets are merged, and the result depends only on the relative weights: a weight of 3 for each row,
three copies of each row, and no weights at all give the same rules.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from prelu_rules.values import FloatArray, IntArray

Hashes = npt.NDArray[np.uint64]

SHIFTS = ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB), (31, 1))
"""The constants of SplitMix64 (Steele, Lea and Flood 2014), a bijection whose output bits depend on all input bits."""


def row_hashes(values: npt.ArrayLike, before: Hashes | None = None) -> Hashes:
    """Hash the contents of each row; different rows have the same hash with a probability of 2^-64.

    Args:
        values: `(n_rows,)` or `(n_rows, n_columns)` numbers.
        before: `(n_rows,)`, the hashes of preceding columns; None if there are none.

    Returns:
        `(n_rows,)`.

    Example:
        >>> first, second, third = row_hashes([[0.0, 1.0], [1.0, 0.0], [-0.0, 1.0]])
        >>> bool(first == third), bool(first == second)
        (True, False)
    """
    array = np.asarray(values)
    found = np.zeros(len(array), dtype=np.uint64) if before is None else before
    # Column by column, so that large arrays need little additional memory.
    for column in array.reshape(len(array), -1).T:
        # Adding 0 makes -0.0, which equals 0.0, the same word.
        words = (column.astype(np.float64) + 0.0).view(np.uint64)
        found = mixed(found ^ words) + np.uint64(1)
    return found


def mixed(words: Hashes) -> Hashes:
    """Mix the bits of words, so that every bit depends on all bits; different words stay different.

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
    """Find the first of each set of equal rows.

    Args:
        hashes: `(n_rows,)`.

    Returns:
        The first row of each value, ascending; and `(n_rows,)`, the index in this array of each row's value.

    Example:
        >>> first_of_each(np.array([7, 3, 7, 5], dtype=np.uint64))
        (array([0, 1, 3]), array([0, 1, 0, 2]))
    """
    _, first, value = np.unique(hashes, return_index=True, return_inverse=True)
    places = np.empty(len(first), dtype=np.intp)
    places[np.argsort(first)] = np.arange(len(first))
    return np.sort(first), places[value.ravel()]


def weights_of_first(hashes: Hashes, weights: FloatArray) -> FloatArray:
    """Give the first of equal rows the weights of all of them.

    Args:
        hashes: `(n_rows,)`, of inputs and targets.
        weights: `(n_rows,)`, non-negative, and not all 0.

    Returns:
        `(n_rows,)`, 0 for the copies; the other weights have a mean of 1. The same to the last bit for integer weights
        and for copies, even if all of them are multiplied.

    Example:
        >>> weights_of_first(np.array([7, 3, 7], dtype=np.uint64), np.array([5.0, 5.0, 10.0]))
        array([1.5, 0.5, 0. ])
    """
    there = np.flatnonzero(weights)
    first, place = first_of_each(hashes[there])
    sums = np.bincount(place, weights=weights[there]).astype(np.float64)
    # Sums of integers are exact, so their ratios are rounded only once.
    total = sums / sums.max()
    found = np.zeros(len(weights))
    found[there[first]] = total / total.mean()
    return found


def distinct_rows(x: FloatArray, y: FloatArray, weights: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Drop rows without weight, and merge equal ones.

    Args:
        x: `(n_rows, n_inputs)`.
        y: `(n_rows,)` or `(n_rows, n_outputs)`.
        weights: `(n_rows,)`, non-negative, and not all 0.

    Returns:
        Rows, targets and weights with a mean of 1, in the order of first occurrence.

    Example:
        >>> x, y, weights = distinct_rows(np.array([[2.0], [1.0], [2.0]]), np.array([20.0, 10.0, 20.0]), np.ones(3))
        >>> x.tolist(), y.tolist(), weights.round(3).tolist()
        ([[2.0], [1.0]], [20.0, 10.0], [1.333, 0.667])
    """
    total = weights_of_first(row_hashes(y, row_hashes(x)), weights)
    kept = total > 0
    return x[kept], y[kept], total[kept]
