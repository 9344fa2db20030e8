"""Bounds of the difference of two networks on many boxes, by affine forms with shared symbols; compiled by Numba.

An affine form is a centre plus symbols in [-1, 1] with weights: one symbol for each input of the box, and one for each
unit whose sign is open on it (Singh et al. 2018, "Fast and effective robustness certification"). Both networks share
the symbols of the inputs. A unit of one network and its partner in the other also have a form of their difference,
which stays small where the networks are close, as in Teuber et al. 2024, "Revisiting differential verification" (arXiv
2410.20207). Every form comes with a bound of what rounding has done to it, so the bounds hold in real arithmetic.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from prelu_rules.geometry.compiled import compiled
from prelu_rules.geometry.difference import Difference
from prelu_rules.geometry.propagation import ONE_ROUNDING, in_differences
from prelu_rules.network.normal_form import NormalForm
from prelu_rules.values import FloatArray, IntArray, Value

LEAST = 1e-290
"""Added to each bound of a rounding error, for products that are too small to be rounded relative to their size."""


class Sums(NamedTuple):
    """Sums of inputs and units, with the units of each sum in one run of `units` and `weights`."""

    inputs: FloatArray  # (n_sums, n_inputs)
    constant: FloatArray  # (n_sums,)
    starts: IntArray  # (n_sums + 1,)
    units: IntArray
    weights: FloatArray


class Pair(NamedTuple):
    """A difference of two networks as compiled functions take it: plain, and in differences from partners."""

    arguments: Sums  # of all units
    outputs: Sums
    paired_arguments: Sums
    paired_outputs: Sums
    slopes: FloatArray
    partners: IntArray


def compiled_pair(parts: Difference) -> Pair:
    """Convert a difference of two networks to plain arrays for compiled functions.

    Args:
        parts: the difference; partners may have different slopes here.

    Returns:
        The arrays.
    """
    plain, paired = (in_differences(parts.form, partners) for partners in (parts.partners * 0 - 1, parts.partners))
    return Pair(
        _sums(plain.A, plain.B, plain.b),
        _sums(plain.C, plain.D, plain.e),
        _sums(paired.A, paired.B, paired.b),
        _sums(paired.C, paired.D, paired.e),
        np.ascontiguousarray(plain.slopes),
        parts.partners,
    )


def _sums(inputs: FloatArray, weights: FloatArray, constant: FloatArray) -> Sums:
    rows, units = np.nonzero(weights)
    starts = np.searchsorted(rows, np.arange(len(weights) + 1))
    return Sums(np.ascontiguousarray(inputs), constant.copy(), starts, units, weights[rows, units])


class _Forms(NamedTuple):
    """Affine forms, one in each row."""

    weights: FloatArray  # (n_forms, n_symbols)
    used: IntArray  # (n_forms,), how many symbols a form uses; -1 for a form that is exactly 0
    centre: FloatArray
    error: FloatArray  # what rounding may have changed
    size: FloatArray  # the sum of the absolute values of centre and weights


class _Place(NamedTuple):
    """Room for all forms on one box."""

    middle: FloatArray  # (n_inputs,)
    half: FloatArray
    arguments: _Forms
    values: _Forms
    differences: _Forms  # the value of a unit minus that of its partner; without a partner, its value
    moved: _Forms  # a single form, for sums
    spare: _Forms
    lower: FloatArray  # (n_units,), of the arguments
    upper: FloatArray
    shares: FloatArray  # (n_symbols, n_inputs), how much each input has to do with a symbol
    n_symbols: IntArray  # a single number


def bounds_on_boxes(pair: Pair, lower: FloatArray, upper: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Bounds of the outputs of a difference of networks on each of many boxes.

    Args:
        pair: the difference.
        lower: `(n_boxes, n_inputs)`, the lower ends of the boxes.
        upper: `(n_boxes, n_inputs)`, the upper ends.

    Returns:
        Lower bounds and upper bounds, `(n_boxes, n_outputs)` each; and `(n_boxes, n_outputs, n_inputs)`, how much of
        the distance between the two comes from units whose sign is open because of each input.
    """
    n_boxes, d = lower.shape
    n_outputs, n = len(pair.outputs.constant), len(pair.slopes)
    found = np.empty((n_boxes, n_outputs)), np.empty((n_boxes, n_outputs)), np.empty((n_boxes, n_outputs, d))
    room = d + n + int((pair.partners >= 0).sum())
    place = _Place(
        np.empty(d),
        np.empty(d),
        *(_forms(count, room) for count in (n, n, n, 1, 1)),
        np.empty(n),
        np.empty(n),
        np.empty((room, d)),
        np.zeros(1, dtype=np.intp),
    )
    _on_boxes(pair, place, lower, upper, *found)
    return found


