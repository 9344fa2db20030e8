import itertools
import math

import networks
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from reference_networks import reference_network
from scipy.optimize import linprog

from prelu_rules.domains.box import Box
from prelu_rules.errors import ShapeError
from prelu_rules.geometry.pattern_count import count_patterns
from prelu_rules.geometry.patterns import reachable_patterns
from prelu_rules.network.normal_form import NormalForm


def patterns_of(form, domain=None):
    return [pattern.signs.tolist() for pattern in reachable_patterns(form, domain)]


def has_interior(form, pattern, domain):
    """The obvious way: a ball of radius above 0 fits between all hyperplanes of one sign pattern."""
    z, _ = form.affine_on(pattern)
    signs = np.where(pattern, 1.0, -1.0)
    lengths = np.linalg.norm(z.coef, axis=1)
    if ((lengths == 0) & (signs * z.intercept < 0)).any() or ((lengths == 0) & ~pattern & (z.intercept == 0)).any():
        return False
    rows = np.hstack([-signs[:, None] * z.coef, lengths[:, None]])[lengths > 0]
    limits = (signs * z.intercept)[lengths > 0]
    bounds = [(None, None)] * form.n_inputs + [(None, 1)]
    if domain is not None:
        bounds = [*zip(domain.lower, domain.upper, strict=True), (None, 1)]
    found = linprog([*np.zeros(form.n_inputs), -1], A_ub=rows, b_ub=limits, bounds=bounds, method="highs")
    return found.status == 0 and -found.fun > 1e-7


@given(networks.seeds, networks.widths.filter(lambda widths: 1 <= sum(widths[1:-1]) <= 6), st.booleans())
def test_patterns_are_those_whose_region_has_an_interior(seed, widths, bounded):
    form = networks.random_form(seed, widths)
    domain = Box(-np.ones(widths[0]), np.ones(widths[0])) if bounded else None
    expected = [p.tolist() for p in networks.all_patterns(form.n_units) if has_interior(form, p, domain)]
    assert patterns_of(form, domain) == expected


@given(networks.seeds, st.integers(1, 3), st.integers(1, 5))
def test_planes_in_general_position_cut_space_into_a_known_number_of_regions(seed, dimension, n_units):
    """Zaslavsky's formula: `n` hyperplanes make `C(n, 0) + ... + C(n, d)` regions."""
    form = networks.random_form(seed, (dimension, n_units, 1))
    assert count_patterns(form) == len(patterns_of(form)) == sum(math.comb(n_units, k) for k in range(dimension + 1))


@given(networks.seeds, st.lists(st.integers(1, 3), min_size=1, max_size=3), st.booleans())
def test_networks_without_biases_and_with_weights_of_one(seed, hidden, bounded):
    """Units of such networks coincide, vanish and meet in one point."""
    rng = np.random.default_rng(seed)
    widths = (2, *hidden, 1)
    kernels = [rng.integers(-1, 2, shape) for shape in itertools.pairwise(widths)]
    slopes = [rng.choice([0.0, 0.5], width) for width in hidden]
    form = NormalForm.from_layers(kernels, [np.zeros(width) for width in widths[1:]], slopes)
    domain = Box([-1, -1], [1, 1]) if bounded else None
    found = patterns_of(form, domain)
    expected = [p.tolist() for p in networks.all_patterns(form.n_units) if has_interior(form, p, domain)]
    assert found == expected
    assert {tuple(p) for p in form.pattern(rng.uniform(-1, 1, (200, 2))).tolist()} <= {tuple(p) for p in found}


@pytest.mark.parametrize(("dimension", "widths", "count"), [(2, (16, 16), 345), (4, (10, 10), 1758)])
def test_known_counts_of_regions(dimension, widths, count):
    form = reference_network(dimension, widths)
    assert sum(1 for _ in reachable_patterns(form, Box(-np.ones(dimension), np.ones(dimension)))) == count


@given(st.lists(st.integers(-5, 5), min_size=1, max_size=6))
def test_on_a_line_the_patterns_are_the_gaps_between_the_bends(bends):
    form = NormalForm.from_layers(
        [[[1.0] * len(bends)], [[1.0]] * len(bends)], [-np.array(bends), [0]], [[0] * len(bends)]
    )
    points = sorted(set(bends))
    middles = [points[0] - 1, *((a + b) / 2 for a, b in itertools.pairwise(points)), points[-1] + 1]
    assert sorted(patterns_of(form)) == sorted(form.pattern([middle]).tolist() for middle in middles)


