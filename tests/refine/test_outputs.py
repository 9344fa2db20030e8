import numpy as np
import pytest

from prelu_rules.losses.softmax import Softmax
from prelu_rules.losses.squared import Squared
from prelu_rules.network.compact import CompactForm
from prelu_rules.refine.outputs import outputs_refitted
from prelu_rules.refine.task import Task, objective


@pytest.mark.parametrize("classes", [False, True])
def test_only_outputs_move_and_they_become_the_best(classes):
    rng = np.random.default_rng(0)
    x = rng.normal(size=(200, 3))
    y = np.argmax(np.abs(x), axis=1) if classes else np.abs(x[:, :1])
    task = Task(x, y, np.full(200, 1 / 200), Softmax() if classes else Squared(), 1e-4)
    system = CompactForm(np.zeros((task.n_outputs, 4)), np.ones((task.n_outputs, 4), dtype=bool), 3)
    for unit in rng.normal(size=(2, 4)):
        system = system.with_unit(np.insert(unit, 3, np.zeros(system.n_units)), np.zeros(task.n_outputs))
    found, _ = outputs_refitted(system, task, least_gain=1e-9)
    np.testing.assert_array_equal(found.weights[:2], system.weights[:2])
    value = objective(found, task)
    assert value < objective(system, task)
    for step in 1e-3 * rng.normal(size=(20, task.n_outputs, 6)):
        moved = found.weights.copy()
        moved[2:] += step
        assert objective(CompactForm(moved, found.support, 3), task) > value
