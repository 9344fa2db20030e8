import numpy as np
import pytest
from refine_networks import random_system, random_task
from sklearn.linear_model import LogisticRegression, Ridge

import prelu_rules.refine.refit as module
from prelu_rules.losses.logistic import Logistic
from prelu_rules.losses.squared import Squared
from prelu_rules.refine.curvature import Task, objective
from prelu_rules.refine.refit import refit


@pytest.mark.parametrize(("loss", "n_outputs"), [("squared", 2), ("logistic", 1), ("softmax", 3)])
@pytest.mark.parametrize("few", [500, 0])
def test_the_objective_falls_to_where_no_step_lowers_it_much(loss, n_outputs, few, monkeypatch):
    monkeypatch.setattr(module, "FEW_WEIGHTS", few)
    rng = np.random.default_rng(n_outputs)
    system = random_system(rng, n_outputs=n_outputs)
    task = random_task(rng, loss, n_outputs=n_outputs, ridge=1e-2)
    fitted, value = refit(system, task, max_steps=300, least_gain=1e-12)
    assert value < objective(system, task)
    assert value == pytest.approx(objective(fitted, task))
    # At a kink the gradient need not vanish; no small step lowers the objective by much all the same.
    steps = rng.normal(size=(50, fitted.free.size)) * 1e-3
    assert min(objective(fitted.with_free(fitted.free + step), task) for step in steps) > value - 1e-4
    np.testing.assert_array_equal(fitted.support, system.support)


def test_without_units_it_is_ridge_regression():
    rng = np.random.default_rng(0)
    system = random_system(rng, n_units=0)
    task = random_task(rng, "squared", ridge=0.1)
    fitted, _ = refit(system, task, max_steps=100, least_gain=0)
    # scikit-learn adds up the squared errors; ours are weighted to a mean, and halved as its penalty is.
    ridge = Ridge(alpha=0.1, tol=1e-12).fit(task.x, task.y[:, 0], sample_weight=task.weights)
    np.testing.assert_allclose(fitted.weights[0], [*ridge.coef_, ridge.intercept_], atol=1e-6)


def test_without_units_it_is_logistic_regression():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(80, 3))
    y = (x[:, 0] + rng.normal(size=80) > 0) * 1.0
    task = Task(x, y, np.full(80, 1 / 80), Logistic(), 1 / 80)
    fitted, _ = refit(random_system(rng, n_units=0), task, max_steps=100, least_gain=0)
    regression = LogisticRegression(C=1.0, tol=1e-10).fit(x, y)
    np.testing.assert_allclose(fitted.weights[0], [*regression.coef_[0], *regression.intercept_], atol=1e-5)


def test_a_teacher_is_found_again():
    rng = np.random.default_rng(3)
    teacher = random_system(rng, n_units=2)
    x = rng.normal(size=(400, 3))
    task = Task(x, teacher.predict(x), np.full(400, 1 / 400), Squared(), 1e-12)
    start = teacher.with_free(teacher.free + rng.normal(size=teacher.free.size) * 0.05)
    assert refit(start, task, max_steps=100, least_gain=1e-9)[1] < 1e-9 < objective(start, task)


def test_steps_that_only_make_it_worse_leave_it_alone():
    rng = np.random.default_rng(0)
    system, task = random_system(rng, n_units=0), random_task(rng, "squared")
    best, value = refit(system, task, max_steps=200, least_gain=0)
    assert refit(best, task)[1] <= value