@pytest.mark.parametrize(
    ("A", "b", "count"),
    [
        ([[1, 0], [1, 0]], [0, 0], 2),  # the same unit twice
        ([[1, 0], [-1, 0]], [0, 0], 2),  # and negated
        ([[1, 0], [0, 0]], [0, 0], 2),  # a dead unit, exactly on its bend
        ([[1, 1], [1, -1], [1, 0]], [0, 0, 0], 6),  # three lines through the origin
        ([[1, 1], [1, 0]], [-2, -1], 1),  # lines that touch the box in a corner or along a side
        ([[1e-12, 0], [0, 1e12]], [0, 0], 4),  # how long the weights are does not matter
        ([[1, 0], [1, 0]], [0, -1e-7], 3),  # a thin sliver is a region
        ([[1, 0], [1, 0]], [0, -1e-11], 3),  # however thin, if an output shows it
        ([[1, 0], [1, 0]], [0, -1e-15], 2),  # one that only rounding makes is none
    ],
)
def test_degenerate_units(A, b, count):
    n = len(b)
    form = NormalForm(A=A, B=np.zeros((n, n)), b=b, C=[[0, 0]], D=[[1] * n], e=[0], slopes=[0.5] * n)
    box = Box([-1, -1], [1, 1])
    assert count_patterns(form, box) == len(patterns_of(form, box)) == count


def test_weights_that_cancel_are_zero():
    """0.1 * 3 is not 0.3 in floats: what is left of their difference cuts nothing."""
    form = networks.cancelling_form()
    # Where both inputs are negative the third unit is 0, where both are positive it bends.
    assert patterns_of(form) == [
        [False, False, True],
        [False, True, False],
        [True, False, True],
        [True, True, False],
        [True, True, True],
    ]


@given(networks.seeds, networks.widths.filter(lambda widths: 1 <= sum(widths[1:-1]) <= 8))
def test_each_input_meets_exactly_one_leaf_of_the_tree(seed, widths):
    form = networks.random_form(seed, widths)
    domain = Box(-np.ones(widths[0]), np.ones(widths[0]))
    x = np.random.default_rng(seed).uniform(-1, 1, (30, widths[0]))
    met = np.zeros(len(x), dtype=int)
    for pattern in reachable_patterns(form, domain):
        z = x @ pattern.pre_activations[:, :-1].T + pattern.pre_activations[:, -1]
        met += (((z >= 0) == pattern.signs) | ~pattern.decides).all(axis=1)
    assert (met == 1).all()


def test_a_constant_input_is_no_dimension():
    form = NormalForm(A=[[1, 0], [0, 1]], B=np.zeros((2, 2)), b=[0, -5], C=[[0, 0]], D=[[1, 1]], e=[0], slopes=[0, 0])
    assert patterns_of(form, Box([-1, 5], [1, 5])) == [[False, True], [True, True]]


def test_exact_forms_have_the_same_patterns():
    form = networks.random_form(3, (2, 3, 2, 1))
    pairs = zip(reachable_patterns(form), reachable_patterns(form.exact()), strict=True)
    for rounded, exact in pairs:
        np.testing.assert_array_equal(rounded.signs, exact.signs)
        np.testing.assert_allclose(rounded.pre_activations, exact.pre_activations.astype(float), rtol=1e-9, atol=1e-9)


def test_another_dimension_is_named():
    with pytest.raises(ShapeError, match="the domain has 1 dimensions, but the network has 2 inputs"):
        patterns_of(networks.random_form(0, (2, 1, 1)), Box([0], [1]))


def test_the_solver_keeps_quiet(capfd):
    patterns_of(networks.random_form(0, (2, 3, 1)))
    assert capfd.readouterr().out == ""


@pytest.mark.parametrize("width", [10.0, 1e6, 1e9, 3e9, 1e12])
def test_a_hat_on_a_wide_box(width):
    """Bends at 0, 1 and 2, however wide the domain is: the hat between them is 1 high."""
    form = NormalForm(
        A=[[1, 0]] * 3, B=np.zeros((3, 3)), b=[0, -1, -2], C=[[0, 0]], D=[[1, -2, 1]], e=[0], slopes=[0] * 3
    )
    box = Box([-width, 0], [width, 1])
    expected = [[False] * 3, [True, False, False], [True, True, False], [True] * 3]
    assert patterns_of(form, box) == patterns_of(form.exact(), box) == expected


@pytest.mark.parametrize("domain", [Box([-1, -1], [1, 1]), None])
def test_every_bend_of_an_exact_network_counts(domain):
    form = NormalForm(
        A=[[1, 1], [1, 1]], B=np.zeros((2, 2)), b=[0, 1e-20], C=[[0, 0]], D=[[1, 1]], e=[0], slopes=[0, 0]
    )
    assert len(patterns_of(form.exact(), domain)) == 3
    assert len(patterns_of(form, domain)) == 2


def test_thousands_of_units():
    """The search does not recurse."""
    n = 3000
    form = NormalForm(
        A=np.ones((n, 1)), B=np.zeros((n, n)), b=-np.arange(n), C=[[0]], D=np.ones((1, n)), e=[0], slopes=[0.9999] * n
    )
    first = next(reachable_patterns(form, Box([-1], [n])))
    assert not first.signs.any()
