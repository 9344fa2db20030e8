"""Linear programs in floats whose bounds are proven, for proofs too large for exact arithmetic.

The dual simplex method proposes which rows hold a function down. What is proven is weak duality: on a cell where every
row `g_i` is non-negative, `f <= f + sum_i l_i g_i` for all `l_i >= 0`, whatever they are. The right-hand side is almost
constant, and its largest value on a box is found by adding up absolute values. All rounding errors are bounded by the
usual constants (Higham, "Accuracy and Stability of Numerical Algorithms", 2002, section 3.1) and added. So a bound is
never too small, and if the method fails it is merely useless. (Neumaier and Shcherbina, "Safe bounds in linear and
mixed-integer linear programming", 2004.)

Functions are of coordinates `t` with `|t| <= reach`. Each row comes with an error: the exact function is nowhere on
that box further from the row than this.
"""

from __future__ import annotations

import numpy as np

from prelu_rules.geometry.compiled import compiled
from prelu_rules.geometry.dual_simplex import descend, start
from prelu_rules.values import FloatArray, IntArray

UNIT = 2.0**-53
"""The largest relative error of one rounding."""

TINY = 1e-290
"""More than all that is lost where numbers are too small for floats to be that precise."""


@compiled
def _proven(
    rows: FloatArray,
    errors: FloatArray,
    function: FloatArray,
    error: float,
    multipliers: FloatArray,
    tight: IntArray,
    reach: FloatArray,
) -> float:
    """A bound of a function plus multiples of the rows that are tight; multipliers that are negative do not count."""
    n_coordinates = len(reach)
    total, sizes = function.copy(), np.abs(function)
    for place in range(n_coordinates):
        row, factor = tight[place] - 2 * n_coordinates, multipliers[place]
        if row >= 0 and factor > 0.0:
            for q in range(n_coordinates + 1):
                term = factor * rows[row, q]
                total[q] += term
                sizes[q] += abs(term)
            error += factor * errors[row] * (1.0 + 4.0 * UNIT)
    bound, size = total[n_coordinates], sizes[n_coordinates]
    for q in range(n_coordinates):
        bound += abs(total[q]) * reach[q]
        size += sizes[q] * reach[q]
    rounding = (6.0 * n_coordinates + 20.0) * UNIT * size
    return float(bound + (error + rounding) * (1.0 + 16.0 * UNIT * n_coordinates) + TINY)


@compiled
def highest(
    rows: FloatArray, errors: FloatArray, n: int, function: FloatArray, error: float, reach: FloatArray
) -> float:
    """A proven upper bound of an affine function on a cell, close to its largest value there.

    Args:
        rows: `(at least n, n_coordinates + 1)`, functions that are non-negative on the cell, constants last.
        errors: of the rows.
        n: the number of rows.
        function: `(n_coordinates + 1,)`.
        error: of the function.
        reach: `(n_coordinates,)`, the largest absolute coordinates.

    Returns:
        The bound; minus infinity if it is proven that the cell is empty.
    """
    k = len(reach)
    tight, multipliers = np.empty(k, dtype=np.intp), np.zeros(k)
    table = np.zeros((2 * k + n + 1, k + 1))
    start(rows, n, function, reach, table, tight)
    # If it does not end, what has been found until then is a bound, too.
    violated = descend(table, tight)
    if violated >= 0:
        # No coordinate raises what is violated, a bound of the box or a row of the cell.
        row, row_error = np.zeros(k + 1), 0.0
        if violated >= 2 * k:
            row, row_error = rows[violated - 2 * k], errors[violated - 2 * k]
        else:
            row[violated % k], row[k] = 1.0 if violated < k else -1.0, reach[violated % k]
        for q in range(k):
            multipliers[q] = -table[violated, q]
        if _proven(rows, errors, row, row_error, multipliers, tight, reach) < 0.0:
            return -np.inf
    for q in range(k):
        multipliers[q] = -table[2 * k + n, q]
    return float(_proven(rows, errors, function, error, multipliers, tight, reach))


@compiled
def ranges(
    rows: FloatArray, errors: FloatArray, functions: FloatArray, function_errors: FloatArray, reach: FloatArray
) -> FloatArray:
    """Proven bounds of several functions on a cell.

    Args:
        rows: `(n_rows, n_coordinates + 1)`, see `highest`.
        errors: `(n_rows,)`.
        functions: `(n_functions, n_coordinates + 1)`.
        function_errors: `(n_functions,)`.
        reach: `(n_coordinates,)`.

    Returns:
        `(n_functions, 2)`, lower and upper bounds; lower ones of infinity if the cell is proven to be empty.
    """
    found = np.empty((len(functions), 2))
    for number in range(len(functions)):
        function, error = functions[number], function_errors[number]
        found[number, 0] = -highest(rows, errors, len(rows), -function, error, reach)
        found[number, 1] = highest(rows, errors, len(rows), function, error, reach)
    return found


@compiled
def ranges_on_parts(
    rows: FloatArray,
    errors: FloatArray,
    cuts: FloatArray,
    cut_errors: FloatArray,
    starts: IntArray,
    which: IntArray,
    signs: FloatArray,
    function: FloatArray,
    error: float,
    reach: FloatArray,
) -> FloatArray:
    """Proven bounds of a function on several parts of a cell.

    Args:
        rows: `(n_rows, n_coordinates + 1)`, of the cell; see `highest`.
        errors: `(n_rows,)`.
        cuts: `(n_cuts, n_coordinates + 1)`, functions by which parts are cut.
        cut_errors: `(n_cuts,)`.
        starts: `(n_parts + 1,)`, where the cuts of each part begin in `which`.
        which: the numbers of cuts.
        signs: 1 where the function is non-negative on the part, -1 where it is not positive, 0 where it is both.
        function: `(n_coordinates + 1,)`.
        error: of the function.
        reach: `(n_coordinates,)`.

    Returns:
        `(n_parts, 2)`, lower and upper bounds; upper ones of minus infinity if the part is proven to be empty.
    """
    n_parts, n_rows = len(starts) - 1, len(rows)
    room = 0
    for part in range(n_parts):
        room = max(room, starts[part + 1] - starts[part])
    part_rows, part_errors = np.empty((n_rows + 2 * room, rows.shape[1])), np.empty(n_rows + 2 * room)
    part_rows[:n_rows], part_errors[:n_rows] = rows, errors
    found = np.empty((n_parts, 2))
    for part in range(n_parts):
        n = n_rows
        for place in range(starts[part], starts[part + 1]):
            for sign in (1.0, -1.0):
                if signs[place] != -sign:
                    part_rows[n] = sign * cuts[which[place]]
                    part_errors[n] = cut_errors[which[place]]
                    n += 1
        found[part, 0] = -highest(part_rows, part_errors, n, -function, error, reach)
        found[part, 1] = highest(part_rows, part_errors, n, function, error, reach)
    return found
