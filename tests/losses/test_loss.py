import numpy as np
import pytest
from scipy.special import log_softmax
from sklearn.metrics import log_loss

from prelu_rules.errors import InvalidValueError
from prelu_rules.losses.loss import Logistic, Softmax, loss_named


def test_losses_are_those_of_scikit_learn():
    rng = np.random.default_rng(0)
    logits, y = rng.normal(size=(40, 3)) * 3, rng.integers(0, 3, 40) * 1.0
    expected = log_loss(y, np.exp(log_softmax(logits, axis=1)))
    assert Softmax().rows(logits, y).mean() == pytest.approx(expected)
    two = rng.integers(0, 2, 40) * 1.0
    expected = log_loss(two, 1 / (1 + np.exp(-logits[:, 0])))
    assert Logistic().rows(logits[:, :1], two).mean() == pytest.approx(expected)


@pytest.mark.parametrize("size", [1e3, 1e8, 1e300])
def test_huge_logits_stay_finite(size):
    logits = np.array([[size, -size], [-size, size]])
    y = np.array([0.0, 0.0])
    assert np.isfinite(Softmax().rows(logits / 2, y)).all() and np.isfinite(Softmax().gradient(logits / 2, y)).all()
    assert np.isfinite(Logistic().rows(logits[:, :1], y)).all() and np.isfinite(Logistic().root(logits[:, :1])).all()


def test_the_root_is_a_root():
    logits = np.random.default_rng(0).normal(size=(5, 4))
    p = np.exp(log_softmax(logits, axis=1))
    root = Softmax().root(logits)
    for row in range(5):
        np.testing.assert_allclose(root[row] @ root[row].T, np.diag(p[row]) - np.outer(p[row], p[row]), atol=1e-15)


def test_another_word_is_refused():
    with pytest.raises(InvalidValueError, match="'hinge'; it must be one of squared, logistic, softmax"):
        loss_named("hinge")
