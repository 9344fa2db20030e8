"""Arrays that a compiled refit works in, made once for all of its steps: compiled functions are kept free of that."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from prelu_rules.refine.groups import WORD
from prelu_rules.refine.moments import TOGETHER
from prelu_rules.refine.passes import BLOCK_ROWS
from prelu_rules.values import Array, FloatArray, IntArray

MOST_MOMENTS = 4_000_000
"""Moments that are kept at once; if there are too many groups for that, those of each group are added up when needed."""


class DerivativeRoom(NamedTuple):
    """Room for first and second derivatives.

    Attributes:
        first: `(n_free,)`, the gradient.
        second: `(n_free, n_free)`, the second derivative, half of it.
        back: `(n_units + n_outputs, BLOCK_ROWS)`, for the backward pass.
        affine: `(n_units, 1 + n_inputs)`, units as functions of the inputs.
        products: `(n_features, n_features)`, moments of features.
        sensitive: `(n_units + n_outputs, n_outputs)`, of the outputs, to pre-activations.
        buffer: `(2 * TOGETHER, 1 + n_inputs)`, rows.
        patterns: `(n_words, n_rows)` uint64, which units are open in each row.
        known: `(most, n_words)` uint64, the patterns that occur.
        groups: `(n_rows,)`, the group of each row.
        order: `(n_rows,)`, rows by group.
        ends: `(most + 1,)`, where groups end in this order.
        slots: the hash table of patterns.
        counts: `(most,)`, how many rows each group has.
        moments: `(most_kept, 1 + n_inputs, 1 + n_inputs)`, of each group.
        state: `(2,)`, how many groups there are, and whether their moments are kept.
    """

    first: FloatArray
    second: FloatArray
    back: FloatArray
    affine: FloatArray
    products: FloatArray
    sensitive: FloatArray
    buffer: FloatArray
    patterns: Array
    known: Array
    groups: IntArray
    order: IntArray
    ends: IntArray
    slots: IntArray
    counts: IntArray
    moments: FloatArray
    state: IntArray


def derivative_room(n_rows: int, shape: tuple[int, int], n_units: int, n_free: int) -> DerivativeRoom:
    """Make room; there are never more groups than rows.

    Args:
        n_rows: the number of rows.
        shape: that of the weights.
        n_units: how many of their rows are units.
        n_free: how many of them are free.

    Returns:
        Arrays whose content does not matter, except for the state.

    Example:
        >>> derivative_room(1000, (4, 7), 3, 20).moments.shape
        (8, 4, 4)
    """
    n_outputs, size = shape[0] - n_units, shape[1] - n_units
    most = min(n_rows, 2 ** min(n_units, WORD - 2))
    n_words = max(1, -(-n_units // WORD))
    return DerivativeRoom(
        first=np.empty(n_free),
        second=np.empty((n_free, n_free)),
        back=np.empty((shape[0], BLOCK_ROWS)),
        affine=np.empty((n_units, size)),
        products=np.empty((shape[1], shape[1])),
        sensitive=np.empty((shape[0], n_outputs)),
        buffer=np.empty((2 * TOGETHER, size)),
        patterns=np.empty((n_words, n_rows), np.uint64),
        known=np.empty((most, n_words), np.uint64),
        groups=np.empty(n_rows, np.int64),
        order=np.empty(n_rows, np.int64),
        ends=np.empty(most + 1, np.int64),
        slots=np.empty(2 ** (2 * most).bit_length(), np.int64),
        counts=np.empty(most, np.int64),
        moments=np.empty((max(1, min(most, MOST_MOMENTS // size**2)), size, size)),
        state=np.zeros(2, np.int64),
    )


class StepRoom(NamedTuple):
    """Room for whole steps; what has two parts belongs to the weights before a step and after it.

    Attributes:
        trials: `(2, n_units + n_outputs, n_features)`, weights.
        units: `(2, n_units, n_rows)`.
        errors: `(2, n_outputs, n_rows)`.
        step: `(n_free,)`.
        factor: `(n_free, n_free)`, a factor of the damped second derivative.
    """

    trials: FloatArray
    units: FloatArray
    errors: FloatArray
    step: FloatArray
    factor: FloatArray


def step_room(n_rows: int, weights: FloatArray, n_units: int, n_free: int) -> StepRoom:
    """Make room.

    Args:
        n_rows: the number of rows.
        weights: those to start from.
        n_units: how many of their rows are units.
        n_free: how many of them are free.

    Returns:
        Arrays whose content does not matter, except for the first weights.

    Example:
        >>> step_room(10, np.eye(3), 2, 9).units.shape
        (2, 2, 10)
    """
    return StepRoom(
        trials=np.stack([weights, weights]),
        units=np.empty((2, n_units, n_rows)),
        errors=np.empty((2, len(weights) - n_units, n_rows)),
        step=np.empty(n_free),
        factor=np.empty((n_free, n_free)),
    )
