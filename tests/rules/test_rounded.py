import networks
import numpy as np
import pytest
import rule_polygons
from hypothesis import given
from hypothesis import strategies as st
from rule_pairs import overlapping

from prelu_rules.domains.box import Box
from prelu_rules.errors import InvalidValueError, RoundingError, ShapeError
from prelu_rules.export import json, paper, paper_reader
from prelu_rules.network.affine import AffineMap
from prelu_rules.network.normal_form import NormalForm
from prelu_rules.rules.cover import cover
from prelu_rules.rules.extraction import extract_rules
from prelu_rules.rules.merging import merged
from prelu_rules.rules.overlay import whole_domain
from prelu_rules.rules.rounded import reading_cost, rounded
from prelu_rules.rules.rule import Condition, Rule
from prelu_rules.rules.rule_system import RuleSystem
from prelu_rules.rules.simplification import needed

pytestmark = pytest.mark.slow

small = networks.widths.filter(lambda widths: 1 <= sum(widths[1:-1]) <= 4)


def rules_of(seed, widths, slopes=(0.0, 0.5, 1.5)):
    rng = np.random.default_rng(seed)
    lower = rng.uniform(-3, 0, widths[0])
    domain = Box(lower, lower + np.geomspace(0.5, 50, widths[0]))
    form = networks.random_form(seed, widths, slopes)
    x = rng.uniform(domain.lower, domain.upper, (400, widths[0]))
    return extract_rules(form, domain), x, np.ptp(form.predict(x), axis=0) + 1e-6


@given(networks.seeds, small, st.floats(0.001, 0.3))
def test_the_error_is_below_the_bound_everywhere(seed, widths, share):
    rules, x, size = rules_of(seed, widths)
    short = rules.rounded(max_error=share * size)
    assert (np.array(short.rounding_error) <= share * size).all()
    assert reading_cost(short) < reading_cost(rules)
    # Whatever the rule: an input on a bend that has moved may have changed sides.
    differences = np.abs(short.predict(x) - rules.predict(x)).max(axis=0)
    assert (differences <= np.array(short.rounding_error) + 1e-12).all()
    assert short.form is None and short.precision is None and short.n_rows is None


@given(networks.seeds, small)
def test_a_bend_is_one_number_in_all_rules(seed, widths):
    rules, _, size = rules_of(seed, widths)
    short = rules.rounded(max_error=0.05 * size)

    def bends(system, *, exactly):
        """The distinct hyperplanes, and how many conditions name each."""
        found = []
        for rule in system.rules:
            for c in rule.conditions:
                row = np.append(c.normalised().coef, c.normalised().intercept)
                row = row * np.sign(row[np.argmax(row != 0)])
                same = [
                    k
                    for k, (other, _) in enumerate(found)
                    if np.allclose(row, other, rtol=0, atol=0 if exactly else 1e-9)
                ]
                if same:
                    found[same[0]][1].append(c)
                else:
                    found.append((row, [c]))
        return found

    assert len(bends(short, exactly=True)) <= len(bends(rules, exactly=False))


@given(networks.seeds, small, st.integers(2, 6))
def test_decimals_are_what_they_say(seed, widths, decimals):
    rules, x, _ = rules_of(seed, widths)
    short = rules.rounded(decimals=decimals)
    for rule in short.rules:
        numbers = [
            rule.outputs.coef,
            rule.outputs.intercept,
            *(np.append(c.coef, c.intercept) for c in rule.conditions),
        ]
        for array in numbers:
            np.testing.assert_array_equal(array, np.round(array, decimals))
    differences = np.abs(short.predict(x) - rules.predict(x)).max(axis=0)
    assert (differences <= np.array(short.rounding_error) + 1e-12).all()
    assert np.max(short.rounding_error) > 0


def test_larger_errors_read_shorter():
    rules, _, size = rules_of(3, (4, 3, 1))
    costs = [reading_cost(rules.rounded(max_error=share * size)) for share in (0.3, 0.1, 0.03, 0.01, 0.001)]
    assert costs == sorted(costs) and costs[0] < costs[-1] < reading_cost(rules)


