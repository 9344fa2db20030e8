"""A compact form as compiled refits see it: the constant first, and the free weights as runs of neighbours.

Then the features of a row start with `(1, x)`, whose moments need no rearranging, and a row of weights that are all
free is a single run, which is added to in one go.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from prelu_rules.geometry.compiled import compiled_in_place
from prelu_rules.network.compact import CompactForm
from prelu_rules.values import Array, BoolArray, FloatArray, IntArray


class Layout(NamedTuple):
    """Weights and which of them are free.

    Attributes:
        weights: `(n_units + n_outputs, 1 + n_inputs + n_units)` float64: columns for 1, the inputs, and the units.
        runs: `(n_runs, 4)` int64: the row of a run of free weights, its first column, its length, and its first place
            among the free weights, row by row.
        starts: `(n_units + n_outputs + 1,)` int64: where the free weights of each row start, and where the last end.
        places: `(2, n_free)` int64: the row and column of each free weight.
    """

    weights: FloatArray
    runs: IntArray
    starts: IntArray
    places: IntArray


def layout(system: CompactForm) -> Layout:
    """Lay a compact form out for compiled passes.

    Args:
        system: the network.

    Returns:
        Arrays that are its own, contiguous and writable, so that functions are compiled for one kind only.

    Example:
        >>> layout(CompactForm(np.array([[2.0, 0.0, 3.0]]), np.array([[True, False, True]]), 2)).runs
        array([[0, 0, 2, 0]])
    """
    free = constant_first(system.support)
    n_free = np.count_nonzero(free)
    runs, starts = np.empty((n_free, 4), np.int64), np.empty(len(free) + 1, np.int64)
    places = np.empty((2, n_free), np.int64)
    n_runs = _find_runs(free, runs, starts, places)
    return Layout(constant_first(system.weights), runs[:n_runs], starts, places)


@compiled_in_place
def _find_runs(free: BoolArray, runs: IntArray, starts: IntArray, places: IntArray) -> int:
    """Write what a layout says about the free weights; returns the number of runs."""
    n_runs, n_free = 0, 0
    for row in range(len(free)):
        starts[row] = n_free
        for column in range(free.shape[1]):
            if not free[row, column]:
                continue
            places[0, n_free], places[1, n_free] = row, column
            if column > 0 and free[row, column - 1]:
                runs[n_runs - 1, 2] += 1
            else:
                runs[n_runs, 0], runs[n_runs, 1], runs[n_runs, 2], runs[n_runs, 3] = row, column, 1, n_free
                n_runs += 1
            n_free += 1
    starts[len(free)] = n_free
    return n_runs


def penalties_of(laid: Layout, n_units: int, ridge: float, on_bends: float) -> FloatArray:
    """The penalties of the free weights.

    Args:
        laid: the layout.
        n_units: how many rows of weights are units.
        ridge: that of the weights of outputs, except those on units, and their constants.
        on_bends: that of the weights of units, and of outputs on them.

    Returns:
        `(n_free,)`, in the order of the layout.

    Example:
        >>> penalties_of(layout(CompactForm(np.ones((1, 3)), np.ones((1, 3), dtype=bool), 2)), 0, 0.5, 0.5)
        array([0. , 0.5, 0.5])
    """
    rows, columns = laid.places
    first_unit = laid.weights.shape[1] - n_units
    found = np.where((rows < n_units) | (columns >= first_unit), on_bends, ridge)
    return np.where((columns == 0) & (rows >= n_units), 0.0, found)


def with_weights(system: CompactForm, weights: FloatArray) -> CompactForm:
    """The compact form with weights that a compiled pass has changed.

    Args:
        system: the network that was laid out.
        weights: as in its layout.

    Returns:
        A network with the same support.
    """
    given = np.empty(weights.shape)
    given[:, :-1], given[:, -1] = weights[:, 1:], weights[:, 0]
    return CompactForm(given, system.support, system.n_inputs)


def order_of_free(system: CompactForm) -> IntArray:
    """Where each free weight of a compact form is among those of its layout, whose constants come first.

    Args:
        system: the network.

    Returns:
        `(n_free,)`, indices.

    Example:
        >>> order_of_free(CompactForm(np.array([[2.0, 1.0, 3.0]]), np.ones((1, 3), dtype=bool), 2))
        array([1, 2, 0])
    """
    free = constant_first(system.support)
    place = np.cumsum(free).reshape(free.shape) - 1
    return np.asarray(np.hstack([place[:, 1:], place[:, :1]])[system.support])


def constant_first(columns: Array) -> Array:
    """The last column moved to the front.

    Args:
        columns: `(n, m)`.

    Returns:
        A new array.

    Example:
        >>> constant_first(np.array([[1.0, 2.0, 3.0]]))
        array([[3., 1., 2.]])
    """
    # `np.roll` takes twenty times as long for such small arrays.
    moved = np.empty(columns.shape, columns.dtype)
    moved[:, 0], moved[:, 1:] = columns[:, -1], columns[:, :-1]
    return moved
