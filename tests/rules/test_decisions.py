"""Decision rules against the arg-max of the logits, with ties wherever whole numbers can make them."""

from dataclasses import replace
from fractions import Fraction
from itertools import pairwise, product

import networks
import numpy as np
import pytest
import sympy
from hypothesis import example, given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from prelu_rules.domains.box import Box
from prelu_rules.errors import InvalidValueError, OutsideDomainError, ShapeError
from prelu_rules.export.paper_reader import read
from prelu_rules.geometry.proofs.exact import ExactCell
from prelu_rules.network.affine import AffineMap
from prelu_rules.network.normal_form import NormalForm
from prelu_rules.rules.cover import cover, shared
from prelu_rules.rules.disjoint import has_interior
from prelu_rules.rules.extraction import extract_rules
from prelu_rules.rules.printed import printed_rule
from prelu_rules.rules.rule import Condition, Rule
from prelu_rules.rules.rule_system import RuleSystem

SQUARE = Box([-2, -2], [2, 2])
GRID = np.array(list(product(np.arange(-2, 2.25, 0.25), repeat=2)))
CLASSES = ("setosa", "versicolor", "virginica", "other")

shapes = st.tuples(st.lists(st.integers(1, 3), max_size=2), st.integers(1, 4)).map(lambda s: (2, *s[0], s[1]))
domains = st.sampled_from([None, SQUARE])


def classes_for(n_logits):
    return CLASSES[: max(2, n_logits)]


def classifier(form, domain):
    return extract_rules(form, domain, classes=classes_for(form.n_outputs), max_nonlinear=6)


def integer_form(seed, widths):
    """Weights of -1, 0 and 1: whatever ties does so exactly, and much does."""
    rng = np.random.default_rng(seed)
    kernels = [rng.integers(-1, 2, shape) for shape in pairwise(widths)]
    biases = [rng.integers(-1, 2, width) for width in widths[1:]]
    return NormalForm.from_layers(kernels, biases, [rng.choice([0, 0.5, 2, -1], width) for width in widths[1:-1]])


def logits_of(system, x):
    """One logit per class, the obvious way."""
    y = system.predict(x)
    return np.column_stack([np.zeros(len(y)), y]) if y.shape[1] == 1 else y


def decided(system, x):
    return np.array([rule.decision for rule in system.rules])[system.assign(x)]


def n_covering(system, x):
    return np.sum([rule.covers(x) for rule in system.rules], axis=0)


@given(networks.seeds, shapes, domains)
# Outputs that differ by a constant only, which a box of a billion times the bends' distance would take for the same.
@example(seed=462, widths=(2, 3, 1, 3), domain=None)
def test_random_networks(seed, widths, domain):
    rules = classifier(networks.random_form(seed, widths), domain)
    decisions = rules.decision_rules()
    x = np.random.default_rng(seed).uniform(-2, 2, (500, 2))
    assert (n_covering(decisions, x) == 1).all()
    np.testing.assert_array_equal(decided(decisions, x), logits_of(rules, x).argmax(axis=1))
    np.testing.assert_array_equal(decisions.classify(x), rules.classify(x))
    np.testing.assert_array_equal(decisions.predict(x), rules.predict(x))


@given(networks.seeds, shapes, domains)
def test_ties(seed, widths, domain):
    """Every input has one rule, which decides as the arg-max does, unless that class has no interior around."""
    rules = classifier(integer_form(seed, widths), domain)
    decisions = rules.decision_rules()
    assert (n_covering(decisions, GRID) == 1).all()
    np.testing.assert_array_equal(decisions.classify(GRID), rules.classify(GRID))
    logits, found = logits_of(rules, GRID), decided(decisions, GRID)
    # One of the largest logits, always.
    np.testing.assert_array_equal(logits[np.arange(len(GRID)), found], logits.max(axis=1))
    # It is the first of them unless that one wins nowhere inside the cell, as random points tell.
    x = np.random.default_rng(seed).uniform(-2, 2, (2000, 2))
    inside = {*zip(rules.assign(x).tolist(), logits_of(rules, x).argmax(axis=1).tolist(), strict=True)}
    first = logits.argmax(axis=1)
    others = found != first
    assert not inside & {*zip(rules.assign(GRID)[others].tolist(), first[others].tolist(), strict=True)}


