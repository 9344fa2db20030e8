import networks
import numpy as np
import pytest
from hypothesis import given
from scipy.optimize import linprog

from prelu_rules.domains.box import Box
from prelu_rules.domains.polytope import Polytope
from prelu_rules.errors import InvalidValueError, LimitError
from prelu_rules.geometry.patterns import reachable_patterns
from prelu_rules.geometry.ranges import output_ranges, unit_ranges

small = networks.widths.filter(lambda widths: 1 <= sum(widths[1:-1]) <= 6)


def box_of(n_inputs):
    return Box(-np.ones(n_inputs), np.linspace(1, 3, n_inputs))


def by_linear_programs(form, domain):
    """The smallest and largest outputs, with two linear programs for each region and output."""
    lower, upper = np.full(form.n_outputs, np.inf), np.full(form.n_outputs, -np.inf)
    bounds = list(zip(domain.lower, domain.upper, strict=True))
    for pattern in reachable_patterns(form, domain):
        z, y = form.affine_on(pattern.signs)
        signs = np.where(pattern.signs, 1.0, -1.0)
        A, b = -signs[:, None] * z.coef, signs * z.intercept
        for k in range(form.n_outputs):
            least, most = (linprog(s * y.coef[k], A_ub=A, b_ub=b, bounds=bounds, method="highs").fun for s in (1, -1))
            lower[k] = min(lower[k], least + y.intercept[k])
            upper[k] = max(upper[k], -most + y.intercept[k])
    return lower, upper


@given(networks.seeds, small)
def test_ranges_are_those_of_linear_programs_and_are_attained(seed, widths):
    form, domain = networks.random_form(seed, widths), box_of(widths[0])
    ranges = output_ranges(form, domain)
    lower, upper = by_linear_programs(form, domain)
    size = 1e-7 * (1 + np.abs(lower).max() + np.abs(upper).max())
    np.testing.assert_allclose(ranges.lower, lower, atol=size)
    np.testing.assert_allclose(ranges.upper, upper, atol=size)
    outputs = np.arange(form.n_outputs)
    np.testing.assert_array_equal(form.predict(ranges.at_lower)[outputs, outputs], ranges.lower)
    np.testing.assert_array_equal(form.predict(ranges.at_upper)[outputs, outputs], ranges.upper)
    for points in (ranges.at_lower, ranges.at_upper):
        assert ((points >= domain.lower) & (points <= domain.upper)).all()


@given(networks.seeds, small)
def test_ranges_of_units_hold_what_they_see(seed, widths):
    form, domain = networks.random_form(seed, widths), box_of(widths[0])
    ranges = unit_ranges(form, domain)
    x = np.random.default_rng(seed).uniform(domain.lower, domain.upper, (300, widths[0]))
    z = form.pre_activations(x)
    size = 1e-9 * (1 + np.abs(z).max())
    assert (z >= ranges.lower - size).all() and (z <= ranges.upper + size).all()
    units = np.arange(form.n_units)
    np.testing.assert_allclose(form.pre_activations(ranges.at_lower)[units, units], ranges.lower, atol=1e3 * size)
    np.testing.assert_allclose(form.pre_activations(ranges.at_upper)[units, units], ranges.upper, atol=1e3 * size)


def test_equations_and_points():
    form = networks.random_form(0, (2, 3, 1))
    line = output_ranges(form, Polytope.one_hot(Box([0, 0], [1, 1]), [[0, 1]]))
    share = np.linspace(0, 1, 1001)
    y = form.predict(np.stack([share, 1 - share], axis=1))
    np.testing.assert_allclose([line.lower[0], line.upper[0]], [y.min(), y.max()], atol=1e-2)
    point = output_ranges(form, Box([0.5, 2], [0.5, 2]))
    assert point.lower == point.upper == form.predict([0.5, 2])
    assert len(unit_ranges(networks.random_form(0, (2, 1)), Box([0, 0], [1, 1])).lower) == 0


def test_limits_are_named():
    form = networks.random_form(0, (2, 6, 1))
    with pytest.raises(LimitError, match="there are more than max_regions=3 regions"):
        output_ranges(form, box_of(2), max_regions=3)
    with pytest.raises(InvalidValueError, match="ranges over all inputs are unbounded; give a domain"):
        output_ranges(form, None)
