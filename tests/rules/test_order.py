"""The order of rules: ascending where one sum carries all thresholds, otherwise most rows first."""

from dataclasses import replace
from itertools import pairwise

import networks
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from prelu_rules.columns.column import Column
from prelu_rules.domains.box import Box
from prelu_rules.network.affine import AffineMap
from prelu_rules.network.normal_form import NormalForm
from prelu_rules.rules.extraction import extract_rules
from prelu_rules.rules.order import ordered, reading_order
from prelu_rules.rules.rule import Condition, Rule
from prelu_rules.rules.rule_system import RuleSystem

KWH, KIND = Column("kwh"), Column("kind", "category", ("farm", "house"))


def interval(weights, lower, upper, count=None, factor=1.0, tests=()):
    """`lower <= sum < upper`, multiplied by a factor."""
    coef = factor * np.array(weights, dtype=float)
    conditions = list(tests)
    for bound, holds in ((lower, True), (upper, False)):
        if np.isfinite(bound):
            # Turned around, a strict side is `> 0` no more; here only interiors matter.
            conditions.append(Condition(coef, -factor * bound, holds == (factor > 0)))
    return Rule(tuple(conditions), AffineMap([np.ones(len(coef))], [0.0]), count)


def counts(rules, order):
    return [rules[k].count for k in order]


@given(
    st.lists(st.integers(-50, 50), min_size=1, max_size=5, unique=True).map(sorted),
    st.lists(st.floats(-3, 3).filter(lambda w: abs(w) > 0.1), min_size=1, max_size=3),
    st.data(),
)
def test_intervals_of_one_sum_ascend(thresholds, weights, data):
    edges = [-np.inf, *thresholds, np.inf]
    factors = [data.draw(st.sampled_from([1.0, -1.0, 0.3, -7.0])) for _ in edges[1:]]
    rules = [
        interval(weights, *edge, k + 1, factor)
        for k, (edge, factor) in enumerate(zip(pairwise(edges), factors, strict=True))
    ]
    shuffled = data.draw(st.permutations(rules))
    found = counts(shuffled, reading_order(shuffled, [Column(f"x{k}") for k in range(len(weights))]))
    # The sum ascends with its largest weight.
    size = np.abs(weights)
    first = weights[int((size >= size.max() * (1 - 1e-9)).argmax())]
    assert found == (sorted(found) if first > 0 else sorted(found, reverse=True))
    bare = [replace(rule, count=None) for rule in shuffled]
    assert [shuffled[k].count for k in reading_order(bare, [Column(f"x{k}") for k in range(len(weights))])] == found


def test_a_tariff_ascends_and_what_covers_no_row_comes_last():
    rules = [interval([1.0], 400, np.inf, 500), interval([1.0], -np.inf, 200, 0), interval([1.0], 200, 400, 3)]
    assert counts(rules, reading_order(rules, [KWH])) == [3, 500, 0]


def test_rules_with_the_same_tests_stay_together():
    farm = Condition([0.0, 1.0, 0.0], -0.5, True)
    house = Condition([0.0, -2.0, 0.0], 1.0, True)
    rules = [
        interval([1.0, 0.0, 0.0], 390, np.inf, 1, tests=[farm]),
        interval([1.0, 0.0, 0.0], 188, np.inf, 2, tests=[house]),
        interval([1.0, 0.0, 0.0], -np.inf, 390, 5, tests=[farm]),
        interval([1.0, 0.0, 0.0], -np.inf, 188, 9, tests=[house]),
    ]
    assert counts(rules, reading_order(rules, [KWH, KIND])) == [9, 2, 5, 1]
    bare = [replace(rule, count=None) for rule in rules]
    assert reading_order(bare, [KWH, KIND]) == (2, 0, 3, 1)


def test_a_threshold_may_depend_on_a_category():
    """kwh from 188 on for farms and from 390 on for houses; and from 450 on for both."""
    mixed, both = [1.0, 300.0, 98.0], [1.0, 0.0, 0.0]
    middle = (Condition(mixed, -488.0, True), Condition(both, -450.0, False))
    rules = [
        interval(both, 450, np.inf, 1),
        interval(mixed, -np.inf, 488, 2),
        Rule(middle, AffineMap([np.ones(3)], [0.0]), 3),
    ]
    assert counts(rules, reading_order(rules, [KWH, KIND])) == [2, 3, 1]


