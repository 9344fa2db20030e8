"""The damped step of a second-order method, compiled; the matrices are too small for LAPACK to pay."""

from __future__ import annotations

import numpy as np

from prelu_rules.geometry.compiled import part_of_sums
from prelu_rules.values import FloatArray

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
    n = len(first)
    for i in range(n):
        own = factor[i]
        total, squares = -first[i], 0.0
        for j in range(i):
            other, sum_ = factor[j], 0.0
            for k in range(j):
                sum_ += own[k] * other[k]
            own[j] = (second[i, j] - sum_) * other[j]
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
