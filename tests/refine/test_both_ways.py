import numpy as np
from sklearn.datasets import make_friedman1

from prelu_rules.losses.squared import Squared
from prelu_rules.refine.both_ways import both_ways
from prelu_rules.refine.curvature import Task, objective
from prelu_rules.refine.growth import grow, linear_fit
from prelu_rules.refine.shape import SHALLOW


def wave(n=300):
    x = np.linspace(-1, 1, n)[:, None]
    return Task(x, np.sin(6 * np.pi * x), np.full(n, 1 / n), Squared(), 1e-9)


def test_it_is_at_least_as_good_as_growth_alone():
    task = wave()
    found = both_ways(task, 6, np.random.default_rng(0))
    start = linear_fit(task)
    alone = [
        start,
        *(network for _, network in zip(range(6), grow(start, task, np.random.default_rng(0)), strict=False)),
    ]
    values = [objective(network, task) for network in found]
    assert [network.n_units for network in found] == list(range(7))
    assert all(value <= objective(one, task) * (1 + 1e-9) for value, one in zip(values, alone, strict=True))


def test_units_that_help_together_only_are_found_from_above():
    x, y = make_friedman1(400, noise=0.5, random_state=0)
    task = Task((x - 0.5) / 0.29, ((y - y.mean()) / y.std())[:, None], np.full(400, 1 / 400), Squared(), 1e-4)
    start = linear_fit(task)
    *_, two = (network for _, network in zip(range(2), grow(start, task, np.random.default_rng(0)), strict=False))
    better = both_ways(task, 5, np.random.default_rng(0))[2]
    assert objective(better, task) < 0.9 * objective(two, task)


def test_it_goes_on_from_what_is_known():
    task = wave()
    few = both_ways(task, 2, np.random.default_rng(0))
    more = both_ways(task, 4, np.random.default_rng(0), known=few)
    assert [network.n_units for network in more] == [0, 1, 2, 3, 4]
    assert more[0] == few[0] and objective(more[4], task) < objective(few[2], task)


def test_a_limit_of_zero_is_the_linear_network():
    assert [network.n_units for network in both_ways(wave(), 0, np.random.default_rng(0))] == [0]


def test_shallow_networks_stay_shallow():
    rng = np.random.default_rng(4)
    x = rng.uniform(-1, 1, (200, 3))
    y = np.maximum(0, np.maximum(0, x[:, 0]) + x[:, 1] - 0.3)
    task = Task(x, y[:, None], np.full(200, 1 / 200), Squared(), 1e-6)
    for network in both_ways(task, 4, rng, SHALLOW):
        assert not network.weights[: network.n_units, 3:-1].any()