def _forms(n_forms: int, n_symbols: int) -> _Forms:
    return _Forms(
        np.zeros((n_forms, n_symbols)), np.zeros(n_forms, dtype=np.intp), *(np.zeros(n_forms) for _ in range(3))
    )


@compiled
def _on_boxes(
    pair: Pair,
    place: _Place,
    lower: FloatArray,
    upper: FloatArray,
    least: FloatArray,
    most: FloatArray,
    open_share: FloatArray,
) -> None:
    for box in range(len(lower)):
        _start(place, lower[box], upper[box])
        for unit in range(len(pair.slopes)):
            _sum(pair.arguments, unit, place, place.values, False, pair.partners, place.arguments, unit)
            place.lower[unit], place.upper[unit] = _range(place.arguments, unit)
            partner = pair.partners[unit]
            if partner >= 0:
                _sum(pair.paired_arguments, unit, place, place.differences, True, pair.partners, place.moved, 0)
                low, high = _range(place.moved, 0)
                # What is known of one of the two, and of their difference, bounds the other.
                place.lower[unit] = max(place.lower[unit], _down(place.lower[partner] + low))
                place.upper[unit] = min(place.upper[unit], _up(place.upper[partner] + high))
            _value(pair, place, unit)
            if partner >= 0:
                _difference(pair, place, unit, partner)
        for output in range(least.shape[1]):
            _sum(pair.outputs, output, place, place.values, False, pair.partners, place.spare, 0)
            low, high = _range(place.spare, 0)
            _sum(pair.paired_outputs, output, place, place.differences, True, pair.partners, place.moved, 0)
            paired_low, paired_high = _range(place.moved, 0)
            least[box, output], most[box, output] = max(low, paired_low), min(high, paired_high)
            closer = place.moved if paired_high - paired_low < high - low else place.spare
            _attribute(place, closer, open_share[box, output])


@compiled
def _start(place: _Place, lower: FloatArray, upper: FloatArray) -> None:
    """The forms of the inputs."""
    d = len(lower)
    for q in range(d):
        place.middle[q] = lower[q] / 2 + upper[q] / 2
        place.half[q] = _up(max(upper[q] - place.middle[q], place.middle[q] - lower[q]))
        for other in range(d):
            place.shares[q, other] = 1.0 if q == other else 0.0
    place.n_symbols[0] = d


@compiled
def _sum(
    sums: Sums,
    number: int,
    place: _Place,
    units: _Forms,
    paired: bool,
    partners: IntArray,
    found: _Forms,
    row: int,
) -> None:
    """Write one of the sums as a form."""
    d = len(place.middle)
    weights = found.weights[row]
    weights[: place.n_symbols[0]] = 0.0
    centre = sums.constant[number]
    size, error, used = abs(centre), 0.0, d
    for q in range(d):
        weight = sums.inputs[number, q]
        weights[q] = weight * place.half[q]
        centre += weight * place.middle[q]
        size += abs(weight) * (place.half[q] + abs(place.middle[q]))
    for term in range(sums.starts[number], sums.starts[number + 1]):
        unit, weight = sums.units[term], sums.weights[term]
        forms = place.values if paired and partners[unit] < 0 else units
        n = forms.used[unit]
        if n < 0:
            continue
        source = forms.weights[unit]
        for k in range(n):
            weights[k] += weight * source[k]
        centre += weight * forms.centre[unit]
        size += abs(weight) * forms.size[unit]
        error += abs(weight) * forms.error[unit]
        used = max(used, n)
    roundings = d + sums.starts[number + 1] - sums.starts[number] + 12
    found.centre[row], found.used[row] = centre, used
    found.error[row] = _up(error * (1 + ONE_ROUNDING * roundings) + ONE_ROUNDING * roundings * size + LEAST)
    _measure(found, row)


