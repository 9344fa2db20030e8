"""One pass over many rows, compiled: several times as fast as NumPy, with the same bits.

Nothing is compiled for few rows; see `evaluation`.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from prelu_rules.geometry.compiled import compiled
from prelu_rules.values import Array, FloatArray

TILE = 64
"""Rows that are transposed together, so that the processor computes several sums at once."""


@compiled
def write_in_one_pass(
    x: FloatArray, inputs: Any, boundaries: FloatArray, place: Array, weights: FloatArray, outputs: FloatArray
) -> None:
    """Write the outputs of the first rule whose conditions hold in each row.

    Sums are added in the order of the features, the constant last, and nothing is fused, as in `weighted_sums`.

    Args:
        x: `(n_rows, n_inputs)`, at least one input; in C order, as all arrays here.
        inputs: anything of length `n_inputs`. For a tuple, it is part of its type, and loops over inputs are unrolled,
            which takes a third less time; it is compiled anew for each length.
        boundaries: `(n_boundaries, n_inputs + 1)`, weights and constant.
        place: `(2**n_boundaries,)` uint64, where the weights of the first rule that holds begin, by the signs of the
            boundaries, whose bit is 1 for a sum that is not negative.
        weights: flat, for each rule and for each of its outputs, `n_inputs` weights and the constant.
        outputs: `(n_rows, n_outputs)`, to be written.
    """
    n_inputs, n_rows = len(inputs), len(x)
    columns = np.zeros((n_inputs, TILE))
    signs = np.zeros(TILE, dtype=np.uint32)
    own = np.zeros(TILE, dtype=np.uint64)
    for start in range(0, n_rows, TILE):
        n = min(TILE, n_rows - start)
        for r in range(n):
            for j in range(n_inputs):
                columns[j, r] = x[start + r, j]
        signs[:] = 0
        for k in range(len(boundaries)):
            bit = np.uint32(1) << np.uint32(k)
            for r in range(TILE):
                total = boundaries[k, 0] * columns[0, r]
                for j in range(1, n_inputs):
                    total += boundaries[k, j] * columns[j, r]
                signs[r] |= bit if total + boundaries[k, n_inputs] >= 0 else np.uint32(0)
        for r in range(TILE):
            own[r] = place[signs[r]]
        for o in range(outputs.shape[1]):
            for r in range(n):
                total = weights[own[r]] * columns[0, r]
                for j in range(1, n_inputs):
                    total += weights[own[r] + np.uint64(j)] * columns[j, r]
                outputs[start + r, o] = total + weights[own[r] + np.uint64(n_inputs)]
            for r in range(TILE):
                own[r] += np.uint64(n_inputs + 1)
