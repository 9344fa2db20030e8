"""The compiled test of each inequality against one linear program each."""

from itertools import pairwise

import networks
import numpy as np
import pytest
from hypothesis import given
from reference_networks import reference_network

from prelu_rules.domains.box import Box
from prelu_rules.domains.domain import frame_of
from prelu_rules.domains.linear_program import CellProgram
from prelu_rules.domains.polytope import Polytope
from prelu_rules.geometry.cells import Patterns
from prelu_rules.geometry.facets import facets
from prelu_rules.geometry.regions import linear_regions
from prelu_rules.geometry.simplex import simplex_patterns
from prelu_rules.network.normal_form import NormalForm
from prelu_rules.tolerances import CUT

pytestmark = pytest.mark.slow

small = networks.widths.filter(lambda widths: 1 <= sum(widths[1:-1]) <= 9)


def by_linear_programs(form, frame, signs, decides):
    z, _ = form.affine_on(signs)
    rows = np.where(signs, 1.0, -1.0)[:, None] * np.hstack([z.coef, z.intercept[:, None]])
    units = np.flatnonzero(decides)
    cell = CellProgram(frame)
    for unit in units:
        cell.push(rows[unit, :-1], rows[unit, -1])
    kept = np.zeros(len(signs), dtype=bool)
    for place in reversed(range(len(units))):
        cell.relax(place)
        row = rows[units[place]]
        kept[units[place]] = cell.reach(-row[:-1], -row[-1]) > CUT
        if kept[units[place]]:
            cell.restore(place)
    return kept


def assert_same(form, domain):
    frame = frame_of(domain, form.n_inputs)
    for batch in simplex_patterns(form, frame):
        bounds, functions = facets(form, frame, batch)
        row = 0
        for signs, decides, kept in zip(batch.signs, batch.decides, bounds, strict=True):
            np.testing.assert_array_equal(kept, by_linear_programs(form, frame, signs, decides))
            z, _ = form.affine_on(signs)
            expected = np.hstack([z.coef, z.intercept[:, None]])[kept]
            size = np.abs(expected).max(initial=1)
            np.testing.assert_allclose(functions[row : row + kept.sum()], expected, atol=1e-9 * size)
            row += int(kept.sum())
        assert row == len(functions)


@given(networks.seeds, small)
def test_random_networks(seed, widths):
    assert_same(networks.random_form(seed, widths), Box(-np.ones(widths[0]), 3 * np.ones(widths[0])))


@given(networks.seeds, small.filter(lambda widths: widths[0] >= 2))
def test_on_a_simplex(seed, widths):
    domain = Polytope.one_hot(Box(np.zeros(widths[0]), np.ones(widths[0])), [range(widths[0])])
    assert_same(networks.random_form(seed, widths), domain)


@given(networks.seeds, small)
def test_degenerate_networks(seed, widths):
    """Hyperplanes that only touch a cell, in a corner where many meet, do not bound it."""
    rng = np.random.default_rng(seed)
    kernels = [rng.integers(-1, 2, shape).astype(float) for shape in pairwise(widths)]
    slopes = [rng.choice([0.0, 0.5, -1.0], width) for width in widths[1:-1]]
    form = NormalForm.from_layers(kernels, [rng.integers(-1, 2, width) for width in widths[1:]], slopes)
    assert_same(form, Box(-np.ones(widths[0]), np.ones(widths[0])))


@pytest.mark.parametrize(("dimension", "widths"), [(2, (16, 16)), (3, (8, 8)), (6, (6, 6))])
def test_reference_networks(dimension, widths):
    assert_same(reference_network(dimension, widths), Box(-np.ones(dimension), np.ones(dimension)))


@given(networks.seeds, small)
def test_what_is_known_from_the_pattern_before_changes_nothing(seed, widths):
    """In their order patterns share most of their rows with the one before; shuffled, or one by one, they do not."""
    form = networks.random_form(seed, widths)
    frame = frame_of(Box(-np.ones(widths[0]), np.ones(widths[0])), widths[0])
    rng = np.random.default_rng(seed)
    for batch in simplex_patterns(form, frame):
        bounds, _ = facets(form, frame, batch)
        order = rng.permutation(len(bounds))
        np.testing.assert_array_equal(facets(form, frame, Patterns(*(a[order] for a in batch)))[0], bounds[order])
        for number in order[:10]:
            alone = Patterns(*(a[number : number + 1] for a in batch))
            np.testing.assert_array_equal(facets(form, frame, alone)[0][0], bounds[number])


@given(networks.seeds, small)
def test_both_ways_to_the_conditions_of_a_region_agree(seed, widths):
    form, box = networks.random_form(seed, widths), Box(-np.ones(widths[0]), np.ones(widths[0]))
    ours, theirs = (linear_regions(form, box, method=method) for method in ("simplex", "linear programs"))
    for left, right in zip(ours, theirs, strict=True):
        for a, b in zip(left.conditions(), right.conditions(), strict=True):
            np.testing.assert_allclose(a, b, atol=1e-9 * np.abs(b).max(initial=1))