@compiled
def _measure(forms: _Forms, row: int) -> None:
    """Write the size of a form."""
    size = abs(forms.centre[row])
    for k in range(forms.used[row]):
        size += abs(forms.weights[row, k])
    forms.size[row] = size * (1 + ONE_ROUNDING * (forms.used[row] + 1))


@compiled
def _range(forms: _Forms, row: int) -> tuple[float, float]:
    """The smallest and the largest value of a form."""
    radius = (forms.size[row] - abs(forms.centre[row])) + forms.error[row]
    # The size and the difference from it are rounded.
    radius += 4 * ONE_ROUNDING * forms.size[row] + LEAST
    return _down(forms.centre[row] - radius), _up(forms.centre[row] + radius)


@compiled
def _up(value: float) -> float:
    return value + (abs(value) * ONE_ROUNDING + LEAST)


@compiled
def _down(value: float) -> float:
    return value - (abs(value) * ONE_ROUNDING + LEAST)


@compiled
def _value(pair: Pair, place: _Place, unit: int) -> None:
    """The form of a unit's value: its argument times a slope, with a symbol of its own if its sign is open."""
    low, high, slope = place.lower[unit], place.upper[unit], pair.slopes[unit]
    values = place.values
    if low >= 0 or slope == 1.0:
        _multiple(place.arguments, unit, 1.0, values, unit)
    elif high <= 0:
        _multiple(place.arguments, unit, slope, values, unit)
    else:
        share = high / (high - low)
        # The positive part is above the line through 0 with this slope, by at most this much.
        gap = _up(_up(max(-share * low, (1 - share) * high)))
        _multiple(place.arguments, unit, slope + (1 - slope) * share, values, unit)
        _widen(values, unit, (1 - slope) * gap / 2, abs(1 - slope) * gap / 2, place, place.arguments, unit)


@compiled
def _multiple(source: _Forms, row: int, factor: float, found: _Forms, number: int) -> None:
    """A multiple of a form; the factor may be rounded three times."""
    if factor == 0.0:
        found.used[number], found.centre[number], found.error[number], found.size[number] = -1, 0.0, 0.0, 0.0
        return
    used = source.used[row]
    for k in range(used):
        found.weights[number, k] = factor * source.weights[row, k]
    found.used[number] = used
    found.centre[number] = factor * source.centre[row]
    found.size[number] = _up(abs(factor) * source.size[row])
    exact = factor == 1.0
    rounding = 0.0 if exact else 4 * ONE_ROUNDING * found.size[number] + LEAST
    found.error[number] = source.error[row] if exact else _up(_up(abs(factor) * source.error[row]) + rounding)


@compiled
def _widen(forms: _Forms, row: int, shift: float, half: float, place: _Place, cause: _Forms, number: int) -> None:
    """Move a form, and add a symbol whose share of each input is that of the form that is its cause."""
    symbol = place.n_symbols[0]
    place.n_symbols[0] = symbol + 1
    for k in range(max(forms.used[row], 0), symbol):
        forms.weights[row, k] = 0.0
    forms.weights[row, symbol] = _up(half)
    forms.used[row] = symbol + 1
    forms.centre[row] += shift
    forms.error[row] = _up(forms.error[row] + 4 * ONE_ROUNDING * (abs(forms.centre[row]) + abs(shift) + half))
    _measure(forms, row)
    _share(place, cause, number, place.shares[symbol])


@compiled
def _share(place: _Place, forms: _Forms, row: int, shares: FloatArray) -> None:
    """How much each input has to do with the width of a form, as shares of 1."""
    shares[:] = 0.0
    total = 0.0
    for k in range(forms.used[row]):
        weight = abs(forms.weights[row, k])
        total += weight
        for q in range(len(shares)):
            shares[q] += weight * place.shares[k, q]
    if total > 0:
        shares /= total


