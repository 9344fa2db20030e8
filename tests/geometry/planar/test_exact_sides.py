"""Sides in rational numbers, against cells in integer arithmetic."""

from fractions import Fraction

import networks
import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from prelu_rules.domains.box import Box
from prelu_rules.domains.domain import frame_of
from prelu_rules.domains.polytope import Polytope
from prelu_rules.geometry.patterns import pre_activations_on, reachable_patterns
from prelu_rules.geometry.planar.exact_sides import exact_judge
from prelu_rules.geometry.sides import ABOVE, BELOW, BOTH

SQUARE = Box([-1, -1], [1, 1])


@given(networks.seeds, st.booleans())
def test_corners_decide(seed, triangle):
    """Each unit of each pattern on the cell of the units before it, by all pairs of lines that meet in the cell."""
    form = networks.random_form(seed, (2, 3, 2, 1))
    domain = Polytope(SQUARE, [[1.0, 2.0]], [0.5]) if triangle else SQUARE
    frame = frame_of(domain, 2)
    judge = exact_judge(form, frame, np.zeros(form.n_units))
    basis = [[Fraction(v) for v in row] for row in np.hstack([frame.basis, frame.centre[:, None]])]
    for pattern in reachable_patterns(form, domain):
        inputs = pre_activations_on(form.exact(), pattern.signs)
        rows = [[sum(w * b[q] for w, b in zip(row[:2], basis, strict=True)) for q in range(3)] for row in inputs]
        for row, own in zip(rows, inputs, strict=True):
            row[2] += own[2]
        cell = [[Fraction(v) for v in row] for row in frame.halfspaces]
        for unit in range(form.n_units):
            bounds = np.flatnonzero(pattern.decides[:unit])
            values = [sum(a * b for a, b in zip(rows[unit], corner, strict=True)) for corner in corners_of(cell)]
            expected = BOTH if min(values) < 0 < max(values) else BELOW if min(values) < 0 else ABOVE
            assert judge(pattern.signs, bounds, unit) == expected
            if pattern.decides[unit]:
                cell.append([v if pattern.signs[unit] else -v for v in rows[unit]])


def corners_of(cell):
    """All points where two lines meet and no row is negative."""
    corners = []
    for k, (a, b, c) in enumerate(cell):
        for d, e, f in cell[:k]:
            determinant = a * e - b * d
            if determinant:
                point = ((b * f - c * e) / determinant, (c * d - a * f) / determinant, 1)
                if all(sum(u * v for u, v in zip(row, point, strict=True)) >= 0 for row in cell):
                    corners.append(point)
    return corners


def test_what_is_negligible_is_no_side():
    form = networks.random_form(0, (2, 1, 1))
    frame = frame_of(SQUARE, 2)
    none = np.array([], dtype=np.intp)
    largest = [abs(v) for v in form.A[0] @ np.array([[1, 1], [1, -1], [-1, 1], [-1, -1]]).T + form.b[0]]
    assert exact_judge(form, frame, np.zeros(1))(np.zeros(1, dtype=bool), none, 0) == BOTH
    assert exact_judge(form, frame, np.full(1, max(largest)))(np.zeros(1, dtype=bool), none, 0) == ABOVE
