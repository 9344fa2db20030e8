"""Damped steps of a second-order method and inverses, compiled; the matrices are too small for LAPACK to pay."""

from __future__ import annotations

import numpy as np

from prelu_rules.geometry.compiled import part_of_sums
from prelu_rules.values import FloatArray, IntArray

COLUMNS = 4
"""Columns of the factor that are computed at once."""

LEAST_DIAGONAL = 1e-4
"""A weight that currently affects nothing has no curvature at all; it is damped as if it had this much."""


@part_of_sums
def solve_damped(first: FloatArray, second: FloatArray, damping: float, factor: FloatArray, step: FloatArray) -> bool:
    """Find the step to the stationary point of a quadratic function, shortened by damping.

    Args:
        first: `(n,)`, the gradient.
        second: `(n, n)`, the second derivative, of which the half below the diagonal is read.
        damping: added to its diagonal, relative to that.
        factor: `(n, n)`, to work in.
        step: `(n,)`, to be written.

    Returns:
        Whether there is one: not if the matrix is not positive definite.
    """
    n, done = len(first), 0
    for i in range(n):
        own = factor[i]
        if i % 2 == 0:
            # Every number that is read serves two rows, or four columns.
            done = i - i % COLUMNS
            for j in range(0, done, COLUMNS):
                _four_columns(factor, second, i, min(i + 1, n - 1), j)
        for j in range(done, i):
            other, sum_ = factor[j], 0.0
            for k in range(j):
                sum_ += own[k] * other[k]
            own[j] = (second[i, j] - sum_) * other[j]
        total, squares = -first[i], 0.0
        for j in range(i):
            squares += own[j] * own[j]
            total -= own[j] * step[j]
        pivot = second[i, i] + damping * max(second[i, i], LEAST_DIAGONAL) - squares
        if not pivot > 0:
            return False
        # Its inverse, since divisions take long.
        own[i] = 1 / np.sqrt(pivot)
        step[i] = total * own[i]
    for i in range(n - 1, -1, -1):
        own = factor[i]
        step[i] *= own[i]
        for j in range(i):
            step[j] -= own[j] * step[i]
    return True


@part_of_sums
def _four_columns(factor: FloatArray, second: FloatArray, upper: int, lower: int, j: int) -> None:
    """Compute four columns of the factor, from `j` on, in two rows."""
    a, b, c, d = factor[j], factor[j + 1], factor[j + 2], factor[j + 3]
    own, next_ = factor[upper], factor[lower]
    p = q = r = s = t = u = v = w = 0.0
    for k in range(j):
        one, two = own[k], next_[k]
        p += one * a[k]
        q += one * b[k]
        r += one * c[k]
        s += one * d[k]
        t += two * a[k]
        u += two * b[k]
        v += two * c[k]
        w += two * d[k]
    own[j], next_[j] = (second[upper, j] - p) * a[j], (second[lower, j] - t) * a[j]
    q, u = q + own[j] * b[j], u + next_[j] * b[j]
    own[j + 1], next_[j + 1] = (second[upper, j + 1] - q) * b[j + 1], (second[lower, j + 1] - u) * b[j + 1]
    r, v = r + own[j] * c[j] + own[j + 1] * c[j + 1], v + next_[j] * c[j] + next_[j + 1] * c[j + 1]
    own[j + 2], next_[j + 2] = (second[upper, j + 2] - r) * c[j + 2], (second[lower, j + 2] - v) * c[j + 2]
    s += own[j] * d[j] + own[j + 1] * d[j + 1] + own[j + 2] * d[j + 2]
    w += next_[j] * d[j] + next_[j + 1] * d[j + 1] + next_[j + 2] * d[j + 2]
    own[j + 3], next_[j + 3] = (second[upper, j + 3] - s) * d[j + 3], (second[lower, j + 3] - w) * d[j + 3]


@part_of_sums
def invert_root(second: FloatArray, moving: IntArray, singular: float, inverse: FloatArray) -> bool:
    """Find the inverse of the Cholesky factor of a second derivative.

    Args:
        second: `(n, n)`, of which the half below the diagonal is read.
        moving: `(n_moving,)`, in ascending order, the weights that count; the others do not move.
        singular: added to the diagonal, relative to its mean.
        inverse: `(n, n)`, whose first `n_moving` rows are written up to the diagonal. Its transpose times itself is the
            inverse of the second derivative in the weights that move.

    Returns:
        Whether there is one: not if the matrix is not positive definite.
    """
    n, trace = len(moving), 0.0
    for i in range(n):
        trace += second[moving[i], moving[i]]
    added = singular * max(trace / max(n, 1), 1e-300)
    # First the factor, with the inverse of its diagonal in the place of that.
    for i in range(n):
        own, squares = inverse[i], 0.0
        for j in range(i):
            other, total = inverse[j], 0.0
            for k in range(j):
                total += own[k] * other[k]
            own[j] = (second[moving[i], moving[j]] - total) * other[j]
            squares += own[j] * own[j]
        pivot = second[moving[i], moving[i]] + added - squares
        if not pivot > 0:
            return False
        own[i] = 1 / np.sqrt(pivot)
    # Each row needs those before it only, of which nothing but the inverse is left.
    for i in range(n):
        own, at = inverse[i], inverse[i, i]
        for j in range(i):
            other, factor = inverse[j], own[j]
            own[j] = 0.0
            for k in range(j + 1):
                own[k] -= factor * other[k]
        for k in range(i):
            own[k] *= at
    return True
