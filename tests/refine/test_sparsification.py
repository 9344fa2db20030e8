import numpy as np
import pytest
from refine_networks import random_system

from prelu_rules.losses.softmax import Softmax
from prelu_rules.losses.squared import Squared
from prelu_rules.refine import sparsification
from prelu_rules.refine.curvature import Task, objective
from prelu_rules.refine.elimination import eliminate
from prelu_rules.refine.sparsification import sparser, sparsify, sparsify_around


def sparse_truth(n_rows=500):
    rng = np.random.default_rng(0)
    x = rng.normal(size=(n_rows, 6))
    y = 2 * np.maximum(0, x[:, 0] - x[:, 1]) + 0.5 * x[:, 2] + rng.normal(size=n_rows) * 0.1
    return Task(x, y[:, None], np.full(n_rows, 1 / n_rows), Squared(), 1e-8)


def test_numbers_fall_and_units_stay():
    task = sparse_truth()
    dense = eliminate([random_system(np.random.default_rng(k), 6, 4) for k in range(4)], task)[1]
    levels = list(sparsify(dense, task))
    numbers = [level.n_numbers for level in levels]
    assert numbers == sorted(set(numbers), reverse=True)
    assert {level.n_units for level in levels} == {1}
    # A unit on one feature, used once, and the constants.
    assert numbers[-1] <= 4


def test_the_true_support_is_on_the_path():
    task = sparse_truth()
    dense = eliminate([random_system(np.random.default_rng(k), 6, 4) for k in range(4)], task)[1]
    levels = list(sparsify(dense, task))
    # Two weights and a constant of the unit; of the output the unit, in3, a constant, and what turning the unit costs.
    close = [level for level in levels if objective(level, task) < 1.05 * objective(levels[0], task)]
    assert close[-1].n_numbers <= 8
    used = np.flatnonzero(close[-1].weights[:, :6].any(axis=0))
    np.testing.assert_array_equal(used, [0, 1, 2])


def test_each_level_is_refitted():
    task = sparse_truth(100)
    for level in sparsify(random_system(np.random.default_rng(5), 6, 2), task):
        longer = level.with_free(level.free * 1.01)
        assert objective(level, task) <= objective(longer, task) * 1.001


def test_classes_can_be_sparsified():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(90, 4))
    y = x[:, :3].argmax(axis=1) * 1.0
    task = Task(x, y, np.full(90, 1 / 90), Softmax(), 1e-2)
    levels = list(sparsify(random_system(rng, 4, 0, 3), task))
    # The constants stay, and nothing else has to.
    assert levels[-1].n_numbers == 3 and levels[0].n_numbers == 15
    assert not any(level.weights[:, 3].any() for level in levels if level.n_numbers < 10)


def test_more_go_at_once_while_many_are_left():
    few, many = 200, sparsification.FEW_WEIGHTS + 1
    assert [sparsification._n_at_once(n, few, Softmax()) for n in (1, 15, 16, 100)] == [1, 1, 3, 20]
    # A search around the sparse networks makes up for larger steps.
    assert [sparsification._n_at_once(n, few, Squared()) for n in (1, 15, 16, 100)] == [1, 2, 4, 30]
    # Each refit takes long where second-order steps are too many.
    assert [sparsification._n_at_once(100, many, loss) for loss in (Softmax(), Squared())] == [25, 30]


@pytest.mark.parametrize("wanted", [0, 21, 24, 29, 32, 99])
def test_around_the_preferred_network_no_number_of_weights_is_left_out(wanted):
    task, start = sparse_truth(100), random_system(np.random.default_rng(5), 6, 3)

    def apart(system, rows):
        assert rows is task
        return abs(int(system.support.sum()) - wanted)

    coarse, fine = list(sparsify(start, task)), sparsify_around(start, task, apart)
    known, counts = ([int(one.support.sum()) for one in versions] for versions in (coarse, fine))
    assert counts == sorted(counts, reverse=True)
    assert all(one in fine for one in coarse)
    place = min(range(len(known)), key=lambda place: abs(known[place] - wanted))
    first, last = known[max(place - 1, 0)], known[min(place + 1, len(known) - 1)]
    assert set(range(last, first + 1)) <= set(counts)
    assert [one for one in counts if not last <= one <= first] == [one for one in known if not last <= one <= first]
    for one in fine:
        longer = one.with_free(one.free * 1.01)
        assert objective(one, task) <= objective(longer, task) * 1.001


def test_with_too_many_weights_for_second_order_steps_there_are_only_the_coarse_ones(monkeypatch):
    monkeypatch.setattr(sparsification, "FEW_WEIGHTS", 10)
    task, start = sparse_truth(100), random_system(np.random.default_rng(5), 6, 2)
    assert sparsify_around(start, task, lambda system, task: abs(system.n_numbers - 15)) == list(sparsify(start, task))


def test_no_more_weights_go_than_may():
    # Without the limit, weights that must stay would go, or the moves of the others would be those of no solution.
    task, last = sparse_truth(100), random_system(np.random.default_rng(5), 6, 0)
    fewer = sparser(last, task, at_once=1000)
    assert fewer is not None and fewer.n_numbers == 1
    assert sparser(fewer, task, at_once=1000) is None
