from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from prelu_rules.losses.logistic import Logistic
from prelu_rules.losses.softmax import Softmax
from prelu_rules.losses.squared import Squared
from prelu_rules.refine.curvature import Task, objective
from prelu_rules.refine.growth import grow, grown, linear_fit
from prelu_rules.refine.proposals import best_units
from prelu_rules.refine.shape import FREE, SHALLOW, Shape


def task_of(x, y, loss=None, ridge=1e-6):
    return Task(x, y, np.full(len(x), 1 / len(x)), loss or Squared(), ridge)


def first(networks, n):
    return [network for _, network in zip(range(n), networks, strict=False)]


def test_the_linear_fit_is_that_of_least_squares():
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(50, 3)), rng.normal(size=(50, 2))
    found = linear_fit(task_of(x, y, ridge=1e-12))
    expected = np.linalg.lstsq(np.column_stack([x, np.ones(50)]), y, rcond=None)[0].T
    np.testing.assert_allclose(found.weights, expected, atol=1e-5)


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 2**31), st.booleans())
def test_each_unit_lowers_the_objective_and_shallow_units_use_inputs_only(seed, shallow):
    rng = np.random.default_rng(seed)
    x = rng.uniform(-1, 1, (80, 2))
    task = task_of(x, np.abs(x[:, :1]) + np.maximum(0, x[:, 1:] - 0.3) + 0.1 * rng.normal(size=(80, 1)))
    start = linear_fit(task)
    path = [start, *first(grow(start, task, rng, SHALLOW if shallow else FREE), 3)]
    values = [objective(network, task) for network in path]
    assert [network.n_units for network in path] == [0, 1, 2, 3]
    # A unit that can gain nothing costs its ridge until it is refitted to the end.
    assert all(later <= earlier * (1 + 1e-3) for earlier, later in pairwise(values))
    if shallow:
        assert not any(network.weights[: network.n_units, 2:-1].any() for network in path)


def test_planted_bends_are_found_one_by_one():
    rng = np.random.default_rng(1)
    x = rng.uniform(-1, 1, (400, 4))
    y = 3 * np.maximum(0, x[:, 0] - 0.2) - 2 * np.maximum(0, 0.5 * x[:, 1] - x[:, 2])
    task = task_of(x, y[:, None], ridge=1e-9)
    *_, two = first(grow(linear_fit(task), task, rng), 2)
    assert objective(two, task) < 1e-6


@pytest.mark.parametrize("loss", [Logistic(), Softmax()])
def test_classes(loss):
    rng = np.random.default_rng(2)
    x = rng.uniform(-1, 1, (300, 2))
    inside = (np.abs(x[:, 0]) < 0.5) * 1.0
    task = task_of(x, inside, loss, 1 / 300)
    start = linear_fit(task)
    assert objective(grown(start, task, rng), task) < 0.9 * objective(start, task)


def test_units_stay_within_a_shape():
    rng = np.random.default_rng(5)
    x = rng.uniform(-1, 1, (200, 4))
    task = task_of(x, np.maximum(0, x @ [1.0, 1.0, 1.0, 1.0])[:, None])
    for columns in (1, 2):
        for network in first(grow(linear_fit(task), task, rng, Shape(columns, nesting=False)), 2):
            units = network.weights[: network.n_units]
            assert (np.count_nonzero(units[:, :4], axis=1) <= columns).all() and not units[:, 4:-1].any()


def test_nothing_bends_on_a_single_value():
    task = task_of(np.ones((20, 1)), np.arange(20.0)[:, None])
    assert grown(linear_fit(task), task, np.random.default_rng(0)) is None
    assert list(grow(linear_fit(task), task, np.random.default_rng(0))) == []


def test_equal_generators_give_equal_networks():
    rng = np.random.default_rng(3)
    x = rng.normal(size=(60, 3))
    task = task_of(x, np.abs(x[:, :1] + x[:, 1:2]))
    one, other = (grown(linear_fit(task), task, np.random.default_rng(7)) for _ in range(2))
    assert one == other


def test_units_that_only_rounding_errors_open_are_not_proposed():
    """Each bends at the last row: 3 * .1 - .3 is above 0 in float64, and so are their products with root weights."""
    x = np.linspace(-1, 0.1, 23)[:, None]
    task = task_of(x, np.where(x > 0.09, 50.0, 0.0))
    start = linear_fit(task)
    units = np.array([[3.0, -0.3], [1.0, -0.1], [0.7, -0.07], [1.0, 0.5]])
    found = best_units(start, start.features(task.x), task, units, 4)
    assert [weights.tolist() for weights, _ in found] == [[1.0, 0.5]]
