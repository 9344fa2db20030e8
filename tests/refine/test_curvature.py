from dataclasses import replace

import numpy as np
import pytest
from refine_networks import random_system, random_task
from scipy.optimize import approx_fprime

import prelu_rules.refine.curvature as module
from prelu_rules.refine.curvature import curvature_by_products, gradient, objective

CASES = [("squared", 1), ("squared", 3), ("logistic", 1), ("softmax", 3)]


@pytest.mark.parametrize(("loss", "n_outputs"), CASES)
def test_the_gradient_is_that_of_finite_differences(loss, n_outputs):
    rng = np.random.default_rng(n_outputs)
    system, task = random_system(rng, n_outputs=n_outputs), random_task(rng, loss, n_outputs=n_outputs)
    value, first = gradient(system, task)
    slow = approx_fprime(system.free, lambda free: objective(system.with_free(free), task), 1e-7)
    np.testing.assert_allclose(first, slow, atol=2e-6)
    assert value == pytest.approx(objective(system, task))


@pytest.mark.parametrize(("loss", "n_outputs"), CASES)
def test_curvature_has_the_same_gradient_and_is_exact_where_the_network_is_linear(loss, n_outputs, monkeypatch):
    rng = np.random.default_rng(n_outputs)
    system, task = random_system(rng, n_outputs=n_outputs), random_task(rng, loss, n_outputs=n_outputs)
    # Few rows at a time, so that the parts are added up.
    monkeypatch.setattr(module, "CHUNK", 500)
    first, second = curvature_by_products(system, task)
    np.testing.assert_allclose(first, gradient(system, task)[1], atol=1e-12)
    np.testing.assert_allclose(second, second.T, atol=1e-12)
    # In the outputs' own weights the network is linear, so Gauss-Newton is Newton.
    outputs = np.zeros_like(system.support)
    outputs[system.n_units :] = True
    own = outputs[system.support]

    def slope(free):
        return gradient(system.with_free(free), task)[1][own]

    slow = np.array(
        [(slope(system.free + step) - slope(system.free - step)) / 2e-5 for step in np.eye(len(own))[own] * 1e-5]
    )
    np.testing.assert_allclose(second[np.ix_(own, own)], slow, atol=1e-6)


@pytest.mark.parametrize(("loss", "n_outputs"), CASES)
def test_blocks_are_those_of_the_products(loss, n_outputs, monkeypatch):
    rng = np.random.default_rng(n_outputs)
    system, task = random_system(rng, n_outputs=n_outputs), random_task(rng, loss, n_outputs=n_outputs)
    found = []
    for block in (0, np.inf):
        monkeypatch.setattr(module, "BLOCK", block)
        found.append(curvature_by_products(system, task)[1])
    np.testing.assert_allclose(*found, atol=1e-12)


def test_an_overflowing_network_is_infinitely_bad():
    rng = np.random.default_rng(0)
    system, task = random_system(rng), random_task(rng, "squared")
    assert objective(system.with_free(system.free * 1e200), task) == np.inf


def test_the_penalty_leaves_out_the_constants_of_outputs():
    rng = np.random.default_rng(0)
    system = random_system(rng, n_outputs=2)
    task = random_task(rng, "squared", n_outputs=2, ridge=2.0)
    task = replace(task, most_on_bends=np.inf)
    bare = replace(task, ridge=0.0)
    penalty = objective(system, task) - objective(system, bare)
    counted = system.weights.copy()
    counted[system.n_units :, -1] = 0
    assert penalty == pytest.approx((counted**2).sum())
