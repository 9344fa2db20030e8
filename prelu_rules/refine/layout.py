"""A compact form as compiled refits see it: the constant first, and the free weights as runs of neighbours.

Then the features of a row start with `(1, x)`, whose moments need no rearranging, and a row of weights that are all
free is a single run, which is added to in one go.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from prelu_rules.network.compact import CompactForm
from prelu_rules.values import Array, FloatArray, IntArray


class Layout(NamedTuple):
    """Weights and which of them are free.

    Attributes:
        weights: `(n_units + n_outputs, 1 + n_inputs + n_units)` float64: columns for 1, the inputs, and the units.
        runs: `(n_runs, 4)` int64: the row of a run of free weights, its first column, its length, and its first place
            among the free weights, row by row.
        starts: `(n_units + n_outputs + 1,)` int64: where the runs of each row start, and where the last ones end.
        places: `(n_free, 2)` int64: the row and column of each free weight.
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
    free = _constant_first(system.support)
    before = np.zeros_like(free)
    before[:, 1:] = free[:, :-1]
    place = np.cumsum(free).reshape(free.shape) - 1
    rows, columns = np.nonzero(free & ~before)
    after = np.zeros_like(free)
    after[:, :-1] = free[:, 1:]
    lengths = np.nonzero(free & ~after)[1] - columns + 1
    runs = np.stack([rows, columns, lengths, place[rows, columns]], axis=1).astype(np.int64, order="C")
    starts = np.searchsorted(rows, np.arange(len(free) + 1)).astype(np.int64)
    return Layout(_constant_first(system.weights), runs, starts, np.ascontiguousarray(np.argwhere(free), np.int64))


def with_weights(system: CompactForm, weights: FloatArray) -> CompactForm:
    """The compact form with weights that a compiled pass has changed.

    Args:
        system: the network that was laid out.
        weights: as in its layout.

    Returns:
        A network with the same support.
    """
    return CompactForm(np.hstack([weights[:, 1:], weights[:, :1]]), system.support, system.n_inputs)


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
    free = _constant_first(system.support)
    place = np.cumsum(free).reshape(free.shape) - 1
    return np.asarray(np.hstack([place[:, 1:], place[:, :1]])[system.support])


def _constant_first(columns: Array) -> Array:
    """The last column moved to the front."""
    # `np.roll` takes ten times as long for such small arrays.
    return np.hstack([columns[:, -1:], columns[:, :-1]])
