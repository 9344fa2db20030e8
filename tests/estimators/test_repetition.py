import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from prelu_rules.estimators.classifier import PReLURuleClassifier
from prelu_rules.estimators.regressor import PReLURuleRegressor
from prelu_rules.estimators.repetition import in_order

pytestmark = pytest.mark.slow

QUICK = {
    "starts": "force",
    "members": 2,
    "hidden": (3,),
    "warm_up_steps": 100,
    "force_steps": 100,
    "jit": False,
    "random_state": 0,
}


@given(st.integers(0, 10**6), st.booleans())
def test_a_weight_is_a_repetition_and_the_order_is_nothing(seed, many_outputs):
    rng = np.random.default_rng(seed)
    # Few different numbers, so that rows are equal now and then.
    x, y = rng.integers(0, 2, (6, 2)) * 1.0, rng.integers(0, 2, (6, 2) if many_outputs else 6) * 1.0
    weights = rng.integers(1, 5, 6) * 1.0
    order = rng.permutation(6)
    by_weight = in_order(x[order], y[order], weights[order])
    by_rows = in_order(*(np.repeat(part, weights.astype(int), axis=0) for part in (x, y, np.ones(6))))
    for left, right in zip(by_weight, by_rows, strict=True):
        np.testing.assert_array_equal(left, right)


@pytest.mark.parametrize("weights", [[0.5, 1.5], [2000.0, 30.0]])
def test_only_ratios_of_weights_count(weights):
    x, y, left = in_order(np.array([[2.0], [1.0]]), np.array([20.0, 10.0]), np.array(weights))
    assert (x.ravel().tolist(), y.tolist()) == ([1.0, 2.0], [10.0, 20.0])
    np.testing.assert_allclose(left, np.array(weights[::-1]) / np.mean(weights))


@pytest.mark.parametrize("kind", [PReLURuleRegressor, PReLURuleClassifier])
def test_copies_of_noise_are_no_evidence(kind):
    """Equal weights, copies and no weights give the same rules; unequal ones give no more units than chance does."""
    rng = np.random.default_rng(4)
    x, y = rng.normal(size=(80, 2)), rng.normal(size=80)
    y = y if kind is PReLURuleRegressor else y > 0
    plain = kind(**QUICK).fit(x, y)
    assert plain.n_nonlinear_ == 0
    copies = np.repeat(np.arange(80), 5)
    for other in (
        kind(**QUICK).fit(x, y, np.full(80, 5)),
        kind(**QUICK).fit(x, y, np.full(80, 0.1)),
        kind(**QUICK).fit(x[copies], y[copies]),
    ):
        assert other.path_ == plain.path_
    for weights in (rng.integers(3, 11, 80), np.bincount(rng.integers(0, 80, 80), minlength=80)):
        by_weight = kind(**QUICK).fit(x, y, weights)
        copies = np.repeat(np.arange(80), weights)
        assert kind(**QUICK).fit(x[copies], y[copies]).path_ == by_weight.path_
        assert by_weight.n_nonlinear_ <= 1


def test_rules_count_the_rows_that_were_given():
    x = np.repeat(np.linspace(-1, 1, 20), 3)[:, None]
    model = PReLURuleRegressor(**QUICK).fit(x, 2 * x[:, 0])
    assert model.rules_.n_rows == 60 and sum(rule.count for rule in model.rules_.rules) == 60
