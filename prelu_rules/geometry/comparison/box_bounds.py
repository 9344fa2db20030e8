"""Bounds of the difference of two networks on each of many boxes; compiled by Numba.

Values are affine forms with a symbol for each input, which the networks share, and one for each unit whose sign is open
on the box (Singh et al. 2018, "Fast and effective robustness certification"). A unit of one network and its partner in
the other also have a form of the difference of their values, which is narrow where the networks are close: Paulsen,
Wang and Wang 2020, "ReluDiff" (arXiv 2001.03662); with affine forms, Teuber et al. 2024, "Revisiting differential
verification" (arXiv 2410.20207). The bounds hold in real arithmetic, since the forms account for rounding errors.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from prelu_rules.geometry.comparison.affine_forms import (
    Forms,
    Sums,
    add_multiple,
    down,
    empty_forms,
    ends,
    open_width,
    up,
    widen,
    write_multiple,
    write_sum,
)
from prelu_rules.geometry.comparison.network_pair import Pair
from prelu_rules.geometry.comparison.relaxed_difference import narrow_band
from prelu_rules.geometry.compiled import compiled
from prelu_rules.geometry.propagation import ONE_ROUNDING
from prelu_rules.values import FloatArray, IntArray


class BoxBounds(NamedTuple):
    """Bounds of the outputs on boxes.

    Attributes:
        lower: `(n_boxes, n_outputs)`.
        upper: `(n_boxes, n_outputs)`.
        gradient: `(n_boxes, n_outputs, n_inputs)`; without what this says of each input, times a number from -1 at the
            lower end of the box to 1 at the upper end, the bounds are closer to each other by twice its absolute value.
        open: `(n_boxes, n_outputs, n_inputs)`, how far bounds may be off because units have open signs, shared out
            among the inputs that make them open; without such units they are 0, and the bounds exact up to rounding.
    """

    lower: FloatArray
    upper: FloatArray
    gradient: FloatArray
    open: FloatArray


class _Place(NamedTuple):
    """All forms on one box."""

    middle: FloatArray  # (n_inputs,)
    half: FloatArray
    arguments: Forms
    values: Forms
    differences: Forms  # the value of a unit minus that of its partner
    moved: Forms  # a single form: a difference of arguments, or of outputs
    spare: Forms  # a single form
    lower: FloatArray  # (n_units,), of the arguments
    upper: FloatArray
    shares: FloatArray  # (n_symbols, n_inputs), how much each input has to do with a symbol
    n_symbols: IntArray  # a single number


def bounds_on_boxes(pair: Pair, lower: FloatArray, upper: FloatArray) -> BoxBounds:
    """Bounds of the outputs of a difference of networks on each of many boxes.

    Args:
        pair: the difference.
        lower: `(n_boxes, n_inputs)`, the lower ends of the boxes.
        upper: `(n_boxes, n_inputs)`, the upper ends.

    Returns:
        The bounds.

    Example:
        >>> from prelu_rules.geometry.difference import difference
        >>> from prelu_rules.geometry.comparison.network_pair import compiled_pair
        >>> from prelu_rules.network.normal_form import NormalForm
        >>> form, other = (NormalForm([[1]], [[0]], [0], [[0]], [[w]], [0], slopes=[0]) for w in (1, 1.5))
        >>> pair = compiled_pair(difference(form, other))
        >>> bounds_on_boxes(pair, np.array([[-2.0], [2.0]]), np.array([[2.0], [4.0]])).upper.round(6).tolist()
        [[1.0], [2.0]]
    """
    n_boxes, d = lower.shape
    n_outputs, n = len(pair.outputs.constant), len(pair.slopes)
    found = BoxBounds(*(np.empty((n_boxes, n_outputs, *more)) for more in ((), (), (d,), (d,))))
    room = d + n + int((pair.partners >= 0).sum())
    arguments, values, differences, moved, spare = (empty_forms(count, room) for count in (n, n, n, 1, 1))
    place = _Place(
        middle=np.empty(d),
        half=np.empty(d),
        arguments=arguments,
        values=values,
        differences=differences,
        moved=moved,
        spare=spare,
        lower=np.empty(n),
        upper=np.empty(n),
        shares=np.empty((room, d)),
        n_symbols=np.zeros(1, dtype=np.intp),
    )
    _on_boxes(pair, place, np.ascontiguousarray(lower), np.ascontiguousarray(upper), found)
    return found


@compiled
def _on_boxes(pair: Pair, place: _Place, lower: FloatArray, upper: FloatArray, found: BoxBounds) -> None:
    for box in range(len(lower)):
        _start(place, lower[box], upper[box])
        for unit in range(len(pair.slopes)):
            _argument(pair, place, unit)
            _value(pair, place, unit)
            if pair.partners[unit] >= 0:
                _difference(pair, place, unit, pair.partners[unit])
        for output in range(found.lower.shape[1]):
            _output(pair, place, output, box, found)


@compiled
def _start(place: _Place, lower: FloatArray, upper: FloatArray) -> None:
    """Describe the inputs on a box."""
    d = len(lower)
    for q in range(d):
        place.middle[q] = lower[q] / 2 + upper[q] / 2
        place.half[q] = up(max(upper[q] - place.middle[q], place.middle[q] - lower[q])) if upper[q] > lower[q] else 0.0
        for other in range(d):
            place.shares[q, other] = 1.0 if q == other else 0.0
    place.n_symbols[0] = d


@compiled
def _write(sums: Sums, number: int, pair: Pair, place: _Place, found: Forms, row: int) -> None:
    write_sum(sums, number, place.middle, place.half, place.values, place.differences, pair.alone, found, row)


@compiled
def _write_paired(sums: Sums, number: int, pair: Pair, place: _Place, found: Forms, row: int) -> None:
    write_sum(sums, number, place.middle, place.half, place.values, place.differences, pair.partners, found, row)


@compiled
def _argument(pair: Pair, place: _Place, unit: int) -> None:
    """The form of a unit's argument and its range; and the form of its difference from the partner's, in `moved`."""
    _write(pair.arguments, unit, pair, place, place.arguments, unit)
    low, high = ends(place.arguments, unit)
    partner = pair.partners[unit]
    if partner >= 0:
        _write_paired(pair.paired_arguments, unit, pair, place, place.moved, 0)
        moved_low, moved_high = ends(place.moved, 0)
        low = max(low, down(place.lower[partner] + moved_low))
        high = min(high, up(place.upper[partner] + moved_high))
    place.lower[unit], place.upper[unit] = low, high


@compiled
def _value(pair: Pair, place: _Place, unit: int) -> None:
    """The form of a unit's value: a multiple of its argument, with a symbol of its own if its sign is open."""
    low, high, slope = place.lower[unit], place.upper[unit], pair.slopes[unit]
    if low >= 0 or high <= 0 or slope == 1.0:
        write_multiple(place.arguments, unit, 1.0 if low >= 0 else slope, 0.0, place.values, unit)
        return
    share = high / (high - low)
    # The positive part of the argument is above this share of the argument, by at most the gap.
    gap = up(up(max(-share * low, (1 - share) * high)))
    write_multiple(place.arguments, unit, slope + (1 - slope) * share, _doubt(slope), place.values, unit)
    half = (1 - slope) * gap / 2
    _share_out(place, place.arguments, unit)
    widen(place.values, unit, half, abs(half), place.n_symbols[0] - 1)


