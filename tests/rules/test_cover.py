"""Covers and overlaps against the obvious search for points, and against faults that were planted."""

from fractions import Fraction
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from reference_networks import reference_network

from prelu_rules.domains.box import Box
from prelu_rules.geometry.proofs.certified_patterns import CertifiedNetwork
from prelu_rules.geometry.proofs.certified_rows import Coordinates
from prelu_rules.geometry.proofs.exact import ExactCell
from prelu_rules.network.affine import AffineMap
from prelu_rules.rules.cover import cover, shared
from prelu_rules.rules.rule import Condition, Rule

OUTPUTS = AffineMap([[0.0, 0.0]], [0.0])
SQUARE = Box([-2, -2], [2, 2])

rows = st.tuples(st.integers(-2, 2), st.integers(-2, 2), st.integers(-2, 2), st.booleans())
systems = st.lists(st.lists(rows, max_size=3), min_size=1, max_size=5)


def rules_of(system):
    return [Rule([Condition([a, b], c, side) for a, b, c, side in rule], OUTPUTS) for rule in system]


GRID = np.stack(np.meshgrid(*[np.arange(-16, 17) / 8] * 2), axis=-1).reshape(-1, 2)
"""Points whose sums with small whole numbers are exact in floats."""


@pytest.mark.parametrize("domain", [SQUARE, None])
@given(systems)
def test_what_is_named_is_right_and_nothing_on_a_grid_is_missed(domain, system):
    given_rules = rules_of(system)
    rules, whole = [rule.exact() for rule in given_rules], ExactCell.of_domain(domain, 2)
    found = cover(whole, rules)
    covered = np.sum([rule.covers(GRID) for rule in given_rules], axis=0)
    if found.uncovered is None:
        assert covered.all()
    else:
        point = np.array([[Fraction(v) for v in found.uncovered]], dtype=object)
        assert not any(rule.covers(point)[0] for rule in rules)
        assert domain is None or domain.contains(point.astype(float)).all()
    pairs = shared(whole, rules)
    if found.overlap is None:
        for one, other in combinations(given_rules, 2):
            # Inside, no condition is 0.
            conditions = (*one.conditions, *other.conditions)
            inside = np.all([GRID @ c.coef + c.intercept != 0 for c in conditions] or [np.ones(len(GRID))], axis=0)
            inner = inside & (np.abs(GRID) < 2).all(axis=1)
            assert not (one.covers(GRID) & other.covers(GRID) & inner).any()
    else:
        point = np.array([[Fraction(v) for v in found.overlap]], dtype=object)
        assert sum(rule.covers(point)[0] for rule in rules) >= 2 and pairs
    if not pairs:
        assert covered.max() <= 1
    for one, other in pairs:
        assert one < other < len(rules)


def test_rules_that_share_a_boundary_do_not_overlap():
    line, whole = AffineMap([[0.0]], [0.0]), ExactCell.of_domain(Box([0], [4]), 1)
    sides = [Rule((Condition([w], -w, True),), line).exact() for w in (1.0, -1.0)]
    assert cover(whole, sides) == (None, None) and shared(whole, sides) == {(0, 1)}
    wider = Rule((Condition([-1.0], 1.5, True),), line).exact()
    assert 1 < cover(whole, [sides[0], wider]).overlap[0] < 1.5


@given(st.integers(0, 2**32), st.integers(1, 3))
def test_a_tree_is_complete_and_disjoint_and_each_leaf_is_missed(seed, dimension):
    """Leaves of a tree of random cuts, in any order; numbers in tenths, so that much meets in one corner."""
    rng = np.random.default_rng(seed)

    def grown(path, depth):
        if depth == 0 or rng.random() < 0.2:
            return [tuple(path)]
        coef, intercept = rng.integers(-3, 4, dimension) / 10, rng.integers(-3, 4) / 10
        return [leaf for side in (False, True) for leaf in grown([*path, Condition(coef, intercept, side)], depth - 1)]

    whole = ExactCell.of_domain(Box(-np.ones(dimension), np.ones(dimension)), dimension)
    outputs = AffineMap(np.zeros((1, dimension)), [0.0])
    rules = [Rule(leaf, outputs).exact() for leaf in grown([], 4)]
    rng.shuffle(rules)
    assert cover(whole, rules) == (None, None) and not shared(whole, rules)
    missing = rng.integers(len(rules))
    found = cover(whole, rules[:missing] + rules[missing + 1 :])
    assert found.overlap is None
    if found.uncovered is not None:
        point = np.array([[Fraction(v) for v in found.uncovered]], dtype=object)
        assert [rule.covers(point)[0] for rule in rules] == [number == missing for number in range(len(rules))]
    else:
        # Nothing falls under a rule that can be left out.
        assert cover(whole, [rules[missing]]).uncovered is not None or len(rules) == 1


@pytest.mark.slow
def test_two_thousand_rules_take_no_exponential_time():
    form, whole = reference_network(3, (16, 16)), ExactCell.of_domain(Box(-np.ones(3), np.ones(3)), 3)
    coordinates = Coordinates.of_cell(whole)
    rules = []
    for piece in CertifiedNetwork(form, coordinates).pieces(coordinates.rows(np.empty((0, 4)))):
        z, y = form.affine_on(piece.known.signs)
        sides = [Condition(z.coef[k], z.intercept[k], piece.known.signs[k]) for k in piece.known.splits]
        rules.append(Rule(sides, y).exact())
    assert len(rules) == 2086 and cover(whole, rules) == (None, None)
    less = cover(whole, rules[:1000] + rules[1001:]).uncovered
    assert rules[1000].covers(np.array([Fraction(v) for v in less], dtype=object))[0]
