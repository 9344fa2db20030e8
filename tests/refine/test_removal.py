"""The compiled removal of weights, beside the obvious one from the inverse of the second derivative."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from refine_networks import random_system, random_task

from prelu_rules.refine import removal
from prelu_rules.refine.curvature import objective
from prelu_rules.refine.refit import refit
from prelu_rules.refine.sparsification import (
    _kept,
    _without_cheapest,
    _without_cheapest_by_curvature,
    largest_weights,
    sparser,
)


def fitted(seed, n_units, n_outputs, n_inputs=5, sparse=False):
    rng = np.random.default_rng(seed)
    task = random_task(rng, "squared", n_inputs=n_inputs, n_outputs=n_outputs, ridge=1e-4)
    system = refit(random_system(rng, n_inputs, n_units, n_outputs), task, 5)[0].scaled()
    if sparse:
        system = system.with_support(system.support & ((rng.random(system.support.shape) < 0.6) | _kept(system)))
    return system, task


@given(
    seed=st.integers(0, 2**32 - 1),
    n_units=st.integers(0, 3),
    n_outputs=st.integers(1, 2),
    n_gone=st.integers(1, 6),
    sparse=st.booleans(),
)
def test_the_same_weights_go_as_by_the_inverse_of_the_second_derivative(seed, n_units, n_outputs, n_gone, sparse):
    system, task = fitted(seed, n_units, n_outputs, sparse=sparse)
    may_go = system.support & ~_kept(system)
    n_gone = min(n_gone, int(may_go.sum()))
    if n_gone == 0:
        return
    found, expected = (
        without(system, task, may_go, n_gone) for without in (_without_cheapest, _without_cheapest_by_curvature)
    )
    assert (system.support & ~found.support).sum() == n_gone and not (found.support & ~system.support).any()
    assert not ((system.support & ~found.support) & ~may_go).any()
    np.testing.assert_array_equal(found.support, expected.support)
    np.testing.assert_allclose(found.weights, expected.weights, rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize("seed", range(5))
def test_the_others_move_only_if_that_is_better(seed):
    # Far from an optimum, the second derivative says little of how the others make up for a weight.
    rng = np.random.default_rng(seed)
    task, system = random_task(rng, "squared", n_inputs=5), random_system(rng, 5, 3)
    may_go = system.support & ~_kept(system)
    found = _without_cheapest(system, task, may_go, 4)
    assert objective(found, task) <= objective(system.with_support(found.support), task) * (1 + 1e-12)


def test_the_largest_weight_of_each_unit_stays_as_it_is():
    system, task = fitted(0, 3, 1)
    found = _without_cheapest(system, task, system.support & ~_kept(system), 3)
    largest = largest_weights(system)
    np.testing.assert_array_equal(found.weights[largest], system.weights[largest])


def test_without_an_inverse_the_other_way_is_taken(monkeypatch):
    system, task = fitted(0, 2, 1)
    expected = sparser(system, task, 2)
    monkeypatch.setattr(removal, "_remove_cheapest", lambda *args: False)
    found = sparser(system, task, 2)
    np.testing.assert_array_equal(found.support, expected.support)
    np.testing.assert_allclose(found.weights, expected.weights, rtol=1e-6, atol=1e-8)
