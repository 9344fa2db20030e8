import warnings

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import r2_score

from prelu_rules.losses.r_squared import r_squared


@given(st.integers(0, 2**31), st.integers(2, 30), st.integers(1, 3))
def test_it_is_that_of_scikit_learn(seed, n_rows, n_outputs):
    rng = np.random.default_rng(seed)
    y, outputs = rng.normal(5, 2, (2, n_rows, n_outputs))
    weights = rng.uniform(0.1, 2, n_rows)
    expected = r2_score(y, outputs, sample_weight=weights)
    np.testing.assert_allclose(r_squared(outputs, y, weights), expected, rtol=1e-10, atol=1e-12)


def test_constant_targets_and_single_rows():
    y = np.full((4, 1), 3.0)
    assert r_squared(y, y, np.ones(4)) == r2_score(y, y) == 1
    assert r_squared(y + 1, y, np.ones(4)) == r2_score(y, y + 1) == 0
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert np.isnan(r2_score(y[:1], y[:1])) and np.isnan(r_squared(y[:1], y[:1], np.ones(1)))