def test_rounded_rules_survive_json_and_text():
    rules, x, size = rules_of(0, (2, 3, 2))
    short = rounded(rules, max_error=0.1 * size, x=x)
    assert short.n_rows == len(x)
    assert json.read(json.write(short)) == short
    again = paper_reader.read(paper.write(short))
    np.testing.assert_allclose(again.predict(x), short.predict(x), rtol=1e-12)
    last = paper.write(short).splitlines()[-1]
    assert last.startswith("(rounded: out1 within ") and last.endswith(" of the unrounded rules)")


def test_decimals_that_leave_a_gap_are_refused():
    nothing = AffineMap([[0.0]], [0.0])
    sides = ((0.494, False), (0.506, True))
    rules = RuleSystem(
        tuple(Rule((Condition([1.0], -bend, side),), nothing) for bend, side in sides),
        ("x",),
        ("y",),
        domain=Box([-1], [1]),
    )
    with pytest.raises(RoundingError, match=r"2 decimals leave the input \[0\.\d+\] without a rule; use more decimals"):
        rules.rounded(decimals=2)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({}, InvalidValueError, "max_error is None and decimals is None; give one of them"),
        ({"max_error": 0.1, "decimals": 2}, InvalidValueError, "give one of them"),
        ({"max_error": 0.0}, InvalidValueError, r"max_error is 0\.0; it must be positive"),
        ({"max_error": [0.1, 0.1]}, ShapeError, r"max_error has shape \(2,\), but there are 1 outputs"),
        ({"decimals": -1}, InvalidValueError, "decimals is -1; it must be at least 0"),
    ],
)
def test_bad_use_is_named(arguments, error, message):
    rules, _, _ = rules_of(0, (2, 2, 1))
    with pytest.raises(error, match=message):
        rules.rounded(**arguments)


def test_rules_without_a_domain_are_refused():
    with pytest.raises(InvalidValueError, match="rules that hold for all inputs cannot be rounded with an error bound"):
        extract_rules(networks.random_form(0, (2, 2, 1))).rounded(max_error=1)


how_short = st.sampled_from([{"decimals": 0}, {"decimals": 1}, {"share": 0.3}, {"share": 0.05}])


@given(networks.seeds, st.sampled_from([(2, 1, 1), (2, 3, 1), (2, 2, 2, 1), (3, 4, 1), (3, 2, 2, 2)]), how_short)
def test_rounded_rules_are_complete_disjoint_and_none_is_too_many(seed, widths, how):
    rules, _, size = rules_of(seed, widths)
    short = rules.rounded(**({"max_error": how["share"] * size} if "share" in how else how))
    domain = rules.domain
    whole, exact = whole_domain(domain, widths[0]), [rule.exact() for rule in short.rules]
    assert cover(whole, exact).uncovered is None
    assert not overlapping(whole, exact)
    assert len(short) <= len(rules)
    assert merged(short.rules, domain) == short.rules
    assert all(needed(rule.conditions, domain) == rule.conditions for rule in short.rules)
    if widths[0] == 2:
        assert all(area > 0 for area in rule_polygons.areas(short.rules, domain))
        assert rule_polygons.convex_together(short.rules, domain) is None
    x = np.random.default_rng(seed).uniform(domain.lower, domain.upper, (1000, widths[0]))
    differences = np.abs(short.predict(x) - rules.predict(x)).max(axis=0)
    assert (differences <= np.array(short.rounding_error) + 1e-12).all()


def two_bends(*outputs, signs=(1.0, 1.0), bends=(0.1, 0.3)):
    """Rules of one input in [-1, 1]: left of both bends, between them, and right of both."""
    (first, second), (low, high) = signs, bends
    lower = [Condition([first], -first * low, (first > 0) == right) for right in (False, True)]
    upper = [Condition([second], -second * high, (second > 0) == right) for right in (False, True)]
    cells = [(lower[0],), (lower[1], upper[0]), (upper[1],)]
    rules = tuple(Rule(cell, AffineMap([[w]], [c])) for cell, (w, c) in zip(cells, outputs, strict=True))
    return RuleSystem(rules, ("x",), ("y",), domain=Box([-1], [1]))


def test_rules_of_one_function_become_one_rule_without_conditions():
    rules = two_bends((1.01, 0.0), (0.99, 0.002), (1.02, -0.007))
    for short in (rules.rounded(max_error=0.1), rules.rounded(decimals=1)):
        assert [(rule.conditions, rule.outputs) for rule in short.rules] == [((), AffineMap([[1.0]], [0.0]))]
        assert 0 < short.rounding_error[0] <= 0.1
    assert rules.rounded(max_error=0.1, x=[[0.0], [0.2], [1.0]]).rules[0].count == 3


