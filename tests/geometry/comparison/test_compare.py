"""`compare_networks` against every linear region of the difference, against samples, and at its limits."""

import re
from fractions import Fraction
from itertools import pairwise

import networks
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import prelu_rules as pr
from prelu_rules.domains.sampling import sampled
from prelu_rules.geometry.comparison import compare as module
from prelu_rules.geometry.difference import difference
from prelu_rules.geometry.proofs.exact import ExactCell
from prelu_rules.geometry.proofs.exact_patterns import ExactPart, exact_patterns
from prelu_rules.network.reading import ReadNetwork

WIDTHS = st.sampled_from([(1, 4, 3, 1), (2, 4, 2), (2, 3, 2, 1), (3, 3, 1), (2, 2, 2, 2, 1), (2, 1)])


def changed(form, seed, size=0.05):
    """The same network with slightly different weights and slopes, as after retraining."""
    rng = np.random.default_rng(seed + 1)
    arrays = {name: getattr(form, name) * (1 + size * rng.normal(size=getattr(form, name).shape)) for name in "AB"}
    return pr.NormalForm(
        **arrays,
        b=form.b + size * rng.normal(size=form.n_units),
        C=form.C,
        D=form.D + size * rng.normal(size=form.D.shape) * (form.D != 0),
        e=form.e + size * rng.normal(size=form.n_outputs),
        slopes=form.slopes + size * rng.normal(size=form.n_units) * (rng.random(form.n_units) < 0.5),
        labels=form.labels,
    )


def by_cells(form, other, domain):
    """The largest differences in exact arithmetic, region by region."""
    exact = difference(form.exact(), other.exact()).form
    largest = [Fraction(0)] * form.n_outputs
    for pattern in exact_patterns(exact, ExactPart(ExactCell.of_domain(domain, form.n_inputs), [])):
        outputs = exact.affine_on(pattern.signs)[1]
        for k in range(form.n_outputs):
            row = np.append(outputs.coef[k], outputs.intercept[k])
            largest[k] = max([largest[k], *(pattern.part.cell.maximum(side).value for side in (row, -row))])
    return largest


def exact_at(form, other, at):
    rows = np.array([[Fraction(v) for v in x] for x in at], dtype=object)
    return np.abs((form.exact().predict(rows) - other.exact().predict(rows)).diagonal())


@pytest.fixture
def only_boxes(monkeypatch):
    """Comparisons as for networks that are too large for exact arithmetic."""
    monkeypatch.setattr(module, "EXACT_UNITS", -1)


DOMAINS = {
    "box": lambda d: pr.Box(-np.ones(d), np.arange(d) + 0.5),
    "wide": lambda d: pr.Box(np.full(d, -1e6), np.full(d, 3e6)),
    "narrow": lambda d: pr.Box(np.full(d, 0.25), np.full(d, 0.25 + 1e-9)),
    "flat": lambda d: pr.Box(np.append(-np.ones(d - 1), 0.125), np.append(np.ones(d - 1), 0.125)),
    "half": lambda d: pr.Polytope(pr.Box(-np.ones(d), np.ones(d)), [np.ones(d)], [0.25]),
    "shares": lambda d: pr.Polytope.one_hot(pr.Box(np.zeros(d), np.ones(d)), [range(d)]),
}


@settings(max_examples=30, deadline=None)
@given(networks.seeds, WIDTHS, st.sampled_from(sorted(DOMAINS)))
def test_the_exact_comparison_is_the_largest_difference_of_all_regions(seed, widths, kind):
    form = networks.random_form(seed, widths)
    other, domain = changed(form, seed), DOMAINS[kind](widths[0])
    found = pr.compare_networks(form, other, domain)
    truth = by_cells(form, other, domain)
    assert found.exact and found.complete
    assert all(0 <= Fraction(u) - t <= t * Fraction(1, 2**52) for u, t in zip(found.upper, truth, strict=True))
    assert all(low <= value for low, value in zip(found.lower, exact_at(form, other, found.at), strict=True))
    assert (found.lower >= found.upper * (1 - 1e-6) - 1e-12).all()
    assert domain.contains(found.at).all()


@pytest.mark.slow
@settings(max_examples=25, deadline=None)
@given(networks.seeds, WIDTHS, st.sampled_from(sorted(DOMAINS)), st.sampled_from([0.0, 1e-6, 0.05, 1.0]))
def test_bounds_on_boxes_hold_and_are_as_close_as_asked_for(seed, widths, kind, size):
    form = networks.random_form(seed, widths)
    other, domain = changed(form, seed, size), DOMAINS[kind](widths[0])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "EXACT_UNITS", -1)
        found = pr.compare_networks(form, other, domain, tolerance=0.1, max_pieces=1500)
    truth = by_cells(form, other, domain)
    assert all(Fraction(u) >= t for u, t in zip(found.upper, truth, strict=True))
    assert all(low <= value for low, value in zip(found.lower, exact_at(form, other, found.at), strict=True))
    assert domain.contains(found.at).all()
    close = (
        found.upper <= 1.1 * np.array(truth, dtype=float) + 1.1e-9 * np.abs(form.predict(sampled(domain, 500))).max()
    )
    assert not found.complete or close.all()
    # In so few dimensions 1,500 boxes are plenty.
    assert found.complete