@settings(max_examples=40)
@given(networks.seeds, st.sampled_from([(2, 3, 3), (2, 3, 2, 3), (2, 2, 4)]), st.booleans())
@example(seed=5, widths=(2, 3, 2, 3), whole_numbers=True)  # parts of an angle, of one class, make a convex piece
@example(seed=18, widths=(2, 3, 2, 3), whole_numbers=True)  # two rules of one class shared a corner
@example(seed=28, widths=(2, 3, 2, 3), whole_numbers=True)
@example(seed=3, widths=(2, 3, 3), whole_numbers=False)  # where three classes met, none won
def test_each_input_has_one_rule_in_exact_arithmetic(seed, widths, whole_numbers):
    form = integer_form(seed, widths) if whole_numbers else networks.random_form(seed, widths, slopes=(0.0, 0.5))
    decisions = classifier(form, SQUARE).decision_rules()
    whole, exact = ExactCell.of_domain(SQUARE, 2), [rule.exact() for rule in decisions.rules]
    assert cover(whole, exact) == (None, None) and not shared(whole, exact)
    assert all(has_interior(whole, rule.conditions) for rule in exact)


@pytest.mark.parametrize(
    ("logits", "classes"),
    [
        ([[1, 0], [-1, 0], [0, 1], [0, -1]], {0, 1, 2, 3}),  # four classes meet in one point
        ([[1, 0], [0, 1], [-1, 0], [0, -1]], {0, 1, 2, 3}),  # in every order
        ([[0, 0], [1, 0], [-1, 0]], {1, 2}),  # the first wins where all tie and nowhere else
        ([[1, 0], [1, 0], [-1, 0]], {0, 2}),  # twice the same
        ([[0, 0], [0, 0], [0, 0]], {0}),  # nothing but ties
        ([[1, 0], [0, 0], [2, 0]], {1, 2}),  # three at one line
    ],
)
def test_classes_that_meet_in_one_point(logits, classes):
    rule = Rule((), AffineMap(np.array(logits, dtype=float), np.zeros(len(logits))))
    rules = RuleSystem((rule,), ("a", "b"), tuple("wxyz")[: len(logits)], classes_for(len(logits)))
    for domain in (None, SQUARE, Box([0, 0], [2, 2])):
        decisions = rules.decision_rules(domain)
        x = GRID if domain is None else GRID[domain.contains(GRID)]
        assert (n_covering(decisions, x) == 1).all()
        tied = logits_of(rules, x)
        assert (tied[np.arange(len(x)), decided(decisions, x)] == tied.max(axis=1)).all()
        if domain is not None and (domain.lower < 0).any():
            assert {r.decision for r in decisions.rules} == classes == {*decided(decisions, x)}
            firsts = np.isin(tied.argmax(axis=1), list(classes))
            np.testing.assert_array_equal(decided(decisions, x)[firsts], tied.argmax(axis=1)[firsts])


def test_touching_in_a_corner_is_no_reason_to_leave_a_condition_out():
    """The third class meets the first in the origin alone, where it only ties; the second is far away."""
    outputs = AffineMap([[1.0, 0], [-2, 0], [-1, 0], [0, 1], [0, -1]], [0, -1.5, 0, 0, 0])
    rules = RuleSystem((Rule((), outputs),), ("a", "b"), tuple("vwxyz"), tuple("vwxyz"))
    decisions = rules.decision_rules(SQUARE)
    assert [rule.decision for rule in decisions.rules] == [0, 1, 2, 3, 4]
    # For the first class, which wins the tie, the condition may go.
    assert [len(rule.conditions) for rule in decisions.rules[:3]] == [2, 3, 4]
    assert (n_covering(decisions, GRID) == 1).all()
    assert [rule.covers([[0.0, 0.0]])[0] for rule in decisions.rules] == [True, False, False, False, False]
    np.testing.assert_array_equal(decided(decisions, GRID), logits_of(rules, GRID).argmax(axis=1))


