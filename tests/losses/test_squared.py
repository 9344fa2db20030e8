import numpy as np
import pytest
from scipy.stats import norm
from sklearn.metrics import r2_score

from prelu_rules.losses.squared import Squared


def case(n_rows=40, n_outputs=2):
    rng = np.random.default_rng(0)
    y, weights = rng.normal(size=(n_rows, n_outputs)), rng.uniform(0.1, 1, n_rows)
    return y + rng.normal(size=y.shape) * [0.1, 0.3], y, weights / weights.sum()


def test_the_score_is_r2():
    outputs, y, weights = case()
    assert Squared().score(outputs, y, weights) == r2_score(y, outputs, sample_weight=weights)


def test_one_row_has_no_score():
    assert np.isnan(Squared().score(np.ones((1, 1)), np.ones((1, 1)), np.ones(1)))


def test_the_likelihood_is_that_of_gaussian_noise():
    outputs, y, weights = case()
    variance = weights @ (outputs - y) ** 2
    # As many rows as there are, of which each counts by its weight.
    expected = len(y) * (weights @ norm.logpdf(y, outputs, np.sqrt(variance))).sum()
    # What does not depend on the outputs is left out.
    constant = -0.5 * y.size * (1 + np.log(2 * np.pi))
    assert Squared().log_likelihood(outputs, y, weights) + constant == pytest.approx(expected)
    assert np.isfinite(Squared().log_likelihood(y, y, weights))


def test_targets_are_standardised_and_a_criterion_chooses():
    loss = Squared()
    assert loss.standardised and loss.chosen_by == "criterion" and not loss.of_classes
    assert loss.ridge(10) == loss.ridge(1000) == 1e-4
