"""The fewest inequalities that describe each of many cells, one for each facet; compiled by Numba."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from prelu_rules.domains.frame import Frame
from prelu_rules.errors import SolverError
from prelu_rules.geometry import dictionary, walks
from prelu_rules.geometry.cells import (
    Coordinates,
    Network,
    Patterns,
    compiled_frame,
    compiled_network,
    first_change,
    write_rows,
)
from prelu_rules.geometry.compiled import compiled, compiled_in_place, part_of_compiled
from prelu_rules.geometry.dictionary import ENDLESS, NEVER, STEPS, Dictionary, new_dictionary
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
    k, room = frame.n_coordinates, len(frame.rows) + form.n_units
    corner, first = new_dictionary(k, room, frame.bound), new_dictionary(k, room, frame.bound)
    # No walk may end before the maximum, where the tight rows say what implies a row.
    corner.most[:] = np.inf
    known = _Known(*(np.zeros(2 * k + room, dtype=bool) for _ in range(3)))
    n_kept = _facets(
        compiled_network(form), compiled_frame(frame), frame.rows, corner, first, known, *patterns, bounds, functions
    )
    if n_kept < 0:
        raise SolverError("the simplex method did not converge; use the method 'linear programs'.")
    return bounds, functions[:n_kept]


class _Known(NamedTuple):
    """What is known about the rows of the cell of a pattern; `(2 * n_coordinates + room,)` each."""

    implied: BoolArray  # by the others
    facet: BoolArray
    beyond: BoolArray  # also a facet of the cell beyond the last row


@compiled
def _facets(
    network: Network,
    frame: Coordinates,
    base: FloatArray,
    d: Dictionary,
    first: Dictionary,
    known: _Known,
    signs: BoolArray,
    decides: BoolArray,
    outputs: FloatArray,
    tight_rows: IntArray,
    bounds: BoolArray,
    kept: FloatArray,
) -> int:
    """Find the facets; returns how many there are, or -1 if a walk does not end."""
    n_patterns, n_units = signs.shape
    n_base, k = len(base), tight_rows.shape[1]
    start = 2 * k + n_base
    functions = np.empty((n_units, outputs.shape[2]))
    framed = np.empty((n_units, k + 1))
    rows = np.empty((n_base + n_units, k + 1))
    rows[:n_base] = base
    # The unit of each row; of units that imply a unit (which may be itself), the last one: that it is implied holds
    # until one of these changes.
    units, implied_by = np.full(start + n_units, -1), np.full(n_units, n_units)
    wanted = np.zeros(start + n_units, dtype=np.bool_)
    n, n_kept = 0, 0
    for pattern in range(n_patterns):
        change, n_before = first_change(signs, decides, pattern), n
        n = write_rows(network, frame, signs[pattern], decides[pattern], change, functions, framed, rows, n_base)
        last = 2 * k + n - 1
        # Often a pattern differs from the previous one only in the sign of the last unit that decides.
        beyond = change >= 0 and decides[pattern, change] and n == n_before and units[last] == change
        _forget(known, beyond)
        number = start
        for unit in range(n_units):
            if implied_by[unit] >= change:
                implied_by[unit] = n_units
            if decides[pattern, unit]:
                units[number] = unit
                known.implied[number] = implied_by[unit] < n_units
                number += 1
        if beyond and np.any(first.tight == last):
            dictionary.copy(first, d, n)
            dictionary.turn(d, n, np.flatnonzero(d.tight == last)[0])
            first.tight[:] = -1
        else:
            if not dictionary.go_to(d, rows, n, tight_rows[pattern], wanted):
                return -1
            dictionary.copy(d, first, n)
        if not _mark(d, known, units, implied_by, n, start):
            return -1
        for number in range(start, last + 1):
            if not known.implied[number]:
                unit = units[number]
                bounds[pattern, unit] = True
                kept[n_kept] = functions[unit]
                n_kept += 1
    return n_kept


@part_of_compiled
def _forget(known: _Known, beyond: bool) -> None:
    """Forget what was known of the previous pattern, except what holds beyond its last row."""
    for number in range(len(known.facet)):
        known.facet[number] = known.beyond[number] and beyond
        known.beyond[number] = False
        known.implied[number] = False


@part_of_compiled
def _mark(d: Dictionary, known: _Known, units: IntArray, implied_by: IntArray, n: int, start: int) -> bool:
    """Mark the rows of a cell that the others imply; whether all walks ended."""
    last = 2 * len(d.tight) + n - 1
    columns = n
    for number in range(start, last + 1):
        if known.implied[number]:
            columns = _drop(d, known, columns, number)
    _mark_tight(d, known, columns, start, last)
    # From last to first, so that of two equal rows the first remains.
    for number in range(last, start - 1, -1):
        if known.facet[number] or known.implied[number]:
            continue
        # The column of a row that is dropped is the one after those that block.
        fewer = _drop(d, known, columns, number)
        outcome = NEVER
        if fewer < columns:
            d.counts[STEPS] = 0
            # It stops before the row is crossed, at a corner of the cell with the row.
            outcome = walks.walk_alone(d, columns, -1.0, CUT, 0.0, True)
        if outcome == ENDLESS:
            return False
        if fewer < columns and outcome == NEVER:
            known.implied[number] = True
            implied_by[units[number]] = _last_of_those_that_imply(d, units, columns - 1, number)
            columns = fewer
        else:
            _mark_tight(d, known, columns, start, last)
    return True


@compiled_in_place
def _drop(d: Dictionary, known: _Known, columns: int, number: int) -> int:
    """Let a row no longer block; returns the number of columns that do, unchanged if the row has to stay tight."""
    for place in range(len(d.tight)):
        if d.tight[place] == number:
            entering, step, far, other = walks.blocking(d, columns, place, -1.0, True)
            if entering < 0 or far > 0.0 or step > CUT:
                known.implied[number] = False
                return columns
            walks.step_to(d, columns, entering, place, other)
            break
    for i in range(columns):
        if d.loose[i] == number:
            dictionary.swap(d, i, columns - 1)
            return columns - 1
    return columns


@part_of_compiled
def _last_of_those_that_imply(d: Dictionary, units: IntArray, column: int, number: int) -> int:
    """The last of the units that imply a row: here the row is a positive combination of the slacks of tight rows."""
    last = units[number]
    for place in range(len(d.tight)):
        if d.table[place, column] > LEAST_RATE:
            last = max(last, units[d.tight[place]])
    return last


@compiled_in_place
def _mark_tight(d: Dictionary, known: _Known, columns: int, start: int, last: int) -> None:
    """Mark the tight rows at this corner that are facets: without such a row the walk would continue beyond it."""
    tight = d.tight
    # A corner on the last row is also a corner of the cell beyond it; but what is implied here may not be, there.
    shared = False
    for place in range(len(tight)):
        shared |= tight[place] == last
    shared &= 2 * len(tight) + columns == last + 1
    for place in range(len(tight)):
        number = tight[place]
        # The rows of the domain come first; it does not matter whether they are facets.
        if number >= start and not (known.facet[number] and (known.beyond[number] or not shared)):
            facet = not walks.held(d, columns, place, CUT)
            known.facet[number] |= facet
            known.beyond[number] |= facet and shared
