import networks
import numpy as np
from hypothesis import given
from rule_pairs import overlapping

from prelu_rules.domains.box import Box
from prelu_rules.geometry.proofs.exact import ExactCell
from prelu_rules.network.affine import AffineMap
from prelu_rules.rules.cover import cover
from prelu_rules.rules.disjoint import closed, disjoint, has_interior
from prelu_rules.rules.rule import Condition, Rule

SQUARE = Box([0, 0], [4, 4])


def random_rules(rng):
    """Cells of whole numbers, so that many share boundaries, are empty, or have no interior."""
    return [
        Rule(
            tuple(
                Condition(rng.integers(-1, 2, 2), rng.integers(-2, 3), rng.random() < 0.5)
                for _ in range(rng.integers(0, 4))
            ),
            AffineMap([[0.0, 0.0]], [number]),
        )
        for number in range(rng.integers(1, 5))
    ]


def first_that_covers(rules, x):
    covers = np.array([rule.covers(x) for rule in rules]).reshape(len(rules), len(x))
    names = np.array([rule.outputs.intercept[0] for rule in rules])
    return np.where(covers.any(axis=0), names[covers.argmax(axis=0)] if len(rules) else 0, -1)


@given(networks.seeds)
def test_the_first_rule_that_covers_an_input_keeps_it(seed):
    rules = random_rules(np.random.default_rng(seed))
    whole = ExactCell.of_domain(SQUARE, 2)
    parts = disjoint(rules, whole)
    # Halves, so that boundaries and corners are looked at.
    x = np.stack(np.meshgrid(np.arange(0, 4.5, 0.5), np.arange(0, 4.5, 0.5)), axis=-1).reshape(-1, 2)
    np.testing.assert_array_equal(first_that_covers(parts, x), first_that_covers(rules, x))
    exact = [part.exact() for part in parts]
    assert not overlapping(whole, exact)
    covered, still = (cover(whole, [rule.exact() for rule in some]).uncovered is None for some in (rules, parts))
    assert covered == still
    interiors = [x for rule in parts if has_interior(whole, rule.conditions)]
    assert interiors or not rules or not any(has_interior(whole, rule.conditions) for rule in rules)


def test_rules_that_share_boundaries_only_stay_as_they_are():
    sides = [Rule((Condition([1.0, 1.0], -4.0, side),), AffineMap([[0.0, 0.0]], [1.0])) for side in (True, False)]
    assert disjoint(sides, ExactCell.of_domain(SQUARE, 2)) == tuple(sides)


def test_what_is_constant_on_the_domain_has_the_side_of_zero():
    flat = ExactCell.of_domain(Box([0, 1], [4, 1]), 2)
    assert has_interior(flat, [Condition([0.0, 1.0], -1.0, True)])
    assert not has_interior(flat, [Condition([0.0, 1.0], -1.0, False)])


def test_only_boundaries_that_no_rule_holds_are_closed():
    nothing = AffineMap([[0.0]], [0.0])
    low, high = Rule((Condition([1.0], -2.0, False),), nothing), Rule((Condition([-2.0], 4.0, False),), nothing)
    middle = Rule((Condition([1.0], -2.0, True), Condition([1.0], -3.0, False)), nothing)
    assert closed([low, middle]) == (low, Rule((middle.conditions[0], Condition([-1.0], 3.0, True)), nothing))
    assert [rule.covers([[2.0]]).item() for rule in closed([low, high])] == [True, True]
