"""The largest difference of two networks as a mixed-integer linear program, solved by branch and bound (HiGHS)."""

from __future__ import annotations

import numpy as np

from prelu_rules.domains.box import Box
from prelu_rules.domains.linear_program import mixed_integer_minimum
from prelu_rules.geometry.difference import Difference
from prelu_rules.geometry.propagation import Bounds
from prelu_rules.tolerances import SOLVER_FEASIBILITY
from prelu_rules.values import BoolArray, FloatArray


class DeviationProgram:
    """A program whose variables are the inputs, the activations, and a sign for each unit, which is 0 or 1.

    A unit of slope `a < 1` on `[l, u]` is formulated as in Tjeng, Xiao and Tedrake (2019), "Evaluating robustness of
    neural networks with mixed integer programming": `p >= z`, `p >= a z`, `p <= z - (1 - a) l (1 - s)` and `p <= a z +
    (1 - a) u s`, with its sign `s`; for `a > 1` the other way round. Units with partners also get the lines around
    their difference; these follow from the rest for whole signs, but not for the fractions of the relaxation.

    Args:
        difference: the difference of two networks.
        domain: the box.
        bounds: the bounds of the units of `difference.form`, without partners.
        paired: the bounds with partners.

    Example:
        >>> from prelu_rules.geometry.difference import difference
        >>> from prelu_rules.geometry.propagation import bounds_on
        >>> from prelu_rules.network.normal_form import NormalForm
        >>> form, box = NormalForm([[1]], [[0]], [0], [[0]], [[1]], [0], slopes=[0.5]), Box([-2], [2])
        >>> parts = difference(form, form.eliminate([0], 1))
        >>> bounds = bounds_on(parts.form, box)
        >>> bound, at = DeviationProgram(parts, box, bounds, bounds).largest(0, -1.0, time_limit=10.0)
        >>> round(bound, 3), at
        (1.0, array([-2.]))
    """

    def __init__(self, difference: Difference, domain: Box, bounds: Bounds, paired: Bounds) -> None:
        form, partners = difference.form, difference.partners
        n, d = form.n_units, form.n_inputs
        lower, upper = _ranges(difference, bounds, paired)
        slopes = form.slopes.astype(np.float64)
        # Inputs and activations are scaled to [-1, 1], so that the solver's tolerances mean the same for all of them.
        self._domain, self._n_units = domain, n
        self._centre, self._radius = (domain.lower + domain.upper) / 2, (domain.upper - domain.lower) / 2
        reach = np.maximum(-lower, upper) * np.maximum(1, np.abs(slopes))
        self._scale = np.where(reach > 0, reach, 1.0)
        A, B, b, C, D, e = (v.astype(np.float64) for v in (form.A, form.B, form.b, form.C, form.D, form.e))
        # Functions of the variables (inputs, activations, signs), with the constant last.
        none = np.zeros((n, n))
        z = np.hstack([A * self._radius, B * self._scale, none, (A @ self._centre + b)[:, None]])
        p = np.hstack([np.zeros((n, d)), np.diag(self._scale), none, np.zeros((n, 1))])
        sign = np.hstack([np.zeros((n, d + n)), np.eye(n), np.zeros((n, 1))])
        self._outputs = np.hstack(
            [C * self._radius, D * self._scale, np.zeros_like(D), (C @ self._centre + e)[:, None]]
        )
        self._rows: list[FloatArray] = []
        bends = (lower < 0) & (upper > 0) & (slopes != 1)
        line = np.where(lower >= 0, 1.0, slopes)[:, None] * z
        self._at_least_zero(~bends, p - line)
        self._at_least_zero(~bends, line - p)
        side, gap = np.where(slopes < 1, 1.0, -1.0)[:, None], np.abs(1 - slopes)[:, None]
        over_one, over_slope = side * (p - z), side * (p - slopes[:, None] * z)
        self._at_least_zero(bends, over_one)
        self._at_least_zero(bends, over_slope)
        self._at_least_zero(bends, gap * lower[:, None] * sign - over_one, -gap[:, 0] * lower)
        self._at_least_zero(bends, gap * upper[:, None] * sign - over_slope)
        change, moved = p - p[partners], z - z[partners]
        for direction, (slope, offset) in ((1.0, paired.below), (-1.0, paired.above)):
            self._at_least_zero(partners >= 0, direction * (change - slope[:, None] * moved), -direction * offset)
        self._signs = np.concatenate([np.zeros(d + n, dtype=bool), bends])
        self._sizes = np.maximum(np.abs(paired.output_lower), np.abs(paired.output_upper))
        # An activation may be off by the tolerance of its own row, and by twice as much through its sign.
        self._missed = SOLVER_FEASIBILITY * (3 * bounds.sensitivity @ self._scale + (d + n) * self._sizes)

    def _at_least_zero(self, units: BoolArray, rows: FloatArray, constant: FloatArray | float = 0.0) -> None:
        """Require functions, one per unit, to be non-negative for the given units."""
        shifted = rows.copy()
        shifted[:, -1] += constant
        self._rows.append((shifted / self._scale[:, None])[units])

    def largest(self, output: int, sign: float, time_limit: float) -> tuple[float, FloatArray | None]:
        """An upper bound of an output, or of its negative, and the best input that was found.

        Args:
            output: the index of the output.
            sign: 1 for the output, -1 for its negative.
            time_limit: in seconds.

        Returns:
            The bound of the solver plus what its tolerances may hide; infinite if the solver has none. The input,
            `(n_inputs,)`, or None if there was no time to find one.
        """
        size = self._sizes[output] if self._sizes[output] > 0 else 1.0
        gain = sign * self._outputs[output]
        lower = np.append(-np.ones(len(gain) - 1 - self._n_units), np.zeros(self._n_units))
        found = mixed_integer_minimum(
            -gain[:-1] / size, np.vstack(self._rows), lower, np.ones(len(lower)), self._signs, time_limit
        )
        at = None
        if found.x is not None:
            x = self._centre + self._radius * found.x[: len(self._centre)]
            at = np.clip(x, self._domain.lower, self._domain.upper)
        return float(gain[-1] - size * found.bound + self._missed[output]), at


def _ranges(difference: Difference, bounds: Bounds, paired: Bounds) -> tuple[FloatArray, FloatArray]:
    """The range of each pre-activation, tightened by that of its partner."""
    partners = difference.partners
    own = partners >= 0
    by_partner = bounds.lower[partners] + paired.lower, bounds.upper[partners] + paired.upper
    lower = np.where(own, np.maximum(bounds.lower, by_partner[0]), bounds.lower)
    upper = np.where(own, np.minimum(bounds.upper, by_partner[1]), bounds.upper)
    return lower, upper
