import numpy as np
import pytest
from scipy.special import log_softmax

from prelu_rules.errors import InvalidValueError
from prelu_rules.losses.softmax import Softmax


@pytest.mark.parametrize("size", [1e3, 1e8, 1e300])
def test_huge_logits_stay_finite(size):
    logits = np.array([[size, -size], [-size, size]]) / 2
    y = np.array([0.0, 0.0])
    assert Softmax().rows(logits, y).tolist() == [0, size]
    assert Softmax().gradient(logits, y).tolist() == [[0.0, 0.0], [-1.0, 1.0]]
    assert np.isfinite(Softmax().root(logits)).all()


def test_the_root_is_a_root():
    logits = np.random.default_rng(0).normal(size=(5, 4))
    p = np.exp(log_softmax(logits, axis=1))
    root = Softmax().root(logits)
    for row in range(5):
        np.testing.assert_allclose(root[row] @ root[row].T, np.diag(p[row]) - np.outer(p[row], p[row]), atol=1e-15)


def test_a_logit_for_each_class():
    assert Softmax().n_outputs(np.array([4.0])) == 5
    with pytest.raises(InvalidValueError, match="y has class 0 only"):
        Softmax().n_outputs(np.array([0.0]))
