import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import huber
from scipy.stats import iqr
from sklearn.linear_model import HuberRegressor

from prelu_rules.errors import InvalidValueError
from prelu_rules.losses.huber import DELTA, LEAST_SCALE, Huber
from prelu_rules.losses.squared import Squared
from prelu_rules.network.compact import CompactForm
from prelu_rules.refine.curvature import Task
from prelu_rules.refine.refit import refit

SIZES = st.floats(1e-3, 1e3)


@given(st.integers(0, 10**6), SIZES, st.lists(SIZES, min_size=2, max_size=2))
def test_rows_are_those_of_scipy(seed, delta, scale):
    rng = np.random.default_rng(seed)
    outputs, y = rng.normal(size=(2, 20, 2)) * 10 ** rng.uniform(-3, 3, (2, 1, 1))
    expected = huber(delta * np.array(scale), outputs - y).sum(axis=1)
    np.testing.assert_allclose(Huber(delta, scale).rows(outputs, y), expected, rtol=1e-12)


@given(st.integers(0, 10**6), SIZES)
def test_the_identity_bounds_its_curvature(seed, delta):
    """A quadratic with the gradient and the identity is nowhere below the loss, so steps with it never increase it."""
    rng = np.random.default_rng(seed)
    loss, (outputs, others, y) = Huber(delta), rng.normal(size=(3, 20, 2)) * 10 ** rng.uniform(-2, 3)
    assert loss.root(outputs) is None
    step = others - outputs
    above = loss.rows(outputs, y) + (loss.gradient(outputs, y) * step).sum(axis=1) + 0.5 * (step**2).sum(axis=1)
    assert (loss.rows(others, y) <= above * (1 + 1e-12) + 1e-12).all()


def test_with_a_large_delta_it_is_the_squared_error():
    outputs, y = np.random.default_rng(0).normal(size=(2, 30, 2))
    np.testing.assert_allclose(Huber(1e6).rows(outputs, y), Squared().rows(outputs, y), rtol=1e-12)
    np.testing.assert_array_equal(Huber(1e6).gradient(outputs, y), Squared().gradient(outputs, y))
    weights = np.full(30, 1 / 30)
    assert Huber().score(outputs, y, weights) == Squared().score(outputs, y, weights)
    assert Huber().ridge(7) == Squared().ridge(7) and Huber().standardised and Huber().chosen_by == "validation"


def test_a_linear_fit_is_that_of_scikit_learn():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(200, 3))
    y = x @ [1.0, -2.0, 0.5] + rng.standard_t(1.5, 200)
    judge = HuberRegressor(alpha=0, tol=1e-9, max_iter=10_000).fit(x, y)
    # Its deviation is estimated with the rest, so the errors that count in proportion are those beyond its delta.
    loss = Huber(scale=(judge.scale_,))
    assert loss.delta == judge.epsilon
    start = CompactForm(np.zeros((1, 4)), np.ones((1, 4), dtype=bool), 3)
    found, _ = refit(start, Task(x, y[:, None], np.full(200, 1 / 200), loss, 1e-12), max_steps=500, least_gain=0)
    np.testing.assert_allclose(found.weights[0], [*judge.coef_, judge.intercept_], atol=1e-5)


def test_huge_targets_do_not_widen_what_counts_fully():
    """A few huge targets inflate the deviation that targets are divided by, and with it delta, unless scaled back."""
    rng = np.random.default_rng(0)
    y = np.append(rng.normal(size=500), np.full(5, 1e4))
    loss = Huber().of_targets(y)
    in_units_of_targets = loss.delta * loss.scale[0] * y.std()
    assert 1.2 < in_units_of_targets < 1.5 and DELTA * y.std() > 1000
    both = Huber(2.0).of_targets(np.column_stack([y, rng.normal(size=len(y))]))
    assert both.delta == 2.0 and both.scale[0] == loss.scale[0] and both.scale[1] == pytest.approx(1, abs=0.1)


def test_the_robust_deviation_is_that_of_scipy():
    y = np.random.default_rng(0).standard_t(1.5, (200, 2))
    expected = iqr(y, axis=0, scale="normal") / y.std(axis=0)
    np.testing.assert_allclose(Huber().of_targets(y).scale, expected, rtol=1e-12)


def test_of_targets_stays_within_its_limits():
    assert Huber().of_targets(np.append(np.zeros(99), 5.0)).scale == (LEAST_SCALE,)
    assert Huber().of_targets(np.array([-1.0, 1.0] * 20)).scale == Huber().of_targets(np.ones(9)).scale == (1.0,)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"delta": 0.0}, "delta is 0.0; it must be a positive number"),
        ({"delta": np.inf}, "delta is inf; "),
        ({"scale": (1.0, -2.0)}, "scale is -2.0; "),
        ({"scale": np.nan}, "scale is nan; "),
    ],
)
def test_what_is_not_positive_is_refused(options, message):
    with pytest.raises(InvalidValueError, match=message):
        Huber(**options)


def test_it_is_a_value():
    assert Huber(2, 3.0) == Huber(2.0, (3.0,)) and hash(Huber(2, 3.0)) == hash(Huber(2.0, [3.0]))
    assert repr(Huber(2.0)) == "Huber(delta=2.0)"