def layered(seed, widths=(3, 30, 30, 30, 2)):
    rng = np.random.default_rng(seed)
    kernels = [rng.normal(size=shape) / np.sqrt(shape[0]) for shape in pairwise(widths)]
    return kernels, [0.1 * rng.normal(size=width) for width in widths[1:]]


def relu(kernels, biases):
    return pr.NormalForm.from_layers(kernels, biases, [np.zeros(len(bias)) for bias in biases[:-1]])


def test_a_rounded_network_of_many_regions_is_bounded_within_a_factor_of_two():
    kernels, biases = layered(0)
    form = relu(kernels, biases)
    other = relu([kernel.astype(np.float16) for kernel in kernels], biases)
    domain = pr.Box([0, 0, 0], [1, 1, 1])
    found = pr.compare_networks(form, other, domain)
    rows = sampled(domain, 20_000)
    seen = np.abs(form.predict(rows) - other.predict(rows)).max(axis=0)
    assert not found.exact and found.complete
    assert (found.lower <= found.upper).all() and (found.upper <= 2.001 * found.lower).all()
    assert (seen <= found.upper).all()
    assert all(low <= value for low, value in zip(found.lower, exact_at(form, other, found.at), strict=True))
    # The bounds of the whole box at once are of no use here.
    assert (pr.compare_networks(form, other, domain, max_pieces=1).upper > 10 * found.upper).all()


def test_enough_ends_with_a_proof_or_a_counterexample():
    kernels, biases = layered(1)
    form, other = relu(kernels, biases), relu([np.round(kernel, 2) for kernel in kernels], biases)
    domain = pr.Box([0, 0, 0], [0.5, 0.5, 0.5])
    close = pr.compare_networks(form, other, domain)
    proven = pr.compare_networks(form, other, domain, enough=1.5 * close.upper.max())
    assert proven.complete and (proven.upper <= 1.5 * close.upper.max()).all()
    assert proven.n_pieces < close.n_pieces
    refuted = pr.compare_networks(form, other, domain, enough=0.9 * close.lower.max())
    assert refuted.complete and (refuted.lower > 0.9 * close.lower.max()).any()
    assert refuted.n_pieces < close.n_pieces


def test_limits_end_it_with_bounds_that_are_still_proven():
    kernels, biases = layered(2)
    form, other = relu(kernels, biases), relu([np.round(kernel, 2) for kernel in kernels], biases)
    domain = pr.Box([0, 0, 0], [1, 1, 1])
    before = np.full(2, np.inf)
    for pieces in (1, 20, 60):
        found = pr.compare_networks(form, other, domain, max_pieces=pieces)
        assert not found.complete and (found.upper <= before).all()
        assert "a limit was reached" in str(found) and "limit was reached" in found._repr_html_()
        before = found.upper
    late = pr.compare_networks(form, other, domain, time_limit=1e-9)
    assert not late.complete and late.n_pieces == 1 and (late.upper >= before).all()


def permuted(kernels, biases, seed):
    """The same function with the units of each layer in another order, and scaled by powers of two."""
    rng = np.random.default_rng(seed)
    kernels, biases = [kernel.copy() for kernel in kernels], [bias.copy() for bias in biases]
    for layer in range(len(kernels) - 1):
        order = rng.permutation(len(biases[layer]))
        scale = 2.0 ** rng.integers(-3, 4, len(order))
        kernels[layer] = (kernels[layer] * scale)[:, order]
        biases[layer] = (biases[layer] * scale)[order]
        kernels[layer + 1] = (kernels[layer + 1] / scale[:, None])[order]
    return kernels, biases


@pytest.mark.parametrize("domain", [None, pr.Box([-1, -1, -1], [1, 1, 1])])
def test_networks_that_differ_in_form_only_are_equal(domain):
    kernels, biases = layered(3)
    form = relu(kernels, biases)
    for other in (form, relu(*permuted(kernels, biases, 3))):
        found = pr.compare_networks(form, other, domain)
        assert found.equal and found.exact and found.complete and found.n_pieces == 0
        assert str(found).endswith("  out1: equal, proven\n  out2: equal, proven\n")
    nearly = pr.NormalForm(
        form.A, form.B, form.b, form.C, form.D, [*form.e[:1], form.e[1] + 1e-15], form.slopes, form.labels
    )
    assert not pr.compare_networks(form, nearly, domain, max_pieces=10).equal


def test_a_collapsed_network_is_equal_to_it_where_the_slopes_are_one():
    form = networks.random_form(5, (2, 4, 3, 2), slopes=(0.25, 1.0))
    # In floats the collapse rounds; in rationals it does not.
    collapsed = form.exact().eliminate(np.flatnonzero(form.slopes == 1), 1)
    assert pr.compare_networks(form, collapsed).equal
    rounded = pr.compare_networks(form, form.eliminate(np.flatnonzero(form.slopes == 1), 1), pr.Box([0, 0], [1, 1]))
    assert 0 < rounded.upper.max() < 1e-14


