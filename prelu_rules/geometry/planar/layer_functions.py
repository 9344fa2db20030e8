"""Units and outputs as affine functions on a cell, recomputed only where signs changed; compiled by Numba.

A search that goes depth first enters the same block of units again and again, and mostly only a few signs of the block
before have changed since. The functions of the block are then corrected by the contributions of the units that turned.
Functions are stored as columns, so that the units of a block lie side by side in memory.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from prelu_rules.geometry.compiled import compiled, inlined
from prelu_rules.network.normal_form import NormalForm
from prelu_rules.tolerances import CANCELLED
from prelu_rules.values import BoolArray, FloatArray, IntArray

FRESH = 64
"""Corrections after which the functions of a block are summed anew: each adds a rounding error of about 1e-16 of the
terms, and all together have to stay far below `CANCELLED`."""


class LayerFunctions(NamedTuple):
    """The functions of the units, then of the outputs, which are the last block, and what they are computed from."""

    direct: FloatArray  # (n_inputs + 1, n_functions), from the inputs, constants last
    weights: FloatArray  # (n_units, n_functions), from units to later functions
    slopes: FloatArray  # (n_units,)
    linked: BoolArray  # (n_blocks, n_units), whether a block uses a unit at all
    start: IntArray  # (n_blocks + 1,), where each block starts
    last_source: IntArray  # (n_blocks,), the first unit of the last block that a block uses
    largest: FloatArray  # (n_inputs + 1, n_functions), no sum has terms of a larger total; infinite on overflow
    sums: FloatArray  # (n_inputs + 1, n_functions)
    values: FloatArray  # (n_inputs + 1, n_functions), the sums with cancelled ones exactly 0
    used: BoolArray  # (n_blocks, n_units), the signs that the sums of a block are for
    age: IntArray  # (n_blocks,), corrections since the sums of a block were fresh; FRESH if there are none yet


def layer_functions(form: NormalForm) -> LayerFunctions:
    """Arrays in which `update` computes the functions of a network.

    Args:
        form: the network, in float64.

    Returns:
        The arrays; no function is computed yet.

    Example:
        >>> form = NormalForm.from_layers([[[2.0]], [[3.0]]], [[1.0], [0.0]], [[0.5]])
        >>> functions = layer_functions(form)
        >>> for block in range(2):
        ...     _ = update(functions, np.array([False]), block)
        >>> functions.values.T
        array([[2. , 1. ],
               [3. , 1.5]])
    """
    n_units = form.n_units
    start = np.array([*(block.start for block in form.blocks), n_units, n_units + form.n_outputs], dtype=np.intp)
    A, B, C, D = (np.ascontiguousarray(weights) for weights in (form.A, form.B, form.C, form.D))
    functions: LayerFunctions = _arrays(A, B, form.b, C, D, form.e, form.slopes, start)
    return functions


@compiled
def _arrays(
    A: FloatArray,
    B: FloatArray,
    b: FloatArray,
    C: FloatArray,
    D: FloatArray,
    e: FloatArray,
    slopes: FloatArray,
    start: IntArray,
) -> LayerFunctions:
    """All in one call: where there are few regions, many small calls would take longer than the search."""
    (n_units, n_inputs), n_outputs, n_blocks = A.shape, len(C), len(start) - 1
    direct, weights = np.empty((n_inputs + 1, n_units + n_outputs)), np.empty((n_units, n_units + n_outputs))
    for k in range(n_units + n_outputs):
        unit, output = min(k, n_units - 1), k - n_units
        for q in range(n_inputs):
            direct[q, k] = A[unit, q] if output < 0 else C[output, q]
        direct[n_inputs, k] = b[unit] if output < 0 else e[output]
        for earlier in range(n_units):
            weights[earlier, k] = B[unit, earlier] if output < 0 else D[output, earlier]
    functions = LayerFunctions(
        direct,
        weights,
        slopes.copy(),
        np.zeros((n_blocks, n_units), dtype=np.bool_),
        start,
        np.zeros(n_blocks, dtype=np.intp),
        np.abs(direct),
        np.zeros_like(direct),
        np.zeros_like(direct),
        np.zeros((n_blocks, n_units), dtype=np.bool_),
        np.full(n_blocks, FRESH),
    )
    _link(functions)
    return functions


@compiled
def _link(functions: LayerFunctions) -> None:
    """Find which units each block uses, and the largest total of the terms of each weight."""
    for block in range(len(functions.age)):
        start, stop = functions.start[block], functions.start[block + 1]
        for unit in range(min(start, len(functions.slopes))):
            gain = max(1.0, abs(functions.slopes[unit]))
            for k in range(start, stop):
                weight = gain * abs(functions.weights[unit, k])
                if weight > 0.0:
                    functions.linked[block, unit] = True
                    for q in range(len(functions.largest)):
                        if functions.largest[q, unit] > 0.0:
                            functions.largest[q, k] += weight * functions.largest[q, unit]
        source = 0
        for earlier in range(block):
            for unit in range(functions.start[earlier], functions.start[earlier + 1]):
                if functions.linked[block, unit]:
                    source = functions.start[earlier]
        functions.last_source[block] = source


@inlined
def update(functions: LayerFunctions, signs: BoolArray, block: int) -> int:
    """Compute the functions of a block, given the signs of all earlier units; returns of how many units it took terms.

    The blocks before must be up to date.
    """
    used = functions.used
    first, stop = functions.last_source[block], min(functions.start[block], len(signs))
    fresh = functions.age[block] == FRESH
    for unit in range(first):
        fresh |= used[block, unit] != signs[unit]
    if fresh:
        n_terms = _sum(functions, signs, block)
        functions.age[block] = 0
    else:
        n_terms = 0
        for unit in range(first, stop):
            if signs[unit] != used[block, unit]:
                n_terms += 1
                step = 1.0 - functions.slopes[unit]
                _add(functions, unit, step if signs[unit] else -step, block)
        if n_terms == 0:
            return 0
        functions.age[block] += 1
    for unit in range(stop):
        used[block, unit] = signs[unit]
    _clear_cancelled(functions, signs, block)
    return n_terms


@inlined
def _add(functions: LayerFunctions, unit: int, factor: float, block: int) -> None:
    """Add a unit's function, times a factor, to the sums of a block."""
    start, stop = functions.start[block], functions.start[block + 1]
    for q in range(len(functions.values)):
        value = factor * functions.values[q, unit]
        if value != 0.0:
            for k in range(start, stop):
                functions.sums[q, k] += functions.weights[unit, k] * value


