import numpy as np
import pytest

from prelu_rules.losses.logistic import Logistic
from prelu_rules.losses.squared import Squared
from prelu_rules.network.compact import CompactForm
from prelu_rules.refine.best_knots import best_knots
from prelu_rules.refine.curvature import Task
from prelu_rules.refine.exact_starts import exact_starts
from prelu_rules.refine.hinges import hinges

LINE = CompactForm(np.zeros((1, 2)), np.ones((1, 2), dtype=bool), 1)


def task_of(x, y, ridge=1e-4):
    x, y = (x - x.mean()) / x.std(), (y - y.mean()) / y.std()
    return Task(x[:, None], y[:, None], np.full(len(x), 1 / len(x)), Squared(), ridge)


def score(system, task):
    return 1 - ((system.predict(task.x) - task.y) ** 2).mean() / task.y.var()


def test_they_are_the_best_fits_with_their_knots():
    rng = np.random.default_rng(0)
    task = task_of(rng.uniform(size=40), rng.normal(size=40))
    x, y = task.x[:, 0], task.y[:, 0]
    for system, knots in zip(exact_starts(LINE, task, 5), best_knots(x, y, task.weights, 5), strict=True):
        columns = np.column_stack([np.ones(40), x, np.maximum(0, x[:, None] - knots)])
        fitted = columns @ np.linalg.lstsq(columns, y, rcond=None)[0]
        np.testing.assert_allclose(system.predict(task.x)[:, 0], fitted, atol=1e-8)
        np.testing.assert_allclose(-system.weights[:-1, -1] / system.weights[:-1, 0], knots)
        assert system == system.shallow()


def test_the_penalty_is_smallest_at_the_scale_of_the_bends():
    rng = np.random.default_rng(0)
    system = exact_starts(LINE, task_of(rng.uniform(size=40), rng.normal(size=40)), 3)[-1]
    into = (system.weights[:3] ** 2).sum(axis=1)
    np.testing.assert_allclose(into, system.weights[3, 1:4] ** 2)


def test_twelve_bends_follow_six_periods():
    x = np.random.default_rng(0).uniform(0, 2 * np.pi, 1000)
    task = task_of(x, np.sin(6 * x))
    path = list(hinges(LINE, task, 12))
    assert len(path) == 12 and score(path[-1], task) >= 0.98


def test_a_staircase_of_six_steps_is_climbed():
    x = np.random.default_rng(1).uniform(0, 6, 600)
    task = task_of(x, np.floor(x), ridge=1e-6)
    path = list(hinges(LINE, task, 10, trials=1))
    assert score(path[-1], task) > 0.999


@pytest.mark.parametrize("n_units", [2, 4, 8])
def test_planted_knots_are_found_again(n_units):
    rng = np.random.default_rng(n_units)
    knots = np.linspace(-1.4, 1.4, n_units) + rng.uniform(-0.05, 0.05, n_units)
    x = np.sort(rng.uniform(-1.7, 1.7, 1000))
    y = np.maximum(0, x[:, None] - knots) @ (6.0 * (-1) ** np.arange(n_units)) + x
    task = Task(x[:, None], y[:, None], np.full(1000, 1e-3), Squared(), 1e-9)
    *_, found = hinges(LINE, task, n_units)
    np.testing.assert_allclose(np.sort(-found.weights[:n_units, -1] / found.weights[:n_units, 0]), knots, atol=1e-3)


def test_elsewhere_there_are_none():
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(20, 1)), rng.normal(size=(20, 1))
    even = np.full(20, 0.05)
    task = Task(x, y, even, Squared(), 1e-4)
    assert len(exact_starts(LINE, task, 3)) == 3
    plane = CompactForm(np.zeros((1, 3)), np.ones((1, 3), dtype=bool), 2)
    assert exact_starts(plane, Task(np.hstack([x, x]), y, even, Squared(), 1e-4), 3) == []
    pair = CompactForm(np.zeros((2, 2)), np.ones((2, 2), dtype=bool), 1)
    assert exact_starts(pair, Task(x, np.hstack([y, y]), even, Squared(), 1e-4), 3) == []
    assert exact_starts(LINE, Task(x, y > 0, even, Logistic(), 1e-4), 3) == []
    assert exact_starts(LINE.with_unit(np.ones(2), np.ones(1)), task, 3) == []
    assert exact_starts(LINE.with_support(np.array([[False, True]])), task, 3) == []
