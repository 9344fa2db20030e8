import pickle
from dataclasses import replace

import numpy as np
import pytest
from refine_networks import random_system, random_task

from prelu_rules.losses.squared import Squared
from prelu_rules.network.compact import CompactForm
from prelu_rules.refine import task as tasks
from prelu_rules.refine.both_ways import both_ways
from prelu_rules.refine.layout import layout, order_of_free, penalties_of
from prelu_rules.refine.task import Task, penalties, squared_loss_of


def test_the_loss_is_that_of_the_rows():
    rng = np.random.default_rng(0)
    task, system = random_task(rng, "squared", n_outputs=2), random_system(rng, n_outputs=2)
    expected = task.weights @ task.loss.rows(system.predict(task.x), task.y)
    assert squared_loss_of(system, task) == pytest.approx(expected)


def test_narrower_tasks_are_kept_while_they_are_few_and_small(monkeypatch):
    task = random_task(np.random.default_rng(0), "squared", n_inputs=6)
    masks = [np.arange(6) == column for column in range(6)]
    first = task.with_columns(masks[0])
    np.testing.assert_array_equal(first.x, task.x[:, :1])
    assert first.columns.flags.c_contiguous and first.ridge == task.ridge
    assert task.with_columns(masks[0].copy()) is first
    for mask in masks[1:]:
        np.testing.assert_array_equal(task.with_columns(mask).x, task.x[:, mask])
    assert task.with_columns(masks[0]) is not first
    monkeypatch.setattr(tasks, "KEPT_SIZE", len(task) - 1)
    assert task.with_columns(masks[1]) is not task.with_columns(masks[1])


def test_what_is_kept_does_not_go_to_other_processes():
    task = random_task(np.random.default_rng(0), "squared")
    before = len(pickle.dumps(task))
    task.with_columns(np.array([True, False, False]))
    task.columns, task.targets, task.row_weights  # noqa: B018
    copy = pickle.loads(pickle.dumps(task))
    assert len(pickle.dumps(task)) == before
    np.testing.assert_array_equal(copy.with_columns(np.array([False, True, False])).x, task.x[:, 1:2])


def test_bends_have_a_penalty_of_their_own():
    rng = np.random.default_rng(0)
    task = random_task(rng, "squared", n_inputs=2, n_outputs=2, ridge=0.9)
    system = CompactForm(np.zeros((5, 6)), np.zeros((5, 6), dtype=bool), 2)
    system = replace(system, support=system.possible)
    # Three units of 2, 3 and 4 inputs and a constant each; each output uses two inputs and three units.
    assert penalties(system, task).tolist() == pytest.approx([0.3] * 12 + ([0.9] * 2 + [0.3] * 3 + [0.0]) * 2)
    laid = layout(system)
    found = penalties_of(laid, 3, task.ridge, task.ridge_on_bends)
    assert found[order_of_free(system)].tolist() == penalties(system, task).tolist()
    assert replace(task, ridge=0.1).ridge_on_bends == 0.1


def test_a_penalty_that_suits_many_columns_leaves_bends_if_theirs_is_limited():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(300, 5))
    y = 0.3 * np.maximum(x[:, :1], 0) + x[:, 1:] @ np.full((4, 1), 0.1) + 0.05 * rng.normal(size=(300, 1))
    task = Task(x, y, np.full(300, 1 / 300), Squared(), 0.1)
    plain, limited = (
        both_ways(one, 1, np.random.default_rng(0))[1] for one in (task, replace(task, most_on_bends=0.01))
    )
    assert np.abs(plain.weights[:, -2]).max() < 1e-3
    slope = limited.weights[0, 0] * limited.weights[1, -2]
    assert 0.1 < slope < 0.3
