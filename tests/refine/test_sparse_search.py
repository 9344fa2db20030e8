import numpy as np
import pytest
from refine_networks import random_system

from prelu_rules.losses.squared import Squared
from prelu_rules.network.compact import CompactForm
from prelu_rules.refine import sparse_search as module
from prelu_rules.refine.criterion import criterion, price
from prelu_rules.refine.curvature import Task, objective
from prelu_rules.refine.refit import refit
from prelu_rules.refine.sparse_search import sparse_search


def task_of(targets, n_columns=3, n_rows=300, noise=0.02, ridge=1e-8):
    rng = np.random.default_rng(0)
    x = rng.uniform(-1, 1, (n_rows, n_columns))
    y = targets(x) + noise * rng.standard_normal(n_rows)
    return Task(x, y[:, None], np.full(n_rows, 1 / n_rows), Squared(), ridge)


def system_of(weights, n_inputs=3):
    weights = np.array(weights, dtype=np.float64)
    support = weights != 0
    support[:, -1] = True
    return CompactForm(weights, support, n_inputs)


def searched(system, task, seed=0):
    return sparse_search(refit(system, task)[0], task, np.random.default_rng(seed))


def hinge(z):
    return np.maximum(z, 0)


def test_a_wrong_column_is_exchanged():
    task = task_of(lambda x: 2 * hinge(x[:, 0] - 0.3 * x[:, 1] + 0.2) + 0.5 * x[:, 2])
    found = searched(system_of([[1, 0, 0.3, 0, 0.2], [0, 0.1, 0.5, 2, 0]]), task)
    np.testing.assert_array_equal(found.support[:, :-1], [[1, 1, 0, 0], [0, 0, 1, 1]])
    np.testing.assert_allclose(found.weights[0], [1, -0.3, 0, 0, 0.2], atol=0.02)


def test_a_bend_inside_another_goes_where_a_column_does_as_well():
    task = task_of(lambda x: hinge(x[:, 0] + 0.5) + 2 * hinge(x[:, 0] + x[:, 1] - 0.2))
    # Nearly wherever the second one is open, so is the first one.
    nested = system_of([[1, 0, 0, 0, 0, 0.5], [0, 1, 0, 1, 0, -0.7], [0, 0, 0, 1, 2, 0]])
    found = searched(nested, task)
    assert found.n_nested == 0
    np.testing.assert_allclose(found.weights[:2, :3], [[1, 0, 0], [1, 1, 0]], atol=0.01)
    assert criterion(found, task) < criterion(refit(nested, task)[0], task)


def test_a_bend_in_the_wrong_place_is_exchanged():
    task = task_of(lambda x: 2 * hinge(x[:, 0] - 0.6) - 3 * hinge(-x[:, 1] - 0.5))
    # Both bends at one corner, and the other one missing.
    found = searched(system_of([[1, 0, 0, 0, 0, -0.6], [1, 0, 0, 0, 0, -0.5], [0, 1, 0, 2, 0.1, 0]]), task)
    assert objective(found, task) < 3 * 0.5 * 0.02**2
    columns = {tuple(np.flatnonzero(row[:3])) for row in found.weights[:2]}
    assert columns == {(0,), (1,)}


@pytest.mark.parametrize("without", ["_rewritten", "_exchanged_units"])
def test_rewriting_and_exchanges_of_units_find_what_single_weights_do_not(monkeypatch, without):
    """From random starts, of which not each needs it."""

    def lowest(seed):
        rng = np.random.default_rng(seed)
        x = rng.uniform(-1, 1, (150, 3))
        y = 2 * hinge(x[:, 0] - 0.5 * x[:, 1]) - 2 * hinge(x[:, 2] - hinge(x[:, 1] + 0.3))
        y += 0.05 * rng.standard_normal(150)
        task = Task(x, y[:, None], np.full(150, 1 / 150), Squared(), 1e-8)
        return criterion(searched(random_system(np.random.default_rng(seed), n_units=3), task), task)

    seeds = (7, 8, 35, 37)
    found = [lowest(seed) for seed in seeds]
    monkeypatch.setattr(module, without, lambda best, *rest: best)
    assert sum(found) < sum(lowest(seed) for seed in seeds) - 100


