from dataclasses import replace

import numpy as np
import pytest
from refine_networks import random_system, random_task
from sklearn.linear_model import LinearRegression

from prelu_rules.losses.squared import Squared
from prelu_rules.network.compact import CompactForm
from prelu_rules.refine import curvature
from prelu_rules.refine.curvature import Task
from prelu_rules.refine.left_out import left_out_losses
from prelu_rules.refine.refit import refit

pytestmark = pytest.mark.slow


def test_of_a_linear_fit_it_is_exact():
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(20, 2)), rng.normal(size=(20, 1))
    task = Task(x, y, np.full(20, 1 / 20), Squared(), 1e-12)
    system, _ = refit(CompactForm(np.zeros((1, 3)), np.ones((1, 3), dtype=bool), 2), task)
    for row, loss in enumerate(left_out_losses(system, task)):
        kept = np.arange(20) != row
        other = LinearRegression().fit(x[kept], y[kept])
        assert loss == pytest.approx(0.5 * float(((other.predict(x[[row]]) - y[row]) ** 2).sum()), rel=1e-5)


@pytest.mark.parametrize(("loss", "n_outputs"), [("squared", 2), ("logistic", 1), ("softmax", 3)])
@pytest.mark.parametrize("n_units", [0, 1])
def test_it_is_near_what_refits_without_each_row_give(loss, n_outputs, n_units):
    rng = np.random.default_rng(3)
    task = random_task(rng, loss, n_rows=80, n_outputs=n_outputs, ridge=1e-2)
    start = random_system(rng, n_units=n_units, n_outputs=n_outputs)
    # No row is near the bend, which may thus move without passing one, as no step to first order would see.
    task.x[:, 0] += np.sign(task.x[:, 0]) * 2
    start.weights[:n_units, :-1], start.weights[:n_units, -1] = [1.0, 0.2, 0.2] + [0.0] * n_units, 0.0
    outputs = start.predict(task.x)
    targets = {
        "squared": outputs + 0.3 * rng.normal(size=outputs.shape),
        "logistic": (outputs[:, 0] > rng.logistic(size=80)) * 1.0,
        "softmax": np.argmax(outputs + rng.gumbel(size=outputs.shape), axis=1) * 1.0,
    }
    task = replace(task, y=targets[loss])
    system, _ = refit(start, task, max_steps=200, least_gain=1e-12)
    truth = []
    for row in range(len(task)):
        weights = task.weights.copy()
        weights[row] = 0
        without = replace(task, weights=weights)
        fitted, _ = refit(system, without, max_steps=200, least_gain=1e-12)
        truth.append(task.loss.rows(fitted.predict(task.x[[row]]), task.y[[row]])[0])
    fitted_losses = task.loss.rows(system.predict(task.x), task.y)
    gap = float(np.mean(truth) - np.mean(fitted_losses))
    found = float(left_out_losses(system, task).mean() - fitted_losses.mean())
    assert gap > 0
    # One Newton step goes two thirds of the way where a row far out weighs much and the loss is no parabola.
    assert found == pytest.approx(gap, rel=0.4 if n_units and loss != "squared" else 0.1)


def test_parts_are_the_whole(monkeypatch):
    rng = np.random.default_rng(1)
    task = random_task(rng, "softmax", n_outputs=3)
    system = random_system(rng, n_outputs=3)
    whole = left_out_losses(system, task)
    monkeypatch.setattr(curvature, "CHUNK", 1000)
    np.testing.assert_allclose(left_out_losses(system, task), whole, rtol=1e-5)


def test_a_network_of_nothing_has_its_own_losses():
    task = random_task(np.random.default_rng(0), "squared")
    nothing = CompactForm(np.zeros((1, 4)), np.zeros((1, 4), dtype=bool), 3)
    np.testing.assert_allclose(left_out_losses(nothing, task), 0.5 * task.y[:, 0] ** 2)
