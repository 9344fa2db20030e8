import pickle

import numpy as np
import pytest
from refine_networks import random_system, random_task

from prelu_rules.refine import task as tasks
from prelu_rules.refine.task import squared_loss_of


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