@pytest.mark.parametrize("seed", range(4))
def test_it_never_ends_with_a_worse_criterion_or_another_size(seed):
    rng = np.random.default_rng(seed)
    task = task_of(lambda x: hinge(x[:, 0] + x[:, 1]) - hinge(x[:, 2] - 0.3 * hinge(x[:, 0])), noise=0.1)
    start = refit(random_system(rng, n_units=3), task)[0].scaled()
    found = sparse_search(start, task, np.random.default_rng(0))
    assert found.n_units == 3 and criterion(found, task) <= criterion(start, task)
    assert not np.triu(found.support[:3, 3:-1]).any()


@pytest.mark.parametrize("off", [0.0, 0.7])
def test_what_a_further_weight_gains_is_what_a_refit_gains(off):
    """Exactly where the objective is quadratic, as it is without units, also away from the minimum."""
    task = task_of(lambda x: x @ [1.0, -0.5, 0.2, 0.0], n_columns=4, noise=0.3, ridge=1e-3)
    support = np.array([[True, False, False, False, True]])
    start, before = refit(CompactForm(np.zeros((1, 5)), support, 4), task, max_steps=200, least_gain=0.0)
    gains = []
    for column in (1, 2, 3):
        wider = support.copy()
        wider[0, column] = True
        gains.append(before - refit(start.with_support(wider), task, max_steps=200, least_gain=0.0)[1])
    moved = start.with_free(start.free + off)
    first, second = module.curvature(moved.with_support(np.ones((1, 5), dtype=bool)), task)
    np.testing.assert_allclose(module._gain(first, second, support[0])[1:4], gains, rtol=1e-4, atol=1e-6)
    order = 1 + np.argsort(gains)[::-1]
    np.testing.assert_array_equal(module._most_useful(start, task)[:, 1], order[:2])
    # Without the last column the criterion is lower, so the first two are worth a number each, and it is not.
    worth = len(task) * np.log(before / (before - np.sort(gains)[::-1])) / price(start, task)
    assert worth[1] > 1 and worth[2] < module.PAYS


def test_a_network_with_too_many_weights_stays_as_it_is(monkeypatch):
    task = task_of(lambda x: hinge(x[:, 0]))
    start = system_of([[1, 0, 0.3, 0, 0.2], [0, 0.1, 0.5, 2, 0]])
    monkeypatch.setattr(module, "FEW_WEIGHTS", 5)
    assert sparse_search(start, task, np.random.default_rng(0)) == start.scaled()


def test_networks_that_differ_by_less_than_a_share_of_a_number_are_the_same():
    task = task_of(lambda x: hinge(x[:, 0] - 0.2), noise=0.1)
    system = refit(system_of([[1, 0, 0, 0, 0], [0, 0, 0, 1, 0]]), task)[0].scaled()
    best = module._Found(system, criterion(system, task))
    lower = [best._replace(value=best.value - share * price(system, task)) for share in (0.01, 0.1)]
    assert [module._better(found, best, task) for found in lower] == [False, True]


def test_weights_are_exchanged_only_near_the_best_and_not_again_around_it(monkeypatch):
    task = task_of(lambda x: hinge(x[:, 0] - 0.2), noise=0.1)
    system = refit(system_of([[1, 0, 0, 0, 0], [0, 0, 0, 1, 0]]), task)[0].scaled()
    value, cost = criterion(system, task), price(system, task)
    monkeypatch.setattr(module, "_exchanged_weights", lambda found, task, is_sparse: found)
    for above, exchanged in ((0.0, False), (0.5, True), (-3.0, True), (1.5, False)):
        found = module._leaner(system, module._Found(system, value - above * cost), task)
        assert (found is not None) == exchanged


def test_of_several_outputs_all_weights_are_tried_since_one_may_have_small_errors():
    rng = np.random.default_rng(0)
    x = rng.uniform(-1, 1, (300, 2))
    y = np.column_stack([x[:, 0] + 1e-3 * x[:, 1], rng.standard_normal(300)])
    task = Task(x, y, np.full(300, 1 / 300), Squared(), 1e-8)
    start = refit(CompactForm(np.zeros((2, 3)), np.array([[True, False, True], [True, True, True]]), 2), task)[0]
    np.testing.assert_array_equal(module._most_useful(start, task), [[0, 1]])
