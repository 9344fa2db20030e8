"""Proven bounds against linear programs of SciPy, and against exact arithmetic."""

from fractions import Fraction

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import linprog

from prelu_rules.domains.box import Box
from prelu_rules.geometry.proofs.certified import highest
from prelu_rules.geometry.proofs.certified_rows import Coordinates
from prelu_rules.geometry.proofs.exact import ExactCell
from prelu_rules.values import exact_array

seeds = st.integers(0, 2**32)


@given(seeds, st.integers(1, 6), st.integers(0, 20))
def test_bounds_are_close_to_the_largest_value(seed, dimension, n_rows):
    rng = np.random.default_rng(seed)
    rows, function = rng.normal(size=(n_rows, dimension + 1)), rng.normal(size=dimension + 1)
    found = highest(rows, np.zeros(n_rows), n_rows, function, 0.0, np.ones(dimension))
    judge = linprog(-function[:-1], A_ub=rows[:, :-1] * -1, b_ub=rows[:, -1], bounds=[(-1, 1)] * dimension)
    if judge.status == 2:
        assert found == -np.inf
    else:
        assert abs(found - (function[-1] - judge.fun)) < 1e-7


@given(seeds, st.integers(1, 4), st.integers(0, 8), st.sampled_from([1e-6, 1.0, 1e6]))
def test_bounds_are_never_below_the_exact_largest_value_and_tight(seed, dimension, n_rows, size):
    """Whole numbers, so that many rows meet in one corner."""
    rng = np.random.default_rng(seed)
    rows = rng.integers(-3, 4, (n_rows, dimension + 1)) * 0.1
    function = exact_array(np.append(rng.integers(-3, 4, dimension) / 7, 0.3) * size)
    whole = cell = ExactCell.of_domain(Box(-np.full(dimension, 0.3), np.full(dimension, 1.1)), dimension)
    coordinates = Coordinates.of_cell(whole)
    for row in exact_array(rows):
        cell = None if cell is None else cell.cut(row)
    bound = coordinates.highest(coordinates.rows(rows), coordinates.rows(function[None], scaled=False))
    if cell is None:
        assert bound < 1e-9 * size or bound == -np.inf or n_rows
    else:
        exact = cell.maximum(function).value
        assert exact <= Fraction(bound) <= exact + Fraction(1e-11 * size)


def test_a_cell_that_is_a_point_is_not_taken_to_be_empty():
    rows = np.array([[1.0, -0.1], [-1.0, 0.1]])
    bound = highest(rows, np.zeros(2), 2, np.array([1.0, 0.0]), 0.0, np.ones(1))
    assert 0.1 <= bound < 0.1 + 1e-14


def test_errors_count():
    """A row that may be off by a tenth holds a function back a tenth less."""
    rows, function = np.array([[-1.0, 0.5]]), np.array([1.0, 0.0])
    bounds = [highest(rows, np.array([error]), 1, function, more, np.ones(1)) for error, more in ((0, 0), (0.1, 0.2))]
    np.testing.assert_allclose(bounds, [0.5, 0.8], rtol=1e-13)
    # Now the row proves nothing anymore.
    empty = np.array([[0.0, -0.05]])
    assert highest(empty, np.array([0.0]), 1, function, 0.0, np.ones(1)) == -np.inf
    assert highest(empty, np.array([0.1]), 1, function, 0.0, np.ones(1)) > 0