def test_equal_on_the_domain_but_not_elsewhere():
    form = pr.NormalForm([[1]], [[0]], [0], [[0]], [[1]], [0], slopes=[0])
    other = pr.NormalForm([[1], [1]], np.zeros((2, 2)), [0, -2], [[0]], [[1, 5]], [0], slopes=[0, 0])
    found = pr.compare_networks(form, other, pr.Box([-1], [2]))
    assert found.equal and found.n_pieces > 0
    assert pr.compare_networks(form, other, pr.Box([-1], [2.5])).upper == [2.5]


def test_a_difference_that_grows_without_bound():
    form = pr.NormalForm([[1]], [[0]], [0], [[0]], [[1]], [0], slopes=[0])
    other = pr.NormalForm([[1]], [[0]], [0], [[0]], [[2]], [0], slopes=[0])
    assert np.isinf(pr.compare_networks(form, other).upper)


def test_on_all_inputs_too_many_regions_leave_no_upper_bound():
    kernels, biases = layered(4)
    form, other = relu(kernels, biases), relu([np.round(kernel, 1) for kernel in kernels], biases)
    found = pr.compare_networks(form, other)
    assert np.isinf(found.upper).all() and not found.complete and (found.lower > 0).all()
    assert all(low <= value for low, value in zip(found.lower, exact_at(form, other, found.at), strict=True))


def test_a_table_and_rows_are_domains(only_boxes):
    form = networks.random_form(6, (2, 3, 1))
    other = changed(form, 6)
    by_box = pr.compare_networks(form, other, pr.Box([0, -1], [1, 1]))
    for domain in ([[0.0, -1.0], [1.0, 1.0]], {"a": [0.0, 1.0], "b": [-1.0, 1.0]}):
        found = pr.compare_networks(form, other, domain)
        assert (found.upper == by_box.upper).all() and found.domain == by_box.domain


def test_a_point_is_a_domain(only_boxes):
    form = networks.random_form(7, (2, 3, 1))
    other = changed(form, 7)
    found = pr.compare_networks(form, other, pr.Box([0.5, 0.25], [0.5, 0.25]))
    exact = exact_at(form, other, [[0.5, 0.25]])[0]
    assert found.lower[0] <= exact <= found.upper[0] and found.upper[0] - found.lower[0] < 1e-12
    assert found.n_pieces == 1


def test_how_it_is_shown():
    form = pr.NormalForm([[1]], [[0]], [0], [[0], [1]], [[1], [0]], [0, 0], slopes=[0])
    other = pr.NormalForm([[1]], [[0]], [0], [[0], [1]], [[3], [0]], [0, 0], slopes=[0])
    found = pr.compare_networks(form, other, pr.Box([-1], [2]))
    text = str(found)
    assert re.match(r"Two networks on the domain, in exact arithmetic \(2 pieces\), in [\d.e-]+ s:\n", text)
    assert "  out1: differ by at most 4, and by 4 at (2)\n  out2: equal, proven\n" in text
    assert repr(found) == "<NetworkComparison: differ by at most 4, and by 4>"
    html = found._repr_html_()
    assert "out1" in html and "0, proven" in html and "(2)" in html


def test_what_cannot_be_compared():
    form = networks.random_form(0, (2, 3, 1))
    with pytest.raises(pr.ShapeError, match="2 and 3 inputs"):
        pr.compare_networks(form, networks.random_form(0, (3, 3, 1)))
    with pytest.raises(pr.ShapeError, match="1 and 2 outputs"):
        pr.compare_networks(form, networks.random_form(0, (2, 3, 2)))
    with pytest.raises(pr.ShapeError, match="3 dimensions"):
        pr.compare_networks(form, changed(form, 0), pr.Box([0, 0, 0], [1, 1, 1]))
    with pytest.raises(pr.UnsupportedModelError, match="ends in no link and the other in sigmoid"):
        pr.compare_networks(form, ReadNetwork(form, "sigmoid"))
    assert pr.compare_networks(ReadNetwork(form, "sigmoid"), ReadNetwork(form, "sigmoid")).equal
    for limits, message in (
        ({"time_limit": 0}, "time_limit is 0"),
        ({"max_pieces": -1}, "max_pieces is -1"),
        ({"tolerance": -0.5}, "tolerance is -0.5"),
        ({"enough": np.nan}, "enough is nan"),
    ):
        with pytest.raises(pr.InvalidValueError, match=message):
            pr.compare_networks(form, form, **limits)
    nowhere = pr.Polytope(pr.Box([0, 0], [1, 1]), [[1, 1]], [-1])
    with pytest.raises(pr.InvalidValueError, match="no point of the box"):
        pr.compare_networks(form, changed(form, 0), nowhere)
