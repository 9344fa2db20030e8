"""Affine forms: sets of affine functions of symbols in [-1, 1], with a bound of what rounding did; compiled by Numba.

A form is a centre plus symbols with weights; the value that it stands for is within `error` of it, for some values of
the symbols. Values that share symbols depend on one another, which differences of them make use of (Comba and Stolfi
1993, "Affine arithmetic and its applications to computer graphics").
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from prelu_rules.geometry.compiled import compiled
from prelu_rules.geometry.propagation import ONE_ROUNDING
from prelu_rules.values import FloatArray, IntArray

LEAST = 1e-290
"""Added to bounds of rounding errors, for products that are too small to be rounded relative to their size."""


class Sums(NamedTuple):
    """Sums of inputs and units; the units of each sum are one run of `units`."""

    inputs: FloatArray  # (n_sums, n_inputs)
    constant: FloatArray  # (n_sums,)
    starts: IntArray  # (n_sums + 1,)
    units: IntArray
    weights: FloatArray  # one for each of the units


class Forms(NamedTuple):
    """Affine forms, one in each row."""

    weights: FloatArray  # (n_forms, n_symbols)
    used: IntArray  # (n_forms,), how many symbols a form uses; the weights of others are anything
    centre: FloatArray
    error: FloatArray  # what rounding may have changed
    size: FloatArray  # at least the sum of the absolute values of centre and weights


def sums_of(inputs: FloatArray, weights: FloatArray, constant: FloatArray) -> Sums:
    """Convert sums to the arrays that compiled functions take.

    Args:
        inputs: `(n_sums, n_inputs)`.
        weights: `(n_sums, n_units)`.
        constant: `(n_sums,)`.

    Returns:
        The arrays, without the weights that are 0.

    Example:
        >>> sums_of(np.zeros((2, 1)), np.array([[0.0, 3.0], [0.0, 0.0]]), np.zeros(2)).starts
        array([0, 1, 1])
    """
    rows, units = np.nonzero(weights)
    starts = np.searchsorted(rows, np.arange(len(weights) + 1))
    return Sums(np.ascontiguousarray(inputs), np.array(constant), starts, units, weights[rows, units])


def empty_forms(n_forms: int, n_symbols: int) -> Forms:
    """Room for forms.

    Args:
        n_forms: how many.
        n_symbols: the largest number of symbols.

    Returns:
        Forms that are 0.
    """
    numbers = [np.zeros(n_forms) for _ in range(3)]
    return Forms(np.zeros((n_forms, n_symbols)), np.zeros(n_forms, dtype=np.intp), *numbers)


@compiled
def up(value: float) -> float:
    """A number that is at least what was rounded to this one."""
    return value + (abs(value) * ONE_ROUNDING + LEAST)


@compiled
def down(value: float) -> float:
    """A number that is at most what was rounded to this one."""
    return value - (abs(value) * ONE_ROUNDING + LEAST)


@compiled
def write_sum(
    sums: Sums,
    number: int,
    middle: FloatArray,
    half: FloatArray,
    values: Forms,
    differences: Forms,
    partners: IntArray,
    found: Forms,
    row: int,
) -> None:
    """Write a sum of inputs and units: of `differences` for units with partners, of `values` for others.

    Input `q` is `middle[q]` plus `half[q]` times symbol `q`.
    """
    d = len(middle)
    weights = found.weights[row]
    centre, used, error = sums.constant[number], d, 0.0
    size = abs(centre)
    first, last = sums.starts[number], sums.starts[number + 1]
    for term in range(first, last):
        unit = sums.units[term]
        used = max(used, differences.used[unit] if partners[unit] >= 0 else values.used[unit])
    weights[d:used] = 0.0
    for q in range(d):
        weight = sums.inputs[number, q]
        weights[q] = weight * half[q]
        centre += weight * middle[q]
        size += abs(weight) * (half[q] + abs(middle[q]))
    for term in range(first, last):
        unit, weight = sums.units[term], sums.weights[term]
        forms = differences if partners[unit] >= 0 else values
        source = forms.weights[unit]
        for k in range(forms.used[unit]):
            weights[k] += weight * source[k]
        centre += weight * forms.centre[unit]
        size += abs(weight) * forms.size[unit]
        error += abs(weight) * forms.error[unit]
    # Each term is a product of a weight that may itself be rounded, and all of them are summed.
    rounding = ONE_ROUNDING * (d + last - first + 12)
    found.centre[row], found.used[row] = centre, used
    found.error[row] = error * (1 + rounding) + rounding * size + LEAST
    _measure(found, row)


@compiled
def value_at(sums: Sums, number: int, x: FloatArray, values: FloatArray) -> float:
    """A sum of inputs and units whose values are known."""
    total = sums.constant[number]
    for q in range(len(x)):
        total += sums.inputs[number, q] * x[q]
    for term in range(sums.starts[number], sums.starts[number + 1]):
        total += sums.weights[term] * values[sums.units[term]]
    return total


@compiled
def write_multiple(source: Forms, number: int, factor: float, doubt: float, found: Forms, row: int) -> None:
    """Write a multiple of a form, whose factor may be wrong by the `doubt`."""
    used = source.used[number] if factor != 0.0 else 0
    for k in range(used):
        found.weights[row, k] = factor * source.weights[number, k]
    found.used[row], found.centre[row] = used, factor * source.centre[number]
    found.size[row] = up(abs(factor) * source.size[number])
    rounding = 0.0 if factor in (0.0, 1.0) else 2 * ONE_ROUNDING * found.size[row] + LEAST
    lost = doubt * (source.size[number] + source.error[number])
    found.error[row] = up(up(abs(factor) * source.error[number]) + up(lost) + rounding)


@compiled
def add_multiple(source: Forms, number: int, factor: float, doubt: float, found: Forms, row: int) -> None:
    """Add a multiple of a form to another one."""
    for k in range(found.used[row], source.used[number]):
        found.weights[row, k] = 0.0
    for k in range(source.used[number]):
        found.weights[row, k] += factor * source.weights[number, k]
    found.used[row] = max(found.used[row], source.used[number])
    found.centre[row] += factor * source.centre[number]
    size = up(found.size[row] + up(abs(factor) * source.size[number]))
    lost = abs(factor) * source.error[number] + doubt * (source.size[number] + source.error[number])
    found.error[row] = up(found.error[row] + up(up(lost)) + 2 * ONE_ROUNDING * size + LEAST)
    _measure(found, row)


@compiled
def widen(forms: Forms, row: int, shift: float, half: float, symbol: int) -> None:
    """Move a form, and give it a new symbol; both numbers may have been rounded three times."""
    for k in range(forms.used[row], symbol):
        forms.weights[row, k] = 0.0
    forms.weights[row, symbol] = half
    forms.used[row] = symbol + 1
    forms.centre[row] += shift
    forms.error[row] = up(forms.error[row] + 4 * ONE_ROUNDING * (abs(forms.centre[row]) + abs(shift) + half) + LEAST)
    _measure(forms, row)


@compiled
def ends(forms: Forms, row: int) -> tuple[float, float]:
    """The smallest and the largest value that a form stands for."""
    # Size and centre may be much larger than their difference.
    radius = forms.size[row] - abs(forms.centre[row]) + 4 * ONE_ROUNDING * forms.size[row] + forms.error[row]
    return down(forms.centre[row] - up(radius)), up(forms.centre[row] + up(radius))


@compiled
def open_width(forms: Forms, row: int, n_inputs: int) -> float:
    """The part of a form's half-width that does not come straight from the inputs."""
    total = 0.0
    for k in range(n_inputs, forms.used[row]):
        total += abs(forms.weights[row, k])
    return total


@compiled
def _measure(forms: Forms, row: int) -> None:
    """Write the size of a form."""
    size = abs(forms.centre[row])
    for k in range(forms.used[row]):
        size += abs(forms.weights[row, k])
    forms.size[row] = size * (1 + ONE_ROUNDING * (forms.used[row] + 2))
