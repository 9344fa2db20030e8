"""Certificates against what sampling finds, and against faults that were planted."""

from dataclasses import replace
from fractions import Fraction
from itertools import pairwise

import networks
import numpy as np
import pytest
from html_reader import read
from hypothesis import given
from hypothesis import strategies as st
from reference_networks import reference_network

from prelu_rules.domains.box import Box
from prelu_rules.domains.polytope import Polytope
from prelu_rules.errors import InvalidValueError, LimitError, ShapeError
from prelu_rules.network.affine import AffineMap
from prelu_rules.network.collapse import collapse_form
from prelu_rules.network.normal_form import NormalForm
from prelu_rules.rules.certificate import certify
from prelu_rules.rules.extraction import extract_rules
from prelu_rules.rules.rule import Condition, Rule
from prelu_rules.rules.rule_system import RuleSystem

small = networks.widths.filter(lambda widths: 1 <= sum(widths[1:-1]) <= 4)


def box_of(n_inputs):
    return Box(-np.ones(n_inputs), np.ones(n_inputs))


@given(networks.seeds, small, st.booleans())
def test_exact_rules_are_proven_equal(seed, widths, bounded):
    form = networks.random_form(seed, widths)
    domain = box_of(widths[0]) if bounded else None
    certificate = certify(extract_rules(form.exact(), domain), form)
    assert certificate.equal and not certificate.lower.any()
    assert str(certificate).count("proven") == form.n_outputs + 2


@given(networks.seeds, st.booleans())
def test_degenerate_networks_are_proven_equal(seed, bounded):
    """Dead units, hyperplanes through one point, rules that were merged."""
    rng = np.random.default_rng(seed)
    kernels = [rng.integers(-1, 2, shape) for shape in pairwise((2, 3, 2, 1))]
    slopes = [rng.choice([0.0, 0.5, 1.0], n) for n in (3, 2)]
    form = NormalForm.from_layers(kernels, [rng.integers(-1, 2, n) for n in (3, 2, 1)], slopes)
    domain = box_of(2) if bounded else None
    certificate = certify(extract_rules(collapse_form(form), domain), form)
    assert certificate.equal


@given(networks.seeds)
def test_rules_of_networks_whose_bends_nearly_meet_are_disjoint_and_cover(seed):
    """Multiples of a tenth, of which floats know no sum exactly: what meets in one point meets only nearly.

    Only in a box: parallels that are so but for rounding do meet, 1e16 away.
    """
    rng = np.random.default_rng(seed)
    kernels = [rng.integers(-3, 4, shape) / 10 for shape in pairwise((2, 3, 2, 1))]
    biases = [rng.integers(-3, 4, n) / 10 for n in (3, 2, 1)]
    form = NormalForm.from_layers(kernels, biases, [rng.choice([0.0, 0.1, 0.3], n) for n in (3, 2)])
    certificate = certify(extract_rules(form, box_of(2)), form)
    assert certificate.covered and certificate.disjoint and certificate.upper.max() < 1e-8


@given(networks.seeds, small)
def test_rules_in_floats_are_within_rounding_and_the_bounds_are_attained(seed, widths):
    form = networks.random_form(seed, widths)
    rules = extract_rules(form, box_of(widths[0]))
    certificate = certify(rules, form)
    size = certificate.largest.max() + np.abs(form.D).max(initial=0) * 10
    assert (certificate.lower <= certificate.upper).all() and (certificate.upper <= 1e-13 * size).all()
    assert certificate.covered and certificate.disjoint
    x = np.random.default_rng(seed).uniform(-1, 1, (500, widths[0]))
    assert (np.abs(rules.predict(x)).max(axis=0) <= certificate.largest).all()


@given(networks.seeds, small, st.floats(-0.1, 0.1))
def test_a_changed_number_is_found_with_its_size(seed, widths, change):
    form = networks.random_form(seed, widths)
    rules = extract_rules(form, box_of(widths[0]))
    first = rules.rules[0]
    outputs = AffineMap(first.outputs.coef, first.outputs.intercept + change)
    certificate = certify(replace(rules, rules=(replace(first, outputs=outputs), *rules.rules[1:])), form)
    np.testing.assert_allclose(certificate.upper, abs(change), atol=1e-9)
    np.testing.assert_allclose(certificate.lower, certificate.upper, atol=1e-6)


