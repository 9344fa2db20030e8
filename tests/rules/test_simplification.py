"""Fewer conditions and merged rules against the obvious: points of the domain, and one linear program each."""

import networks
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import linprog

from prelu_rules.domains.box import Box
from prelu_rules.network.normal_form import NormalForm
from prelu_rules.rules.extraction import extract_rules
from prelu_rules.rules.rule import Condition
from prelu_rules.rules.simplification import needed

small = networks.widths.filter(lambda widths: 1 <= sum(widths[1:-1]) <= 5)


def box_of(n_inputs):
    return Box(-np.ones(n_inputs), np.ones(n_inputs))


def beyond(condition, others, domain):
    """How far, at most 1, inputs that satisfy the others can be beyond a condition; -inf where there are none."""
    coef, intercept = condition.halfspace()
    length = np.linalg.norm(coef)
    rows = [other.halfspace() for other in others]
    A = np.array([-row for row, _ in rows] + [-coef]).reshape(-1, len(coef))
    b = np.array([constant for _, constant in rows] + [length + intercept])
    bounds = [(None, None)] * len(coef) if domain is None else list(zip(domain.lower, domain.upper, strict=True))
    found = linprog(coef, A_ub=A, b_ub=b, bounds=bounds, method="highs")
    return -(found.fun + intercept) / length if found.status == 0 else -np.inf


@given(networks.seeds, small, st.booleans())
def test_no_condition_of_a_rule_follows_from_the_others(seed, widths, bounded):
    domain = box_of(widths[0]) if bounded else None
    for rule in extract_rules(networks.random_form(seed, widths), domain).rules:
        for k, condition in enumerate(rule.conditions):
            assert beyond(condition, rule.conditions[:k] + rule.conditions[k + 1 :], domain) > 1e-9


@given(networks.seeds, small)
def test_on_the_domain_the_rules_say_what_all_conditions_say(seed, widths):
    form, domain = networks.random_form(seed, widths), box_of(widths[0])
    rules = extract_rules(form, domain)
    x = np.random.default_rng(seed).uniform(-1, 1, (200, widths[0]))
    size = 1 + np.abs(form.predict(x)).max()
    for rule in rules.rules:
        inside = x[rule.covers(x)]
        np.testing.assert_allclose(rule.outputs(inside), form.predict(inside), atol=1e-6 * size)
    # Off the domain as well there is a rule for each input.
    assert rules.assign(10 * x).min() >= 0


def test_what_the_domain_says_is_not_repeated():
    form = NormalForm(
        A=[[1, 0], [1, 1]], B=np.zeros((2, 2)), b=[0, -1], C=[[0, 0]], D=[[1, 1]], e=[0], slopes=[0.5, 0.5]
    )
    everywhere, inside = extract_rules(form), extract_rules(form, Box([-1, -1], [1, 1]))
    assert [len(rule.conditions) for rule in everywhere.rules] == [2, 2, 2, 2]
    # On the left, x + y < 1 all over the box; where x + y >= 1, x is not negative.
    assert [len(rule.conditions) for rule in inside.rules] == [1, 2, 1]


@pytest.mark.parametrize(("order", "kept"), [([0, 1, 2], 0), ([1, 0, 2], 1), ([2, 0, 1], 0), ([2, 1, 0], 1)])
def test_of_equal_conditions_the_first_stays_unless_another_is_easier_to_read(order, kept):
    domain = Box([0, 5], [10, 5])
    given_conditions = [Condition([1, 0], -3, True), Condition([2, 0], -6, True), Condition([1, 1], -8, True)]
    assert needed([given_conditions[k] for k in order], domain) == (given_conditions[kept],)
