import numpy as np

from prelu_rules.losses.logistic import Logistic
from prelu_rules.losses.squared import Squared
from prelu_rules.rows.rows import Rows
from prelu_rules.rows.sample import LEAST_OF_A_CLASS, sample


def test_all_rows_if_they_are_few():
    rows = Rows(np.eye(5), np.ones((5, 1)), np.ones(5))
    assert sample(rows, 5, Squared(), np.random.default_rng(0)) is rows


def test_rare_classes_are_there_with_their_weight():
    y = (np.arange(20_000) < 300) * 1.0
    rows = Rows(np.arange(20_000.0)[:, None], y, np.ones(20_000))
    drawn = sample(rows, 4000, Logistic(), np.random.default_rng(0))
    assert drawn.y.sum() == LEAST_OF_A_CLASS and len(drawn.y) < 4300
    assert np.isclose(drawn.weights[drawn.y == 1].sum() / drawn.weights.sum(), 300 / 20_000)
    assert np.isclose(drawn.weights.mean(), 1)


def test_rows_keep_their_targets_and_order():
    x = np.random.default_rng(0).normal(size=(1000, 1))
    drawn = sample(Rows(x, 2 * x, np.ones(1000)), 100, Squared(), np.random.default_rng(1))
    assert len(drawn.y) == 100 and np.array_equal(drawn.y, 2 * drawn.x)
    places = [np.flatnonzero(x == value)[0] for value in drawn.x]
    assert places == sorted(places)
