"""Conditions read off the edges of polygons, against those that linear programs leave."""

from itertools import pairwise

import networks
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from reference_networks import reference_network

from prelu_rules.domains.box import Box
from prelu_rules.domains.polytope import Polytope
from prelu_rules.geometry.planar.polygon_facets import _leave_out
from prelu_rules.geometry.regions import linear_regions
from prelu_rules.network.normal_form import NormalForm

SQUARE = Box([-1, -1], [1, 1])
layers = st.lists(st.integers(1, 5), min_size=1, max_size=3).map(lambda widths: (2, *widths, 1))


def assert_same(form, domain, method="linear programs"):
    ours, theirs = (linear_regions(form, domain, method=way) for way in ("polygons", method))
    for left, right in zip(ours, theirs, strict=True):
        np.testing.assert_array_equal(left.pattern, right.pattern)
        for a, b in zip(left.conditions(), right.conditions(), strict=True):
            np.testing.assert_allclose(a, b, atol=1e-9 * np.abs(b).max(initial=1))


@given(networks.seeds, layers)
def test_random_networks(seed, widths):
    assert_same(networks.random_form(seed, widths), Box([-1, -3], [3, 0.5]))


@given(networks.seeds, layers)
def test_degenerate_networks(seed, widths):
    """Many lines through one corner, of which most do not bound a cell."""
    rng = np.random.default_rng(seed)
    shape = pairwise(widths)
    kernels = [rng.integers(-1, 2, pair).astype(float) for pair in shape]
    slopes = [rng.choice([0.0, 0.5, -1.0], width) for width in widths[1:-1]]
    form = NormalForm.from_layers(kernels, [rng.integers(-1, 2, width) for width in widths[1:]], slopes)
    assert_same(form, SQUARE)


@given(networks.seeds)
def test_in_a_triangle_in_three_dimensions(seed):
    domain = Polytope.one_hot(Box([0, 0, 0], [1, 1, 1]), [[0, 1, 2]])
    assert_same(networks.random_form(seed, (3, 5, 4, 1)), domain)


@pytest.mark.parametrize("widths", [(16, 16), (32, 32, 32)])
def test_reference_networks(widths):
    assert_same(reference_network(2, widths), SQUARE, "simplex")


def test_an_edge_that_the_others_imply_is_left_out():
    """A unit square with a corner cut off by less than any distance that counts, and by more."""
    for cut, expected in ((1e-12, [0, 1, 2, -1, 3]), (1e-3, [0, 1, 2, 4, 3])):
        diagonal = np.array([-1, -1, 2 - cut]) / np.sqrt(2)
        lines = np.array([[1.0, 0, 0], [0, 1, 0], [-1, 0, 1], diagonal, [0, -1, 1]])
        edges = np.array([0, 1, 2, 4, 3])
        _leave_out(lines, edges, 0)
        assert edges.tolist() == expected


def test_of_two_equal_edges_the_first_remains():
    lines = np.array([[1.0, 0, 0], [0, 1, 0], [-1, 0, 1], [-1, 0, 1], [0, -1, 1]])
    for numbers, expected in (([0, 1, 4, 5, 3], [0, 1, 4, -1, 3]), ([0, 1, 5, 4, 3], [0, 1, -1, 4, 3])):
        edges = np.array(numbers)
        _leave_out(lines, edges, 0)
        assert edges.tolist() == expected
