"""What is true of a system of rules on a domain, in exact arithmetic.

A rule is a list of conditions and one affine function for each output. Two things only have to be decided, both by
cutting: whether a part of the domain is left that no rule covers, and where a rule and a cell of a network meet.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import combinations
from math import hypot, inf
from typing import NamedTuple

from exact_judge.cells import Affine, Cell, Network, fractions
from exact_judge.polyhedron import Polyhedron, negative, slope, value

MOST_TOGETHER = 5
"""So many rules with the same outputs are tried together for a convex union."""


class Condition(NamedTuple):
    """`row >= 0`, or `row > 0` if it is strict."""

    row: tuple[Fraction, ...]
    strict: bool

    @property
    def opposite(self) -> Condition:
        return Condition(negative(self.row), not self.strict)

    def holds(self, point: Sequence[Fraction]) -> bool:
        height = value(self.row, point)
        return height > 0 or (height == 0 and not self.strict)


class Rule(NamedTuple):
    """The outputs where all conditions hold."""

    conditions: list[Condition]
    outputs: list[Affine]

    @classmethod
    def of(cls, sums, constants, nonnegative, weights, intercepts) -> Rule:
        """The rule of arrays: `sums x + constants >= 0`, or `< 0`, and `weights x + intercepts`."""
        conditions = []
        for row, side in zip(
            fractions([[*w, c] for w, c in zip(sums, constants, strict=True)]), nonnegative, strict=True
        ):
            conditions.append(Condition(tuple(row) if side else negative(row), not side))
        return cls(conditions, fractions([[*w, c] for w, c in zip(weights, intercepts, strict=True)]))

    def covers(self, point: Sequence[Fraction]) -> bool:
        return all(condition.holds(point) for condition in self.conditions)

    def touches(self, point: Sequence[Fraction]) -> bool:
        """Whether a point is covered, or on the boundary."""
        return all(value(condition.row, point) >= 0 for condition in self.conditions)

    def inside(self, point: Sequence[Fraction], domain: Polyhedron) -> bool:
        """Whether a point is covered, and on no boundary, except of conditions that hold with equality everywhere."""
        return all(value(c.row, point) > 0 or domain.vanishes(c.row) for c in self.conditions)


def meeting(part: Polyhedron, conditions: Sequence[Condition]) -> Polyhedron | None:
    """Where conditions hold in a polyhedron; None unless that has as many dimensions."""
    for condition in conditions:
        if condition.strict or not part.vanishes(condition.row):
            half = part.half(condition.row)
            if half is None:
                return None
            part = half
    return part


def outside(part: Polyhedron, covers: Sequence[Sequence[Condition]]) -> Polyhedron | None:
    """A part of a polyhedron, of as many dimensions, that none of some sets of conditions covers; None if none is."""
    if not covers:
        return part
    first, others = covers[0], covers[1:]
    if meeting(part, first) is None:
        return outside(part, others)
    for condition in first:
        beyond = meeting(part, [condition.opposite])
        if beyond is not None:
            found = outside(beyond, others)
            if found is not None:
                return found
            rest = meeting(part, [condition])
            assert rest is not None
            part = rest
    return None


def uncovered(domain: Polyhedron, rules: Sequence[Rule]) -> Polyhedron | None:
    """A part of the domain of as many dimensions under no rule; None if there is none, so that only boundaries lack."""
    return outside(domain, [rule.conditions for rule in rules])


def near(domain: Polyhedron, network: Network, times: int) -> Polyhedron | None:
    """The part of a polyhedron at most so many times as far from the origin as 1 or the units' first bends are."""
    rows = [(max(map(abs, weights)), abs(b)) for weights, b in zip(network.A, network.b, strict=True)]
    reach = times * max([Fraction(1), *(constant / size for size, constant in rows if size)])
    part: Polyhedron | None = domain
    n_inputs = len(domain.inner)
    for k in range(n_inputs):
        unit = [Fraction(int(j == k)) for j in range(n_inputs)]
        for row in (unit, negative(unit)):
            part = None if part is None else part.half((*row, reach))
    return part


def overlaps(domain: Polyhedron, rules: Sequence[Rule]) -> Iterator[tuple[int, int, Polyhedron]]:
    """Pairs of rules that share more than a boundary."""
    for left, right in combinations(range(len(rules)), 2):
        shared = meeting(domain, [*rules[left].conditions, *rules[right].conditions])
        if shared is not None:
            yield left, right, shared


