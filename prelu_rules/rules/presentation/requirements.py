"""What a rule asks of one sum: a bound for each combination of states."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from prelu_rules.columns.column import Column
from prelu_rules.rules.presentation.boundaries import Boundary, Side
from prelu_rules.rules.presentation.by_state import Linear, Part, Where, by_state, joined
from prelu_rules.rules.presentation.decimals import plain
from prelu_rules.rules.presentation.length import numbers_of_sum
from prelu_rules.rules.presentation.statements import Bound, Clause, Comparison, Sum, Test, states_of

MOST_JOINED = 10**6
"""No limit: bounds that are few by themselves are joined, however many combinations that makes."""

Leaf = Comparison | bool
"""A comparison; or that what is asked is met whatever numbers are, or never."""


@dataclass(frozen=True)
class Requirement:
    """A condition of a rule, by states.

    Attributes:
        pieces: tests that exclude each other and leave out nothing, and what is asked where they pass.
        sides: the sides of boundaries that it says.
        whole: whether there are too many combinations of its states, so that they stand in the sum.
    """

    pieces: tuple[tuple[Where, Leaf], ...]
    sides: tuple[Side, ...] = ()
    whole: bool = False

    @property
    def total(self) -> Sum:
        """The sum that is compared; without terms where only states matter."""
        totals = (leaf.total for _, leaf in self.pieces if isinstance(leaf, Comparison))
        return max(totals, key=lambda total: len(total.terms), default=Sum(0.0, ()))

    @property
    def columns(self) -> tuple[Column, ...]:
        """Those whose states make a difference."""
        return tuple({test.column: None for where, _ in self.pieces for test in where})

    @property
    def numbers_besides_threshold(self) -> int:
        """The numbers that it takes, without one threshold."""
        bounds = sum(isinstance(leaf, Comparison) for _, leaf in self.pieces)
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
            found.append(replace(requirement, pieces=pieces))
    return found


def _states(where: Where, column: Column) -> Sequence[object]:
    return next((test.states for test in where if test.column == column), states_of(column))


def bounded(total: Sum, bound: Bound, lower: bool) -> Comparison:
    """A sum compared with a lower or an upper bound.

    Args:
        total: the sum.
        bound: the bound.
        lower: which of the two it is.

    Returns:
        The comparison.
    """
    return Comparison(total, bound, None) if lower else Comparison(total, None, bound)


def requirement_of(columns: Sequence[Column], clause: Clause) -> Requirement:
    """A clause without letters as a requirement.

    Args:
        columns: what the columns are.
        clause: the clause.

    Returns:
        A requirement that is met where it is.
    """
    numbered = tuple(Part(one.where, Linear(Fraction(k))) for k, one in enumerate(clause, start=1))
    pieces = by_state(columns, [numbered], MOST_JOINED)
    assert pieces is not None
    found: list[tuple[Where, Leaf]] = []
    for where, (linear,) in pieces:
        one = clause[int(linear.constant) - 1] if linear.constant else None
        found.append((where, False if one is None else True if one.comparison is None else one.comparison))
    whole = any(term.where for _, leaf in found if isinstance(leaf, Comparison) for term in leaf.total.terms)
    return Requirement(tuple(found), whole=whole)


def _wide(boundaries: Sequence[Boundary], group: Sequence[Side]) -> Requirement:
    """A bound of a sum that has terms of states."""
    bound, side = _tighter(
        [(Bound(plain(-boundaries[s.boundary].constant), s.included), s) for s in group], group[0].above
    )
    total = Sum(0.0, boundaries[side.boundary].terms)
    return Requirement((((), bounded(total, bound, side.above)),), (side,), whole=True)


def _tightest(boundaries: Sequence[Boundary], group: Sequence[Side]) -> Requirement:
    """The tightest of several bounds of a sum, in each combination of states."""
    first, above = boundaries[group[0].boundary], group[0].above
    total = Sum(0.0, first.terms)
    both = by_state(first.columns, [boundaries[side.boundary].offset for side in group], MOST_JOINED)
    assert both is not None
    tightest: list[tuple[Where, Leaf]] = []
    used: dict[Side, None] = {}
    for where, constants in both:
        bounds = [(Bound(plain(-one.constant), s.included), s) for one, s in zip(constants, group, strict=True)]
        bound, side = _tighter(bounds, above)
        used[side] = None
        tightest.append((where, bounded(total, bound, above)))
    return Requirement(tuple(joined(tightest)), tuple(used))


def _tighter(bounds: Sequence[tuple[Bound, Side]], lower: bool) -> tuple[Bound, Side]:
    """The tightest bound; of equal ones the one that leaves the value out."""
    sign = 1 if lower else -1
    return max(bounds, key=lambda one: (sign * one[0].value, not one[0].included))


def _of_states(boundary: Boundary, side: Side) -> Requirement:
    """Which states pass."""

    def passes(threshold: Fraction) -> bool:
        return side.included if threshold == 0 else (threshold < 0) == side.above

    pieces = joined([(where, passes(threshold)) for where, threshold in boundary.thresholds or ()])
    return Requirement(tuple(pieces), (side,))
