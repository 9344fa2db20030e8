import numpy as np
import pytest
from refine_networks import random_system, random_task

from prelu_rules.losses.squared import Squared
from prelu_rules.network.compact import CompactForm
from prelu_rules.refine import exploration, proposals
from prelu_rules.refine.curvature import Task, objective
from prelu_rules.refine.elimination import eliminate
from prelu_rules.refine.exploration import explore
from prelu_rules.refine.shape import SHALLOW


@pytest.mark.parametrize(("loss", "n_outputs"), [("squared", 1), ("squared", 2), ("logistic", 1), ("softmax", 3)])
def test_no_size_gets_worse_and_none_is_lost(loss, n_outputs):
    rng = np.random.default_rng(1)
    task = random_task(rng, loss, n_outputs=n_outputs)
    best = eliminate([random_system(rng, n_units=3, n_outputs=n_outputs)], task, kept=1, trials=1, small=0)
    found = explore(best, task, 2, np.random.default_rng(0))
    assert sorted(found) == [0, 1, 2]
    for size, system in found.items():
        assert system.n_units == size
        assert objective(system, task) <= objective(best[size], task)


def test_it_finds_what_elimination_cannot_reach():
    # Two bends make the target; the given networks look only at the column that says nothing.
    rng = np.random.default_rng(0)
    x = rng.normal(size=(300, 2))
    y = np.maximum(0, x[:, :1] - 0.5) - np.maximum(0, -x[:, :1] - 0.5)
    task = Task(x, y, np.full(300, 1 / 300), Squared(), 1e-9)
    flat = CompactForm(np.zeros((1, 3)), np.ones((1, 3), dtype=bool), 2)
    one = flat.with_unit(np.array([0.0, 1.0, 0.0]), np.zeros(1))
    two = one.with_unit(np.array([0.0, -1.0, 0.0, 0.0]), np.zeros(1))
    found = explore({0: flat, 1: one, 2: two}, task, 2, np.random.default_rng(0))
    assert objective(found[2], task) < 1e-6


def test_shallow_searches_meet_shallow_networks_only():
    rng = np.random.default_rng(4)
    task = random_task(rng, "squared")
    best = eliminate([random_system(rng, n_units=3)], task)
    met = []
    found = explore(best, task, 2, rng, shape=SHALLOW, met=lambda value, system: met.append((value, system)))
    assert sorted(found) == [0, 1, 2]
    for value, system in met:
        assert system.shallow() == system
        assert value == pytest.approx(objective(system, task))
    # The given ones first, cut and refitted; and of each size the best one is returned.
    for size, (value, system) in enumerate(met[:3]):
        assert system.n_units == size and value <= objective(best[size].shallow(), task)
    for size, system in found.items():
        least = min(value for value, other in met if other.n_units == size)
        assert objective(system, task) <= least * (1 + exploration.BETTER)


def test_proposed_shallow_units_bend_at_a_row():
    rng = np.random.default_rng(5)
    task = random_task(rng, "squared", n_inputs=2)
    system = random_system(rng, n_inputs=2, n_units=2).shallow()
    joined = proposals.joined(system, task, rng, shallow=True)
    assert len(joined) == proposals.TRIALS
    for larger in joined:
        assert not larger.weights[2, 2:-1].any()
        assert np.abs(task.x @ larger.weights[2, :2] + larger.weights[2, -1]).min() < 1e-12


def test_what_is_met_starts_with_what_is_given():
    rng = np.random.default_rng(6)
    task = random_task(rng, "squared")
    best = eliminate([random_system(rng, n_units=2)], task)
    met = []
    found = explore(best, task, 2, rng, met=lambda value, system: met.append(system))
    assert met[:3] == [best[size] for size in range(3)]
    assert all(any(system is one for one in met) for system in found.values())


def test_equal_seeds_give_equal_networks_also_where_rows_are_sampled(monkeypatch):
    monkeypatch.setattr(proposals, "PROPOSAL_ROWS", 30)
    rng = np.random.default_rng(2)
    task = random_task(rng, "squared")
    best = eliminate([random_system(rng, n_units=2)], task)
    first, second = (explore(best, task, 2, np.random.default_rng(7)) for _ in range(2))
    assert first == second


def test_networks_too_large_for_second_order_steps_are_left_as_they_are(monkeypatch):
    rng = np.random.default_rng(3)
    task = random_task(rng, "squared")
    best = eliminate([random_system(rng, n_units=1)], task)
    monkeypatch.setattr(proposals, "FEW_WEIGHTS", 5)
    monkeypatch.setattr(exploration, "cheapest_eliminations", lambda system, task: [])
    assert explore(best, task, 1, np.random.default_rng(0)) == best