@inlined
def _sum(functions: LayerFunctions, signs: BoolArray, block: int) -> int:
    start, stop = functions.start[block], functions.start[block + 1]
    for q in range(len(functions.values)):
        for k in range(start, stop):
            functions.sums[q, k] = functions.direct[q, k]
    n_terms = 0
    for unit in range(min(start, len(signs))):
        factor = 1.0 if signs[unit] else functions.slopes[unit]
        if factor != 0.0 and functions.linked[block, unit]:
            _add(functions, unit, factor, block)
            n_terms += 1
    return n_terms


@inlined
def _clear_cancelled(functions: LayerFunctions, signs: BoolArray, block: int) -> None:
    """Copy the sums, with those that are only rounding errors of their terms as exactly 0."""
    start, stop = functions.start[block], functions.start[block + 1]
    for q in range(len(functions.sums)):
        n_doubtful = 0
        for k in range(start, stop):
            total = functions.sums[q, k]
            functions.values[q, k] = total
            n_doubtful += (abs(total) <= CANCELLED * functions.largest[q, k]) & (total != 0.0)
        if n_doubtful:
            for k in range(start, stop):
                if abs(functions.sums[q, k]) <= CANCELLED * functions.largest[q, k]:
                    functions.sums[q, k] = functions.values[q, k] = _weight(functions, signs, k, q)


@inlined
def _weight(functions: LayerFunctions, signs: BoolArray, function: int, q: int) -> float:
    """One weight of a function, summed anew; exactly 0 if its terms cancel."""
    total = functions.direct[q, function]
    size = abs(total)
    for unit in range(min(function, len(signs))):
        weight = functions.weights[unit, function]
        if weight != 0.0:
            term = weight * (1.0 if signs[unit] else functions.slopes[unit]) * functions.values[q, unit]
            total += term
            size += abs(term)
    return 0.0 if abs(total) <= CANCELLED * size else float(total)
