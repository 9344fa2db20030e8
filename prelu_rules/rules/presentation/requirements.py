"""What a rule asks of one sum: a bound for each combination of states."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from prelu_rules.columns.column import Column
from prelu_rules.rules.presentation.boundaries import Boundary, Side
from prelu_rules.rules.presentation.by_state import Where, by_state, joined
from prelu_rules.rules.presentation.decimals import plain
from prelu_rules.rules.presentation.length import numbers_of_sum
from prelu_rules.rules.presentation.statements import Bound, Sum, Test, states_of

MOST_JOINED = 10**6
"""No limit: bounds that are few by themselves are joined, however many combinations that makes."""

Leaf = Bound | bool
"""A bound of the sum; or that it is met whatever the sum is, or never."""


@dataclass(frozen=True)
class Requirement:
    """A lower or an upper bound of a sum, by states.

    Attributes:
        total: the sum; without terms where only states matter.
        lower: whether bounds are lower ones.
        pieces: tests that exclude each other and leave out nothing, and what is asked where they pass.
        sides: the sides of boundaries that it says.
        wide: whether its states stand in the sum, as there are too many combinations of them.
    """

    total: Sum
    lower: bool
    pieces: tuple[tuple[Where, Leaf], ...]
    sides: tuple[Side, ...]
    wide: bool = False

    @property
    def columns(self) -> tuple[Column, ...]:
        """Those whose states make a difference."""
        return tuple({test.column: None for where, _ in self.pieces for test in where})

    @property
    def numbers_besides_threshold(self) -> int:
        """The numbers that it takes, without one threshold."""
        bounds = sum(isinstance(leaf, Bound) for _, leaf in self.pieces)
        return numbers_of_sum(self.total) + max(0, bounds - 1)

    def at(self, where: Where) -> Leaf:
        """What is asked where tests pass that say at least as much as those of one piece."""
        states = {test.column: set(test.states) for test in where}
        return next(
            leaf
            for tests, leaf in self.pieces
            if all(states.get(test.column, set(states_of(test.column))) <= set(test.states) for test in tests)
        )


def requirements_of(boundaries: Sequence[Boundary], sides: Sequence[Side]) -> list[Requirement]:
    """The conditions of a rule, with the tightest bound of each sum in each direction.

    Args:
        boundaries: of all rules.
        sides: the conditions.

    Returns:
        Requirements of different sums or directions, in the order of the conditions. What is asked of states alone is
        split into tests of one column each where that says the same.
    """
    groups: dict[tuple[Sum, bool] | int, list[Side]] = {}
    for number, side in enumerate(sides):
        boundary = boundaries[side.boundary]
        total = Sum(0.0, boundary.terms)
        groups.setdefault((total, side.above) if total.terms else number, []).append(side)
    found: list[Requirement] = []
    for group in groups.values():
        boundary = boundaries[group[0].boundary]
        if boundary.thresholds is None:
            found.append(_wide(boundaries, group))
        elif boundary.total.weights:
            found.append(_tightest(boundaries, group))
        else:
            found += split(_of_states(boundary, group[0]))
    return found


def split(requirement: Requirement) -> list[Requirement]:
    """What is asked of the states of several columns as tests of one each, where that says the same.

    Args:
        requirement: one without a sum.

    Returns:
        Requirements that are met together where it is.
    """
    met = [where for where, leaf in requirement.pieces if leaf is True]
    columns = requirement.columns
    if len(columns) < 2 or not met:
        return [requirement]
    passing = {column: {state for where in met for state in _states(where, column)} for column in columns}
    for where, leaf in requirement.pieces:
        if leaf is False and all(passing[column] & set(_states(where, column)) for column in columns):
            return [requirement]
    found = []
    for column in columns:
        states = states_of(column)
        inside = tuple(state for state in states if state in passing[column])
        outside = tuple(state for state in states if state not in passing[column])
        if outside:
            pieces = (((Test(column, inside),), True), ((Test(column, outside),), False))
            found.append(Requirement(requirement.total, True, pieces, requirement.sides))
    return found


def _states(where: Where, column: Column) -> Sequence[object]:
    return next((test.states for test in where if test.column == column), states_of(column))


def _wide(boundaries: Sequence[Boundary], group: Sequence[Side]) -> Requirement:
    """A bound of a sum that has terms of states."""
    side = _tighter([(Bound(plain(-boundaries[s.boundary].constant), s.included), s) for s in group], group[0].above)
    total = Sum(0.0, boundaries[side[1].boundary].terms)
    return Requirement(total, side[1].above, (((), side[0]),), (side[1],), wide=True)


def _tightest(boundaries: Sequence[Boundary], group: Sequence[Side]) -> Requirement:
    """The tightest of several bounds of a sum, in each combination of states."""
    first = boundaries[group[0].boundary]
    above = group[0].above
    if len(group) == 1:
        pieces = [(where, Bound(plain(value), group[0].included)) for where, value in first.thresholds or ()]
        return Requirement(Sum(0.0, first.terms), above, tuple(pieces), tuple(group))
    offsets = [boundaries[side.boundary].offset for side in group]
    both = by_state(first.columns, offsets, most=MOST_JOINED)
    assert both is not None
    tightest = []
    used: dict[Side, None] = {}
    for where, constants in both:
        bounds = [
            (Bound(plain(-one.constant), side.included), side) for one, side in zip(constants, group, strict=True)
        ]
        bound, side = _tighter(bounds, above)
        used[side] = None
        tightest.append((where, bound))
    return Requirement(Sum(0.0, first.terms), above, tuple(joined(tightest)), tuple(used))


def _tighter(bounds: Sequence[tuple[Bound, Side]], lower: bool) -> tuple[Bound, Side]:
    """The tightest bound; of equal ones the one that leaves the value out."""
    sign = 1 if lower else -1
    return max(bounds, key=lambda one: (sign * one[0].value, not one[0].included))


def _of_states(boundary: Boundary, side: Side) -> Requirement:
    """Which states pass."""

    def passes(threshold: Fraction) -> bool:
        return side.included if threshold == 0 else (threshold < 0) == side.above

    pieces = joined([(where, passes(threshold)) for where, threshold in boundary.thresholds or ()])
    return Requirement(Sum(0.0, ()), True, tuple(pieces), (side,))
