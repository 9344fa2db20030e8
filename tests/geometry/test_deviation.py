"""Bounds of the difference of two networks against every linear region, and against sampling."""

from fractions import Fraction

import networks
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from prelu_rules.errors import InvalidValueError, ShapeError
from prelu_rules.geometry.box import Box
from prelu_rules.geometry.deviation import deviation_bounds, probes
from prelu_rules.geometry.difference import difference
from prelu_rules.geometry.propagation import bounds_on
from prelu_rules.geometry.ranges import output_ranges, unit_ranges
from prelu_rules.geometry.relaxation import line_above, line_below

small = networks.widths.filter(lambda widths: 1 <= sum(widths[1:-1]) <= 6)


def box_of(n_inputs):
    return Box(-np.ones(n_inputs), np.linspace(0.5, 2, n_inputs))


def largest(form, other, domain):
    """Exact but for rounding, region by region."""
    ranges = output_ranges(difference(form, other).form, domain)
    return np.maximum(np.abs(ranges.lower), np.abs(ranges.upper))


def with_fewer_units(form, seed):
    rng = np.random.default_rng(seed)
    units = rng.permutation(form.n_units)[: rng.integers(1, form.n_units + 1)]
    return form.eliminate(units, rng.uniform(0, 1, len(units)), rng.uniform(-0.5, 0.5, len(units)))


@given(networks.seeds, small)
def test_the_difference_of_two_networks(seed, widths):
    form = networks.random_form(seed, widths)
    other = with_fewer_units(form, seed)
    parts = difference(form, other)
    x = np.random.default_rng(seed).normal(size=(10, widths[0]))
    found = other.evaluate(x) - form.evaluate(x)
    np.testing.assert_allclose(parts.form.evaluate(x), found, atol=1e-9 * (1 + np.abs(form.evaluate(x)).max()))
    paired = parts.partners >= 0
    assert (parts.form.slopes[paired] == parts.form.slopes[parts.partners[paired]]).all()


def test_units_that_both_networks_have_are_shared():
    form = networks.random_form(0, (3, 4, 2, 1))
    parts = difference(form, form.eliminate([3], 0.5))
    # Three units of the first layer see the same, the two after it something close.
    assert parts.form.n_units == 6 + 2 and parts.partners.tolist() == [-1] * 6 + [4, 5]
    assert difference(form, form).form.n_units == 6


@given(networks.seeds, small)
def test_bounds_hold_what_units_and_outputs_can_be(seed, widths):
    form, domain = networks.random_form(seed, widths), box_of(widths[0])
    bounds, units, outputs = bounds_on(form, domain), unit_ranges(form, domain), output_ranges(form, domain)
    size = 1e-9 * (1 + np.abs(outputs.upper).max() + np.abs(units.upper).max())
    assert (bounds.lower <= units.lower + size).all() and (bounds.upper >= units.upper - size).all()
    assert (bounds.output_lower <= outputs.lower + size).all() and (bounds.output_upper >= outputs.upper - size).all()
    # The first block is affine in the inputs, so its bounds are its ranges.
    first = form.blocks[0]
    np.testing.assert_allclose(bounds.lower[first], units.lower[first], atol=size)
    np.testing.assert_allclose(bounds.upper[first], units.upper[first], atol=size)


@given(st.floats(-2, 2), st.floats(-2, 2), st.floats(-3, 3), st.floats(0, 3))
def test_lines_are_above_and_below(negative, positive, lower, width):
    upper = lower + width
    w = np.append(np.linspace(lower, upper, 101), 0 if lower < 0 < upper else lower)
    values = np.where(w >= 0, positive * w, negative * w)
    above = line_above([negative], [positive], np.array([lower]), np.array([upper]))
    below = line_below([negative], [positive], np.array([lower]), np.array([upper]))
    assert (above[0] * w + above[1] >= values - 1e-12).all() and (below[0] * w + below[1] <= values + 1e-12).all()
    if lower >= 0 or upper <= 0:
        np.testing.assert_allclose(above[0] * w + above[1], values, atol=1e-12)


@given(networks.seeds, small)
def test_the_bounds_of_a_difference_hold_and_are_attained(seed, widths):
    form, domain = networks.random_form(seed, widths), box_of(widths[0])
    other = with_fewer_units(form, seed)
    truth = largest(form, other, domain)
    size = 1e-6 * (1 + truth)
    loose = deviation_bounds(form, other, domain, method="propagation")
    tight = deviation_bounds(form, other, domain, method="milp")
    for found in (loose, tight):
        assert (found.upper >= truth - size).all() and (found.lower <= truth + size).all()
        for k, at in enumerate(found.at):
            assert domain.contains(at)
            x = np.array([Fraction(v) for v in at], dtype=object)
            exact = abs(form.exact().evaluate(x)[k] - other.exact().evaluate(x)[k])
            assert Fraction(found.lower[k]) <= exact <= Fraction(found.upper[k])
    assert (tight.upper <= loose.upper).all()
    np.testing.assert_allclose(tight.upper, truth, atol=1e-3 * (1 + truth.max()))


def test_close_networks_have_close_bounds():
    """The bound of the difference is far below the sum of the ranges: units are paired."""
    form, domain = networks.random_form(0, (4, 8, 8, 1), slopes=(0.5,)), box_of(4)
    other = form.eliminate([0], 0.75)
    bound = deviation_bounds(form, other, domain, method="propagation").upper[0]
    truth = largest(form, other, domain)[0]
    ranges = output_ranges(form, domain)
    assert truth <= bound <= 5 * truth and bound < 0.5 * (ranges.upper - ranges.lower)[0]


def test_probes_are_the_corners_and_more():
    rows = probes(Box([0, 1], [2, 3]))
    assert {(0, 1), (0, 3), (2, 1), (2, 3), (1, 2)} <= {tuple(row) for row in rows.tolist()}


def test_bad_use_is_named():
    form = networks.random_form(0, (2, 3, 1))
    with pytest.raises(InvalidValueError, match="method is 'guess'"):
        deviation_bounds(form, form, box_of(2), method="guess")
    with pytest.raises(InvalidValueError, match="time_limit is 0"):
        deviation_bounds(form, form, box_of(2), time_limit=0)
    with pytest.raises(ShapeError, match="the networks have 2 and 3 inputs"):
        difference(form, networks.random_form(0, (3, 1)))
    with pytest.raises(ShapeError, match="the domain has 3 dimensions, but the network has 2 inputs"):
        bounds_on(form, box_of(3))
