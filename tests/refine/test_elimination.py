import numpy as np
import pytest
from refine_networks import random_system, random_task
from sklearn.linear_model import LogisticRegression, Ridge

import prelu_rules.refine.elimination as module
from prelu_rules.losses.logistic import Logistic
from prelu_rules.losses.squared import Squared
from prelu_rules.refine.curvature import Task, objective
from prelu_rules.refine.elimination import cheapest_eliminations, eliminate, eliminations
from prelu_rules.refine.refit import refit


def bumps(n_rows=300):
    """Three kinks on two features."""
    x = np.random.default_rng(0).uniform(-1, 1, (n_rows, 2))
    y = np.abs(x[:, 0]) + np.maximum(0, x[:, 1] - 0.3) * 2 - np.maximum(0, x[:, 0] + x[:, 1] + 0.5)
    return Task(x, y[:, None], np.full(n_rows, 1 / n_rows), Squared(), 1e-8)


def test_every_size_is_there_and_more_units_never_hurt():
    task = bumps()
    rng = np.random.default_rng(1)
    path = eliminate([random_system(rng, 2, 6) for _ in range(4)], task)
    assert sorted(path) == list(range(7))
    assert all(path[size].n_units == size for size in path)
    values = [objective(path[size], task) for size in range(4)]
    assert values == sorted(values, reverse=True)
    # Three kinks, and so three units, explain all of it; two do not.
    assert values[3] < 1e-6 < 1e-4 < values[2]


def test_it_is_at_least_as_good_as_trying_every_unit():
    task = bumps()
    start = refit(random_system(np.random.default_rng(2), 2, 3), task)[0]
    path = eliminate([start], task)
    slow = min(refit(start.without(unit, always), task)[1] for unit in range(3) for always in (False, True))
    assert objective(path[2], task) <= slow * 1.05


def test_networks_of_other_sizes_join_where_they_belong():
    task = bumps()
    rng = np.random.default_rng(3)
    good = eliminate([random_system(rng, 2, 6) for _ in range(4)], task)[3]
    joined = eliminate([random_system(rng, 2, 5), good], task, kept=1, trials=1, small=0)
    assert objective(joined[3], task) < 1e-6


@pytest.mark.parametrize("n_units", [0, 1])
def test_small_networks(n_units):
    path = eliminate([random_system(np.random.default_rng(0), 2, n_units)], bumps())
    assert sorted(path) == list(range(n_units + 1))


@pytest.mark.parametrize("n_outputs", [1, 3])
def test_outputs_make_up_for_a_unit_as_ridge_regression_would(n_outputs):
    rng = np.random.default_rng(0)
    system = random_system(rng, n_units=3, n_outputs=n_outputs)
    task = random_task(rng, "squared", n_outputs=n_outputs, ridge=0.1)
    for candidate in cheapest_eliminations(system, task):
        features = candidate.features(task.x)[:, :-1]
        # Columns that are k times as long have a penalty that is 1 / k^2 times as large.
        lengths = np.repeat([1, np.sqrt(task.ridge / task.ridge_on_bends)], [system.n_inputs, candidate.n_units])
        ridge = Ridge(alpha=0.1, tol=1e-12).fit(features * lengths, task.y, sample_weight=task.weights)
        expected = np.column_stack([np.atleast_2d(ridge.coef_) * lengths, np.atleast_1d(ridge.intercept_)])
        np.testing.assert_allclose(candidate.weights[candidate.n_units :], expected, atol=1e-6)


def test_with_classes_outputs_come_near_logistic_regression():
    rng = np.random.default_rng(1)
    system = random_system(rng, n_units=2)
    x = rng.normal(size=(80, 3))
    task = Task(x, (x[:, 0] + rng.normal(size=80) > 0) * 1.0, np.full(80, 1 / 80), Logistic(), 1 / 80)
    for candidate in cheapest_eliminations(system, task):
        features = candidate.features(x)[:, :-1]
        regression = LogisticRegression(C=1.0, tol=1e-10).fit(features, task.y)
        expected = [*regression.coef_[0], *regression.intercept_]
        np.testing.assert_allclose(candidate.weights[-1], expected, atol=0.05)


def test_the_unit_whose_loss_costs_least_comes_first():
    task = bumps()
    start = refit(random_system(np.random.default_rng(2), 2, 4), task)[0]
    costs = [objective(candidate, task) for candidate in cheapest_eliminations(start, task)]
    assert len(costs) == 4
    assert costs == sorted(costs)


def test_units_that_say_the_same_leave_the_outputs_solvable():
    system = random_system(np.random.default_rng(0), 2, 1)
    double = system.with_unit(np.array([*system.weights[0, :2], 0, system.weights[0, -1]]), np.zeros(1))
    task = bumps()
    unpenalised = Task(task.x, task.y, task.weights, task.loss, 0.0)
    triple = double.with_unit(np.array([*system.weights[0, :2], 0, 0, system.weights[0, -1]]), np.zeros(1))
    candidates = cheapest_eliminations(triple, unpenalised)
    assert [candidate.n_units for candidate in candidates] == [2, 2, 2]
    for candidate in candidates:
        features = candidate.features(task.x)
        # Its pseudo-inverse does not mind columns that are equal.
        expected = features @ np.linalg.lstsq(features, task.y)[0]
        np.testing.assert_allclose(candidate.predict(task.x), expected, atol=1e-5)


def test_outputs_that_have_no_solution_stay_as_they_are(monkeypatch):
    monkeypatch.setattr(module, "damped_step", lambda *_: None)
    system = random_system(np.random.default_rng(0), 2, 2)
    for candidate in cheapest_eliminations(system, bumps()):
        sides = [system.without(unit, always) for unit in range(2) for always in (False, True)]
        assert any(np.array_equal(candidate.weights, side.weights) for side in sides)


def test_a_size_is_looked_at_only_when_asked_for(monkeypatch):
    task, sizes = bumps(), []
    monkeypatch.setattr(module, "refit", lambda system, task: sizes.append(system.n_units) or refit(system, task))
    found = eliminations([random_system(np.random.default_rng(0), 2, 4)], task)
    assert next(found).n_units == 4
    assert set(sizes) == {4}
    assert next(found).n_units == 3
    assert set(sizes) == {4, 3}
