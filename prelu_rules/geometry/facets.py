"""The fewest inequalities that describe each of many cells, one for each facet; compiled by Numba."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from prelu_rules.domains.frame import Frame
from prelu_rules.geometry import dictionary
from prelu_rules.geometry.cells import Network, Patterns, compiled_network, first_change, write_rows
from prelu_rules.geometry.compiled import compiled
from prelu_rules.network.normal_form import NormalForm
from prelu_rules.tolerances import CUT, LEAST_RATE
from prelu_rules.values import BoolArray, FloatArray, IntArray


def facets(form: NormalForm, frame: Frame, patterns: Patterns) -> tuple[BoolArray, FloatArray]:
    """Find the units that bound the cell of each pattern inside the domain.

    A unit is left out if the domain and the remaining units imply its sign up to `CUT`; of units that imply one
    another, the first remains.

    Args:
        form: the network, in float64.
        frame: the domain in which the patterns were found.
        patterns: as returned by `simplex_patterns`.

    Returns:
        `(n_patterns, n_units)` bool, True for the units that bound the cell; and their pre-activations as functions
        of the input, `(n_true, n_inputs + 1)`, pattern by pattern.

    Raises:
        SolverError: if rounding errors keep the simplex method from converging.

    Example:
        >>> from prelu_rules.domains.box import Box
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


class _Cell(NamedTuple):
    """The cell of a pattern, and what is known about its rows."""

    table: FloatArray
    tight: IntArray
    unit: IntArray  # (room,), the unit of a row; -1 for rows of the domain
    skipped: BoolArray  # (room,), rows that are implied by the others
    known: BoolArray  # (room,), rows that are facets
    beyond: BoolArray  # (room,), rows that are also facets of the cell beyond the last row
    size: IntArray  # (1,), the number of rows


@compiled
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
    framed = np.empty((n_units, k + 1))
    rows = np.empty((n_base + n_units, k + 1))
    rows[:n_base] = base
    room = len(rows)
    cell = _Cell(
        np.empty((k + 1, room)),
        np.empty(k, dtype=np.intp),
        np.full(room, -1),
        np.zeros(room, dtype=np.bool_),
        np.zeros(room, dtype=np.bool_),
        np.zeros(room, dtype=np.bool_),
        np.zeros(1, dtype=np.intp),
    )
    first_table, first_tight = np.empty_like(cell.table), np.empty_like(cell.tight)
    # Of the units that imply a unit (which may be itself), the last one; the implication holds until one of these
    # changes.
    implied_by = np.full(n_units, n_units)
    n_kept = 0
    for pattern in range(n_patterns):
        change = first_change(signs, decides, pattern)
        n = write_rows(network, frame, signs[pattern], decides[pattern], change, functions, framed, rows, n_base)
        last = n - 1
        # Often a pattern differs from the previous one only in the sign of the last unit that decides.
        beyond = change >= 0 and decides[pattern, change] and n == cell.size[0] and cell.unit[last] == change
        cell.size[0] = n
        cell.known[:] = cell.beyond & beyond
        cell.beyond[:] = False
        cell.skipped[:] = False
        row = n_base
        for unit in range(n_units):
            if implied_by[unit] >= change:
                implied_by[unit] = n_units
            if decides[pattern, unit]:
                cell.unit[row] = unit
                cell.skipped[row] = implied_by[unit] < n_units
                row += 1
        if beyond and last in first_tight:
            cell.table[:, :n], cell.tight[:] = first_table[:, :n], first_tight
            dictionary.turn(cell.table, cell.tight, n, last)
            first_tight[:] = -1
        else:
            cell.tight[:] = tight_rows[pattern]
            dictionary.refresh(cell.table, cell.tight, n, rows)
            first_table[:, :n], first_tight[:] = cell.table[:, :n], cell.tight
        for row in range(n_base, n):
            if cell.skipped[row]:
                _leave(cell, row)
        _mark_tight(cell, n_base)
        # From last to first, so that of two equal rows the first remains.
        for row in range(n - 1, n_base - 1, -1):
            if not cell.known[row] and not cell.skipped[row]:
                if _is_facet(cell, row):
                    _mark_tight(cell, n_base)
                else:
                    implied_by[cell.unit[row]] = _last_of_those_that_imply(cell, row)
        for row in range(n_base, n):
            if not cell.skipped[row]:
                unit = cell.unit[row]
                bounds[pattern, unit] = True
                kept[n_kept] = functions[unit]
                n_kept += 1
    return n_kept


@compiled
def _leave(cell: _Cell, row: int) -> None:
    """Make another row tight instead of one that is skipped; if that is impossible, it is not skipped after all."""
    for place in range(len(cell.tight)):
        if cell.tight[place] == row:
            entering, step = dictionary.blocking(cell.table, cell.tight, cell.size[0], place, -1.0, cell.skipped, True)
            if entering < 0 or step > CUT:
                cell.skipped[row] = False
            else:
                dictionary.pivot(cell.table, cell.tight, cell.size[0], entering, place)
            return


@compiled
def _is_facet(cell: _Cell, row: int) -> bool:
    """Whether the cell would be larger without a row; if not, the row is skipped from now on."""
    cell.skipped[row] = True
    _leave(cell, row)
    if cell.skipped[row]:
        facet, _ = dictionary.reaches(cell.table, cell.tight, cell.size[0], row, -1.0, cell.skipped, True)
        cell.skipped[row] = not facet
    return not cell.skipped[row]


@compiled
def _last_of_those_that_imply(cell: _Cell, row: int) -> int:
    """The last of the units that imply a row: here the row is a positive combination of the slacks of tight rows."""
    last = cell.unit[row]
    for place in range(len(cell.tight)):
        if cell.table[place, row] > LEAST_RATE:
            last = max(last, cell.unit[cell.tight[place]])
    return last


@compiled
def _mark_tight(cell: _Cell, n_base: int) -> None:
    """Mark the tight rows at this corner that are facets: without such a row the walk would continue beyond it."""
    # A corner on the last row is also a corner of the cell beyond it.
    shared = cell.size[0] - 1 in cell.tight
    for place in range(len(cell.tight)):
        row = cell.tight[place]
        # The rows of the domain come first; it does not matter whether they are facets.
        if row >= n_base and not (cell.known[row] and (cell.beyond[row] or not shared)):
            facet = not dictionary.held(cell.table, cell.tight, cell.size[0], place)
            cell.known[row] |= facet
            cell.beyond[row] |= facet and shared
