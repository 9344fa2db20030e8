from fractions import Fraction
from itertools import pairwise

import networks
import numpy as np
import pytest
import rule_polygons
from hypothesis import given
from hypothesis import strategies as st

from prelu_rules.domains.box import Box
from prelu_rules.domains.polytope import Polytope
from prelu_rules.domains.sampling import sampled
from prelu_rules.network.affine import AffineMap
from prelu_rules.rules.convex_groups import _Pool, convex_group
from prelu_rules.rules.merging import merged
from prelu_rules.rules.rule import Condition, Rule
from prelu_rules.rules.satisfied import Satisfied

ONE, OTHER = AffineMap([[0.0, 0.0]], [1.0]), AffineMap([[1.0, 0.0]], [0.0])
WHOLE = Box([0, 0], [16, 16])


def rectangle(left, bottom, right, top, outputs=ONE):
    """A rule on a rectangle, which says nothing of the sides that it shares with the domain."""
    sides = [([1.0, 0.0], left, True), ([1.0, 0.0], right, False), ([0.0, 1.0], bottom, True), ([0.0, 1.0], top, False)]
    return Rule(tuple(Condition(row, -at, side) for row, at, side in sides if 0 < at < 16), outputs, count=1)


def pinwheel(left, bottom, right, top, a, b, c, d):
    """Four rectangles around a fifth; no two of the five have a convex union."""
    return [
        (left, bottom, a, d),
        (a, bottom, right, c),
        (b, c, right, top),
        (left, d, b, top),
        (a, c, b, d),
    ]


FIVE = pinwheel(0, 0, 16, 16, 4, 10, 6, 12)


@pytest.mark.parametrize("domain", [WHOLE, None])
def test_a_pinwheel_is_one_rule_only_with_its_middle(domain):
    rules = [rectangle(*sides) for sides in FIVE]
    assert merged(rules, domain) == (Rule((), ONE, 5),)
    assert len(merged(rules[:-1], domain)) == 4
    assert len(merged([*rules[:-1], rectangle(*FIVE[-1], outputs=OTHER)], domain)) == 5


@pytest.mark.parametrize("domain", [Box([-1, -1], [1, 1]), None])
@pytest.mark.parametrize("n", [3, 4, 5])
def test_wedges_around_a_point_are_one_rule(n, domain):
    angles = 2 * np.pi * (0.1 + np.arange(n + 1)) / n
    normals = np.stack([-np.sin(angles), np.cos(angles)], axis=1)
    wedges = [Rule((Condition(normals[k], 0.0, True), Condition(normals[k + 1], 0.0, False)), ONE) for k in range(n)]
    assert merged(wedges, domain) == (Rule((), ONE),)
    assert len(merged(wedges[:-1], domain)) > 1


def test_a_group_that_has_to_grow_is_found_within_others():
    """The pinwheel fills the lower left quarter; next to it are rules of the same function that do not belong."""
    inner = pinwheel(0, 0, 8, 8, 2, 5, 3, 6)
    rules = [rectangle(8, 2, 9, 3), *(rectangle(*sides) for sides in inner), rectangle(3, 8, 4, 9)]
    group = convex_group([rule.conditions for rule in rules], WHOLE, Satisfied(WHOLE), sampled(WHOLE, 100))
    assert group is not None and group.members == (1, 2, 3, 4, 5)
    assert sorted(merged(rules, WHOLE), key=lambda rule: rule.count)[-1].count == 5


def subdivided(rng, sides, depth):
    """A rectangle of whole corners, cut at random into two or into a pinwheel, again and again."""
    left, bottom, right, top = sides
    kind = rng.integers(3) if depth else 2
    if kind == 0 and min(right - left, top - bottom) > 2:
        a, b = sorted(rng.choice(np.arange(left + 1, right), 2, replace=False).tolist())
        c, d = sorted(rng.choice(np.arange(bottom + 1, top), 2, replace=False).tolist())
        parts = pinwheel(*sides, a, b, c, d)
    elif kind <= 1 and right - left > 1:
        a = int(rng.integers(left + 1, right))
        parts = [(left, bottom, a, top), (a, bottom, right, top)]
    else:
        return [sides]
    return [leaf for part in parts for leaf in subdivided(rng, part, depth - 1)]