@compiled
def _doubt(slope: float) -> float:
    """How much `slope + (1 - slope) * share` may be off by rounding."""
    return 2 * ONE_ROUNDING * (abs(slope) + abs(1 - slope))


@compiled
def _difference(pair: Pair, place: _Place, unit: int, partner: int) -> None:
    """The form of the difference of two values, from that of their arguments in `moved`.

    With arguments z and z' = z + w, positive parts r and r', and slopes a and a', the difference is

        a' w + (1 - a') (r' - r) + (a' - a) min(z, 0)   or   a w + (1 - a) (r' - r) + (a' - a) min(z', 0),

    where min(z, 0) = z - r is the argument minus the value, divided by 1 - a. Or both values have narrow forms already,
    so that the difference of these is narrower.
    """
    moved_low, moved_high = ends(place.moved, 0)
    moved_low = max(moved_low, down(place.lower[unit] - place.upper[partner]))
    moved_high = min(moved_high, up(place.upper[unit] - place.lower[partner]))
    share, below, above = narrow_band(
        place.lower[partner], place.upper[partner], place.lower[unit], place.upper[unit], moved_low, moved_high
    )
    slope, change, bent = pair.slopes[unit], pair.slopes[unit] - pair.slopes[partner], partner
    if change != 0 and abs(1 - pair.slopes[unit]) > abs(1 - pair.slopes[partner]):
        slope, bent = pair.slopes[partner], unit
    found = place.differences
    write_multiple(place.moved, 0, slope + (1 - slope) * share, _doubt(slope), found, unit)
    if change != 0:
        factor = change / (1 - pair.slopes[bent])
        doubt = 4 * ONE_ROUNDING * abs(factor)
        add_multiple(place.arguments, bent, factor, doubt, found, unit)
        add_multiple(place.values, bent, -factor, doubt, found, unit)
    half = abs(1 - slope) * (above - below) / 2
    write_multiple(place.values, unit, 1.0, 0.0, place.spare, 0)
    add_multiple(place.values, partner, -1.0, 0.0, place.spare, 0)
    d = len(place.middle)
    if open_width(place.spare, 0, d) < open_width(found, unit, d) + half:
        write_multiple(place.spare, 0, 1.0, 0.0, found, unit)
    elif half > 0:
        _share_out(place, place.moved, 0)
        widen(found, unit, (1 - slope) * (below + above) / 2, up(half), place.n_symbols[0] - 1)


@compiled
def _share_out(place: _Place, cause: Forms, row: int) -> None:
    """Make a new symbol, whose share of each input is that of the form that needs it."""
    symbol = place.n_symbols[0]
    place.n_symbols[0] = symbol + 1
    shares, total = place.shares[symbol], 0.0
    shares[:] = 0.0
    for k in range(cause.used[row]):
        weight = abs(cause.weights[row, k])
        total += weight
        for q in range(len(shares)):
            shares[q] += weight * place.shares[k, q]
    if total > 0:
        shares /= total


@compiled
def _output(pair: Pair, place: _Place, output: int, box: int, found: BoxBounds) -> None:
    """The bounds of an output, and what makes them wide."""
    _write(pair.outputs, output, pair, place, place.spare, 0)
    low, high = ends(place.spare, 0)
    _write_paired(pair.paired_outputs, output, pair, place, place.moved, 0)
    paired_low, paired_high = ends(place.moved, 0)
    closer = place.spare
    if paired_high - paired_low < high - low:
        closer, low, high = place.moved, paired_low, paired_high
    found.lower[box, output], found.upper[box, output] = low, high
    d = len(place.middle)
    for q in range(d):
        found.gradient[box, output, q] = closer.weights[0, q]
        found.open[box, output, q] = 0.0
    for k in range(d, closer.used[0]):
        for q in range(d):
            found.open[box, output, q] += abs(closer.weights[0, k]) * place.shares[k, q]
