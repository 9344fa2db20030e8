from dataclasses import replace

import numpy as np

from prelu_rules.losses.huber import Huber
from prelu_rules.losses.squared import Squared
from prelu_rules.network.compact import CompactForm
from prelu_rules.refine import levels as levels_module
from prelu_rules.refine.criterion import criterion, price, price_of_numbers
from prelu_rules.refine.curvature import Task
from prelu_rules.refine.levels import FAR, searched_levels, undominated
from prelu_rules.refine.refit import refit


def hinge_of(column, n_inputs=2):
    weights = np.zeros((2, n_inputs + 2))
    weights[0, column], weights[1, n_inputs], weights[0, -1] = 1.0, 1.0, 0.1
    support = weights != 0
    support[1, -1] = True
    return CompactForm(weights, support, n_inputs)


def rows():
    rng = np.random.default_rng(0)
    x = rng.uniform(-1, 1, (200, 2))
    y = 2 * np.maximum(x[:, 0] + 0.1, 0) + x[:, 1] + 0.05 * rng.normal(size=200)
    return Task(x, y[:, None], np.full(200, 1 / 200), Squared(), 1e-8)


def test_a_better_network_comes_with_sparser_versions():
    task = rows()
    [level] = searched_levels([[hinge_of(1)], [hinge_of(0)]], task)
    assert criterion(level[0], task) < min(criterion(hinge_of(column), task) for column in (0, 1))
    numbers = [system.n_numbers for system in level]
    assert len(level) > 1 and numbers == sorted(set(numbers), reverse=True)


def test_what_cannot_be_improved_is_not_repeated():
    task = rows()
    [[best, *_]] = searched_levels([[hinge_of(0)]], task)
    assert searched_levels([[best]], task) == []


def test_sizes_above_the_preferred_one_are_searched_only_if_they_are_near(monkeypatch):
    task, small = rows(), hinge_of(0)
    larger = small.with_unit(np.array([0.0, 1.0, 0.0, 0.9]), np.ones(1))
    cost, values, searched = price(small, task), {}, []
    monkeypatch.setattr(levels_module, "criterion", lambda system, _: values[system.n_units])
    monkeypatch.setattr(levels_module, "sparse_search", lambda system, *_: searched.append(system.n_units) or system)

    def sizes(one, two, none=0.0):
        values.update({0: none, 1: one, 2: two})
        searched.clear()
        searched_levels([[small.without(0, always=False)], [larger, small]], task)
        return sorted(searched)

    far = (FAR + 0.5) * cost
    assert sizes(-2 * far, -far / 2) == [0, 1] and sizes(-2 * far, -1.5 * far) == [0, 1, 2]
    # Smaller ones are taken under limits, so they are searched in any case.
    assert sizes(far, -2 * far) == [0, 1, 2] and sizes(far, 2 * far) == [0]


def test_columns_of_networks_without_units_are_searched_too():
    rng = np.random.default_rng(1)
    x = rng.normal(size=(100, 3))
    x[:, 1] = x[:, 0] + 0.3 * x[:, 1]
    task = Task(x, x[:, :1] + 0.05 * rng.normal(size=(100, 1)), np.full(100, 0.01), Squared(), 1e-8)
    start = CompactForm(np.array([[0.0, 1.0, 0.0, 0.0]]), np.array([[False, True, False, True]]), 3)
    [[better, *_]] = searched_levels([[start]], task)
    assert better.support[0].tolist() == [True, False, False, True]


def random_systems(task, rng, n=60):
    """Networks of one and two units with random columns, fitted to the rows, some nested and some not."""
    for _ in range(n):
        support = rng.random((3, 6)) < 0.5
        support[0, 3] = False
        support[:2, 4], support[2, 3:], support[:2, 5] = False, True, True
        support[[0, 1], rng.integers(0, 3, 2)] = True
        system = CompactForm(rng.normal(size=(3, 6)) * support, support, 3)
        yield refit(system.without(1, always=False) if rng.random() < 0.3 else system, task)[0]


def test_only_networks_that_no_price_and_no_limit_would_choose_are_left_out():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(60, 3))
    y = np.maximum(x[:, :1] + x[:, 1:2], 0) + 0.5 * rng.normal(size=(60, 1))
    task = Task(x, y, np.full(60, 1 / 60), Squared(), 1e-6)
    systems = list(random_systems(task, rng))
    halves = [systems[:30], systems[30:]]
    levels = undominated(halves, task)
    for half, left in zip(halves, levels, strict=True):
        assert [one for one in half if one in left] == left
    kept = [one for level in levels for one in level]
    assert len(kept) < len(systems) / 2

    def best(some, size, share, most):
        fitting = (one for one in some if one.n_units == size and one.n_numbers <= most)
        return min((criterion(one, task) - (1 - share) * price_of_numbers(one, task) for one in fitting), default=None)

    sizes = {one.n_units for one in systems}
    for size, share, most in ((k, s, n) for k in sizes for s in (0.0, 0.5, 1.0, 3.0) for n in range(3, 16)):
        assert best(kept, size, share, most) == best(systems, size, share, most)


def test_a_bend_inside_another_counts_as_a_cost():
    task = rows()
    nested = np.array([[1.0, 0.0, 0.0, 0.0, 0.1], [0.0, 1.0, 0.5, 0.0, 0.0], [0.0, 0.0, 1.0, 1.0, 0.0]])
    flat = np.array([[1.0, 0.0, 0.0, 0.0, 0.1], [0.5, 1.0, 0.0, 0.0, 0.0], [0.0, 0.0, 1.0, 1.0, 0.0]])
    systems = [CompactForm(weights, weights != 0, 2) for weights in (nested, flat)]
    costs = [price_of_numbers(system, task) for system in systems]
    fits = [criterion(system, task) - cost for system, cost in zip(systems, costs, strict=True)]
    assert fits[0] < fits[1] and costs[0] > costs[1] and systems[0].n_numbers == systems[1].n_numbers
    assert undominated([systems], task) == [systems]


def test_losses_that_are_no_likelihood_leave_nothing_out():
    task = replace(rows(), loss=Huber())
    levels = [[hinge_of(0), hinge_of(0), hinge_of(1)]]
    assert undominated(levels, task) == levels and undominated(levels, rows()) != levels
