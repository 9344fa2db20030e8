"""Polygons against linear programs, which know no corners, and against the simplex search."""

from itertools import pairwise

import networks
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from reference_networks import reference_network

from prelu_rules.domains.box import Box
from prelu_rules.domains.domain import frame_of
from prelu_rules.domains.frame import Frame
from prelu_rules.domains.polytope import Polytope
from prelu_rules.errors import InvalidValueError
from prelu_rules.geometry.patterns import reachable_patterns
from prelu_rules.geometry.planar import layer_functions, polygons
from prelu_rules.geometry.planar.polygons import planar_patterns
from prelu_rules.geometry.proofs.exact import ExactCell
from prelu_rules.geometry.proofs.exact_patterns import ExactPart, exact_patterns
from prelu_rules.geometry.simplex import simplex_patterns
from prelu_rules.network.normal_form import NormalForm

SQUARE = Box([-1, -1], [1, 1])


def found(form, domain, least=None):
    batches = list(planar_patterns(form, frame_of(domain, form.n_inputs), None if least is None else lambda: least))
    return [np.concatenate([getattr(batch, name) for batch in batches]) for name in ("signs", "decides", "outputs")]


def assert_same(form, domain):
    signs, decides, outputs = found(form, domain)
    expected = list(reachable_patterns(form, domain))
    assert signs.tolist() == [pattern.signs.tolist() for pattern in expected]
    assert decides.tolist() == [pattern.decides.tolist() for pattern in expected]
    by_simplex = list(simplex_patterns(form, frame_of(domain, form.n_inputs)))
    assert signs.tolist() == np.concatenate([batch.signs for batch in by_simplex]).tolist()
    for pattern, output in zip(signs, outputs, strict=True):
        units, affine = form.affine_on(pattern)
        size = 1 + np.abs(form.D).max(initial=0) * np.abs(units.coef).max(initial=0)
        np.testing.assert_allclose(output[:, :-1], affine.coef, rtol=1e-9, atol=1e-9 * size)
        np.testing.assert_allclose(output[:, -1], affine.intercept, rtol=1e-9, atol=1e-9 * size)


layers = st.tuples(st.lists(st.integers(1, 6), min_size=1, max_size=3), st.integers(1, 2)).map(
    lambda shape: (2, *shape[0], shape[1])
)


@given(networks.seeds, layers)
def test_random_networks(seed, widths):
    lower = np.random.default_rng(seed).uniform(-3, 0, 2)
    assert_same(networks.random_form(seed, widths), Box(lower, lower + np.array([0.5, 50])))


@given(networks.seeds, layers)
def test_degenerate_networks(seed, widths):
    """Lines through one point, twice the same, dead units: weights of -1, 0 and 1, biases of 0."""
    rng = np.random.default_rng(seed)
    kernels = [rng.integers(-1, 2, shape).astype(float) for shape in pairwise(widths)]
    biases = [np.zeros(width) for width in widths[1:]]
    slopes = [rng.choice([0.0, 1.0, 0.5, -1.0], width) for width in widths[1:-1]]
    assert_same(NormalForm.from_layers(kernels, biases, slopes), SQUARE)


@given(networks.seeds, st.integers(3, 9))
def test_units_that_use_any_earlier_units(seed, n):
    """Links across layers, and inputs that reach every unit and the output."""
    rng = np.random.default_rng(seed)
    B = np.tril(rng.normal(size=(n, n)), -1) * (rng.random((n, n)) < 0.3)
    form = NormalForm(
        A=rng.normal(size=(n, 2)) * (rng.random((n, 2)) < 0.7),
        B=B,
        b=rng.normal(size=n),
        C=rng.normal(size=(2, 2)),
        D=rng.normal(size=(2, n)),
        e=rng.normal(size=2),
        slopes=rng.choice(networks.SLOPES, n),
    )
    assert_same(form, SQUARE)


