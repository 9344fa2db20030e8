import numpy as np
import pytest

from prelu_rules.experiments import path_training
from prelu_rules.experiments.path_training import noisy_inputs, search
from prelu_rules.experiments.toy import ADDITION, XOR
from prelu_rules.network.compact import CompactForm
from prelu_rules.tolerances import SETTLED_ERROR

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("task", [XOR, ADDITION])
def test_the_smallest_network_gets_its_task_right(task):
    run = search(task, seed=3)
    assert run.reached
    assert run.nonlinear == task.fewest
    assert task.correct(run.form.predict(task.inputs))
    x, y = noisy_inputs(task, seed=4)
    assert (np.abs(run.form.predict(x) - y) < 0.5).all()


def sized(n_units):
    return CompactForm(np.zeros((n_units + 3, 4 + n_units + 1)), np.zeros((n_units + 3, 4 + n_units + 1), bool), 4)


@pytest.mark.parametrize(
    ("errors", "chosen", "looked_at"),
    [
        # The errors of networks of 4, 3, 2, 1 and 0 units.
        ((0, 0, 1, 0, 1), 3, 3),
        ((1, 0, 0, 1, 1), 2, 4),
        ((3, 2, 1, 2, 4), 2, 5),
        ((0, 0, 0, 0, 0), 0, 5),
    ],
)
def test_the_last_settled_network_before_one_that_is_not(errors, chosen, looked_at, monkeypatch):
    seen = []
    monkeypatch.setattr(path_training, "_error", lambda system, _: errors[4 - system.n_units] * 2 * SETTLED_ERROR)
    systems = (seen.append(size) or sized(size) for size in range(4, -1, -1))
    assert path_training._smallest_settled(systems, XOR).n_units == chosen
    assert len(seen) == looked_at