def width(part: Polyhedron, rules: Sequence[Rule]) -> float:
    """How wide a part is, between two parallels of the boundary of a rule, where it is narrowest; for people to see."""
    widths = [inf]
    for row in {condition.row for rule in rules for condition in rule.conditions if any(condition.row[:-1])}:
        high, low = part.maximum(row).value, part.maximum(negative(row)).value
        if high is not None and low is not None:
            widths.append(float(high + low) / hypot(*map(float, row[:-1])))
    return min(widths)


def empty(domain: Polyhedron, rules: Sequence[Rule]) -> list[int]:
    """Rules that hold on a boundary at most."""
    return [number for number, rule in enumerate(rules) if meeting(domain, rule.conditions) is None]


def redundant(domain: Polyhedron, rules: Sequence[Rule]) -> Iterator[tuple[int, int]]:
    """Conditions that follow from the others of their rule, up to boundaries: the rule, and which of its conditions."""
    for number, rule in enumerate(rules):
        for place, condition in enumerate(rule.conditions):
            others = [*rule.conditions[:place], *rule.conditions[place + 1 :]]
            if meeting(domain, [*others, condition.opposite]) is None:
                yield number, place


def mergeable(domain: Polyhedron, rules: Sequence[Rule]) -> tuple[int, ...] | None:
    """Rules with the same outputs on the domain whose union is convex; None if there are none.

    A union of polyhedra is convex if, and only if, it is all of where those conditions hold that all of them satisfy
    (Bemporad, Fukuda and Torrisi, 2001).
    """
    for size in range(2, MOST_TOGETHER + 1):
        for group in combinations(range(len(rules)), size):
            members = [rules[number] for number in group]
            if _same_outputs(domain, members) and _is_convex(domain, members):
                return group
    return None


def _same_outputs(domain: Polyhedron, rules: Sequence[Rule]) -> bool:
    first = rules[0].outputs
    return all(
        domain.vanishes([x - y for x, y in zip(left, right, strict=True)])
        for rule in rules[1:]
        for left, right in zip(first, rule.outputs, strict=True)
    )


def _is_convex(domain: Polyhedron, rules: Sequence[Rule]) -> bool:
    parts = [meeting(domain, rule.conditions) for rule in rules]
    if None in parts:
        return False
    everywhere = [
        condition
        for rule in rules
        for condition in rule.conditions
        if all(meeting(part, [condition.opposite]) is None for part in parts if part is not None)
    ]
    envelope = meeting(domain, everywhere)
    return envelope is not None and uncovered(envelope, rules) is None


class Piece(NamedTuple):
    """Where a rule and a cell meet, and the difference of their outputs there."""

    polyhedron: Polyhedron
    differences: list[Affine]


def pieces(rules: Sequence[Rule], found: Sequence[Cell]) -> Iterator[Piece]:
    """All pairs of a rule and a cell that share more than a boundary."""
    for rule in rules:
        for cell in found:
            part = meeting(cell.polyhedron, rule.conditions)
            if part is not None:
                yield Piece(part, [_minus(left, right) for left, right in zip(rule.outputs, cell.outputs, strict=True)])


def largest(parts: Sequence[tuple[Polyhedron, list[Affine]]], n_outputs: int) -> list[Fraction | None]:
    """The largest absolute value of each output's row over all parts; None if it is unbounded."""
    found: list[Fraction | None] = [Fraction(0)] * n_outputs
    for part, rows in parts:
        for output, row in enumerate(rows):
            for side in (row, negative(row)):
                here = part.maximum(side).value
                before = found[output]
                found[output] = None if here is None or before is None else max(before, here)
    return found


def shares_of_terms(network: Network, parts: Sequence[Piece]) -> list[Fraction]:
    """The largest difference of each output as a share of the size of its terms on the domain.

    The size is that at the largest coordinates that any vertex has. Along a direction in which the domain is unbounded
    both may grow, and how fast the difference grows is compared with how fast the terms do.
    """
    points = [point for part in parts for point in part.polyhedron.vertices]
    sizes = network.terms([max(map(abs, coordinates)) for coordinates in zip(*points, strict=True)])
    found = [Fraction(0)] * network.n_outputs
    for part in parts:
        ways = [(way, network.terms(list(map(abs, way)), 0)) for way in part.polyhedron.directions]
        for output, row in enumerate(part.differences):
            differences = [(abs(value(row, point)), sizes[output]) for point in part.polyhedron.vertices]
            differences += [(abs(slope(row, way)), terms[output]) for way, terms in ways]
            shares = [difference / size if size else Fraction(1) for difference, size in differences if difference]
            found[output] = max([found[output], *shares])
    return found


def _minus(left: Affine, right: Affine) -> Affine:
    return [x - y for x, y in zip(left, right, strict=True)]
