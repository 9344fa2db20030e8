"""Proven bounds of how far two networks differ on a box: an upper bound, and a lower bound that is attained."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from itertools import product
from typing import Literal, get_args

import numpy as np

from prelu_rules.domains.box import Box
from prelu_rules.errors import InvalidValueError
from prelu_rules.geometry.deviation_program import DeviationProgram
from prelu_rules.geometry.difference import difference
from prelu_rules.geometry.propagation import bounds_on
from prelu_rules.network.normal_form import NormalForm
from prelu_rules.values import FloatArray, Value

CLOSE_BOUNDS = 1.01
"""An upper bound that exceeds an attained difference by less than this factor needs no branch and bound."""


Method = Literal["auto", "propagation", "milp"]

SAMPLED_ROWS = 2048
"""Inputs drawn from the box to find a large difference; at most half as many corners are tried."""


@dataclass(frozen=True, eq=False)
class Deviation(Value):
    """Bounds of the largest absolute difference of two networks on a box, for each output.

    Attributes:
        upper: `(n_outputs,)`, the difference is nowhere larger.
        lower: `(n_outputs,)`, the difference at `at` is at least this large, in exact arithmetic.
        at: `(n_outputs, n_inputs)`.
    """

    upper: FloatArray
    lower: FloatArray
    at: FloatArray


def deviation_bounds(
    form: NormalForm, other: NormalForm, domain: Box, *, method: Method = "auto", time_limit: float = 10.0
) -> Deviation:
    """The largest `|form(x) - other(x)|` on a box, from both sides.

    Args:
        form: a network.
        other: a network with as many inputs and outputs. The closer it is to `form`, and the more units they share (by
            labels and slopes), the better are the bounds of "propagation".
        domain: the box.
        method: "propagation" takes milliseconds, and its bounds hold in real arithmetic, since rounding errors are
            accounted for; "milp" then improves them by branch and bound, and relies on HiGHS up to
            `SOLVER_FEASIBILITY`; "auto" does so only if the bounds are more than 1% apart.
        time_limit: the time limit of the solver in seconds, for each sign of each output.

    Returns:
        The bounds.

    Raises:
        InvalidValueError: if `method` is not one of these, or the time limit is not positive.
        ShapeError: if the networks or the domain do not fit together.

    Example:
        >>> form = NormalForm.from_layers([[[1.0]], [[3.0]]], [[0.0], [0.0]], [[0.5]])
        >>> deviation = deviation_bounds(form, form.eliminate([0], 1), Box([-2], [2]))
        >>> deviation.lower, deviation.upper.round(6), deviation.at
        (array([3.]), array([3.]), array([[-2.]]))
    """
    if method not in get_args(Method):
        raise InvalidValueError(f"method is {method!r}; it must be one of {', '.join(get_args(Method))}.")
    if not time_limit > 0:
        raise InvalidValueError(f"time_limit is {time_limit}; it must be positive.")
    parts = difference(form, other)
    bounds, paired = bounds_on(parts.form, domain), bounds_on(parts.form, domain, parts.partners)
    ends = [
        -np.maximum(bounds.output_lower, paired.output_lower),
        np.minimum(bounds.output_upper, paired.output_upper),
    ]
    places = list(probes(domain))
    found = np.abs(parts.form.predict(places)).max(axis=0)
    if method != "propagation":
        program = None
        for sign, end in zip((-1.0, 1.0), ends, strict=True):
            for output in range(form.n_outputs):
                if end[output] <= found[output] * (CLOSE_BOUNDS if method == "auto" else 1.0):
                    continue
                program = program or DeviationProgram(parts, domain, bounds, paired)
                bound, at = program.largest(output, sign, time_limit)
                end[output] = min(end[output], bound)
                if at is not None:
                    places.append(at)
                    found = np.maximum(found, np.abs(parts.form.predict(at)))
    points = np.array(places)
    at = points[np.abs(parts.form.predict(points)).argmax(axis=0)]
    exact = form.exact(), other.exact()
    lower = np.array([_attained(*exact, x, output) for output, x in enumerate(at)])
    return Deviation(np.maximum(np.maximum(*ends), lower), lower, at)


def probes(domain: Box, n_rows: int = SAMPLED_ROWS) -> FloatArray:
    """Inputs at which to look for a large difference: the centre, the corners if they are few, and random ones.

    Args:
        domain: the box.
        n_rows: how many are drawn; corners count as few if they are at most half as many.

    Returns:
        `(n_probes, n_inputs)`, the same ones in every call.

    Example:
        >>> probes(Box([0.0], [1.0]))[:3].tolist()
        [[0.5], [0.0], [1.0]]
    """
    drawn = np.random.default_rng(0).uniform(domain.lower, domain.upper, (n_rows, domain.n_inputs))
    rows = [(domain.lower + domain.upper)[None] / 2]
    if 2 ** (domain.n_inputs + 1) <= n_rows:
        sides = np.array(list(product((False, True), repeat=domain.n_inputs)), dtype=bool).reshape(-1, domain.n_inputs)
        rows.append(np.where(sides, domain.upper, domain.lower))
    return np.clip(np.vstack([*rows, drawn]), domain.lower, domain.upper)


def _attained(form: NormalForm, other: NormalForm, x: FloatArray, output: int) -> float:
    """The difference of two networks in exact rationals at one input, rounded down."""
    row = np.array([Fraction(float(value)) for value in x], dtype=object)
    exact = Fraction(abs(form.predict(row)[output] - other.predict(row)[output]))
    value = float(exact)
    return value if Fraction(value) <= exact else float(np.nextafter(value, 0.0))
