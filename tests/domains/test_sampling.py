import numpy as np
import pytest

from prelu_rules.domains.box import Box
from prelu_rules.domains.polytope import Polytope
from prelu_rules.domains.sampling import sampled


def test_a_box_is_sampled_evenly():
    x = sampled(Box([0, -1], [1, 3]), 4000)
    np.testing.assert_allclose(x.mean(axis=0), [0.5, 1], atol=0.1)
    np.testing.assert_array_equal(x[:5], sampled(Box([0, -1], [1, 3]), 4000, seed=0)[:5])


def test_a_simplex_is_sampled_evenly():
    """Three shares have a mean of a third each and a variance of 1 / 18."""
    domain = Polytope.one_hot(Box([0, 0, 0, 2], [1, 1, 1, 2]), [[0, 1, 2]])
    x = sampled(domain, 8000)
    np.testing.assert_allclose(x.sum(axis=1), 3)
    assert (x[:, :3] >= -1e-12).all()
    np.testing.assert_allclose(x.mean(axis=0), [1 / 3, 1 / 3, 1 / 3, 2], atol=0.02)
    np.testing.assert_allclose(x[:, :3].var(axis=0), 1 / 18, atol=0.005)


@pytest.mark.parametrize("limit", [0.0, 2.0])
def test_a_single_point_is_all_there_is(limit):
    domain = Polytope(Box([0, 0], [1, 1]), [[1, 1]], [limit], [True])
    np.testing.assert_allclose(sampled(domain, 3), np.full((3, 2), limit / 2), atol=1e-9)
