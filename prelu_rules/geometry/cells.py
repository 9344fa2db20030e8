"""Networks, patterns and their cells in the form that compiled functions take."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from prelu_rules.domains.frame import Frame
from prelu_rules.geometry.compiled import compiled_in_place
from prelu_rules.network.normal_form import NormalForm
from prelu_rules.tolerances import CANCELLED
from prelu_rules.values import BoolArray, FloatArray, IntArray


class Patterns(NamedTuple):
    """Activation patterns whose cells have an interior, with by-products of the search.

    Attributes:
        signs: `(n_patterns, n_units)` bool, True where a pre-activation is non-negative.
        decides: `(n_patterns, n_units)` bool, True where the earlier units leave the sign open.
        outputs: `(n_patterns, n_outputs, n_inputs + 1)`, the affine maps, constants last.
        tight: `(n_patterns, n_coordinates)` int, rows of the cell that are tight at one of its corners: they are
            numbered from the lower and the upper bounds of the frame, then its rows, then the units that decide, in
            order.
    """

    signs: BoolArray
    decides: BoolArray
    outputs: FloatArray
    tight: IntArray


class Network(NamedTuple):
    """A normal form in the form that compiled functions take."""

    direct: FloatArray  # (n_units, n_inputs + 1)
    weights: FloatArray  # (n_units, n_units)
    slopes: FloatArray
    direct_outputs: FloatArray  # (n_outputs, n_inputs + 1)
    output_weights: FloatArray  # (n_outputs, n_units)
    block_end: IntArray  # (n_units,), where the block that starts here ends; 0 elsewhere
    prefix: BoolArray  # signs that the first units have to take where they decide
    sizes: FloatArray  # (n_inputs + 1,), space for the sizes of sums


def compiled_network(form: NormalForm, prefix: BoolArray | None = None) -> Network:
    """Convert a form to plain arrays for compiled functions.

    Args:
        form: the network, in float64.
        prefix: signs that the first units must take where they decide; by default there are none.

    Returns:
        The arrays.
    """
    block_end = np.zeros(form.n_units, dtype=np.intp)
    for block in form.blocks:
        block_end[block.start] = block.stop
    return Network(
        np.hstack([form.A, form.b[:, None]]),
        np.ascontiguousarray(form.B),
        np.ascontiguousarray(form.slopes),
        np.hstack([form.C, form.e[:, None]]),
        np.ascontiguousarray(form.D),
        block_end,
        np.array([] if prefix is None else prefix, dtype=bool),
        np.empty(form.n_inputs + 1),
    )


class Coordinates(NamedTuple):
    """A frame in the form that compiled functions take."""

    basis: FloatArray  # (n_inputs, n_coordinates)
    centre: FloatArray
    first: IntArray  # (n_coordinates,), the first input that a coordinate moves
    stop: IntArray  # and the first after the last; in a box each coordinate moves one input


def compiled_frame(frame: Frame) -> Coordinates:
    """Convert a frame to plain arrays for compiled functions.

    Args:
        frame: the coordinates.

    Returns:
        The arrays.
    """
    moves = frame.basis != 0
    stop = len(frame.centre) - np.argmax(moves[::-1], axis=0)
    return Coordinates(np.array(frame.basis), np.array(frame.centre), np.argmax(moves, axis=0), stop)


@compiled_in_place
def pre_activations(network: Network, signs: BoolArray, start: int, stop: int, functions: FloatArray) -> None:
    """Write the pre-activations of a block as functions of the input, given the earlier units and their signs."""
    direct, weights, slopes, sizes = network.direct, network.weights, network.slopes, network.sizes
    width = functions.shape[1]
    for unit in range(start, stop):
        for q in range(width):
            functions[unit, q] = direct[unit, q]
            sizes[q] = abs(direct[unit, q])
        for earlier in range(start):
            factor = weights[unit, earlier]
            if not signs[earlier]:
                factor *= slopes[earlier]
            if factor != 0.0:
                for q in range(width):
                    term = factor * functions[earlier, q]
                    functions[unit, q] += term
                    sizes[q] += abs(term)
        for q in range(width):
            if abs(functions[unit, q]) <= CANCELLED * sizes[q]:
                functions[unit, q] = 0.0


@compiled_in_place
def to_frame(function: FloatArray, frame: Coordinates, row: FloatArray) -> float:
    """Write an affine function of the input as a row of the frame; the compiled twin of `Frame.row`.

    Returns the length that the row was divided by.
    """
    basis, centre, first, stop = frame.basis, frame.centre, frame.first, frame.stop
    n_inputs, n_coordinates = basis.shape
    length, size = 0.0, 0.0
    for q in range(n_coordinates):
        row[q], size = 0.0, 0.0
        for i in range(first[q], stop[q]):
            row[q] += function[i] * basis[i, q]
            size += abs(function[i] * basis[i, q])
        if abs(row[q]) <= CANCELLED * size:
            row[q] = 0.0
        length += row[q] * row[q]
    row[n_coordinates], size = function[n_inputs], float(abs(function[n_inputs]))
    for i in range(n_inputs):
        row[n_coordinates] += function[i] * centre[i]
        size += abs(function[i] * centre[i])
    if length == 0.0 and abs(row[n_coordinates]) <= CANCELLED * size:
        row[n_coordinates] = 0.0
    length = np.sqrt(length) if length > 0.0 else 1.0
    for q in range(n_coordinates + 1):
        row[q] /= length
    return length


@compiled_in_place
def first_change(signs: BoolArray, decides: BoolArray, pattern: int) -> int:
    """The first unit whose sign differs from that in the previous pattern; -1 if there is no previous pattern."""
    if pattern > 0:
        for unit in range(signs.shape[1]):
            if signs[pattern, unit] != signs[pattern - 1, unit] or decides[pattern, unit] != decides[pattern - 1, unit]:
                return unit
    return -1


@compiled_in_place
def write_rows(
    network: Network,
    frame: Coordinates,
    signs: BoolArray,
    decides: BoolArray,
    change: int,
    functions: FloatArray,
    framed: FloatArray,
    rows: FloatArray,
    n_base: int,
) -> int:
    """Write the rows of a pattern's cell.

    The pre-activations of all units are written into `functions`, and as rows of the frame into `framed`; those of
    units before `change` are there already. `rows` begins with the `n_base` rows of the frame, and the rows of the
    units that decide follow. Returns the number of rows.
    """
    n_units = len(signs)
    for start in range(n_units):
        stop = network.block_end[start]
        if stop > 0 and change < start:
            pre_activations(network, signs, start, stop, functions)
            for unit in range(start, stop):
                to_frame(functions[unit], frame, framed[unit])
    n = n_base
    for unit in range(n_units):
        if decides[unit]:
            sign = 1.0 if signs[unit] else -1.0
            for q in range(rows.shape[1]):
                rows[n, q] = sign * framed[unit, q]
            n += 1
    return n
