"""Clipping polygons against linear programs, which know nothing of corners."""

from itertools import pairwise

import networks
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from reference_networks import reference_network

from prelu_rules.errors import InvalidValueError, ShapeError
from prelu_rules.geometry import polygons
from prelu_rules.geometry.box import Box
from prelu_rules.geometry.patterns import reachable_patterns
from prelu_rules.geometry.polygons import polygon_patterns
from prelu_rules.geometry.regions import linear_regions
from prelu_rules.normal_form import NormalForm

SQUARE = Box([-1, -1], [1, 1])


def found(patterns):
    return {pattern.signs.tobytes(): pattern for pattern in patterns}


def assert_same(form, domain):
    ours, theirs = found(polygon_patterns(form, domain)), found(reachable_patterns(form, domain))
    assert ours.keys() == theirs.keys()
    for key, pattern in ours.items():
        np.testing.assert_array_equal(pattern.decides, theirs[key].decides)
        np.testing.assert_allclose(pattern.pre_activations, theirs[key].pre_activations, rtol=1e-9, atol=1e-9)


layers = st.lists(st.integers(1, 5), min_size=1, max_size=3).map(lambda hidden: (2, *hidden, 1))


@given(networks.seeds, layers)
def test_random_networks(seed, widths):
    assert_same(networks.random_form(seed, widths), Box([-1, -3], [2, 0.5]))


@given(networks.seeds, layers)
def test_degenerate_networks(seed, widths):
    """Lines through one point, twice the same line, dead units: weights of -1, 0 and 1, biases of 0."""
    rng = np.random.default_rng(seed)
    kernels = [rng.integers(-1, 2, shape).astype(float) for shape in pairwise(widths)]
    biases = [np.zeros(width) for width in widths[1:]]
    slopes = [rng.choice([0.0, 1.0, 0.5, -1.0], width) for width in widths[1:-1]]
    assert_same(NormalForm.from_layers(kernels, biases, slopes), SQUARE)


@pytest.mark.parametrize(("widths", "count"), [((16, 16), 345), ((32, 32), 1142), ((32, 32, 32), 2121)])
def test_known_counts(widths, count):
    form = reference_network(2, widths)
    assert len(found(polygon_patterns(form, SQUARE))) == count
    assert sum(1 for _ in linear_regions(form, SQUARE, method="polygons")) == count


def test_small_chunks_find_the_same(monkeypatch):
    form = reference_network(2, (8, 8))
    whole = found(polygon_patterns(form, SQUARE))
    monkeypatch.setattr(polygons, "CHUNK", 3)
    pieces = list(polygon_patterns(form, SQUARE))
    assert len(pieces) == len(whole) and found(pieces).keys() == whole.keys()


@pytest.mark.parametrize(("offset", "count"), [(1e-7, 3), (1e-11, 2)])
def test_slivers(offset, count):
    form = NormalForm(
        A=[[1, 0], [1, 0]], B=np.zeros((2, 2)), b=[0, -offset], C=[[0, 0]], D=[[1, 1]], e=[0], slopes=[0, 0]
    )
    assert len(found(polygon_patterns(form, SQUARE))) == count


def test_weights_that_cancel_are_zero():
    form = networks.cancelling_form()
    assert_same(form, SQUARE)
    assert len(found(polygon_patterns(form, SQUARE))) == 5


def test_auto_takes_polygons_where_it_can():
    form = networks.random_form(0, (2, 4, 1))
    for domain in (SQUARE, Box([-1, 0], [1, 0]), None):
        auto, programs = (
            {region.pattern.tobytes() for region in linear_regions(form, domain, method=method)}
            for method in ("auto", "linear programs")
        )
        assert auto == programs
    assert len(list(linear_regions(form.exact(), SQUARE))) == len(list(linear_regions(form, SQUARE)))


def test_other_dimensions_are_refused():
    with pytest.raises(ShapeError, match="polygons need 2 dimensions, but the network has 3 inputs"):
        list(polygon_patterns(networks.random_form(0, (3, 1, 1)), SQUARE))
    with pytest.raises(InvalidValueError, match="method 'polygons' needs two inputs"):
        linear_regions(networks.random_form(0, (3, 1, 1)), Box([0] * 3, [1] * 3), method="polygons")
