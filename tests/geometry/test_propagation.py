from fractions import Fraction

import networks
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from prelu_rules.domains.box import Box
from prelu_rules.errors import ShapeError
from prelu_rules.geometry.difference import difference
from prelu_rules.geometry.propagation import bounds_on
from prelu_rules.network.normal_form import NormalForm


def random_box(seed, n_inputs):
    rng = np.random.default_rng(seed)
    lower = rng.normal(size=n_inputs)
    return Box(lower, lower + rng.choice([0.0, 0.3, 2.0], size=n_inputs))


def interval_twin(form, box):
    """Interval arithmetic, unit by unit."""

    def spread(weights, lows, highs):
        return sum(min(w * lo, w * hi) for w, lo, hi in zip(weights, lows, highs, strict=True)), sum(
            max(w * lo, w * hi) for w, lo, hi in zip(weights, lows, highs, strict=True)
        )

    lows, highs, ranges = list(box.lower), list(box.upper), []
    for unit in range(form.n_units):
        weights = [*form.A[unit], *form.B[unit, :unit]]
        low, high = (form.b[unit] + end for end in spread(weights, lows, highs))
        ranges.append((low, high))
        ends = [z if z >= 0 else form.slopes[unit] * z for z in (low, high, min(max(0.0, low), high))]
        lows, highs = [*lows, min(ends)], [*highs, max(ends)]
    return np.array(ranges).reshape(-1, 2).T


@given(networks.seeds, networks.widths)
def test_bounds_hold_on_every_input_and_are_not_worse_than_intervals(seed, widths):
    form, box = networks.random_form(seed, widths), random_box(seed, widths[0])
    bounds = bounds_on(form, box)
    x = np.random.default_rng(seed).uniform(box.lower, box.upper, (500, widths[0]))
    z, y = form.pre_activations(x), form.predict(x)
    # The samples have rounding errors of their own.
    slack = 1e-10 * max(1.0, np.abs(y).max(initial=0), np.abs(z).max(initial=0))
    assert (bounds.lower - slack <= z).all() and (z <= bounds.upper + slack).all()
    assert (bounds.output_lower - slack <= y).all() and (y <= bounds.output_upper + slack).all()
    p = np.where(z >= 0, z, form.slopes * z)
    assert (bounds.below[0] * z + bounds.below[1] <= p + slack).all()
    assert (bounds.above[0] * z + bounds.above[1] >= p - slack).all()
    low, high = interval_twin(form, box)
    assert (bounds.lower >= low - slack).all() and (bounds.upper <= high + slack).all()


@given(networks.seeds, networks.widths)
def test_units_with_partners_are_bounded_by_their_difference(seed, widths):
    rng = np.random.default_rng(seed)
    form, box = networks.random_form(seed, widths), random_box(seed, widths[0])
    gone = np.flatnonzero(rng.random(form.n_units) < 0.3)
    parts = difference(form, form.eliminate(gone, rng.uniform(0, 1, len(gone)), rng.normal(size=len(gone))))
    bounds = bounds_on(parts.form, box, parts.partners)
    x = rng.uniform(box.lower, box.upper, (500, widths[0]))
    z, y, own = parts.form.pre_activations(x), parts.form.predict(x), parts.partners >= 0
    p = np.where(z >= 0, z, parts.form.slopes * z)
    argument, value = z - np.where(own, z[:, parts.partners], 0), p - np.where(own, p[:, parts.partners], 0)
    slack = 1e-10 * max(1.0, np.abs(y).max(initial=0), np.abs(z).max(initial=0))
    assert (bounds.lower - slack <= argument).all() and (argument <= bounds.upper + slack).all()
    assert (bounds.below[0] * argument + bounds.below[1] <= value + slack).all()
    assert (bounds.above[0] * argument + bounds.above[1] >= value - slack).all()
    assert (bounds.output_lower - slack <= y).all() and (y <= bounds.output_upper + slack).all()


@given(networks.seeds, networks.widths, st.booleans())
def test_bounds_at_a_point_hold_in_exact_arithmetic(seed, widths, paired):
    """On a box of no width all that is left is the margin for rounding, and it must be enough and small."""
    form = networks.random_form(seed, widths)
    parts = difference(form, form.eliminate(np.arange(min(1, form.n_units)), 0.7))
    form, partners = (parts.form, parts.partners) if paired else (form, None)
    x = np.random.default_rng(seed).normal(size=widths[0])
    bounds = bounds_on(form, Box(x, x), partners)
    exact = form.exact().predict(np.array([Fraction(v) for v in x], dtype=object))
    for low, value, high in zip(bounds.output_lower, exact, bounds.output_upper, strict=True):
        assert Fraction(low) <= value <= Fraction(high)
    sizes = np.maximum(1, np.abs(form.pre_activations(x)).max(initial=0)) * 10 ** len(widths)
    assert (bounds.output_upper - bounds.output_lower <= 1e-10 * sizes).all()


def test_bounds_of_one_layer_are_attained():
    """Before any unit there is but an affine function, and its bounds are its corners."""
    form, box = networks.random_form(3, (3, 4, 1)), Box([-1, 0, 2], [1, 3, 2])
    corners = np.array([[i, j, 2] for i in (-1, 1) for j in (0, 3)], dtype=float)
    z = form.pre_activations(corners)
    np.testing.assert_allclose(bounds_on(form, box).lower, z.min(axis=0), rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(bounds_on(form, box).upper, z.max(axis=0), rtol=1e-12, atol=1e-12)


@given(networks.seeds, networks.widths)
def test_sensitivity_is_the_most_that_an_output_changes(seed, widths):
    form, box = networks.random_form(seed, widths), random_box(seed, widths[0])
    sensitivity = bounds_on(form, box).sensitivity
    x = np.random.default_rng(seed).uniform(box.lower, box.upper, widths[0])
    y = form.predict(x)
    for unit in range(form.n_units):
        # A unit whose value is shifted by 1 adds its column to whatever reads it.
        shifted = NormalForm(
            form.A, form.B, form.b + form.B[:, unit], form.C, form.D, form.e + form.D[:, unit], form.slopes
        )
        change = np.abs(shifted.predict(x) - y)
        assert (change <= sensitivity[:, unit] * (1 + 1e-9) + 1e-9).all()


def test_the_exact_form_has_the_same_bounds():
    form, box = networks.random_form(5, (2, 4, 3, 2)), Box([-1, -1], [1, 1])
    assert bounds_on(form.exact(), box) == bounds_on(form, box)


def test_a_domain_of_another_dimension_is_named():
    with pytest.raises(ShapeError, match="the domain has 1 dimensions, but the network has 2 inputs"):
        bounds_on(networks.random_form(0, (2, 1)), Box([0], [1]))
