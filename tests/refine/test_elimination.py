import numpy as np
import pytest
from refine_networks import random_system

from prelu_rules.refine.curvature import Task, objective
from prelu_rules.refine.elimination import eliminate
from prelu_rules.refine.losses import Squared
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
