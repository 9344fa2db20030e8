"""Bounds of the units and outputs of a network on a box, by linear bound propagation.

Every unit lies between two lines in its own argument. If these replace the units, a bound is an affine function of the
inputs, found by substitution from the last unit to the first (Zhang et al. 2018, "Efficient neural network robustness
certification with general activation functions", CROWN), and it is smallest in a corner of the box.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from prelu_rules.domains.box import Box
from prelu_rules.errors import ShapeError
from prelu_rules.geometry.negligible import sensitivity
from prelu_rules.geometry.relaxation import TANGENTS, line_above, line_below
from prelu_rules.network.normal_form import NormalForm
from prelu_rules.values import Array, FloatArray, IntArray, Value

ONE_ROUNDING = 2.0**-52
"""Rounding changes a float64 by at most half of this, relatively; the other half covers products of roundings."""


@dataclass(frozen=True, eq=False)
class Bounds(Value):
    """Proven bounds of a network on a box; they hold in real arithmetic, since rounding errors are accounted for.

    A unit with a partner is described by its difference from the partner: its argument is its own pre-activation minus
    that of the partner, its value its own activation minus that of the partner. For other units, argument and value are
    the pre-activation and the activation.

    Attributes:
        lower: `(n_units,)`, lower bounds of the arguments.
        upper: `(n_units,)`, upper bounds of the arguments.
        below: `(2, n_units)`, slope and offset of a line in the argument that is a lower bound of the value.
        above: `(2, n_units)`, of a line that is an upper bound of the value.
        output_lower: `(n_outputs,)`, lower bounds of the outputs.
        output_upper: `(n_outputs,)`, upper bounds of the outputs.
        sensitivity: `(n_outputs, n_units)`, the most that an output changes if a unit's value changes by 1.
    """

    lower: FloatArray
    upper: FloatArray
    below: FloatArray
    above: FloatArray
    output_lower: FloatArray
    output_upper: FloatArray
    sensitivity: FloatArray


def bounds_on(form: NormalForm, domain: Box, partners: IntArray | None = None) -> Bounds:
    """Bounds of every unit and output on a box.

    Args:
        form: the network; for an exact one the bounds hold too.
        domain: the box.
        partners: `(n_units,)`, an earlier unit with the same slope, each used only once and without a partner itself,
            or -1; see `Difference`.

    Returns:
        The bounds, each the best of interval arithmetic and linear propagation with each kind of line.

    Raises:
        ShapeError: if the dimension of the domain is not the number of inputs.

    Example:
        >>> form = NormalForm.from_layers([[[1.0, 1.0]], [[1.0], [-1.0]]], [[0, 0], [0]], [[0.5, 0.5]])
        >>> bounds = bounds_on(form, Box([-1], [2]))
        >>> bounds.output_upper.round(6)
        array([0.333333])
    """
    if domain.n_inputs != form.n_inputs:
        raise ShapeError(f"the domain has {domain.n_inputs} dimensions, but the network has {form.n_inputs} inputs.")
    partners = np.full(form.n_units, -1) if partners is None else partners
    return _Propagation(in_differences(form, partners), domain, partners).bounds()


def in_differences(form: NormalForm, partners: IntArray) -> NormalForm:
    """The same system with units that have partners replaced by differences from them, in float64."""
    own = np.flatnonzero(partners >= 0)
    A, b, B, D = form.A.copy(), form.b.copy(), form.B.copy(), form.D.copy()
    A[own] -= form.A[partners[own]]
    b[own] -= form.b[partners[own]]
    B[own] -= form.B[partners[own]]
    # p' = p + (p' - p): what a unit contributes, its partner contributes as well.
    B[:, partners[own]] += B[:, own]
    D[:, partners[own]] += D[:, own]
    A, B, b, C, D, e, slopes = (v.astype(np.float64) for v in (A, B, b, form.C, D, form.e, form.slopes))
    return NormalForm(A, B, b, C, D, e, slopes, form.labels)


class _Propagation:
    """The state of one sweep over the blocks of a network."""

    def __init__(self, system: NormalForm, domain: Box, partners: IntArray) -> None:
        n = system.n_units
        self._system, self._domain, self._partners = system, domain, partners
        self._lower, self._upper = np.zeros(n), np.zeros(n)
        self._below, self._above = (np.zeros((len(TANGENTS), 2, n)) for _ in range(2))
        self._value_lower, self._value_upper = np.zeros(n), np.zeros(n)
        # The size of the terms that are summed for each value, which bounds its rounding error.
        self._size = np.zeros(n)
        self._reach = np.zeros(n)
        self._input_size = np.maximum(np.abs(domain.lower), np.abs(domain.upper))
        # The largest number of roundings of any one term in a sum: a product and a sum of all terms in each block.
        roundings = (len(system.blocks) + 1) * (n + 12) + system.n_inputs + 12
        self._relative_error = ONE_ROUNDING * roundings

    def bounds(self) -> Bounds:
        system = self._system
        for block in system.blocks:
            self._lower[block], self._upper[block], size = self._range(
                system.A[block], system.B[block], system.b[block], block.start
            )
            self._relax(block, size)
        lower, upper, _ = self._range(system.C, system.D, system.e, system.n_units)
        return Bounds(self._lower, self._upper, self._below[0], self._above[0], lower, upper, sensitivity(system))

    def _range(
        self, inputs: FloatArray, units: FloatArray, constant: FloatArray, n_known: int
    ) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Bounds of sums of the inputs and the first units, and the size of their terms."""
        known = units[:, :n_known]
        size = np.abs(inputs) @ self._input_size + np.abs(known) @ self._size[:n_known] + np.abs(constant)
        ends = []
        for sign in (-1.0, 1.0):
            interval = _corner(sign * inputs, self._domain.lower, self._domain.upper) + sign * constant
            interval += _corner(sign * known, self._value_lower[:n_known], self._value_upper[:n_known])
            linear = [
                self._substituted(sign * inputs, sign * known, sign * constant, below, above)
                for below, above in zip(self._below, self._above, strict=True)
            ]
            ends.append(np.minimum.reduce([interval, *linear]) + self._relative_error * size)
        return -ends[0], ends[1], size

    def _substituted(
        self, inputs: FloatArray, units: FloatArray, constant: FloatArray, below: FloatArray, above: FloatArray
    ) -> FloatArray:
        """Upper bounds of sums, with lines substituted for the units, from the last block to the first."""
        coef, left, total = inputs, units.copy(), constant
        for block in reversed(self._system.blocks):
            if block.start >= left.shape[1]:
                continue
            weights = left[:, block]
            up, down = np.maximum(weights, 0), np.minimum(weights, 0)
            slopes = up * above[0, block] + down * below[0, block]
            total = total + up @ above[1, block] + down @ below[1, block] + slopes @ self._system.b[block]
            coef = coef + slopes @ self._system.A[block]
            left[:, : block.start] += slopes @ self._system.B[block, : block.start]
        return _corner(coef, self._domain.lower, self._domain.upper) + total

    def _relax(self, block: slice, size: FloatArray) -> None:
        """Find lines around the units of a block, whose arguments already have bounds."""
        slopes, lower, upper = self._system.slopes[block], self._lower[block], self._upper[block]
        (low_negative, low_positive), (high_negative, high_positive) = self._sides(block)
        for k, tangent in enumerate(TANGENTS):
            self._below[k, :, block] = line_below(low_negative, low_positive, lower, upper, tangent)
            self._above[k, :, block] = line_above(high_negative, high_positive, lower, upper, tangent)
        inside = (lower < 0) & (upper > 0)
        least = np.minimum(_bent(low_negative, low_positive, lower), _bent(low_negative, low_positive, upper))
        most = np.maximum(_bent(high_negative, high_positive, lower), _bent(high_negative, high_positive, upper))
        self._value_lower[block] = np.where(inside, np.minimum(least, 0), least)
        self._value_upper[block] = np.where(inside, np.maximum(most, 0), most)
        # The slopes of the lines lie between 1 and the unit's slope, inclusive.
        self._reach[block] = np.maximum(1, np.abs(slopes))
        offsets = np.maximum(np.abs(self._below[:, 1, block]), np.abs(self._above[:, 1, block])).max(axis=0)
        self._size[block] = self._reach[block] * size + offsets

    def _sides(self, block: slice) -> tuple[tuple[FloatArray, FloatArray], tuple[FloatArray, FloatArray]]:
        """Slopes on the negative and the positive side of functions below and above each unit of a block."""
        slopes, partners = self._system.slopes[block], self._partners[block]
        paired = partners >= 0
        # A difference of activations is the difference of the arguments times a slope between a and 1, which is known
        # if both arguments have one sign.
        partner_lower, partner_upper = self._lower[partners], self._upper[partners]
        never_negative = (partner_lower >= 0) & (partner_lower + self._lower[block] >= 0)
        never_positive = (partner_upper <= 0) & (partner_upper + self._upper[block] <= 0)
        least = np.where(never_negative, 1, np.where(never_positive, slopes, np.minimum(slopes, 1)))
        most = np.where(never_negative, 1, np.where(never_positive, slopes, np.maximum(slopes, 1)))
        low = (np.where(paired, most, slopes), np.where(paired, least, 1.0))
        high = (np.where(paired, least, slopes), np.where(paired, most, 1.0))
        return low, high


def _corner(coef: FloatArray, lower: FloatArray, upper: FloatArray) -> FloatArray:
    """The largest values of linear functions on a box."""
    return np.maximum(coef, 0) @ upper + np.minimum(coef, 0) @ lower


def _bent(negative: Array, positive: Array, w: FloatArray) -> FloatArray:
    return np.where(w >= 0, positive * w, negative * w)
