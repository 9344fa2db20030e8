import numpy as np
import pytest

from prelu_rules.errors import InvalidValueError
from prelu_rules.losses.logistic import Logistic


@pytest.mark.parametrize("size", [1e3, 1e8, 1e300])
def test_huge_logits_stay_finite(size):
    logits, y = np.array([[size], [-size]]), np.array([0.0, 0.0])
    assert Logistic().rows(logits, y).tolist() == [size, 0]
    assert Logistic().gradient(logits, y).tolist() == [[1.0], [0.0]]
    assert np.isfinite(Logistic().root(logits)).all()


def test_one_logit_tells_two_classes_apart():
    assert Logistic().n_outputs(np.array([1.0])) == Logistic().n_outputs(np.array([0.0])) == 1
    with pytest.raises(InvalidValueError, match="y holds class 2, but one logit tells two classes apart"):
        Logistic().targets(np.array([0.0, 1.0, 2.0]))
