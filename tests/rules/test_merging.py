from fractions import Fraction
from itertools import combinations

import networks
import numpy as np
import pytest
import rule_polygons
from hypothesis import example, given
from hypothesis import strategies as st
from scipy.optimize import linprog
from scipy.spatial import ConvexHull, HalfspaceIntersection

from prelu_rules.domains.box import Box
from prelu_rules.domains.polytope import Polytope
from prelu_rules.network.affine import AffineMap
from prelu_rules.network.normal_form import NormalForm
from prelu_rules.rules import merging
from prelu_rules.rules.cover import cover
from prelu_rules.rules.extraction import extract_rules
from prelu_rules.rules.merging import merged, same_outputs
from prelu_rules.rules.overlay import whole_domain
from prelu_rules.rules.rule import Condition, Rule
from prelu_rules.rules.satisfied import Satisfied
from prelu_rules.rules.simplification import needed

pytestmark = pytest.mark.slow

SQUARE = Box([-1, -1], [1, 1])
CONSTANT = AffineMap([[0.0, 0.0]], [1.0])


def rule(*conditions, outputs=CONSTANT, **more):
    return Rule(tuple(Condition(row[:2], row[2], side) for row, side in conditions), outputs, **more)


def quadrant(right, up, **more):
    return rule(([1.0, 0.0, 0.0], right), ([0.0, 1.0, 0.0], up), **more)


def grid(size=0.99, n=41):
    return np.stack(np.meshgrid(*2 * [np.linspace(-size, size, n) + 1e-3]), axis=-1).reshape(-1, 2)


def test_four_quadrants_of_one_function_are_one_rule():
    four = [quadrant(right, up, count=1) for right in (True, False) for up in (True, False)]
    assert merged(four, SQUARE) == merged(four, None) == (Rule((), CONSTANT, 4),)


def test_three_quadrants_are_two_rules_since_their_union_is_not_convex():
    three = merged([quadrant(True, True), quadrant(True, False), quadrant(False, True)], SQUARE)
    assert len(three) == 2
    covers = np.array([r.covers(grid()) for r in three])
    np.testing.assert_array_equal(covers.any(axis=0), (grid() >= 0).any(axis=1))


def test_opposite_quadrants_stay_apart():
    assert len(merged([quadrant(True, True), quadrant(False, False)], SQUARE)) == 2


def test_other_outputs_and_other_decisions_stay_apart():
    other = AffineMap([[0.0, 1e-6]], [1.0])
    assert len(merged([quadrant(True, True), quadrant(True, False, outputs=other)], SQUARE)) == 2
    assert len(merged([quadrant(True, True, decision=0), quadrant(True, False, decision=1)], SQUARE)) == 2
    assert len(merged([quadrant(True, True, decision=1), quadrant(True, False, decision=1)], SQUARE)) == 1


def test_two_cells_whose_union_is_convex_on_the_domain_only_in_part():
    """Left of 0 and above -2, and right of 0: the bound at -2 is no bend on the box."""
    left, right = rule(([1.0, 0.0, 0.0], False), ([0.0, 1.0, 2.0], True)), rule(([1.0, 0.0, 0.0], True))
    assert merged([left, right], SQUARE) == (Rule((), CONSTANT),)
    assert len(merged([left, right], None)) == 2


def test_rounding_errors_do_not_keep_rules_apart_but_exact_rationals_do():
    assert same_outputs(AffineMap([[0.1 + 0.2]], [1.0]), AffineMap([[0.3]], [1.0]))
    assert not same_outputs(AffineMap([[0.3 + 1e-9]], [1.0]), AffineMap([[0.3]], [1.0]))
    exact = NormalForm(A=[[1]], B=[[0]], b=[0], C=[[0.3]], D=[[0.1 + 0.2 - 0.3]], e=[0], slopes=[0])
    assert len(extract_rules(exact)) == 1 and len(extract_rules(exact.exact())) == 2


def dead_network(seed):
    """ReLUs of small whole weights, where the second layer is often dead, so that many maps are equal."""
    rng = np.random.default_rng(seed)
    kernels = [rng.integers(-1, 2, shape) for shape in ((2, 3), (3, 2), (2, 1))]
    return NormalForm.from_layers(
        kernels, [rng.integers(-1, 2, n) for n in (3, 2, 1)], [np.zeros(3), rng.choice([0.0, 1.0], 2)]
    )


@given(networks.seeds, st.booleans())
def test_merged_rules_are_the_network_and_cover_everything(seed, bounded):
    form = dead_network(seed)
    rules = extract_rules(form, SQUARE if bounded else None)
    x = grid() if bounded else grid(5)
    np.testing.assert_allclose(rules.predict(x), form.predict(x), atol=1e-9)
    assert rules.assign(100 * x).min() >= 0


@given(networks.seeds, st.sampled_from([0.25, 1.0, 4.0]))
def test_no_rules_that_are_left_have_a_convex_union_on_the_domain(seed, size):
    box = Box([-size, -size], [size, size])
    rules = extract_rules(dead_network(seed), box).rules
    assert sum(rule_polygons.areas(rules, box)) == Fraction(2 * size) ** 2
    assert rule_polygons.convex_together(rules, box) is None