@given(networks.seeds, st.integers(1, 3), st.floats(-0.2, 0.2))
def test_a_moved_threshold_is_found_and_sampling_never_beats_the_bound(seed, dimension, change):
    form = networks.random_form(seed, (dimension, 2, 1), slopes=(0.0, 0.5))
    rules = extract_rules(form, box_of(dimension))
    moved = tuple(
        replace(r, conditions=tuple(replace(c, intercept=c.intercept + change) for c in r.conditions))
        for r in rules.rules
    )
    rules = replace(rules, rules=moved)
    certificate = certify(rules, form)
    x = np.random.default_rng(seed).uniform(-1, 1, (2000, dimension))
    differences = np.abs(rules.predict(x) - form.predict(x)).max(axis=0)
    assert (differences <= certificate.upper + 1e-12).all()
    np.testing.assert_allclose(certificate.lower, certificate.upper, atol=1e-5 * (1 + certificate.upper.max()))
    exact = [Fraction(v) for v in certificate.at[0]]
    at = np.array(exact, dtype=object)
    rule = next(rule.exact() for rule in rules.rules if rule.exact().covers(at)[0])
    difference = abs(form.exact().predict(at)[0] - rule.outputs(at)[0])
    assert Fraction(certificate.lower[0]) <= difference <= Fraction(certificate.upper[0])


def test_a_missing_rule_and_a_rule_twice_are_found():
    form = networks.random_form(1, (2, 3, 1), slopes=(0.5,))
    rules = extract_rules(form, box_of(2))
    for missing in range(len(rules)):
        left = replace(rules, rules=rules.rules[:missing] + rules.rules[missing + 1 :])
        certificate = certify(left, form)
        assert not certificate.covered and certificate.disjoint
        assert rules.rules[missing].covers(certificate.uncovered) and not any(
            r.covers(certificate.uncovered) for r in left.rules
        )
        assert "no rule covers (" in str(certificate)
    twice = certify(replace(rules, rules=(*rules.rules, rules.rules[0])), form)
    assert twice.covered and not twice.disjoint and rules.rules[0].covers(twice.overlap)
    assert "two rules overlap at (" in str(twice) and not twice.equal


def test_a_boundary_that_no_rule_has_is_found():
    sides = [Condition([1.0], 0.0, nonnegative=False), Condition([-1.0], 0.0, nonnegative=False)]
    rules = RuleSystem(tuple(Rule((side,), AffineMap([[0.0]], [0.0])) for side in sides), ("x",), ("y",))
    form = NormalForm.from_layers([[[0.0]]], [[0.0]], [])
    certificate = certify(rules, form)
    assert certificate.uncovered.tolist() == [0] and certificate.disjoint and not certificate.upper.any()
    closed = replace(rules, rules=(rules.rules[0], Rule((Condition([1.0], 0.0, True),), AffineMap([[0.0]], [0.0]))))
    assert certify(closed, form).equal


def test_a_notebook_shows_the_bounds_and_where_they_are_attained():
    form = NormalForm.from_layers([[[1.0]], [[2.0]]], [[-1.0], [0.0]], [[0.5]])
    rules = extract_rules(form, Box([-4], [4]), output_names=["</td>"])
    same = read(certify(rules, form))
    assert same.tables == [[["output", "differs by at most", "and by", "at"], ["</td>", "0, proven", "", ""]]]
    assert same.text.endswith("Every input falls under a rule, proven.No two rules overlap, proven.")
    less = certify(replace(rules, rules=rules.rules[:1]), replace(form, e=[0.5]))
    assert read(less).tables[0][1] == ["</td>", "0.5", "0.5", f"({less.at[0, 0]:.6g})"]
    assert f"No rule covers ({less.uncovered[0]:.6g})." in read(less).text


def test_differences_that_grow_without_end_are_infinite():
    rules = RuleSystem((Rule((), AffineMap([[1.0]], [0.0])),), ("x",), ("y",))
    form = NormalForm.from_layers([[[2.0]]], [[0.0]], [])
    everywhere, inside = certify(rules, form), certify(rules, form, Box([-3], [1]))
    assert everywhere.upper == everywhere.largest == np.inf
    assert inside.upper == inside.lower == inside.largest == 3 and inside.at.tolist() == [[-3]]


def test_the_collapse_of_slopes_close_to_1_is_measured():
    form = NormalForm.from_layers([[[1.0]], [[1.0]]], [[0.0], [0.0]], [[0.9996]])
    rules = extract_rules(collapse_form(form), Box([-10], [10]))
    certificate = certify(rules, form)
    np.testing.assert_allclose([certificate.upper[0], certificate.lower[0]], 0.004, rtol=1e-9)
    assert certificate.at.tolist() == [[-10]]


