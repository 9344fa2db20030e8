import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from prelu_rules.errors import InvalidValueError, ShapeError
from prelu_rules.estimators.repetition import checked_weights, repeated


@given(st.integers(0, 10**6), st.booleans())
def test_a_weight_is_a_repetition_and_the_order_is_nothing(seed, many_outputs):
    rng = np.random.default_rng(seed)
    # Few different numbers, so that rows are equal now and then.
    x, y = rng.integers(0, 2, (6, 2)) * 1.0, rng.integers(0, 2, (6, 2) if many_outputs else 6) * 1.0
    weights = rng.integers(1, 5, 6) * 1.0
    order = rng.permutation(6)
    by_weight = repeated(x[order], y[order], weights[order])
    by_rows = repeated(*(np.repeat(part, weights.astype(int), axis=0) for part in (x, y, np.ones(6))))
    for left, right in zip(by_weight, by_rows, strict=True):
        np.testing.assert_array_equal(left, right)


@pytest.mark.parametrize("weights", [[0.5, 1.5], [2000.0, 30.0]])
def test_other_weights_stay_weights(weights):
    x, y, left = repeated(np.array([[2.0], [1.0]]), np.array([20.0, 10.0]), np.array(weights))
    assert (x.ravel().tolist(), y.tolist(), left.tolist()) == ([1.0, 2.0], [10.0, 20.0], weights[::-1])


@pytest.mark.parametrize(
    ("weights", "error", "message"),
    [
        ([1, 2, 3], ShapeError, r"sample_weight has shape \(3,\), but must have \(2,\)"),
        ([[1], [2]], ShapeError, r"sample_weight has shape \(2, 1\)"),
        ([1, -2], InvalidValueError, "sample_weight is -2.0 in row 1"),
        ([np.nan, 1], InvalidValueError, "sample_weight is nan in row 0"),
        ([0, 0], InvalidValueError, "sample_weight is zero in every row"),
    ],
)
def test_weights_that_rows_cannot_have(weights, error, message):
    with pytest.raises(error, match=message):
        checked_weights(weights, 2)
