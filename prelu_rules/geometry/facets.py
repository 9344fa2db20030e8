"""The fewest inequalities that describe each of many cells: those whose hyperplane is a facet; compiled by Numba."""

from __future__ import annotations

import numpy as np
from numba import njit

from prelu_rules.geometry import dictionary
from prelu_rules.geometry.cells import Network, Patterns, compiled_network, stand_in_cell
from prelu_rules.geometry.frame import Frame
from prelu_rules.normal_form import NormalForm
from prelu_rules.tolerances import CUT
from prelu_rules.values import BoolArray, FloatArray, IntArray


def facets(form: NormalForm, frame: Frame, patterns: Patterns) -> tuple[BoolArray, FloatArray]:
    """Which units bound the cell of each pattern, inside the domain.

    A unit is left out where the domain and the units that stay imply its sign up to `CUT`; of units that imply one
    another the first stays.

    Args:
        form: the network, in float64.
        frame: the domain in which the patterns were found.
        patterns: what `simplex_patterns` found.

    Returns:
        `(n_patterns, n_units)` bool, True for the units that bound the cell; and their pre-activations as functions
        of the input, `(n_true, n_inputs + 1)`, pattern by pattern.

    Raises:
        SolverError: if rounding errors keep the simplex method from an end.

    Example:
        >>> from prelu_rules.geometry.box import Box
        >>> from prelu_rules.geometry.simplex import simplex_patterns
        >>> form = NormalForm(A=[[1], [1]], B=np.zeros((2, 2)), b=[0, -1], C=[[0]], D=[[1, 1]], e=[0], slopes=[0, 0])
        >>> frame = Frame.of_box(Box([-3], [3]))
        >>> batch, = simplex_patterns(form, frame)
        >>> facets(form, frame, batch)[0].astype(int).tolist()
        [[1, 0], [1, 1], [0, 1]]
    """
    bounds = np.zeros_like(patterns.decides)
    functions = np.empty((int(patterns.decides.sum()), form.n_inputs + 1))
    base = frame.halfspaces
    basis = np.hstack([frame.basis, frame.centre[:, None]])
    n_kept = _facets(compiled_network(form), basis, base, *patterns, bounds, functions)
    return bounds, functions[:n_kept]


@njit(cache=True)
def _facets(
    network: Network,
    frame: FloatArray,
    base: FloatArray,
    signs: BoolArray,
    decides: BoolArray,
    outputs: FloatArray,
    tight_rows: IntArray,
    bounds: BoolArray,
    kept: FloatArray,
) -> int:
    n_patterns, n_units = signs.shape
    n_base, k = len(base), tight_rows.shape[1]
    functions = np.empty((n_units, frame.shape[0] + 1))
    rows = np.empty((n_base + n_units, k + 1))
    rows[:n_base] = base
    table = np.empty((k + 1, len(rows)))
    skipped = np.zeros(len(rows), dtype=np.bool_)
    known = np.zeros(len(rows), dtype=np.bool_)
    n_kept = 0
    for pattern in range(n_patterns):
        tight = tight_rows[pattern].copy()
        n = stand_in_cell(network, frame, signs[pattern], decides[pattern], tight, functions, rows, n_base, table)
        skipped[:] = False
        known[:] = False
        _mark_tight(table, tight, n_base, n, skipped, known)
        # From the last to the first, so that of two equal ones the first stays.
        row = n
        for unit in range(n_units - 1, -1, -1):
            if decides[pattern, unit]:
                row -= 1
                bounds[pattern, unit] = _is_facet(table, tight, n_base, n, row, skipped, known)
        for unit in range(n_units):
            if bounds[pattern, unit]:
                kept[n_kept] = functions[unit]
                n_kept += 1
    return n_kept


@njit(cache=True)
def _is_facet(
    table: FloatArray, tight: IntArray, n_base: int, n: int, row: int, skipped: BoolArray, known: BoolArray
) -> bool:
    """Whether the cell would be larger without a row; if it would not, the row is skipped from now on."""
    if known[row]:
        return True
    skipped[row] = True
    for place in range(len(tight)):
        if tight[place] == row:
            entering, step = dictionary.blocking(table, tight, n, place, -1.0, skipped, True)
            if entering < 0 or step > CUT:
                skipped[row] = False
                return True
            dictionary.pivot(table, tight, n, entering, place)
            break
    facet, _ = dictionary.reaches(table, tight, n, row, -1.0, skipped, True)
    skipped[row] = not facet
    if facet:
        _mark_tight(table, tight, n_base, n, skipped, known)
    return facet


@njit(cache=True)
def _mark_tight(table: FloatArray, tight: IntArray, n_base: int, n: int, skipped: BoolArray, known: BoolArray) -> None:
    """Mark the rows tight at this corner that nothing else holds: without them the walk would go on behind them."""
    for place in range(len(tight)):
        row = tight[place]
        # The rows of the domain come first, and nobody asks for them.
        if row >= n_base and not known[row]:
            skipped[row] = True
            entering, step = dictionary.blocking(table, tight, n, place, -1.0, skipped, False)
            known[row] = entering < 0 or step > CUT
            skipped[row] = False
