from dataclasses import replace

import numpy as np
import pytest
from refine_networks import random_system, random_task

from prelu_rules.refine import used_columns
from prelu_rules.refine.curvature import curvature, objective
from prelu_rules.refine.refit import refit
from prelu_rules.refine.used_columns import on_used_columns


def sparse_system(rng, used, n_outputs=1):
    """A network of 8 inputs whose weights are free on some of them only, and on all units and constants."""
    system = random_system(rng, n_inputs=8, n_outputs=n_outputs)
    support = system.support.copy()
    support[:, [column for column in range(8) if column not in used]] = False
    sparse = system.with_support(support)
    # A free weight may be 0 before the refit.
    return replace(
        sparse, weights=np.where(np.arange(sparse.weights.shape[1]) == min(used, default=-1), 0, sparse.weights)
    )


@pytest.mark.parametrize("used", [[], [3], [0, 7], [1, 2, 4, 5, 6]])
@pytest.mark.parametrize(("loss", "n_outputs"), [("squared", 1), ("squared", 2), ("logistic", 1), ("softmax", 3)])
def test_without_the_columns_that_are_not_used_refits_are_the_same(used, loss, n_outputs, monkeypatch):
    rng = np.random.default_rng(len(used))
    system = sparse_system(rng, used, n_outputs)
    task = random_task(rng, loss, n_inputs=8, n_outputs=n_outputs, ridge=1e-2)
    narrow, rows = on_used_columns(system, task)
    assert narrow.n_inputs == rows.x.shape[1] == len(used)
    np.testing.assert_array_equal(narrow.free, system.free)
    np.testing.assert_allclose(objective(narrow, rows), objective(system, task))
    found = refit(system, task)
    derivatives = curvature(system, task)
    monkeypatch.setattr(used_columns, "WORTH", -1)
    assert on_used_columns(system, task) == (system, task)
    expected = refit(system, task)
    np.testing.assert_array_equal(found[0].support, system.support)
    assert found[1] == pytest.approx(expected[1], rel=1e-3) == pytest.approx(objective(found[0], task), rel=1e-3)
    for one, other in zip(derivatives, curvature(system, task), strict=True):
        np.testing.assert_allclose(one, other, atol=1e-12)


def test_where_nearly_all_columns_are_used_nothing_is_copied():
    rng = np.random.default_rng(0)
    system, task = sparse_system(rng, range(7)), random_task(rng, "squared", n_inputs=8)
    narrow, rows = on_used_columns(system, task)
    assert narrow is system and rows is task