@given(networks.seeds, st.integers(1, 4), st.integers(3, 5), st.booleans())
def test_planes_in_more_dimensions(seed, n_constraints, n_inputs, flat):
    """Boxes that are constant in all inputs but two, and polytopes whose equations leave two dimensions."""
    rng = np.random.default_rng(seed)
    form = networks.random_form(seed, (n_inputs, 5, 3, 1))
    inside = rng.uniform(-0.5, 0.5, n_inputs)
    if flat:
        keep = np.zeros(n_inputs)
        keep[rng.choice(n_inputs, 2, replace=False)] = 1
        box, n_equal = Box(inside - keep, inside + keep), 0
    else:
        box, n_equal = Box(-np.ones(n_inputs), np.ones(n_inputs)), n_inputs - 2
    coef = rng.integers(-2, 3, (n_equal + n_constraints, n_inputs)) + np.eye(n_equal + n_constraints, n_inputs) / 8
    equal = np.arange(len(coef)) < n_equal
    domain = Polytope(box, coef, coef @ inside + np.where(equal, 0, rng.uniform(0.05, 0.5, len(coef))), equal)
    assert frame_of(domain, n_inputs).n_coordinates == 2
    assert_same(form, domain)


@pytest.mark.parametrize(("widths", "count"), [((16, 16), 345), ((32, 32), 1142), ((32, 32, 32), 2121)])
def test_known_counts(widths, count):
    assert len(found(reference_network(2, widths), SQUARE)[0]) == count


def test_a_network_without_units_is_one_region():
    form = NormalForm(np.empty((0, 2)), np.empty((0, 0)), [], [[1, 2]], np.empty((1, 0)), [3], [])
    signs, _, outputs = found(form, SQUARE)
    assert signs.shape == (1, 0) and outputs.tolist() == [[[1, 2, 3]]]