def test_networks_with_too_many_pieces_are_bounded():
    """Many slopes just below 1, which the collapse took for 1: the bounds hold, and are not far apart."""
    form = networks.random_form(0, (3, 6, 6, 1), slopes=(0.9996,))
    form = replace(form, slopes=[0.5, *form.slopes[1:]])
    for domain in (box_of(3), Polytope(box_of(3), [[1, 1, 1]], [2])):
        rules = extract_rules(collapse_form(form), domain)
        bounds = certify(rules, form, max_cells=20)
        assert not bounds.exact and bounds.covered and bounds.disjoint and "by bounds" in str(bounds)
        x = np.random.default_rng(0).uniform(-1, 1, (5000, 3))
        x = x[domain.contains(x)]
        found = np.abs(rules.predict(x) - form.predict(x)).max()
        assert found <= bounds.upper[0] <= 3 * found
        assert 0.5 * found <= bounds.lower[0] <= bounds.upper[0]
        at = np.array([Fraction(v) for v in bounds.at[0]], dtype=object)
        assert domain.contains(bounds.at).all()
        rule = next(rule.exact() for rule in rules.rules if rule.exact().covers(at)[0])
        assert Fraction(bounds.lower[0]) <= abs(form.exact().predict(at)[0] - rule.outputs(at)[0])


def test_polytopes():
    form = networks.random_form(0, (3, 3, 1))
    domain = Polytope.one_hot(Box([0, 0, 0], [1, 1, 1]), [[0, 1, 2]])
    assert certify(extract_rules(form.exact(), domain), form).equal


def test_bad_use_is_named():
    form = networks.random_form(0, (2, 3, 1), slopes=(0.5,))
    rules = extract_rules(form, box_of(2))
    with pytest.raises(ShapeError, match="the network has 3 inputs and 1 outputs, but the rules have 2 and 1"):
        certify(rules, networks.random_form(0, (3, 1)))
    with pytest.raises(ShapeError, match="the domain has 3 dimensions, but there are 2 inputs"):
        certify(rules, form, box_of(3))
    with pytest.raises(LimitError, match="more than max_cells=2 pieces"):
        certify(rules, form, max_cells=2)
    with pytest.raises(LimitError, match="more than max_cells=20 pieces"):
        certify(replace(rules, form=None), networks.random_form(0, (2, 9, 1), slopes=(0.5,)), max_cells=20)
    with pytest.raises(InvalidValueError, match="no point satisfies the constraints of the domain exactly"):
        certify(rules, form, Polytope(Box([0.1, 0.2], [0.1, 0.2]), [[1, 1]], [0.3], [True]))


def test_a_keras_model_is_read():
    import keras

    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(3), keras.layers.ReLU(), keras.layers.Dense(1)])
    form = NormalForm.from_keras(model)
    assert extract_rules(form.exact()).certify(model).equal


one_hot = Polytope.one_hot(Box([0, 0, 0], [1, 1, 1]), [[0, 1, 2]])
places = st.sampled_from([Box([-1, -1, -1], [1, 1, 1]), Polytope(Box([-1] * 3, [1] * 3), [[1, 1, 1]], [0.7]), one_hot])


def exactly_in(domain, x):
    """Whether floats satisfy the constraints of a domain, in rationals."""
    row = [Fraction(v) for v in x]
    if domain is None:
        return True
    if not all(Fraction(a) <= v <= Fraction(b) for a, v, b in zip(domain.lower, row, domain.upper, strict=True)):
        return False
    sums = [sum(Fraction(w) * v for w, v in zip(coef, row, strict=True)) for coef in getattr(domain, "coef", ())]
    limits = zip(sums, getattr(domain, "limit", ()), getattr(domain, "equal", ()), strict=True)
    return all(s == Fraction(limit) if equal else s <= Fraction(limit) for s, limit, equal in limits)


def covering(rules, x):
    """The rules that floats fall under, in rationals, the obvious way."""
    row = [Fraction(v) for v in x]

    def holds(condition):
        value = sum(Fraction(w) * v for w, v in zip(condition.coef, row, strict=True)) + Fraction(condition.intercept)
        return (value >= 0) == condition.nonnegative

    return [number for number, rule in enumerate(rules) if all(holds(c) for c in rule.conditions)]


@given(networks.seeds, places | st.none())
def test_where_a_rule_was_left_out_the_named_input_falls_under_none(seed, domain):
    form = networks.random_form(seed, (3, 3, 1), slopes=(0.0, 0.5))
    rules = extract_rules(form, domain)
    missing = seed % len(rules)
    left = replace(rules, rules=rules.rules[:missing] + rules.rules[missing + 1 :])
    if left.rules:
        x = certify(left, form).uncovered
        assert x.dtype == np.float64 and exactly_in(domain, x.tolist())
        assert covering(rules.rules, x.tolist()) == [missing]