@given(networks.seeds)
def test_no_two_rules_that_are_left_have_a_convex_union_in_space(seed):
    rng = np.random.default_rng(seed)
    kernels = [rng.integers(-1, 2, shape) for shape in ((3, 3), (3, 2), (2, 1))]
    biases = [rng.integers(-1, 2, n) for n in (3, 2, 1)]
    form = NormalForm.from_layers(kernels, biases, [np.zeros(3), rng.choice([0.0, 1.0], 2)])
    rules = extract_rules(form, Box(-np.ones(3), np.ones(3))).rules
    solids = [solid(one) for one in rules]
    assert sum(volume for _, volume in solids) == pytest.approx(8)
    for (one, (mine, v)), (other, (theirs, w)) in combinations(zip(rules, solids, strict=True), 2):
        if same_outputs(one.outputs, other.outputs):
            assert ConvexHull(np.vstack([mine, theirs])).volume > v + w + 1e-9


def solid(one):
    """The corners of a rule's cell in the cube, and its volume, by Qhull."""
    rows = [np.append(*condition.halfspace()) for condition in one.conditions]
    rows = np.array([*rows, *np.hstack([np.vstack([np.eye(3), -np.eye(3)]), np.ones((6, 1))])])
    lengths = np.linalg.norm(rows[:, :3], axis=1, keepdims=True)
    # The point that is furthest inside; Qhull wants sums that are at most 0.
    deepest = linprog([0, 0, 0, -1], np.hstack([-rows[:, :3], lengths]), rows[:, 3], bounds=[(None, None)] * 4)
    points = HalfspaceIntersection(-rows, deepest.x[:3]).intersections
    return points, ConvexHull(points).volume


@given(networks.seeds)
@example(5279)
def test_no_rules_that_are_left_have_a_convex_union_anywhere(seed):
    """The weights are so small that all corners are inside a square of 1,000, and what is not convex is so there."""
    rules = extract_rules(dead_network(seed)).rules
    assert rule_polygons.convex_together(rules, Box([-1000, -1000], [1000, 1000])) is None


@given(networks.seeds)
def test_in_the_plane_every_input_off_the_domain_falls_under_a_rule(seed):
    rules = [one.exact() for one in extract_rules(dead_network(seed), SQUARE).rules]
    assert cover(whole_domain(None, 2), rules).uncovered is None


@given(networks.seeds, st.sampled_from([None, SQUARE, Box([-1, 0.5], [1, 0.5])]))
def test_facets_and_conditions_said_outright_change_nothing(seed, domain):
    """Their twin asks linear programs only, as in the article that `merged` names."""
    form = dead_network(seed)
    found = extract_rules(form, domain).rules
    with pytest.MonkeyPatch.context() as without:
        without.setattr(Satisfied, "may_share_facet", lambda self, one, other: True)
        without.setattr(merging, "_union", union_by_its_envelope)
        without.setattr(Satisfied, "outright", lambda self, rule, number: None)
        assert extract_rules(form, domain).rules == found


def union_by_its_envelope(left, right, where):
    """No input that satisfies what both rules satisfy lies outside both."""
    envelope, alien = [], []
    for one, other in ((left, right), (right, left)):
        held = [where.satisfied.everywhere(other.sides, condition) for condition in one.rule.conditions]
        envelope += [condition for condition, holds in zip(one.rule.conditions, held, strict=True) if holds]
        alien.append([condition for condition, holds in zip(one.rule.conditions, held, strict=True) if not holds])
    return None if merging._leave_gap(envelope, *alien, where.domain) else needed(envelope, where.domain)


def test_two_cells_whose_union_is_convex_on_the_domain_only():
    """Right of 0 all of the square is below the slant; left of 0 it cuts, and right of 0 it does so off the square."""
    left, right = rule(([1.0, 0.0, 0.0], False), ([3.0, -1.0, 1.0], True)), rule(([1.0, 0.0, 0.0], True))
    above = rule(([3.0, -1.0, 1.0], False), outputs=AffineMap([[3.0, -1.0]], [2.0]))
    assert len(merged([left, right, above], None)) == 3
    assert merged([left, right, above], SQUARE) == (Rule(left.conditions[1:], CONSTANT), above)


@pytest.mark.parametrize("exact", [False, True])
@pytest.mark.parametrize(
    "domain", [Polytope.one_hot(Box([0, 0], [1, 1]), [[0, 1]]), Box([0, 1], [1, 1])], ids=["one-hot", "constant column"]
)
def test_on_a_flat_domain_one_hyperplane_has_many_numbers(domain, exact):
    """x0 >= .5; and, in other numbers, the rest: where both inputs sum to 1, and where the second one is 1."""
    low = ([0.0, 1.0, -0.5], True) if isinstance(domain, Polytope) else ([2.0, 1.0, -2.0], False)
    rules = [rule(([1.0, 0.0, -0.5], True)), rule(low)]
    assert len(merged([one.exact() if exact else one for one in rules], domain)) == 1


def test_merging_can_wait_for_an_earlier_merge():
    """The upper half meets the lower only once the lower two quarters are one."""
    upper = rule(([0.0, 1.0, 0.0], True))
    lower = [quadrant(True, False), quadrant(False, False)]
    assert merged([upper, *lower], SQUARE) == (Rule((), CONSTANT),)
