"""Cells of rules with two inputs as exact polygons, and the obvious way to ask whether a union is convex."""

from fractions import Fraction
from itertools import combinations

import numpy as np
import rational_plane

from prelu_rules.rules.merging import same_outputs


def corners(rule, box):
    """The corners of a rule's cell in a rectangle, anticlockwise."""
    (left, bottom), (right, top) = ([Fraction(v) for v in side] for side in (box.lower, box.upper))
    found = [(left, bottom), (right, bottom), (right, top), (left, top)]
    for condition in rule.conditions:
        row = [Fraction(v) for v in np.append(*condition.halfspace())]
        found = rational_plane.clipped(found, [rational_plane.value(row, corner) for corner in found])
    return found


def areas(rules, box):
    return [rational_plane.area(corners(rule, box)) for rule in rules]


def hull(points):
    """The corners of the convex hull, anticlockwise (Andrew's monotone chain, 1979)."""
    chains = []
    for ordered in (sorted(set(points)), sorted(set(points), reverse=True)):
        chain = []
        for p in ordered:
            while len(chain) > 1 and rational_plane.area([*chain[-2:], p]) <= 0:
                chain.pop()
            chain.append(p)
        chains += chain[:-1]
    return chains


def convex_together(rules, box):
    """The first rules with the same outputs whose union is convex; None if there are none.

    Disjoint cells have a convex union if, and only if, their hull has no more area than they have. All groups of two or
    more are tried.
    """
    cells = [corners(rule, box) for rule in rules]
    sizes = areas(rules, box)
    for size in range(2, len(rules) + 1):
        for group in combinations(range(len(rules)), size):
            if all(same_outputs(rules[group[0]].outputs, rules[k].outputs) for k in group[1:]):
                together = rational_plane.area(hull([corner for k in group for corner in cells[k]]))
                if together == sum(sizes[k] for k in group):
                    return group
    return None
