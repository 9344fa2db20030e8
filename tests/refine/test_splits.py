import numpy as np
import pytest
from refine_networks import random_system, random_task

from prelu_rules.losses.squared import Squared
from prelu_rules.network.compact import CompactForm
from prelu_rules.refine.curvature import Task
from prelu_rules.refine.refit import refit
from prelu_rules.refine.splits import kinks, steps


def linear(n_inputs, n_outputs=1):
    return CompactForm(np.zeros((n_outputs, n_inputs + 1)), np.ones((n_outputs, n_inputs + 1), dtype=bool), n_inputs)


def task_of(x, y, ridge=1e-6):
    return Task(x, y[:, None], np.full(len(x), 1 / len(x)), Squared(), ridge)


@pytest.mark.parametrize(("loss", "n_outputs"), [("squared", 1), ("squared", 2), ("logistic", 1), ("softmax", 3)])
@pytest.mark.parametrize("nesting", [True, False])
def test_proposals_fit_the_network_and_bend_among_the_rows(loss, n_outputs, nesting):
    rng = np.random.default_rng(0)
    task = random_task(rng, loss, n_outputs=n_outputs)
    system = random_system(rng, n_units=2, n_outputs=n_outputs)
    features = system.features(task.x)
    found, pairs = kinks(system, task, nesting=nesting), steps(system, task, nesting=nesting)
    assert len(found) > 7 >= len(pairs) > 0 and pairs.shape[1:] == (2, 6) == (2, found.shape[1])
    values = features @ np.vstack([found, pairs[:, 0], pairs[:, 1]]).T
    # Hinges of steps bend at a row; at the smallest or largest one they may be straight.
    assert (values.min(axis=0) < 1e-6).all() and (values.max(axis=0) > -1e-6).all()
    assert (values[:, : len(found)].min(axis=0) < 0).all() and (values[:, : len(found)].max(axis=0) > 0).all()
    assert found[:, 3:5].any() == nesting
    system.with_unit(found[0], np.ones(n_outputs)).with_unit(np.insert(pairs[0, 1], 5, 0), np.ones(n_outputs))


def test_the_difference_of_a_pair_is_a_step_for_every_row():
    rng = np.random.default_rng(1)
    x = rng.normal(size=(300, 3))
    y = 2.0 * (x[:, 1] > 0.4) - 1.0 * (x[:, 2] > -0.5)
    pairs = steps(linear(3), task_of(x, y))
    features = linear(3).features(x)
    for pair in pairs:
        below, above = np.maximum(0, features @ pair.T).T
        assert set((below - above).round(6)) == {0.0, 1.0}
    columns = [int(np.abs(pair[0, :3]).argmax()) for pair in pairs[:2]]
    assert columns[0] == 1 and set(columns) <= {1, 2}
    # Joined to the network, the first one makes the larger step.
    low, high = pairs[0]
    joined = linear(3).with_unit(low, np.ones(1)).with_unit(np.insert(high, 3, 0), -np.ones(1))
    np.testing.assert_allclose(joined.predict(x)[:, 0], x[:, 1] > 0.4, atol=1e-6)


def test_an_oblique_bend_is_among_the_kinks():
    rng = np.random.default_rng(2)
    x = rng.normal(size=(2000, 2))
    truth = np.array([0.9, -0.6])
    task = task_of(x, np.maximum(0, x @ truth + 0.2))
    system, _ = refit(linear(2), task)
    directions = kinks(system, task)[:, :2]
    directions = directions / np.linalg.norm(directions, axis=1)[:, None]
    # Planes on both sides of a split of one column see the bend in the direction that it has.
    assert np.abs(directions @ truth / np.linalg.norm(truth)).max() > 0.95


def test_where_nothing_is_left_over_there_is_no_split():
    x = np.linspace(-1, 1, 50)[:, None]
    task = task_of(x, np.zeros(50))
    assert kinks(linear(1), task).shape == (0, 2)
    assert steps(linear(1), task).shape == (0, 2, 2)