def test_logits_that_differ_by_rounding_alone_tie():
    rule = Rule((), AffineMap([[0.1 + 0.2], [0.3]], [0.0, 0.0]))
    (piece,) = RuleSystem((rule,), ("x",), ("a", "b"), ("a", "b")).decision_rules(Box([-1], [1])).rules
    assert piece.conditions == () and piece.decision == 0


def test_digits_are_enough_to_decide_each_row():
    """Two digits would give the logits, but move the tie from 0.123 to 0.12."""
    rule = Rule((), AffineMap([[1.0], [0.0]], [0.0, 0.123]))
    x = [[-1.0], [0.122], [0.124], [1.0]]
    decisions = RuleSystem((rule,), ("x",), ("a", "b"), ("a", "b")).decision_rules(x=x)
    assert decisions.precision.digits == 3
    assert [rule.conditions[0].intercept for rule in decisions.rules] == [-0.123] * 2


def test_conditions_that_others_imply_are_left_out():
    """Of four quadrants, three are cut by both lines; far from its bend a class needs no bend."""
    form = NormalForm(A=[[1, 0]], B=[[0]], b=[0], C=[[0, 0], [0, 1]], D=[[1], [1]], e=[0, -1], slopes=[0.5])
    decisions = classifier(form, SQUARE).decision_rules()
    assert [[len(r.conditions), r.decision] for r in decisions.rules] == [[2, 0], [2, 1], [2, 0], [2, 1]]
    beyond = NormalForm(A=[[1, 0]], B=[[0]], b=[0], C=[[0, 0], [1, 0]], D=[[1], [1]], e=[0, -1], slopes=[0.5])
    found = classifier(beyond, SQUARE).decision_rules().rules
    # x < 0: class 0; 0 <= x <= 1: class 0; x > 1: class 1, and that x >= 0 goes without saying.
    assert [(r.decision, [(c.coef[0], c.intercept, c.nonnegative) for c in r.conditions]) for r in found] == [
        (0, [(1, 0, False)]),
        (0, [(1, 0, True), (-1, 1, True)]),
        (1, [(-1, 1, False)]),
    ]


@given(networks.seeds, st.integers(1, 4), domains)
def test_no_condition_follows_from_the_others(seed, n_logits, domain):
    """An outside judge for each condition: some input of the domain breaks it and no other."""
    decisions = classifier(networks.random_form(seed, (2, 3, n_logits)), domain).decision_rules()
    bounds = [(None, None)] * 2 if domain is None else list(zip(domain.lower, domain.upper, strict=True))
    for rule in decisions.rules:
        signs = np.array([1.0 if c.nonnegative else -1.0 for c in rule.conditions])
        G = -signs[:, None] * np.array([c.coef for c in rule.conditions]).reshape(-1, 2)
        h = signs * np.array([c.intercept for c in rule.conditions])
        for k in range(len(h)):
            # How far one can go beyond the condition, up to 1.
            limits = h + np.where(np.arange(len(h)) == k, np.linalg.norm(G[k]), 0)
            found = linprog(-G[k], A_ub=G, b_ub=limits, bounds=bounds, method="highs")
            assert found.status == 0 and -found.fun > h[k]


def test_one_logit():
    form = NormalForm.from_layers([[[1.0], [0.0]], [[1.0]]], [[0.0], [-1.0]], [[0.0]])
    decisions = extract_rules(form, SQUARE, classes=("no", "yes")).decision_rules()
    assert [rule.decision for rule in decisions.rules] == [0, 0, 1]
    # The logit is 0 at 1: not yet a yes.
    assert decisions.classify([[0.0, 0], [1, 0], [1.5, 0]]).tolist() == ["no", "no", "yes"]
    assert decided(decisions, [[0.0, 0], [1, 0], [1.5, 0]]).tolist() == [0, 0, 1]


