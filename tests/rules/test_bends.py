import networks
import numpy as np

from prelu_rules.domains.box import Box
from prelu_rules.network.affine import AffineMap
from prelu_rules.rules.bends import Bends
from prelu_rules.rules.extraction import extract_rules
from prelu_rules.rules.rule import Condition, Rule


def test_bends_are_the_units_and_their_strengths_are_their_weights():
    """In one layer each unit is a bend, and crossing it changes the output by (1 - a) times its weight."""
    form = networks.random_form(0, (2, 3, 2), slopes=(0.25,))
    rules = extract_rules(form, Box([-50, -50], [50, 50])).rules
    bends = Bends(rules)
    assert len(bends.rows) == 3
    found = bends.strengths(rules)
    for row, strength in zip(bends.rows, found, strict=True):
        largest = np.abs(form.A).max(axis=1, keepdims=True)
        same = np.abs(np.abs(form.A / largest) - np.abs(row[:-1])).max(axis=1).argmin()
        np.testing.assert_allclose(strength, 0.75 * np.abs(form.D[:, same]) * largest[same])


def test_opposite_sides_are_sides_of_one_bend():
    rules = extract_rules(networks.random_form(1, (3, 2, 1), slopes=(0.5,))).rules
    bends = Bends(rules)
    assert len(bends.rows) == 2
    for sides, rule in zip(bends.sides, rules, strict=True):
        for side, condition in zip(sides, rule.conditions, strict=True):
            np.testing.assert_allclose(side.sign * bends.rows[side.bend, :-1], condition.normalised().coef)


def test_where_no_two_rules_meet_nothing_is_known():
    rules = extract_rules(networks.random_form(1, (1, 1, 1), slopes=(0.5,))).rules
    assert np.isnan(Bends(rules[:1]).strengths(rules[:1])).all()


def thresholds(*values):
    return [Rule((Condition([1.0], -value, nonnegative=True),), AffineMap([[1.0]], [0.0])) for value in values]


def test_bends_are_told_apart_by_what_they_do_on_the_domain():
    close = thresholds(1e-11, 2e-11)
    assert len(Bends(close, Box([-1e-10], [1e-10])).rows) == 2
    # In a domain that is so much wider, rounding errors are larger than what lies between.
    assert len(Bends(close, Box([-1e3], [1e3])).rows) == 1
    assert len(Bends(close).rows) == 2
    far = thresholds(1e12, 1e12 + 1)
    assert len(Bends(far, Box([1e12 - 2], [1e12 + 2])).rows) == len(Bends(far).rows) == 2


def test_terms_that_only_one_input_has_count_as_much_as_others():
    """Both weights of the second input are small beside the constant, and the input is large."""
    rules = [Rule((Condition([1.0, w], -250000.0, True),), AffineMap([[1.0, 0.0]], [0.0])) for w in (1e-4, 2e-4)]
    assert len(Bends(rules).rows) == len(Bends(rules, Box([-1e6, -1e9], [1e6, 1e9])).rows) == 2


def test_rounding_errors_make_no_bend():
    rules = [Rule((Condition([0.1, w], 0.3, True),), AffineMap([[1.0, 0.0]], [0.0])) for w in (0.3, 0.1 + 0.2)]
    assert len(Bends(rules).rows) == len(Bends(rules, Box([0, 0], [1, 1])).rows) == 1
