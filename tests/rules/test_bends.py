import networks
import numpy as np

from prelu_rules.domains.box import Box
from prelu_rules.rules.bends import Bends
from prelu_rules.rules.extraction import extract_rules


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
