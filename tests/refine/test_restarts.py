"""Random starts find units that help only together."""

import numpy as np
import pytest
from planted import persistent

from prelu_rules.losses.softmax import Softmax
from prelu_rules.losses.squared import Squared
from prelu_rules.refine.both_ways import both_ways
from prelu_rules.refine.growth import linear_fit
from prelu_rules.refine.refit import refit
from prelu_rules.refine.restarts import BEST, MOST_WEIGHTS, restarted
from prelu_rules.refine.task import Task, objective


def task_of(x, y, ridge=1e-6):
    y = np.asarray(y).reshape(len(x), -1)
    return Task((x - x.mean(0)) / x.std(0), (y - y.mean(0)) / y.std(0), np.full(len(x), 1 / len(x)), Squared(), ridge)


@pytest.mark.parametrize("seed", range(3))
def test_two_nested_units_that_growth_misses_are_found(seed):
    task = task_of(*persistent().rows(1000, 0.0, np.random.default_rng(seed)))
    grown = both_ways(task, 3, np.random.default_rng(0))
    starts = restarted(grown[0], 2, task, np.random.default_rng(seed))
    found = min(refit(start, task)[1] for start in starts)
    assert found < 0.5 * objective(grown[2], task)


def test_as_many_networks_as_stated_of_the_size_asked_for_best_first():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(300, 3))
    task = task_of(x, np.column_stack([np.abs(x[:, 0]), x[:, 1]]))
    found = restarted(linear_fit(task), 2, task, rng)
    assert [system.n_units for system in found] == [2] * BEST and found[0].n_outputs == 2
    values = [objective(system, task) for system in found]
    assert values == sorted(values)


def test_networks_of_many_weights_or_logits_are_not_drawn():
    x = np.random.default_rng(0).normal(size=(30, MOST_WEIGHTS))
    wide = task_of(x, x[:, 0])
    logits = Task(x[:, :2], np.arange(30.0) % 3, np.full(30, 1 / 30), Softmax(), 1e-2)
    for task in (wide, logits):
        assert restarted(linear_fit(task), 1, task, np.random.default_rng(0)) == []
