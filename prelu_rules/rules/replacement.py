"""Replaces units by affine functions at a known cost (the paper's future work on linear replacement)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from prelu_rules.domains.as_domain import DomainLike, as_domain
from prelu_rules.domains.domain import Domain
from prelu_rules.errors import InvalidValueError, ShapeError
from prelu_rules.geometry.difference import difference
from prelu_rules.geometry.ranges import MAX_REGIONS, output_ranges, unit_ranges
from prelu_rules.network.collapse import ReplacementKind, replacing_lines
from prelu_rules.network.normal_form import NormalForm, UnitLabel
from prelu_rules.network.reading import NetworkLike, read_network
from prelu_rules.values import FloatArray, Value, frozen_array

ROUNDING = 1e-12
"""Smaller differences of two networks, relative to the range of the output, are rounding errors."""


@dataclass(frozen=True, eq=False)
class Replacement(Value):
    """A network with fewer units, and the cost of each replaced unit.

    Attributes:
        form: the remaining network.
        removed: the units that were replaced, in that order.
        errors: `(n_removed, n_outputs)`, the largest difference from the original network over the domain, after this
            many units were replaced.
        output_ranges: `(n_outputs,)`, the width of each output's range over the domain, for comparison.
    """

    form: NormalForm
    removed: tuple[UnitLabel, ...]
    errors: FloatArray
    output_ranges: FloatArray

    def __str__(self) -> str:
        lines = [f"{len(self.removed)} units replaced, {self.form.n_units} left; largest differences over the domain:"]
        for label, errors in zip(self.removed, self.errors, strict=True):
            shares = ", ".join(
                f"{error:.4g} ({error / size:.2%} of the range)" if size > 0 else f"{error:.4g}"
                for error, size in zip(errors, self.output_ranges, strict=True)
            )
            lines.append(f"  PReLU #{label.number} on level {label.level}: {shares}")
        return "\n".join(lines) + "\n"


def largest_difference(form: NormalForm, other: NormalForm, domain: Domain, max_regions: int) -> FloatArray:
    """The largest absolute difference of two networks over a domain.

    Args:
        form: a network.
        other: another network with the same inputs and outputs.
        domain: the domain.
        max_regions: the largest number of linear regions of the difference to visit.

    Returns:
        `(n_outputs,)`.

    Raises:
        LimitError: if there are more regions.
    """
    ranges = output_ranges(difference(form, other).form, domain, max_regions)
    return np.maximum(np.abs(ranges.lower), np.abs(ranges.upper))


def linear_replacement(
    network: NetworkLike,
    domain: DomainLike,
    max_error: npt.ArrayLike,
    replacement: ReplacementKind = "best",
    max_regions: int = MAX_REGIONS,
) -> Replacement:
    """Replace as many units as an error allows: always the cheapest one, until none is cheap enough.

    The cost is the largest difference from the original network anywhere on the domain, computed on every linear
    region. The sum of the costs of single units would be far too pessimistic.

    Args:
        network: a `NormalForm`, a Keras model, or the path of a `.keras` file; every unit is a candidate, whatever its
            slope.
        domain: where the error counts: a `Box`, a `Polytope`, or rows or a table (then the smallest domain that
            contains them).
        max_error: the largest error of each output, `(n_outputs,)` or one number for all, in the outputs' units.
        replacement: what units are replaced by; see `replacing_lines`.
        max_regions: the largest number of linear regions to visit for each candidate.

    Returns:
        The remaining network, the replaced units, and their cost.

    Raises:
        InvalidValueError: if an error is negative, `replacement` is not one of these, or the domain is empty.
        ShapeError: if the number of errors is neither the number of outputs nor one.
        LimitError: if the networks have more regions than `max_regions`.

    Example:
        >>> from prelu_rules.domains.box import Box
        >>> form = NormalForm.from_layers([[[1.0, 1.0]], [[1.0], [1.0]]], [[0.0, -9.0], [0.0]], [[0.5, 0.9]])
        >>> print(linear_replacement(form, Box([-10], [10]), max_error=0.1), end="")
        1 units replaced, 1 left; largest differences over the domain:
          PReLU #2 on level 1: 0.0475 (0.14% of the range)
    """
    form = read_network(network)
    domain = as_domain(domain, form.n_inputs)
    if domain is None:
        raise InvalidValueError("the domain is None, but errors need one; give a domain, such as Box.from_data(rows).")
    allowed = frozen_array(np.atleast_1d(max_error), "max_error", (None,))
    if len(allowed) not in (1, form.n_outputs):
        raise ShapeError(f"max_error has shape {allowed.shape}, but there are {form.n_outputs} outputs; give one each.")
    allowed = np.broadcast_to(allowed, (form.n_outputs,))
    if (allowed < 0).any():
        raise InvalidValueError(f"max_error is {allowed.min()}; it must be at least 0.")
    whole = output_ranges(form, domain, max_regions)
    size = whole.upper - whole.lower
    current, left = form, list(range(form.n_units))
    removed: list[UnitLabel] = []
    errors: list[FloatArray] = []
    # The last known cost of each unit; it changes little when another unit is replaced.
    costs = np.zeros(form.n_units)
    while left:
        ranges = unit_ranges(current, domain, max_regions)
        lines = replacing_lines(current.slopes, replacement, ranges.lower, ranges.upper)
        looked_at: dict[int, tuple[NormalForm, FloatArray]] = {}
        while True:
            cheapest = min(left, key=lambda unit: costs[unit])
            if cheapest in looked_at:
                break
            place = left.index(cheapest)
            smaller = current.eliminate([place], lines[0][place], lines[1][place])
            error = largest_difference(form, smaller, domain, max_regions)
            looked_at[cheapest] = smaller, error
            costs[cheapest] = _share(error, allowed, size)
        if costs[cheapest] > 1:
            break
        current, error = looked_at[cheapest]
        left.remove(cheapest)
        removed.append(form.labels[cheapest])
        errors.append(error)
    return Replacement(current, tuple(removed), np.array(errors).reshape(-1, form.n_outputs), size)


def _share(error: FloatArray, allowed: FloatArray, size: FloatArray) -> float:
    """The largest error as a share of what is allowed, ignoring rounding errors."""
    excess = np.where(error <= ROUNDING * size, 0, error)
    shares = np.divide(excess, allowed, out=np.where(excess > 0, np.inf, 0.0), where=allowed > 0)
    return float(shares.max(initial=0))
