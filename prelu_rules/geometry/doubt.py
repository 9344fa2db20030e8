"""What floats leave in doubt about a cell, decided in exact arithmetic."""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from prelu_rules.domains.box import Box
from prelu_rules.geometry.proofs.exact import ExactCell
from prelu_rules.values import FloatArray, exact_array


def reaches_beyond(rows: FloatArray, bound: float, row: FloatArray, limit: float) -> bool:
    """Whether an affine function exceeds a limit somewhere in a cell.

    Args:
        rows: `(n_rows, n_coordinates + 1)`, weights and constants of what is `>= 0` in the cell; each number counts
            as exactly what it is.
        bound: the largest absolute value of a coordinate, or infinity.
        row: `(n_coordinates + 1,)`, the function.
        limit: the limit.

    Returns:
        True if it does; False also if the cell is empty.

    Example:
        >>> reaches_beyond(np.array([[-1.0, 0.1]]), 1.0, np.array([1.0, 0.0]), 0.1)
        False
    """
    k = len(row) - 1
    box = Box(np.full(k, -bound), np.full(k, bound)) if np.isfinite(bound) else None
    cell = ExactCell.of_domain(box, k)
    for given in exact_array(rows):
        if cell is None:
            return False
        cell = cell.cut(given)
    wanted = exact_array(row)
    wanted[-1] -= Fraction(limit)
    return cell is not None and cell.exceeds(wanted)
