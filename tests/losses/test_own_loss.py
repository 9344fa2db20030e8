"""A loss of the user's own is a value like the others: one class, and `train_path` takes it."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pytest
import tensorflow as tf
from scipy.special import xlogy
from sklearn.linear_model import PoissonRegressor
from sklearn.metrics import d2_tweedie_score

from prelu_rules.errors import InvalidValueError
from prelu_rules.losses.link import Link
from prelu_rules.losses.loss import Loss
from prelu_rules.losses.squared import Squared
from prelu_rules.population.settings import PopulationSettings
from prelu_rules.search.path import train_path
from prelu_rules.search.settings import PathSettings

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore:max_nonlinear is")]

QUICK = PathSettings(
    PopulationSettings(members=2, hidden=(4,), warm_up_steps=200, force_steps=200, jit=False), "force", max_nonlinear=1
)


@dataclass(frozen=True)
class LogLink(Link):
    def inverse(self, outputs):
        return np.exp(outputs)


@dataclass(frozen=True)
class Poisson(Loss):
    """Half the deviance of counts, whose logarithms the outputs are."""

    link: ClassVar[Link] = LogLink()

    def rows(self, outputs, y):
        return (np.exp(outputs) - y * outputs + xlogy(y, y) - y).sum(axis=1)

    def gradient(self, outputs, y):
        return np.exp(outputs) - y

    def root(self, outputs):
        return np.exp(0.5 * outputs)[:, :, None] * np.eye(outputs.shape[1])

    def tensor(self, outputs, y):
        constant = tf.math.xlogy(y, y) - y
        return tf.reduce_sum(tf.exp(outputs) - y * outputs + constant, axis=2)

    def score(self, outputs, y, weights):
        return float(d2_tweedie_score(y, self.link.inverse(outputs), sample_weight=weights, power=1))

    def targets(self, y):
        if (y < 0).any():
            raise InvalidValueError(f"y holds {y.min():g}, which is not a count; give numbers from 0.")
        return super().targets(y)

    def log_likelihood(self, outputs, y, weights):
        return -len(y) * float(weights @ self.rows(outputs, y))


@dataclass(frozen=True)
class Huber(Loss):
    """Squared errors up to a size, absolute ones beyond it."""

    delta: float
    standardised: ClassVar[bool] = True

    def rows(self, outputs, y):
        errors = np.abs(outputs - y)
        near = np.minimum(errors, self.delta)
        return (near * (errors - 0.5 * near)).sum(axis=1)

    def gradient(self, outputs, y):
        return np.clip(outputs - y, -self.delta, self.delta)

    def root(self, outputs):
        # Not the second derivative, which may be 0, but an upper bound of it.
        return None

    def tensor(self, outputs, y):
        errors = tf.abs(outputs - y)
        near = tf.minimum(errors, self.delta)
        return tf.reduce_sum(near * (errors - 0.5 * near), axis=2)

    def score(self, outputs, y, weights):
        return 1 - float(np.average(np.abs(outputs - y).sum(axis=1), weights=weights))


def test_a_name_stands_for_a_value():
    x = np.linspace(-1, 1, 60)[:, None]
    y = np.abs(x)
    assert train_path(x, y, loss=Squared(), settings=QUICK) == train_path(x, y, loss="squared", settings=QUICK)


def counts(n_rows=400):
    rng = np.random.default_rng(0)
    x = rng.uniform(0, 10, (n_rows, 2))
    # A rate that rises up to 6, and falls from there on.
    return x, rng.poisson(np.exp(2 - 0.4 * np.abs(x[:, 0] - 6) + 0.05 * x[:, 1])).astype(np.float64)


def test_counts():
    x, y = counts()
    path = train_path(x, y, loss=Poisson(), settings=QUICK)
    # Without units it is scikit-learn's model, with the same penalty on standardised columns.
    judge = PoissonRegressor(alpha=1 / len(x), tol=1e-8).fit((x - x.mean(axis=0)) / x.std(axis=0), y)
    expected = judge.predict((x - x.mean(axis=0)) / x.std(axis=0))
    linear = path.levels[0][0].form.predict(x)
    np.testing.assert_allclose(np.exp(linear[:, 0]), expected, rtol=1e-2)
    assert path[0].train_score == pytest.approx(d2_tweedie_score(y, expected, power=1), abs=1e-3)
    bent = path.choose()
    assert path.by == "validation" and bent.n_nonlinear == 1
    np.testing.assert_allclose(-bent.form.b[0] / bent.form.A[0, 0], 6, atol=0.5)
    assert bent.criterion < path[0].criterion


def test_counts_of_a_dataset():
    x, y = counts()
    data = tf.data.Dataset.from_tensor_slices((x, y)).batch(50)
    assert train_path(data, loss=Poisson(), settings=QUICK)[1].train_score > 0.5
    with pytest.raises(InvalidValueError, match="y holds -1, which is not a count"):
        train_path(x, y - 1, loss=Poisson(), settings=QUICK)


def test_a_loss_with_a_parameter():
    rng = np.random.default_rng(0)
    x = rng.uniform(-1, 1, (300, 1))
    truth = 2 * x[:, 0]
    y = truth + np.where(rng.uniform(size=300) < 0.2, 30.0, 0.0)
    errors = {}
    for delta in (0.05, 1e6):
        path = train_path(x, y, loss=Huber(delta), settings=QUICK)
        errors[delta] = float(np.median(np.abs(path[0].form.predict(x)[:, 0] - truth)))
    # The mean of all rows is 6 too high; hardly anything of that is left where errors count by their size.
    assert errors[1e6] > 4 and errors[0.05] < 1
    assert train_path(x, y, loss=Huber(1e6), settings=QUICK) != train_path(x, y, loss=Huber(0.05), settings=QUICK)