@given(networks.seeds, places | st.none())
def test_where_a_rule_was_made_larger_the_named_input_is_inside_two(seed, domain):
    form = networks.random_form(seed, (3, 3, 1), slopes=(0.0, 0.5))
    rules = extract_rules(form, domain)
    first = rules.rules[seed % len(rules)]
    if first.conditions:
        larger = replace(first, conditions=first.conditions[1:])
        system = replace(rules, rules=tuple(larger if rule is first else rule for rule in rules.rules))
        certificate = certify(system, form)
        x = certificate.overlap
        # A condition that holds on the domain anyway, but for its boundary, may be left out.
        if x is None:
            assert certificate.covered
        else:
            assert x.dtype == np.float64 and exactly_in(domain, x.tolist()) and len(covering(system.rules, x)) >= 2


@given(networks.seeds, places, st.floats(-0.1, 0.1))
def test_the_difference_is_attained_by_the_named_floats(seed, domain, change):
    form = networks.random_form(seed, (3, 2, 2), slopes=(0.0, 0.5))
    rules = extract_rules(form, domain)
    other = replace(form, b=form.b + change)
    certificate = certify(rules, other)
    for k, x in enumerate(certificate.at):
        assert exactly_in(domain, x.tolist())
        row = np.array([Fraction(v) for v in x.tolist()], dtype=object)
        differences = [
            abs(other.exact().predict(row)[k] - rules.rules[number].exact().outputs(row)[k])
            for number in covering(rules.rules, x.tolist())
        ]
        assert Fraction(certificate.lower[k]) in differences or min(
            abs(Fraction(certificate.lower[k]) - d) for d in differences
        ) <= Fraction(1, 2**50) * max(differences)
        assert max(differences) <= Fraction(certificate.upper[k])
        assert certificate.upper[k] <= certificate.lower[k] * (1 + 1e-8) + 1e-10


def test_what_is_thinner_than_floats_is_named_in_fractions():
    """Between 15/7 and a seventh of the float after 15 there is no float."""
    outputs = AffineMap([[0.0]], [0.0])
    low, high = Condition([-7.0], 15.0, True), Condition([7.0], -np.nextafter(15, 16), True)
    rules = RuleSystem((Rule((low,), outputs), Rule((high,), outputs)), ("x",), ("y",), domain=Box([0], [9]))
    certificate = certify(rules, NormalForm.from_layers([[[0.0]]], [[0.0]], []))
    [x] = certificate.uncovered
    assert isinstance(x, Fraction) and Fraction(15, 7) < x < Fraction(np.nextafter(15, 16)) / 7
    assert "no rule covers (2.14286)" in str(certificate)


def test_nothing_is_printed_when_bounds_are_searched_for(capfd):
    form = networks.random_form(0, (3, 6, 6, 1), slopes=(0.9996,))
    form = replace(form, slopes=[0.5, *form.slopes[1:]])
    assert not certify(extract_rules(collapse_form(form), box_of(3)), form, max_cells=20).exact
    assert capfd.readouterr() == ("", "")


@pytest.mark.slow
def test_networks_of_1500_units_are_no_deeper_than_python():
    """All but two units bend outside the box; Python allows a thousand calls within one another."""
    rng = np.random.default_rng(0)
    biases = np.append(np.full(1498, 9.0), [0.1, -0.2])
    kernel = rng.uniform(-1, 1, (2, 1500))
    form = NormalForm.from_layers([kernel, rng.normal(size=(1500, 1))], [biases, [0.0]], [np.full(1500, 0.9999)])
    certificate = certify(extract_rules(collapse_form(form), box_of(2)), form)
    assert certificate.exact and certificate.n_cells == 4 and certificate.covered
    assert 0 < certificate.upper[0] <= certificate.lower[0] * (1 + 1e-8)


@pytest.mark.slow
def test_a_thousand_regions_against_one_rule_are_exact():
    """The largest difference is that at one of the corners of the regions."""
    form = reference_network(2, (32, 32))
    rules = RuleSystem((Rule((), AffineMap([[1.0, -2.0]], [0.5])),), ("a", "b"), ("y",), domain=box_of(2))
    certificate = certify(rules, form)
    assert certificate.exact and certificate.n_cells == 1142
    assert certificate.lower[0] <= certificate.upper[0] <= certificate.lower[0] * (1 + 1e-8)
    x = np.random.default_rng(0).uniform(-1, 1, (100_000, 2))
    found = np.abs(rules.predict(x) - form.predict(x)).max()
    assert 0.99 * certificate.upper[0] <= found <= certificate.upper[0]