@compiled
def _attribute(place: _Place, forms: _Forms, found: FloatArray) -> None:
    """How much of the width of an output comes from open signs, by input."""
    found[:] = 0.0
    for k in range(len(found), forms.used[0]):
        weight = abs(forms.weights[0, k])
        for q in range(len(found)):
            found[q] += weight * place.shares[k, q]


@compiled
def _difference(pair: Pair, place: _Place, unit: int, partner: int) -> None:
    """The form of the difference of two values, from that of their arguments in `moved`.

    With the positive parts r of an argument z and r' of z' = z + w, and slopes a and a', it is a' w + (1 - a') (r' - r)
    + (a' - a) min(z, 0).
    """
    low, high = _range(place.moved, 0)
    low = max(low, _down(place.lower[unit] - place.upper[partner]))
    high = min(high, _up(place.upper[unit] - place.lower[partner]))
    slope, found = pair.slopes[unit], place.differences
    if slope != pair.slopes[partner]:
        _subtract(place.values, unit, place.values, partner, found, unit)
        return
    share, below, above = _band(
        place.lower[partner], place.upper[partner], place.lower[unit], place.upper[unit], low, high
    )
    factor = slope + (1 - slope) * share
    half = abs(1 - slope) * (above - below) / 2
    _subtract(place.values, unit, place.values, partner, place.spare, 0)
    d = len(place.middle)
    if _open(place.spare, 0, d) < abs(factor) * _open(place.moved, 0, d) + half:
        _subtract(place.values, unit, place.values, partner, found, unit)
        return
    _multiple(place.moved, 0, factor, found, unit)
    if above > below:
        _widen(found, unit, (1 - slope) * (below + above) / 2, half, place, place.moved, 0)


@compiled
def _open(forms: _Forms, row: int, n_inputs: int) -> float:
    """The part of a form's width that does not come straight from the inputs."""
    total = 0.0
    for k in range(n_inputs, forms.used[row]):
        total += abs(forms.weights[row, k])
    return total


@compiled
def _subtract(one: _Forms, row: int, other: _Forms, number: int, found: _Forms, place: int) -> None:
    used = max(max(one.used[row], other.used[number]), 0)
    for k in range(used):
        weight = one.weights[row, k] if k < one.used[row] else 0.0
        found.weights[place, k] = weight - other.weights[number, k] if k < other.used[number] else weight
    found.used[place] = used
    found.centre[place] = one.centre[row] - other.centre[number]
    _measure(found, place)
    found.error[place] = _up(
        _up(one.error[row] + other.error[number]) + 2 * ONE_ROUNDING * (one.size[row] + other.size[number])
    )


@compiled
def _band(
    low: float, high: float, other_low: float, other_high: float, moved_low: float, moved_high: float
) -> tuple[float, float, float]:
    """The slope and the ends of a narrow band around `max(0, z + w) - max(0, z)` as a function of `w`.

    It lies between 0 and w, and between the bands around the two positive parts; the slopes that are tried are those
    for which one of them is narrow.
    """
    if low >= 0 and other_low >= 0:
        return 1.0, 0.0, 0.0
    if high <= 0 and other_high <= 0:
        return 0.0, 0.0, 0.0
    best, best_below, best_above = 0.0, -np.inf, np.inf
    for trial in range(5):
        if trial < 2:
            share = float(trial)
        elif trial == 2:
            share = 0.5 if moved_high <= moved_low else max(moved_high, 0.0) / (max(moved_high, 0.0) - min(moved_low, 0.0) + LEAST)
        elif trial == 3:
            share = max(high, 0.0) / (max(high, 0.0) - min(low, 0.0) + LEAST)
        else:
            share = max(other_high, 0.0) / (max(other_high, 0.0) - min(other_low, 0.0) + LEAST)
        above = max(0.0, max((1 - share) * moved_high, -share * moved_low))
        below = min(0.0, min((1 - share) * moved_low, -share * moved_high))
        above = _up(_up(min(above, max(0.0, max(-share * other_low, (1 - share) * other_high)))))
        below = _down(_down(max(below, -max(0.0, max(-share * low, (1 - share) * high)))))
        if above - below < best_above - best_below:
            best, best_below, best_above = share, below, above
    return best, best_below, best_above
