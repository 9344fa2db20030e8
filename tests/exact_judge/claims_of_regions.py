"""Claims of regions, of ranges and of the difference of two networks."""

from __future__ import annotations

from fractions import Fraction
from math import sqrt

import numpy as np

import prelu_rules as pr
from exact_judge.case import Case
from exact_judge.cells import Affine, Network, cells, fractions
from exact_judge.claims_of_rules import ROUNDING
from exact_judge.domain_kinds import polyhedron_of
from exact_judge.polyhedron import Polyhedron
from exact_judge.results import Results
from exact_judge.systems import largest, near
from exact_judge.verdict import Claim
from prelu_rules.geometry.deviation import deviation_bounds
from prelu_rules.geometry.ranges import output_ranges

THIN = 1e-8
"""The part beyond a bend may be left out if it is thinner than this, where the domain is [-1, 1]^n, and negligible.

What the package calls thin is a tenth of it, so that how a width is measured does not matter.
"""

HERE = 100
"""Regions of floats for all inputs have to be found if they reach into the first so many times the bends' distance."""

SECONDS = 2.0


def _regions_of_exact_form(results: Results) -> str | None:
    case = results.case
    regions = list(pr.linear_regions(case.form.exact(), case.domain))
    if len(regions) != len(case.cells):
        return f"{len(regions)} regions, but {len(case.cells)} cells"
    found = {tuple(region.pattern.tolist()): region for region in regions}
    for cell in case.cells:
        region = found.get(cell.signs)
        if region is None:
            return f"no region has the signs {cell.signs}"
        if fractions([[*w, c] for w, c in zip(region.coef, region.intercept, strict=True)]) != cell.outputs:
            return f"the region of the signs {cell.signs} has other outputs"
    return None


def _regions(results: Results) -> str | None:
    case = results.case
    found = sum(1 for _ in pr.linear_regions(case.form, case.domain))
    # For all inputs, bends count as parallel whose directions differ by less than 1e-11; so far the others may differ.
    within = case.polyhedron if case.bounds else near(case.polyhedron, case.network, HERE)
    fewest = sum(1 for _ in cells(case.network, within, _Matters(case)))
    if min(fewest, len(case.cells)) <= found <= len(case.cells):
        return None
    return f"{found} regions, but {len(case.cells)} cells, of which {fewest} matter"


class _Matters:
    """Whether the part of a cell beyond a bend is wide, or changes an output by more than rounding errors."""

    def __init__(self, case: Case) -> None:
        points = case.polyhedron.vertices
        network = case.network
        columns = list(zip(*points, strict=True))
        self.radius = [float(max(c) - min(c)) / 2 or None for c in columns] if case.bounds else [1.0] * network.n_inputs
        self.allowed = network.terms([max(map(abs, c)) for c in columns]) if case.bounds else None
        self.gains, self.slopes = _gains(network), network.slopes

    def __call__(self, unit: int, z: Affine, cell: Polyhedron) -> bool:
        height = cell.maximum(z).value
        if height is None:
            return True
        weights = [float(w) * (r or 0.0) for w, r in zip(z, self.radius, strict=False)]
        if float(height) > THIN * sqrt(sum(w * w for w in weights)):
            return True
        change = height * abs(1 - self.slopes[unit])
        return self.allowed is not None and any(
            change * gain > ROUNDING * size for gain, size in zip(self.gains[unit], self.allowed, strict=True)
        )


def _gains(network: Network) -> list[list[Fraction]]:
    """For each unit, how much each output changes at most per change of its activation, also through later units."""
    found: list[list[Fraction]] = [[] for _ in range(network.n_units)]
    for unit in reversed(range(network.n_units)):
        for output in range(network.n_outputs):
            later = sum(
                (
                    abs(network.B[k][unit]) * max(Fraction(1), abs(network.slopes[k])) * found[k][output]
                    for k in range(unit + 1, network.n_units)
                ),
                Fraction(0),
            )
            found[unit].append(abs(network.D[output][unit]) + later)
    return found


def _ranges(results: Results) -> str | None:
    """The ranges are the true ones up to rounding, and attained where they are said to be."""
    case = results.case
    found = output_ranges(case.form, case.domain)
    columns = zip(*case.polyhedron.vertices, strict=True)
    allowed = case.network.terms([max(map(abs, column)) for column in columns])
    for output, (low, high) in enumerate(results.ranges):
        slack = ROUNDING * allowed[output]
        for said, at, true in (
            (found.lower[output], found.at_lower[output], low),
            (found.upper[output], found.at_upper[output], high),
        ):
            if abs(Fraction(said) - true) > slack:
                return f"output {output + 1} has the end {float(true)}, not {said}"
            if abs(case.network.at(fractions(at))[output] - true) > slack:
                return f"output {output + 1} is not {said} at {at}"
    return None


def _deviation(results: Results) -> str | None:
    """The bounds of how far the network is from itself with a unit replaced by the identity."""
    case = results.case
    form = case.form
    other = form.eliminate([case.number % form.n_units], 1.0)
    box = case.domain if isinstance(case.domain, pr.Box) else case.domain.box
    found = deviation_bounds(form, other, box, time_limit=SECONDS)
    rest = Network.of(other.A, other.B, other.b, other.C, other.D, other.e, other.slopes)
    whole = polyhedron_of(case.bounds._replace(coef=None), form.n_inputs)
    parts = [
        (
            inner.polyhedron,
            [[x - y for x, y in zip(*rows, strict=True)] for rows in zip(cell.outputs, inner.outputs, strict=True)],
        )
        for cell in cells(case.network, whole)
        for inner in cells(rest, cell.polyhedron)
    ]
    for output, true in enumerate(largest(parts, form.n_outputs)):
        if (
            not Fraction(found.lower[output])
            <= true
            <= (np.inf if np.isinf(found.upper[output]) else Fraction(found.upper[output]))
        ):
            return f"output {output + 1} differs by {float(true)}, not {found.lower[output]} to {found.upper[output]}"
        at = fractions(found.at[output])
        if abs(case.network.at(at)[output] - rest.at(at)[output]) < Fraction(found.lower[output]):
            return f"output {output + 1} does not differ by {found.lower[output]} at {found.at[output]}"
        if not all(Fraction(low) <= x <= Fraction(high) for low, x, high in zip(box.lower, at, box.upper, strict=True)):
            return f"{found.at[output]} is not in the box"
    return None


def _is_bounded(case: Case) -> bool:
    return case.bounds is not None


CLAIMS = [
    Claim("regions are the cells", _regions),
    Claim("regions of the exact form are the cells", _regions_of_exact_form),
    Claim("ranges of outputs", _ranges, _is_bounded),
    Claim("bounds of the deviation", _deviation, _is_bounded),
]
