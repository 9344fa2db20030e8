"""Every knot of a hinge on one column in one sweep over its rows, compiled."""

from __future__ import annotations

import numpy as np

from prelu_rules.geometry.compiled import compiled
from prelu_rules.values import FloatArray, IntArray


@compiled
def sweep(
    values: FloatArray, order: IntArray, basis: FloatArray, curvature: FloatArray, pull: FloatArray
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """What the hinge `max(0, x - t)` would add to a model, for `t` at each value of a column.

    Between two knots the hinge grows by the same amount in all rows beyond them, so its products with everything else
    grow by that amount times sums over these rows (Friedman, "Multivariate adaptive regression splines", 1991, section
    3.9). All terms that are added are differences of neighbouring values, so nothing cancels.

    Args:
        values: `(n_rows,)`, the column.
        order: `(n_rows,)`, indices that sort it downwards.
        basis: `(n_rows, n_basis)`, in C order, the features of the model; orthonormal with respect to the curvature.
        curvature: `(n_rows,)`, the second derivative of each row's loss times its weight.
        pull: `(n_rows, n_outputs)`, in C order, how strongly each row wants its outputs to be larger.

    Returns:
        For each row in the given order, with the knot at its value: the pull on the hinge, `(n_rows, n_outputs)`; its
        squared length, `(n_rows,)`; and the part of that which the basis does not explain, `(n_rows,)`. All are 0 where
        a knot was met before, or has all rows on one side.
    """
    n_rows, n_basis = basis.shape
    n_outputs = pull.shape[1]
    pulls, squares, rests = np.zeros((n_rows, n_outputs)), np.zeros(n_rows), np.zeros(n_rows)
    beyond_basis, inner = np.zeros(n_basis), np.zeros(n_basis)
    beyond_pull, pulled = np.zeros(n_outputs), np.zeros(n_outputs)
    beyond = first = square = 0.0
    last = values[order[-1]]
    for i in range(n_rows):
        row = order[i]
        step = values[order[i - 1]] - values[row] if i else 0.0
        if values[row] == last:
            break
        if step > 0:
            square += step * (2 * first + step * beyond)
            first += step * beyond
            explained = 0.0
            for b in range(n_basis):
                inner[b] += step * beyond_basis[b]
                explained += inner[b] ** 2
            for o in range(n_outputs):
                pulled[o] += step * beyond_pull[o]
                pulls[i, o] = pulled[o]
            squares[i], rests[i] = square, square - explained
        beyond += curvature[row]
        for b in range(n_basis):
            beyond_basis[b] += curvature[row] * basis[row, b]
        for o in range(n_outputs):
            beyond_pull[o] += pull[row, o]
    return pulls, squares, rests
