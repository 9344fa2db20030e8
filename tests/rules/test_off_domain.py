"""Which rule counts off the domain, against small steps towards it."""

import networks
import numpy as np
import pytest
from hypothesis import given

from prelu_rules.domains.box import Box
from prelu_rules.domains.polytope import Polytope
from prelu_rules.domains.sampling import sampled
from prelu_rules.errors import OutsideDomainError
from prelu_rules.export import json, paper, paper_reader
from prelu_rules.network.affine import AffineMap
from prelu_rules.rules.extraction import extract_rules
from prelu_rules.rules.off_domain import first_met
from prelu_rules.rules.rule import Condition, Rule
from prelu_rules.rules.rule_system import RuleSystem

SIDES = [Condition([1.0, 0.0], 3.0, True), Condition([1.0, 0.0], -3.0, False)]
"""Hold for |x| < 3: hand-made rules that say nothing beyond."""


def closed(rules, domain):
    """The rules, made to hold near the domain only, so that most inputs fall under none."""
    extra = []
    for k in range(domain.n_inputs):
        e = np.eye(domain.n_inputs)[k]
        extra += [Condition(e, -(domain.lower[k] - 0.1), True), Condition(e, -(domain.upper[k] + 0.1), False)]
    return [Rule((*rule.conditions, *extra), rule.outputs) for rule in rules]


@given(networks.seeds)
def test_it_is_what_small_steps_find(seed):
    form = networks.random_form(seed, (2, 3, 1))
    domain = Box([-1, 0], [1, 3])
    rules = closed(extract_rules(form, domain).rules, domain)
    x = np.random.default_rng(seed).uniform(-9, 9, (20, 2))
    middle = np.array([0.0, 1.5])
    for row, found in zip(x, first_met(rules, x, domain), strict=True):
        steps = row + np.linspace(0, 1, 20_001)[:, None] * (middle - row)
        covers = np.array([rule.covers(steps) for rule in rules])
        first = np.flatnonzero(covers.any(axis=0))[0]
        # Between two steps there may be more than one rule, each as thin.
        assert covers[found, max(first - 1, 0) : first + 2].any() or covers[:, first].argmax() == found


def test_inputs_on_the_domain_get_their_own_rule():
    form = networks.random_form(1, (3, 4, 1))
    box = Box(-np.ones(3), np.ones(3))
    rules = extract_rules(form, box)
    x = sampled(box, 500)
    np.testing.assert_array_equal(first_met(rules.rules, x, box), rules.assign(x))


def test_on_a_polytope_the_way_leads_to_its_inside():
    triangle = Polytope(Box([0, 0], [1, 1]), [[1, 1]], [1])
    corner = Rule((Condition([1.0, 1.0], -0.2, False),), AffineMap([[0.0, 0.0]], [0.0]))
    rest = Rule((Condition([1.0, 1.0], -0.2, True), Condition([1.0, 1.0], -1.1, False)), corner.outputs)
    assert first_met([corner, rest], np.array([[2.0, 2.0], [0.05, 0.05]]), triangle).tolist() == [1, 0]


def test_a_system_says_so_and_what_it_exports_does_not():
    rules = RuleSystem(
        (Rule(tuple(SIDES), AffineMap([[2.0, 1.0]], [0.0])),), ("a", "b"), ("y",), domain=Box([-1, -1], [1, 1])
    )
    far = [[5.0, 1.0]]
    assert rules.assign(far).tolist() == [0]
    assert rules.predict(far).tolist() == json.read(json.write(rules)).predict(far).tolist() == [[11.0]]
    # Text and source have no domain, so they are silent there.
    with pytest.raises(OutsideDomainError, match=r"row 0 \(\[5.0, 1.0\]\) is covered by no rule"):
        paper_reader.read(paper.write(rules)).predict(far)
    scope = {}
    exec(rules.export("python"), scope)
    with pytest.raises(ValueError, match="no rule covers this row"):
        scope["predict"](*far[0])


def test_on_a_boundary_that_neither_side_includes_the_first_rule_beside_it_counts():
    """Two units may have one hyperplane, turned around; rules beside it may be left with the `< 0` of either."""
    left, right = (
        Rule((Condition([weight, 0.0], 0.0, False),), AffineMap([[weight, 0.0]], [0.0])) for weight in (1.0, -1.0)
    )
    for domain in (None, Box([-1, -1], [1, 1])):
        rules = RuleSystem((left, right), ("a", "b"), ("y",), domain=domain)
        assert rules.assign([[0.0, 0.5], [1.0, 0.0], [0.0, 7.0]]).tolist() == [0, 1, 0]


def test_rules_that_leave_a_gap_on_the_way_are_passed():
    behind = Rule((Condition([1.0, 0.0], -4.0, True), Condition([1.0, 0.0], -5.0, False)), AffineMap([[0, 0]], [0]))
    away = Rule((Condition([1.0, 0.0], -9.0, True),), AffineMap([[0, 0]], [0]))
    box = Box([-1, -1], [1, 1])
    assert first_met([away, behind], np.array([[7.0, 0.0], [4.5, 9.0], [3.5, 0.0]]), box).tolist() == [1, 1, -1]