@given(networks.seeds, st.sampled_from([0.0, 0.2, 0.5]))
def test_no_group_that_is_left_has_a_convex_union(seed, share):
    rng = np.random.default_rng(seed)
    leaves = subdivided(rng, (0, 0, 16, 16), 2)[:14]
    rules = [rectangle(*sides, outputs=OTHER if rng.random() < share else ONE) for sides in leaves]
    before = sum(rule_polygons.areas(rules, WHOLE))
    left = merged(rules, WHOLE)
    assert sum(rule_polygons.areas(left, WHOLE)) == before
    assert sum(rule.count for rule in left) == len(rules)
    # All groups are tried, so many rules are too many.
    assert len(left) > 10 or rule_polygons.convex_together(left, WHOLE) is None
    if share == 0 and before == Fraction(256):
        assert left == (Rule((), ONE, len(rules)),)


@given(networks.seeds, st.sampled_from([1, 30, 1000]))
def test_inputs_only_save_linear_programs(seed, n_rows):
    """The first group is the same whatever inputs are known; those on boundaries, such as corners, say nothing."""
    rng = np.random.default_rng(seed)
    leaves = subdivided(rng, (0, 0, 16, 16), 2)[:14]
    cells = [rectangle(*sides).conditions for sides in leaves if rng.random() < 0.9]
    rows = np.vstack([sampled(WHOLE, n_rows), rng.integers(0, 17, (n_rows, 2))])
    slow = convex_group(cells, WHOLE, Satisfied(WHOLE), np.empty((0, 2)))
    fast = convex_group(cells, WHOLE, Satisfied(WHOLE), rows)
    assert (fast is None) == (slow is None)
    assert fast is None or (fast.members == slow.members and fast.conditions == slow.conditions)


def test_an_input_outside_all_cells_shows_a_gap_without_linear_programs(monkeypatch):
    cells = [rectangle(*sides).conditions for sides in FIVE[:-1]]
    monkeypatch.setattr(_Pool, "covers", lambda *_: pytest.fail("the middle of the pinwheel is in no cell"))
    assert convex_group(cells, WHOLE, Satisfied(WHOLE), np.array([[8.0, 11.0]])) is None


def exact(condition, factor):
    """The same condition in rationals, with a factor, which may be negative."""
    coef = [Fraction(weight) * factor for weight in condition.coef.tolist()]
    return Condition(coef, Fraction(condition.intercept) * factor, condition.nonnegative == (factor > 0))


@pytest.mark.parametrize("write", [lambda c, k: c, lambda c, k: exact(c, (-1) ** k * (k + 1))])
def test_conditions_may_be_written_in_several_ways(write):
    """Each cell writes its conditions with another factor."""
    cells = [[write(c, k) for c in rectangle(*sides).conditions] for k, sides in enumerate(FIVE)]
    group = convex_group(cells, WHOLE, Satisfied(WHOLE), sampled(WHOLE, 100))
    assert group is not None and group.members == (0, 1, 2, 3, 4)


def test_on_a_flat_domain_hyperplanes_are_not_told_by_their_numbers():
    """On the diagonal, conditions in one input and in the other are the same."""
    diagonal = Polytope(WHOLE, np.array([[1.0, -1.0]]), np.array([0.0]), np.array([True]))
    ends = [0, 4, 6, 9, 16]
    rules = []
    for k, (left, right) in enumerate(pairwise(ends)):
        row = [Fraction(1), Fraction(0)] if k % 2 else [Fraction(0), Fraction(1)]
        sides = [(left, True), (right, False)]
        rules.append(
            Rule(tuple(Condition(row, Fraction(-at), side) for at, side in sides if 0 < at < 16), ONE, count=1)
        )
    assert merged(rules, diagonal) == (Rule((), ONE, 4),)
