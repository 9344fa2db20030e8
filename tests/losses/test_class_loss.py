import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import accuracy_score

from prelu_rules.errors import InvalidValueError, ShapeError
from prelu_rules.losses.logistic import Logistic
from prelu_rules.losses.softmax import Softmax

BOTH = pytest.mark.parametrize("loss", [Logistic(), Softmax()])


@BOTH
def test_a_column_of_classes_will_do(loss):
    y = np.array([0.0, 1.0, 1.0])
    np.testing.assert_array_equal(loss.targets(y), y)
    np.testing.assert_array_equal(loss.targets(y[:, None]), y)


@BOTH
@pytest.mark.parametrize(
    ("y", "error", "message"),
    [
        ([[0.0, 1.0]], ShapeError, r"y has shape \(1, 2\); give one class for each row"),
        ([[[0.0]]], ShapeError, r"y has shape \(1, 1, 1\)"),
        ([0.0, 0.5], InvalidValueError, "y holds 0.5, which is not the index"),
        ([1.0, -1.0], InvalidValueError, "y holds -1, which is not the index"),
        ([1.0, np.nan], InvalidValueError, "y holds nan, which is not the index"),
    ],
)
def test_what_is_not_a_class_is_refused(loss, y, error, message):
    with pytest.raises(error, match=message):
        loss.targets(np.array(y))


@given(st.integers(0, 10**6), st.integers(1, 4))
def test_the_score_is_the_weighted_share_of_right_classes(seed, n_logits):
    rng = np.random.default_rng(seed)
    loss = Logistic() if n_logits == 1 else Softmax()
    outputs, y = rng.normal(size=(20, n_logits)), rng.integers(0, max(n_logits, 2), 20) * 1.0
    weights = rng.uniform(0.1, 1, 20)
    predicted = outputs[:, 0] > 0 if n_logits == 1 else outputs.argmax(axis=1)
    assert loss.score(outputs, y, weights) == pytest.approx(accuracy_score(y, predicted, sample_weight=weights))


@BOTH
def test_classes_are_chosen_by_rows_that_took_no_part(loss):
    assert loss.of_classes and not loss.standardised and loss.chosen_by == "validation"
    assert loss.ridge(50) == 1 / 50
    assert loss.log_likelihood(np.zeros((3, 2)), np.zeros(3), np.full(3, 1 / 3)) is None
