import numpy as np

from prelu_rules.losses.squared import Squared
from prelu_rules.network.compact import CompactForm
from prelu_rules.refine.criterion import criterion
from prelu_rules.refine.curvature import Task
from prelu_rules.refine.levels import searched_levels


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
