"""The damped step of a second-order method, compiled; the matrices are too small for LAPACK to pay."""

from __future__ import annotations

import numpy as np

from prelu_rules.geometry.compiled import compiled_sums
from prelu_rules.refine.passes import product
from prelu_rules.values import FloatArray


@compiled_sums
def solve_damped(
    first: FloatArray, second: FloatArray, damping: float, least: float, factor: FloatArray, step: FloatArray
) -> bool:
    """Find the step to the stationary point of a quadratic function, shortened by damping.

    Args:
        first: `(n,)`, the gradient.
        second: `(n, n)`, the second derivative, of which the half below the diagonal is read.
        damping: added to its diagonal, relative to that.
        least: a diagonal below this is damped as if it were this.
        factor: `(n, n)`, to work in.
        step: `(n,)`, to be written.

    Returns:
        Whether there is one: not if the matrix is not positive definite.
    """
    n = len(first)
    for i in range(n):
        own = factor[i]
        for j in range(i):
            own[j] = (second[i, j] - product(own[:j], factor[j, :j])) * factor[j, j]
        pivot = second[i, i] + damping * max(second[i, i], least) - product(own[:i], own[:i])
        if not pivot > 0:
            return False
        # Its inverse, since divisions take long.
        own[i] = 1 / np.sqrt(pivot)
        step[i] = (-first[i] - product(own[:i], step[:i])) * own[i]
    for i in range(n - 1, -1, -1):
        step[i] *= factor[i, i]
        for j in range(i):
            step[j] -= factor[i, j] * step[i]
    return True
