"""Leverages beside the obvious way: the Jacobian of the outputs, and the inverse of the second derivative."""

import numpy as np
import pytest
from refine_networks import random_system, random_task

from prelu_rules.network.compact import CompactForm
from prelu_rules.refine.curvature import curvature_by_products, sensitivities
from prelu_rules.refine.left_out import left_out_outputs
from prelu_rules.refine.leverages import leverages


def expected(system, task):
    features = system.features(task.x)
    jacobian = (sensitivities(system, features)[:, 0, :, None] * features[None]).transpose(1, 0, 2)[:, system.support]
    return np.einsum("nk,kj,nj->n", jacobian, np.linalg.inv(curvature_by_products(system, task)[1]), jacobian)


@pytest.mark.parametrize("loss", ["squared", "logistic"])
@pytest.mark.parametrize("seed", range(8))
def test_they_are_those_of_the_jacobian(loss, seed):
    rng = np.random.default_rng(seed)
    task, system = random_task(rng, loss, n_inputs=5, ridge=1e-2), random_system(rng, 5, seed % 5)
    if seed % 2:
        support = system.support & (rng.random(system.support.shape) < 0.6)
        support[:, [1, 3]] = False
        support[-1, -1] = True
        system = system.with_support(support)
    root = task.loss.root(system.predict(task.x))
    bent = 1.0 if root is None else root[:, 0, 0] ** 2
    np.testing.assert_allclose(leverages(system, task, bent), expected(system, task), rtol=1e-6)


def test_without_an_inverse_there_are_none():
    task = random_task(np.random.default_rng(0), "squared", n_inputs=2)
    overflown = CompactForm(np.array([[1.0, 1.0, 0.0, 0.0], [0.0, 0.0, np.nan, 0.0]]), np.ones((2, 4), dtype=bool), 2)
    assert leverages(overflown, task) is None
    assert not np.isfinite(left_out_outputs(overflown, task)).any()
