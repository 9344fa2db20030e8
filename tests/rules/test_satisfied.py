from fractions import Fraction

import networks
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from prelu_rules.domains.box import Box
from prelu_rules.rules import satisfied as satisfied_module
from prelu_rules.rules.extraction import extract_rules
from prelu_rules.rules.rule import Condition
from prelu_rules.rules.satisfied import Satisfied
from prelu_rules.rules.simplification import cell_of_rule, implied

SMALL, LARGE = Box([-1, -1], [1, 1]), Box([-4, -4], [4, 4])


def rules_of(seed, domain):
    """The conditions of each rule, and all of them."""
    rules = [
        rule.conditions
        for rule in extract_rules(networks.random_form(seed, (2, 4, 2, 1)), domain, max_nonlinear=6).rules
    ]
    return rules, [condition for rule in rules for condition in rule]


@given(networks.seeds, st.sampled_from([None, SMALL]), st.booleans())
def test_each_answer_is_that_of_a_cell_of_its_own(seed, domain, with_inner):
    rules, conditions = rules_of(seed, SMALL)
    within = LARGE if domain is not None else None
    satisfied = Satisfied(within, Satisfied(SMALL) if with_inner else None)
    for rule in rules:
        slow = [implied(cell_of_rule(rule, within, 2), condition) for condition in conditions]
        sides = satisfied.sides(rule)
        assert [satisfied.everywhere(sides, condition) for condition in conditions] == slow
        assert Satisfied(within).which(Satisfied(within).sides(rule), []) == []
        again = Satisfied(within, Satisfied(SMALL) if with_inner else None)
        assert again.which(again.sides(rule), conditions) == slow


def test_no_question_is_asked_twice(monkeypatch):
    """The cells of the first answers are gone, but the answers are not."""
    rules, conditions = rules_of(0, SMALL)
    satisfied = Satisfied(SMALL)
    sides = [satisfied.sides(rule) for rule in rules]
    first = [satisfied.which(side, conditions) for side in sides]
    monkeypatch.setattr(Satisfied, "_cell", lambda self, rule: pytest.fail("asked again"))
    assert [[satisfied.everywhere(side, condition) for condition in conditions] for side in sides] == first


def test_few_cells_are_kept(monkeypatch):
    monkeypatch.setattr(satisfied_module, "MOST_CELLS", 2)
    rules, conditions = rules_of(0, SMALL)
    few, many = Satisfied(SMALL), Satisfied(SMALL)
    for rule in rules:
        monkeypatch.setattr(satisfied_module, "MOST_CELLS", 2)
        answers = few.which(few.sides(rule), conditions)
        monkeypatch.setattr(satisfied_module, "MOST_CELLS", 1000)
        assert answers == many.which(many.sides(rule), conditions)
    assert len(few._cells) <= 2 < len(many._cells)


@given(networks.seeds, st.booleans())
def test_facets_are_the_conditions_that_others_do_not_imply(seed, with_inner):
    """Rules that were extracted have no others; with a condition further out, there is one."""
    satisfied = Satisfied(LARGE, Satisfied(SMALL)) if with_inner else Satisfied(SMALL)
    for rule in rules_of(seed, SMALL)[0]:
        further = [Condition(c.coef, c.intercept + (3 if c.nonnegative else -3), c.nonnegative) for c in rule[:1]]
        sides = satisfied.sides([*rule, *further])
        assert all(satisfied.is_facet(sides, condition) for condition in rule)
        assert not any(satisfied.is_facet(sides, condition) for condition in further)


def test_opposite_sides_of_a_hyperplane_have_opposite_numbers():
    satisfied = Satisfied(None)
    above, below = (Condition([2.0, -1.0], 3.0, side) for side in (True, False))
    turned = Condition([-2.0, 1.0], -3.0, True)
    assert satisfied.number(above) == -satisfied.number(below) == -satisfied.number(turned)
    assert satisfied.number(Condition([4.0, -2.0], 6.0, True)) not in (satisfied.number(above), satisfied.number(below))


def test_exact_hyperplanes_are_the_same_up_to_a_factor():
    satisfied = Satisfied(None)
    third = Condition(np.array([Fraction(1, 3), Fraction(-1)]), Fraction(2), True)
    whole = Condition(np.array([Fraction(-1), Fraction(3)]), Fraction(-6), True)
    assert satisfied.number(third) == -satisfied.number(whole) != 0


@given(networks.seeds)
def test_rules_that_share_a_facet_are_on_two_sides_of_one_hyperplane(seed):
    """Each point of a boundary that lies in two rules, and in no third, is in a facet that they share."""
    rules, conditions = rules_of(seed, SMALL)
    satisfied = Satisfied(SMALL)
    sides = [satisfied.sides(rule) for rule in rules]
    rng = np.random.default_rng(seed)
    for condition in conditions:
        coef, intercept = condition.halfspace()
        points = rng.uniform(-1, 1, (50, 2))
        points -= np.outer(points @ coef + intercept, coef) / (coef @ coef)
        points = points[(np.abs(points) < 0.99).all(axis=1)]
        margins = [np.min([points @ c.halfspace()[0] + c.halfspace()[1] for c in rule], axis=0) for rule in rules]
        for place in range(len(points)):
            touching = [k for k, margin in enumerate(margins) if margin[place] > -1e-9]
            if len(touching) == 2:
                assert satisfied.may_share_facet(*(sides[k] for k in touching))