def test_small_batches_short_stacks_and_frequent_stops_find_the_same(monkeypatch):
    form = reference_network(2, (16, 16))
    whole = found(form, SQUARE)
    monkeypatch.setattr(polygons, "BATCH", 3)
    monkeypatch.setattr(polygons, "CORNERS", 1)
    monkeypatch.setattr(polygons, "WORK", 5)
    monkeypatch.setattr(polygons, "ROOM", 8)
    sizes = [len(batch) for batch in planar_patterns(form, Frame.of_box(SQUARE))]
    assert max(sizes) <= 3 and 0 in sizes
    for ours, theirs in zip(whole, found(form, SQUARE), strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_corrections_add_up_to_fresh_sums():
    """A thousand regions, of which each map was corrected up to FRESH times, against the maps of their patterns."""
    form = reference_network(2, (32, 32))
    signs, _, outputs = found(form, SQUARE)
    assert len(signs) > 10 * layer_functions.FRESH
    expected = np.array([np.column_stack([m.coef, m.intercept]) for m in (form.affine_on(s)[1] for s in signs)])
    np.testing.assert_allclose(outputs, expected, rtol=0, atol=1e-12 * np.abs(expected).max())


def test_the_polygon_of_a_pattern_is_its_cell():
    """Every corner satisfies all of the cell's rows, and lies on the two rows of its edges; areas add up."""
    form = reference_network(2, (8, 8))
    domain = Polytope(Box([-1, 0], [1, 3]), [[1, 1]], [2])
    frame = frame_of(domain, 2)
    for batch in planar_patterns(form, frame):
        for number in range(len(batch)):
            own = batch.part(number, number + 1)
            z, _ = form.affine_on(own.signs[0])
            halfspaces = []
            for unit in np.flatnonzero(own.decides[0]):
                sign = 1 if own.signs[0, unit] else -1
                halfspaces.append(np.append(*frame.row(sign * z.coef[unit], sign * z.intercept[unit])))
            rows = np.vstack([frame.halfspaces, *halfspaces])
            values = own.corners @ rows[:, :-1].T + rows[:, -1]
            assert (values >= -1e-9).all()
            k = np.arange(len(own.edges))
            np.testing.assert_allclose(values[k, own.edges], 0, atol=1e-9)
            np.testing.assert_allclose(values[k, np.roll(own.edges, 1)], 0, atol=1e-9)


@pytest.mark.parametrize(("offset", "count"), [(1e-7, 3), (1e-11, 2)])
def test_slivers(offset, count):
    form = NormalForm(
        A=[[1, 0], [1, 0]], B=np.zeros((2, 2)), b=[0, -offset], C=[[0, 0]], D=[[1, 1]], e=[0], slopes=[0, 0]
    )
    assert len(found(form, SQUARE)[0]) == count
    assert len(found(form, SQUARE, np.full(2, 1e-15))[0]) == 3


HAT = NormalForm(A=[[1, 0]] * 3, B=np.zeros((3, 3)), b=[0, -1, -2], C=[[0, 0]], D=[[1, -2, 1]], e=[0], slopes=[0] * 3)


@pytest.mark.parametrize("least", [0.0, 1e-13])
@pytest.mark.parametrize("width", [2.5, 1e6, 1e9, 1e12, 1e15, 1e100])
def test_what_matters_counts_on_domains_of_any_width(width, least):
    """A hat of height 1 bends at 0, 1 and 2, wherever the domain ends."""
    signs, _, outputs = found(HAT, Box([-width, 0], [width, 1]), np.full(3, least))
    assert signs.astype(int).tolist() == [[0, 0, 0], [1, 0, 0], [1, 1, 0], [1, 1, 1]]
    assert outputs[:, 0].tolist() == [[0, 0, 0], [1, 0, 0], [-1, 0, 2], [0, 0, 0]]
    assert len(found(HAT, Box([0, 0], [width, 1]), np.full(3, least))[0]) == 3


def test_by_default_only_the_distance_counts():
    assert len(found(HAT, Box([-1e12, 0], [1e12, 1]))[0]) == 2


@given(networks.seeds, st.lists(st.integers(1, 5), min_size=1, max_size=2), st.booleans())
def test_with_nothing_negligible_the_patterns_are_those_of_integer_arithmetic(seed, widths, ternary):
    rng = np.random.default_rng(seed)
    shape = (2, *widths, 1)
    # Halves and quarters, so that sums have no rounding errors and exact zeros are frequent.
    draw = (lambda size: rng.integers(-1, 2, size)) if ternary else (lambda size: rng.integers(-8, 9, size) / 4)
    kernels = [draw(pair).astype(float) for pair in pairwise(shape)]
    biases = [draw(width).astype(float) * (not ternary) for width in shape[1:]]
    form = NormalForm.from_layers(kernels, biases, [rng.choice([0.0, 0.5, -1.0], width) for width in widths])
    signs, _, _ = found(form, SQUARE, np.zeros(form.n_units))
    exact = exact_patterns(form.exact(), ExactPart(ExactCell.of_domain(SQUARE, 2), []))
    assert sorted(map(tuple, signs.tolist())) == sorted(tuple(pattern.signs) for pattern in exact)


@pytest.mark.parametrize("sign", [1, -1])
def test_weights_that_cancel_are_zero(sign):
    form = networks.cancelling_form(sign)
    assert_same(form, SQUARE)
    assert len(found(form, SQUARE)[0]) == 5


def test_a_constant_unit_has_the_sign_of_its_constant():
    form = NormalForm(
        A=[[0, 0]] * 3, B=np.zeros((3, 3)), b=[-1e-10, 0, 1e-10], C=[[0, 0]], D=[[1] * 3], e=[0], slopes=[0] * 3
    )
    assert found(form, SQUARE)[0].tolist() == [[False, True, True]]


@pytest.mark.parametrize(
    ("frame", "message"),
    [
        (Frame.of_box(Box([0], [1])), "the domain has 1 coordinates"),
        (Frame.of_everything(2), "and the bound inf; polygons need"),
    ],
)
def test_other_domains_are_refused(frame, message):
    form = NormalForm(np.zeros((0, 2)), np.zeros((0, 0)), [], [[0, 0]], np.zeros((1, 0)), [0], [])
    with pytest.raises(InvalidValueError, match=message):
        next(planar_patterns(form, frame))