def test_a_bend_that_no_rule_needs_any_more_vanishes():
    rules = two_bends((1.01, 0.0), (0.99, 0.002), (3.0, -0.601))
    short = rules.rounded(decimals=1, x=[[0.0], [0.2], [0.25], [0.3], [1.0]])
    assert [(len(rule.conditions), rule.count) for rule in short.rules] == [(1, 3), (1, 2)]
    assert {abs(rule.conditions[0].intercept) for rule in short.rules} == {0.3}


@pytest.mark.parametrize("signs", [(1.0, 1.0), (-1.0, -1.0), (1.0, -1.0), (-1.0, 1.0)])
def test_a_rule_that_is_left_without_an_interior_vanishes(signs):
    """Both bends are rounded to 0, and whatever side each counts to, 0 falls under a rule."""
    short = two_bends((1.0, 0.0), (2.0, -0.1), (4.0, -0.7), signs=signs).rounded(decimals=0)
    assert [rule.outputs.coef.item() for rule in short.rules] == [1.0, 4.0]
    np.testing.assert_array_equal(short.predict([[-0.5], [0.5]]), [[-0.5], [1.0]])
    # Near 0 the first rule said 0, and the last now says -1.
    assert short.assign([[0.0]]).item() in (0, 1) and short.rounding_error == (1.0,)


def test_rules_that_would_overlap_are_cut():
    """Rounded to 0 decimals, the bend of the first rule passes that of the second, which says more there."""
    low, high = Condition([1.0], -0.5, nonnegative=False), Condition([2.0], -0.98, nonnegative=True)
    rules = RuleSystem(
        (Rule((low,), AffineMap([[1.0]], [0.0])), Rule((high,), AffineMap([[3.0]], [-1.0]))),
        ("x",),
        ("y",),
        domain=Box([-1], [1]),
    )
    short = rules.rounded(decimals=0)
    exact = [rule.exact() for rule in short.rules]
    assert not overlapping(whole_domain(rules.domain, 1), exact)


def test_one_function_needs_no_bends_to_be_right():
    """Rounded to `x < 0` and `x >= y`, the bends leave a gap, but a rule without conditions covers it."""
    one, other = AffineMap([[0.0, 0.0]], [1.0]), AffineMap([[0.0, 0.0]], [2.0])
    sides = Condition([1.0, -0.4], -0.45, nonnegative=False), Condition([1.0, -0.6], -0.25, nonnegative=True)

    def rules(*outputs):
        cells = ((side,) for side in sides)
        found = tuple(Rule(cell, affine) for cell, affine in zip(cells, outputs, strict=True))
        return RuleSystem(found, ("x", "y"), ("z",), domain=Box([-1, 0], [1, 1]))

    assert rules(one, one).rounded(decimals=0).rules == (Rule((), one),)
    with pytest.raises(RoundingError, match="without a rule"):
        rules(one, other).rounded(decimals=0)


def test_bends_stay_where_moving_them_would_leave_gaps():
    """Bends of 0.71875 x and 13/22 x meet those of x in one line each: with fewer digits they miss it."""
    B = np.zeros((5, 5))
    B[3, :3], B[4, 1] = (-1, 1, -1), 1
    form = NormalForm(
        A=[[1, 0, 0], [1, 1, 0], [-1, 1, -1], [-1, -1, -1], [1, -1, 0]],
        B=B,
        b=[1, -1, 0, -1, 0],
        C=[[-1, -1, 1]],
        D=[[-1, 1, 0, -1, -1]],
        e=[0],
        slopes=[0.25, 0.9, 1.5, 1.5, -0.5],
    )
    box = Box([-5.8e8, -6.9e8, -9.6e8], [9.0e8, 6.4e8, 6.4e8])
    rules = extract_rules(form, box)
    short = rounded(rules, max_error=1.3e8)
    exact = [rule.exact() for rule in short.rules]
    assert cover(whole_domain(box, 3), exact) == (None, None)
    assert max(short.rounding_error) <= 1.3e8
    assert reading_cost(short) < reading_cost(rules)