def test_elsewhere_most_rows_come_first():
    left, low = Condition([1.0, 0.0], 0.0, False), Condition([0.0, 1.0], 0.0, False)
    cells = [(left, low), (left, replace(low, nonnegative=True)), (replace(left, nonnegative=True),)]
    rules = [Rule(cell, AffineMap([[1.0, 1.0]], [0.0]), n) for cell, n in zip(cells, (0, 2, 7), strict=True)]
    columns = [Column("a"), Column("b")]
    assert reading_order(rules, columns) == (2, 1, 0)
    assert reading_order([replace(rule, count=None) for rule in rules], columns) == (0, 1, 2)
    # Without any number there is nothing to ascend.
    tests = [
        Rule((Condition([1.0, 0.0], -0.5, side),), AffineMap([[1.0, 1.0]], [0.0]), n)
        for side, n in ((False, 1), (True, 4))
    ]
    assert reading_order(tests, [KIND]) == (1, 0)
    # Nearly the same sum is another one.
    nearly = [interval([1.0, 1.0], -np.inf, 0, 1), interval([1.0, 1.0 + 1e-6], 0, np.inf, 2)]
    assert reading_order(nearly, columns) == (1, 0)
    assert reading_order([nearly[0], interval([1.0, 1.0 + 1e-12], 0, np.inf, 2)], columns) == (0, 1)


@given(networks.seeds, st.sampled_from([(1, 3, 1), (2, 1, 1), (2, 3, 2)]), st.booleans())
def test_an_order_is_a_permutation_that_changes_no_answer(seed, widths, with_rows):
    x = np.random.default_rng(seed).uniform(-1, 1, (30, widths[0]))
    form = networks.random_form(seed, widths)
    rules = extract_rules(form, x if with_rows else Box(-np.ones(widths[0]), np.ones(widths[0])))
    turned = ordered(replace(rules, rules=rules.rules[::-1]))
    assert len(turned) == len(rules) and all(rule in rules.rules for rule in turned)
    np.testing.assert_array_equal(turned.predict(x), rules.predict(x))
    assert [rule.count for rule in ordered(rules)] == [rule.count for rule in rules]
    if widths[0] == 1:
        middles = [np.median(x[rules.assign(x) == k]) for k in range(len(rules)) if (rules.assign(x) == k).any()]
        assert middles == sorted(middles)


def stairs():
    """`max(0, x - 200) + max(0, x - 400)`: fewest rows below, most above."""
    return NormalForm(A=[[1], [1]], B=np.zeros((2, 2)), b=[-200, -400], C=[[0.0]], D=[[1, 1]], e=[0], slopes=[0, 0])


@pytest.mark.parametrize("rows", [None, [[100.0], [300.0], [300.0], [500.0], [600.0], [700.0]]])
def test_whatever_makes_systems_for_reading_ascends(rows):
    rules = extract_rules(stairs(), Box([0], [800]), feature_names=["kwh"], x=rows)
    short = replace(rules, rules=rules[::-1]).rounded(max_error=1, x=rows)
    decisions = replace(rules, classes=("low", "high"), form=None).decision_rules(x=rows)
    for system in (rules, short):
        assert [rule.outputs.coef.item() for rule in system] == [0.0, 1.0, 2.0]
    # The first of equal logits wins, below 200; the others are the bends of the logit.
    assert [(rule.decision, rule.outputs.coef.item()) for rule in decisions] == [(0, 0.0), (1, 1.0), (1, 2.0)]
    if rows is not None:
        assert [rule.count for rule in rules] == [rule.count for rule in short] == [1, 2, 3]
        assert rules.rule_numbers([[500.0], [100.0]]).tolist() == [3, 1]


def test_a_system_keeps_everything_but_the_order():
    rules = extract_rules(stairs(), Box([0], [800]))
    assert ordered(replace(rules, rules=rules.rules[::-1])) == rules
    assert isinstance(ordered(rules), RuleSystem)
