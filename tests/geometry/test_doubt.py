import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import linprog

from prelu_rules.geometry.doubt import reaches_beyond


@given(st.integers(0, 10**6), st.integers(1, 3), st.integers(0, 4), st.sampled_from([1.0, np.inf]))
def test_where_there_is_no_doubt_linear_programs_agree(seed, k, n, bound):
    rng = np.random.default_rng(seed)
    rows = rng.normal(size=(n + 1, k + 1))
    rows /= np.linalg.norm(rows[:, :-1], axis=1, keepdims=True)
    rows[:, -1] = np.abs(rows[:, -1])
    highest = linprog(-rows[-1, :-1], -rows[:-1, :-1], rows[:-1, -1], bounds=[(-bound, bound)] * k)
    if highest.status == 3:
        assert reaches_beyond(rows[:-1], bound, rows[-1], 1e12)
    else:
        most = rows[-1, -1] - highest.fun
        assert reaches_beyond(rows[:-1], bound, rows[-1], most - 1e-6)
        assert not reaches_beyond(rows[:-1], bound, rows[-1], most + 1e-6)


@pytest.mark.parametrize("bound", [1.0, np.inf])
def test_the_limit_itself_is_not_beyond(bound):
    rows, row = np.array([[-1.0, 0.1]]), np.array([1.0, 0.0])
    assert not reaches_beyond(rows, bound, row, 0.1)
    assert reaches_beyond(rows, bound, row, np.nextafter(0.1, 0))


def test_an_empty_cell_reaches_nothing():
    assert not reaches_beyond(np.array([[1.0, -2.0], [1.0, 0.0]]), 1.0, np.array([0.0, 5.0]), 0.0)