def test_a_class_that_only_ties_leaves_its_inputs_to_the_class_it_ties_with():
    """max(0, x) is above 0 for x > 0; the cell x >= 0 has no inside where it is not."""
    form = NormalForm(A=[[1]], B=[[0]], b=[0], C=[[0]], D=[[1]], e=[0], slopes=[0])
    decisions = extract_rules(form, classes=("no", "yes")).decision_rules()
    assert [rule.decision for rule in decisions.rules] == [0, 1]
    assert (n_covering(decisions, [[-1.0], [0.0], [1.0]]) == 1).all()
    assert decisions.classify([[-1.0], [0.0], [1.0]]).tolist() == ["no", "no", "yes"]


def test_thin_cells_have_a_rule_for_each_class():
    rule = Rule(
        (Condition([1.0, 0], 0.0, nonnegative=True), Condition([1.0, 0], -1.5e-9, nonnegative=False)),
        AffineMap([[1.0, 0], [0.0, 0]], [0, 0.75e-9]),
    )
    system = RuleSystem((rule,), ("a", "b"), ("x", "y"), ("x", "y"), domain=Box([-1, -1], [1, 1]))
    pieces = system.decision_rules().rules
    # x is the larger one above 0.75e-9, however thin the cell is.
    assert [(piece.decision, len(piece.conditions)) for piece in pieces] == [(1, 2), (0, 2)]


def test_a_smaller_domain_has_fewer_rules():
    rules = classifier(networks.random_form(3, (2, 3, 3)), SQUARE)
    corner = Box([1, 1], [2, 2])
    x = np.random.default_rng(0).uniform(1, 2, (300, 2))
    decisions = rules.decision_rules(corner)
    assert len(decisions) < len(rules.decision_rules()) and decisions.domain == corner
    assert (n_covering(decisions, x) == 1).all()
    assert {rule.decision for rule in decisions.rules} == {*decided(decisions, x)}
    assert (decisions.classify(x) == rules.classify(x)).all()
    with pytest.raises(ShapeError, match="the domain is for"):
        rules.decision_rules(Box([0], [1]))


def test_a_smaller_domain_keeps_its_edge():
    """x < 0 and x >= 0 on [-1, 0]: the second has no interior there, so 0 goes to the first."""
    form = NormalForm(A=[[1]], B=[[0]], b=[0], C=[[0], [1]], D=[[1], [0]], e=[0.25, 0], slopes=[0.5])
    for domain in (Box([-1], [0]), Box([0], [1])):
        decisions = extract_rules(form, classes=("a", "b")).decision_rules(domain)
        assert (n_covering(decisions, [domain.lower, domain.upper]) == 1).all()


@given(networks.seeds, shapes)
def test_exact_rationals(seed, widths):
    """No rounding at all: the condition of a decision is the exact difference of two logits."""
    form = networks.random_form(seed, widths).exact()
    decisions = classifier(form, None).decision_rules()
    x = np.random.default_rng(seed).integers(-8, 9, (5, 2)).astype(object) * Fraction(1, 4)
    for row in x:
        (rule,) = [rule for rule in decisions.rules if rule.covers(row[None])[0]]
        logits = form.predict(row).tolist()
        logits = [0, *logits] if len(logits) == 1 else logits
        assert rule.decision == logits.index(max(logits))


