"""The dual simplex method beside SciPy's linear programs."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from prelu_rules.geometry.dual_simplex import maximum

INFEASIBLE = 2


@settings(deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    n=st.integers(1, 7),
    m=st.integers(0, 9),
    degenerate=st.booleans(),
    bound=st.sampled_from([1.0, 3.5]),
)
def test_the_point_is_the_highest_and_the_multipliers_prove_it(seed, n, m, degenerate, bound):
    rng = np.random.default_rng(seed)
    rows, weights, reach = rng.normal(size=(m, n + 1)), rng.normal(size=n), bound * rng.uniform(0.5, 1, n)
    if degenerate:
        rows, weights = np.round(2 * rows) / 2, np.round(weights)
    coef, constant = rows[:, :-1], rows[:, -1]
    expected = linprog(-weights, A_ub=-coef, b_ub=constant, bounds=np.column_stack([-reach, reach]))
    found = maximum(rows, weights, reach)
    if expected.status == INFEASIBLE:
        assert found is None
        return
    assert found is not None
    value = found.point @ weights
    assert abs(value + expected.fun) < 1e-7 and (np.abs(found.point) <= reach + 1e-9).all()
    assert (coef @ found.point + constant > -1e-9).all()
    # The function plus multiples of the rows, which are not negative in the cell, is nowhere larger in the box.
    total = weights + found.multipliers @ rows[:, :-1]
    assert (found.multipliers >= 0).all()
    assert abs(np.abs(total) @ reach + found.multipliers @ rows[:, -1] - value) < 1e-7


def test_many_rows_through_one_corner():
    """Of a hundred rows that meet in a point, some have to be passed without getting any lower."""
    rng = np.random.default_rng(0)
    sides = np.abs(rng.normal(size=(100, 4)))
    rows = np.hstack([-sides, sides.sum(axis=1, keepdims=True) * 0.5])
    found = maximum(rows, np.ones(4), np.ones(4))
    assert found is not None
    expected = linprog(-np.ones(4), A_ub=sides, b_ub=rows[:, -1], bounds=[(-1, 1)] * 4)
    assert abs(found.point.sum() + expected.fun) < 1e-9
