"""What holds for every loss: against differences, the TensorFlow form, and scikit-learn's losses."""

import numpy as np
import pytest
import tensorflow as tf
from sklearn._loss.loss import HalfBinomialLoss, HalfMultinomialLoss, HalfSquaredError

from prelu_rules.errors import ShapeError
from prelu_rules.losses.huber import Huber
from prelu_rules.losses.logistic import Logistic
from prelu_rules.losses.softmax import Softmax
from prelu_rules.losses.squared import Squared

CASES = [(Squared(), 1), (Squared(), 3), (Huber(), 1), (Huber(), 3), (Logistic(), 1), (Softmax(), 2), (Softmax(), 4)]
STEP = 1e-6


def case(loss, n_outputs, n_rows=30):
    rng = np.random.default_rng(n_outputs)
    outputs = rng.normal(size=(n_rows, n_outputs)) * 3
    y = rng.integers(0, max(n_outputs, 2), n_rows) * 1.0 if loss.of_classes else rng.normal(size=(n_rows, n_outputs))
    return outputs, loss.targets(y)


@pytest.mark.parametrize(("loss", "n_outputs"), CASES)
def test_derivatives_are_limits_of_differences(loss, n_outputs):
    outputs, y = case(loss, n_outputs)
    root = loss.root(outputs)
    second = np.eye(n_outputs) if root is None else root @ root.transpose(0, 2, 1)
    second = np.broadcast_to(second, (len(outputs), n_outputs, n_outputs))
    for output, step in enumerate(STEP * np.eye(n_outputs)):
        up, down = outputs + step, outputs - step
        first = (loss.rows(up, y) - loss.rows(down, y)) / (2 * STEP)
        np.testing.assert_allclose(loss.gradient(outputs, y)[:, output], first, atol=1e-7)
        if isinstance(loss, Huber):
            # Beyond the bound the second derivative is 0.
            second = np.where(np.abs(outputs - y)[:, :, None] < loss.delta, np.eye(n_outputs), 0)
        bend = (loss.gradient(up, y) - loss.gradient(down, y)) / (2 * STEP)
        np.testing.assert_allclose(second[:, :, output], bend, atol=1e-7)


@pytest.mark.parametrize(
    ("loss", "n_outputs", "judge"),
    [
        (Squared(), 1, HalfSquaredError()),
        (Logistic(), 1, HalfBinomialLoss()),
        (Softmax(), 4, HalfMultinomialLoss(n_classes=4)),
    ],
)
def test_losses_are_those_of_scikit_learn(loss, n_outputs, judge):
    outputs, y = case(loss, n_outputs)
    raw = outputs[:, 0] if n_outputs == 1 else outputs
    expected, gradient = judge.loss_gradient(y.ravel(), raw.copy())
    np.testing.assert_allclose(loss.rows(outputs, y), expected, rtol=1e-12)
    np.testing.assert_allclose(loss.gradient(outputs, y).reshape(raw.shape), gradient, atol=1e-14)
    diagonal = judge.gradient_hessian(y.ravel(), raw.copy())[1]
    root = loss.root(outputs)
    second = np.ones_like(raw) if root is None else (root**2).sum(axis=2).reshape(raw.shape)
    # Of a constant second derivative scikit-learn says so once.
    np.testing.assert_allclose(second, np.broadcast_to(np.squeeze(diagonal), raw.shape), atol=1e-14)


@pytest.mark.parametrize(("loss", "n_outputs"), CASES)
def test_tensorflow_computes_the_same_up_to_a_factor(loss, n_outputs):
    members = np.stack([case(loss, n_outputs)[0] * size for size in (0.1, 1, 30)])
    y = case(loss, n_outputs)[1]
    expected = np.stack([loss.rows(outputs, y) for outputs in members])
    tensor = loss.tensor(tf.constant(members, tf.float32), tf.constant(y, tf.float32)).numpy()
    factor = 1 if loss.of_classes else 2 / n_outputs
    np.testing.assert_allclose(tensor, factor * expected, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize(("loss", "n_outputs"), CASES)
def test_no_loss_is_negative(loss, n_outputs):
    outputs, y = case(loss, n_outputs)
    assert (loss.rows(outputs, y) > 0).all()
    perfect = y if not loss.of_classes else 50 * np.eye(max(n_outputs, 2))[y.astype(int)][:, -n_outputs:]
    perfect = perfect * 2 - 50 if isinstance(loss, Logistic) else perfect
    np.testing.assert_allclose(loss.rows(perfect, y), 0, atol=1e-15)


@pytest.mark.parametrize(("loss", "n_outputs"), CASES)
def test_losses_are_values(loss, n_outputs):
    assert loss == type(loss)() and hash(loss) == hash(type(loss)()) and repr(loss) == f"{type(loss).__name__}()"
    with pytest.raises(AttributeError):
        loss.link = None


def test_numbers_are_a_column_for_each_output():
    assert Squared().targets(np.arange(3.0)).shape == (3, 1)
    assert Squared().targets(np.zeros((3, 2))).shape == (3, 2) and Squared().n_outputs(np.zeros(2)) == 2
    with pytest.raises(ShapeError, match=r"y has shape \(2, 2, 2\)"):
        Squared().targets(np.zeros((2, 2, 2)))