@given(networks.seeds, st.integers(1, 4), st.booleans())
def test_printed_rules_decide_as_the_rules_do(seed, n_logits, with_rows):
    x = np.random.default_rng(seed).normal(size=(60, 2))
    form = networks.random_form(seed, (2, 3, n_logits), slopes=(0.2, 0.9))
    rules = extract_rules(form, x, classes=classes_for(n_logits))
    decisions = rules.decision_rules(x=x if with_rows else None)
    assert decisions.precision is not None
    if with_rows:
        printed = replace(decisions, rules=[printed_rule(rule, decisions.precision) for rule in decisions.rules])
        np.testing.assert_array_equal(decided(printed, x), decided(decisions, x))
        counts = [rule.count for rule in decisions.rules]
        assert (
            counts == sorted(counts, reverse=True) == np.bincount(decisions.assign(x), minlength=len(counts)).tolist()
        )
        assert read(decisions.export("paper")).rules == tuple(replace(rule, decision=None) for rule in printed.rules)
    else:
        assert decisions.n_rows is None


@settings(max_examples=15)
@given(networks.seeds, st.integers(1, 4))
def test_sympy_says_the_same(seed, n_logits):
    """SymPy's pieces, in exact rationals, of rules whose outputs are replaced by the numbers of their classes."""
    decisions = classifier(networks.random_form(seed, (2, 2, n_logits)), None).decision_rules()
    numbers = [replace(r, outputs=AffineMap(np.zeros((1, 2)), [r.decision]), decision=None) for r in decisions.rules]
    number = RuleSystem(tuple(numbers), ("a", "b"), ("number",)).to_sympy(exact=True)["number"]
    symbols = [sympy.Symbol(name, real=True) for name in "ab"]
    for row in np.random.default_rng(seed).integers(-8, 9, (4, 2)) / 4:
        assert number.subs(dict(zip(symbols, map(sympy.Rational, row), strict=True))) == decided(decisions, [row])[0]


def test_probabilities():
    rule = Rule((), AffineMap([[1.0], [0.0], [-1.0]], [0.0, 0.0, 0.0]))
    three = RuleSystem((rule,), ("x",), tuple("abc"), tuple("abc"))
    for value in (-2.0, 0.0, 1.5, 3e300):
        (p,) = three.probabilities([[value]])
        assert p.shape == (3,) and p.sum() == pytest.approx(1)
        if value < 100:
            odds = np.exp([value, 0, -value])
            np.testing.assert_allclose(p, odds / odds.sum(), rtol=1e-12)
    one = RuleSystem((Rule((), AffineMap([[1.0]], [0.0])),), ("x",), ("logit",), (False, True))
    x = np.linspace(-5, 5, 11)[:, None]
    np.testing.assert_allclose(one.probabilities(x)[:, 1], 1 / (1 + np.exp(-x[:, 0])), rtol=1e-12)
    np.testing.assert_allclose(one.decision_rules().probabilities(x), one.probabilities(x))


def test_rules_for_numbers_have_no_decisions():
    rules = extract_rules(networks.random_form(0, (2, 2, 2)))
    with pytest.raises(InvalidValueError, match="predicts numbers, not classes; it has no decision rules"):
        rules.decision_rules()
    with pytest.raises(InvalidValueError, match="predicts numbers, not classes; use predict"):
        rules.probabilities([[0.0, 0.0]])


def test_decisions_are_all_or_none_and_name_classes():
    yes, open_ = (Rule((), AffineMap([[1.0]], [0.0]), decision=decision) for decision in (1, None))
    for rules, classes in [((yes, open_), ("no", "yes")), ((yes,), None), ((replace(yes, decision=2),), ("no", "yes"))]:
        with pytest.raises(InvalidValueError, match="let each rule decide for one of them, or none decide"):
            RuleSystem(rules, ("x",), ("logit",), classes)
    with pytest.raises(InvalidValueError, match="decision is -1; it must be the index of a class"):
        replace(yes, decision=-1)


def test_a_row_outside_is_named():
    rule = Rule((Condition([1.0], 0.0, nonnegative=True),), AffineMap([[1.0], [0.0]], [0.0, 0.0]))
    with pytest.raises(OutsideDomainError):
        RuleSystem((rule,), ("x",), ("a", "b"), ("a", "b")).decision_rules(x=[[-1.0]])
