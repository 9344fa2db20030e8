"""Exact linear programs against floats, and exact patterns against those of floats."""

from fractions import Fraction
from itertools import pairwise

import networks
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import linprog

from prelu_rules.domains.box import Box
from prelu_rules.domains.polytope import Polytope
from prelu_rules.geometry.patterns import reachable_patterns
from prelu_rules.geometry.proofs.exact import ExactCell
from prelu_rules.geometry.proofs.exact_patterns import ExactPart, exact_patterns
from prelu_rules.network.normal_form import NormalForm
from prelu_rules.values import exact_array


def cell_of(rows, domain, n_inputs):
    cell = ExactCell.of_domain(domain, n_inputs)
    for row in rows:
        cell = None if cell is None else cell.cut(exact_array(row))
    return cell


@given(networks.seeds, st.integers(1, 4), st.integers(0, 6), st.booleans(), st.booleans())
def test_maxima_are_those_of_a_float_solver(seed, dimension, n_rows, bounded, whole):
    """Whole numbers make cells where many rows meet, are repeated, or leave just a point."""
    rng = np.random.default_rng(seed)
    draw = (
        (lambda *shape: rng.integers(-2, 3, shape).astype(float)) if whole else (lambda *shape: rng.normal(size=shape))
    )
    rows, objective = draw(n_rows, dimension + 1), draw(dimension + 1)
    domain = Box(-np.ones(dimension), 2 * np.ones(dimension)) if bounded else None
    found = linprog(
        -objective[:-1],
        A_ub=-rows[:, :-1],
        b_ub=rows[:, -1],
        bounds=[(-1, 2) if bounded else (None, None)] * dimension,
        method="highs",
    )
    cell = cell_of(rows, domain, dimension)
    if found.status == 2:
        assert cell is None
        return
    if found.status == 4:
        # HiGHS itself cannot tell an empty cell from an unbounded one.
        return
    best = cell.maximum(exact_array(objective))
    assert (best.value is None) == (found.status == 3)
    point = best.point.astype(float)
    assert (rows[:, :-1] @ point + rows[:, -1] >= -1e-9).all()
    if best.value is not None:
        np.testing.assert_allclose(float(best.value), -found.fun + objective[-1], atol=1e-7)
        assert objective[:-1] @ point + objective[-1] == pytest.approx(float(best.value), abs=1e-9)
    assert cell.exceeds(exact_array(objective)) == (best.value is None or best.value > 0)


layers = st.tuples(st.integers(1, 3), st.lists(st.integers(1, 3), min_size=1, max_size=2)).map(
    lambda shape: (shape[0], *shape[1], 1)
)


@given(networks.seeds, layers, st.booleans(), st.booleans())
def test_patterns_are_those_of_floats(seed, widths, bounded, degenerate):
    form = networks.random_form(seed, widths)
    if degenerate:
        rng = np.random.default_rng(seed)
        kernels = [rng.integers(-1, 2, shape) for shape in pairwise(widths)]
        form = NormalForm.from_layers(
            kernels, [np.zeros(n) for n in widths[1:]], [rng.choice([0.0, 0.5, -1.0], n) for n in widths[1:-1]]
        )
    domain = Box(-np.ones(widths[0]), np.ones(widths[0])) if bounded else None
    cell = ExactCell.of_domain(domain, widths[0])
    found = [pattern.signs.tolist() for pattern in exact_patterns(form.exact(), ExactPart(cell, []))]
    assert found == [pattern.signs.tolist() for pattern in reachable_patterns(form, domain)]


def test_cells_thinner_than_any_float_are_found():
    form = NormalForm(A=[[1], [1]], B=np.zeros((2, 2)), b=[0, -1e-300], C=[[0]], D=[[1, 1]], e=[0], slopes=[0, 0])
    assert len(list(exact_patterns(form.exact(), ExactPart(ExactCell.of_domain(Box([-1], [1]), 1), [])))) == 3


def test_equations_and_single_points():
    half = ExactCell.of_domain(Polytope.one_hot(Box([0, 0], [1, 1]), [[0, 1]]), 2)
    both = exact_array(np.array([1.0, 1.0, 0.0]))
    assert half.maximum(both).value == 1 and half.maximum(-both).value == -1
    assert half.maximum(exact_array(np.array([1.0, 0.0, 0.0]))).value == 1
    point = ExactCell.of_domain(Box([0.1], [0.1]), 1)
    assert point.maximum(exact_array(np.array([3.0, 0.0]))).value == 3 * Fraction(0.1)
    # 0.1 + 0.2 is not 0.3 in floats, so no point of this box satisfies the equation.
    assert ExactCell.of_domain(Polytope(Box([0.1, 0.2], [0.1, 0.2]), [[1, 1]], [0.3], [True]), 2) is None


@given(networks.seeds, st.integers(1, 4), st.integers(0, 4), st.booleans())
def test_the_inner_point_is_on_no_boundary_that_not_all_of_the_cell_lies_on(seed, dimension, n_rows, bounded):
    """Thin slanted cells, too, whose corners in the directions of the inputs may all be on one side."""
    rng = np.random.default_rng(seed)
    rows = list(rng.normal(size=(n_rows, dimension + 1)))
    if rows:
        rows.append(-rows[0] + np.eye(dimension + 1)[-1] * rng.choice([0.0, 0.1]))
    domain = Box(-np.ones(dimension), np.ones(dimension)) if bounded else None
    cell = cell_of(rows, domain, dimension)
    if cell is None:
        return
    point = cell.inner_point
    assert domain is None or domain.contains(point.astype(float))[0]
    for row in exact_array(np.array(rows).reshape(-1, dimension + 1)):
        value = row[:-1] @ point + row[-1]
        assert value >= 0 and (value > 0) == cell.exceeds(row)
