"""The ranges of a network's outputs and units over a domain, exact up to rounding; compiled by Numba."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from prelu_rules.domains.domain import Domain, frame_of
from prelu_rules.errors import InvalidValueError, LimitError, SolverError
from prelu_rules.geometry import dictionary, walks
from prelu_rules.geometry.cells import (
    Coordinates,
    Network,
    compiled_frame,
    compiled_network,
    first_change,
    to_frame,
    write_rows,
)
from prelu_rules.geometry.compiled import compiled
from prelu_rules.geometry.dictionary import Dictionary, new_dictionary
from prelu_rules.geometry.negligible import negligible
from prelu_rules.geometry.simplex import simplex_patterns
from prelu_rules.network.normal_form import NormalForm
from prelu_rules.values import BoolArray, FloatArray, IntArray, Value

MAX_REGIONS = 200_000
"""The number of linear regions up to which ranges are computed; so many take a few seconds."""


@dataclass(frozen=True, eq=False)
class Ranges(Value):
    """The smallest and largest values of functions over a domain, and where they are attained.

    Attributes:
        lower: `(n_functions,)`.
        upper: `(n_functions,)`.
        at_lower: `(n_functions, n_inputs)`, inputs where the function is smallest.
        at_upper: `(n_functions, n_inputs)`, inputs where it is largest.
    """

    lower: FloatArray
    upper: FloatArray
    at_lower: FloatArray
    at_upper: FloatArray


def output_ranges(form: NormalForm, domain: Domain, max_regions: int = MAX_REGIONS) -> Ranges:
    """The ranges of the outputs, each of which is affine on a linear region and so largest in a corner.

    Args:
        form: the network, in float64.
        domain: the domain.
        max_regions: the largest number of linear regions to visit.

    Returns:
        The ranges, exact up to rounding errors and slivers thinner than `CUT`.

    Raises:
        ShapeError: if the domain has another dimension than the form has inputs.
        InvalidValueError: if the domain is empty, or None.
        LimitError: if there are more regions.
        SolverError: if rounding errors keep the simplex method from converging.

    Example:
        >>> from prelu_rules.domains.box import Box
        >>> form = NormalForm.from_layers([[[1.0, -1.0]], [[1.0], [1.0]]], [[0, 0], [0]], [[0, 0]])
        >>> ranges = output_ranges(form, Box([-3], [1]))
        >>> ranges.lower, ranges.upper, ranges.at_upper
        (array([0.]), array([3.]), array([[-3.]]))
    """
    if domain is None:
        raise InvalidValueError("ranges over all inputs are unbounded; give a domain.")
    frame = frame_of(domain, form.n_inputs)
    if frame.n_coordinates == 0:
        y = form.predict(frame.centre)
        here = np.tile(frame.centre, (form.n_outputs, 1))
        return Ranges(y, y, here, here)
    network, coordinates = compiled_network(form), compiled_frame(frame)
    corner = new_dictionary(frame.n_coordinates, len(frame.rows) + form.n_units + 1, frame.bound)
    # Smallest and largest values, and the coordinates where they are attained.
    values = np.array([np.full(form.n_outputs, np.inf), np.full(form.n_outputs, -np.inf)])
    places = np.zeros((2, form.n_outputs, frame.n_coordinates))
    n_regions = 0
    for patterns in simplex_patterns(form, frame, None, negligible(form, domain)):
        n_regions += len(patterns.signs)
        if n_regions > max_regions:
            raise LimitError(
                f"there are more than max_regions={max_regions} regions; raise it, or use a smaller domain or a "
                "network with fewer nonlinear units."
            )
        if not _widen(network, coordinates, frame.rows, corner, *patterns, values, places):
            raise SolverError("the simplex method did not converge; rescale the inputs to similar sizes and try again.")
    points = np.clip(places @ frame.basis.T + frame.centre, domain.lower, domain.upper)
    # What the simplex method says of a corner is off by more than rounding where bends are close to one another.
    lower, upper = (np.diagonal(form.predict(corners)) for corners in points)
    return Ranges(lower, upper, points[0], points[1])


def unit_ranges(form: NormalForm, domain: Domain, max_regions: int = MAX_REGIONS) -> Ranges:
    """The ranges of the pre-activations.

    Args:
        form: the network, in float64.
        domain: the domain.
        max_regions: the largest number of linear regions to visit.

    Returns:
        The ranges of the units.

    Raises:
        InvalidValueError: if the domain is empty, or None.
        LimitError: if there are more regions.

    Example:
        >>> from prelu_rules.domains.box import Box
        >>> form = NormalForm.from_layers([[[2.0]], [[1.0]]], [[1.0], [0.0]], [[0.0]])
        >>> unit_ranges(form, Box([-3], [2])).lower
        array([-5.])
    """
    parts = [output_ranges(units_as_outputs(form, block), domain, max_regions) for block in form.blocks]
    if not parts:
        return Ranges(*(np.empty(shape) for shape in ((0,), (0,), (0, form.n_inputs), (0, form.n_inputs))))
    return Ranges(
        *(np.concatenate([getattr(p, name) for p in parts]) for name in ("lower", "upper", "at_lower", "at_upper"))
    )


def units_as_outputs(form: NormalForm, block: slice) -> NormalForm:
    """The network up to a block, with the pre-activations of the block as its outputs.

    Args:
        form: the network.
        block: units that do not use one another.

    Returns:
        The smaller network.

    Example:
        >>> form = NormalForm.from_layers([[[2.0]], [[1.0]]], [[1.0], [0.0]], [[0.0]])
        >>> units_as_outputs(form, slice(0, 1)).predict([3.0])
        array([7.])
    """
    before = slice(0, block.start)
    return replace(
        form,
        A=form.A[before],
        B=form.B[before, before],
        b=form.b[before],
        C=form.A[block],
        D=form.B[block, before],
        e=form.b[block],
        slopes=form.slopes[before],
        labels=form.labels[before],
    )


@compiled
def _widen(
    network: Network,
    frame: Coordinates,
    base: FloatArray,
    corner: Dictionary,
    signs: BoolArray,
    decides: BoolArray,
    outputs: FloatArray,
    tight_rows: IntArray,
    values: FloatArray,
    places: FloatArray,
) -> bool:
    """Widen the ranges to those of the outputs on the cells of the patterns; whether all walks ended."""
    n_patterns, n_units = signs.shape
    n_base, k = len(base), tight_rows.shape[1]
    functions = np.empty((n_units, outputs.shape[2]))
    framed = np.empty((n_units, k + 1))
    rows = np.empty((n_base + n_units, k + 1))
    rows[:n_base] = base
    wanted = np.zeros(2 * k + n_base + n_units + 1, dtype=np.bool_)
    objective = np.empty(k + 1)
    for pattern in range(n_patterns):
        change = first_change(signs, decides, pattern)
        n = write_rows(network, frame, signs[pattern], decides[pattern], change, functions, framed, rows, n_base)
        if not dictionary.go_to(corner, rows, n, tight_rows[pattern], wanted):
            return False
        for output in range(outputs.shape[1]):
            size = to_frame(outputs[pattern, output], frame, objective)
            dictionary.append(corner, n, 2 * k + n, objective)
            for side in range(2):
                if not walks.maximise(corner, n + 1, 2.0 * side - 1.0):
                    return False
                value = size * corner.table[k, n]
                if (2.0 * side - 1.0) * (value - values[side, output]) > 0:
                    values[side, output] = value
                    dictionary.write_corner(corner, n, places[side, output])
    return True
