"""Which conditions are satisfied everywhere in a rule: rules of one network share conditions, so each is asked once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from prelu_rules.domains.domain import Domain
from prelu_rules.domains.polytope import Polytope
from prelu_rules.geometry.cell import Cell
from prelu_rules.rules.rule import Condition
from prelu_rules.values import Array

Sides = frozenset[int]
"""The conditions of a rule, each as the number of its hyperplane: negative if the rule is on the other side."""

MOST_CELLS = 1000
"""Cells that are kept for the next question; each holds a linear program."""


class Satisfied:
    """Answers which conditions hold everywhere in a rule, up to boundaries.

    Args:
        within: where they have to hold; None for all inputs.
        inner: what holds in a part of that; what does not hold there need not be asked, and is faster to find out.

    Example:
        >>> from prelu_rules.domains.box import Box
        >>> adult, minor, senior = Condition([1], -18, True), Condition([1], -18, False), Condition([1], -65, True)
        >>> satisfied = Satisfied(Box([0], [65]))
        >>> satisfied.sides([adult]), satisfied.sides([minor])
        (frozenset({1}), frozenset({-1}))
        >>> [satisfied.everywhere(satisfied.sides([rule]), adult) for rule in (senior, minor)]
        [True, False]
    """

    def __init__(self, within: Domain | None, inner: Satisfied | None = None) -> None:
        self._within, self._inner = within, inner
        self._numbers: dict[tuple[object, ...], int] = {} if inner is None else inner._numbers
        self._rows: list[Array] = [] if inner is None else inner._rows
        self._cells: dict[Sides, Cell] = {}
        self._known: dict[tuple[Sides, int], bool] = {}
        self._facets: dict[tuple[Sides, int], bool] = {}
        self._may_be_flat: bool = _may_be_flat(within) or (inner is not None and inner._may_be_flat)
        self._is_exact = False

    def sides(self, conditions: Iterable[Condition]) -> Sides:
        """The conditions of a rule as numbers, which are opposite for opposite sides of a hyperplane.

        Args:
            conditions: the conditions; hyperplanes are the same if they have the same numbers up to sign, as alignment
                gives them, and exact rationals up to a factor.

        Returns:
            The numbers.
        """
        return frozenset(map(self.number, conditions))

    def may_share_facet(self, one: Sides, other: Sides) -> bool:
        """Whether rules may have a facet in common: exactly one hyperplane has them on its two sides.

        Of disjoint rules that together fill a convex set, some two meet in a facet. It lies in each hyperplane that is
        between these two, so there is only one.

        Args:
            one: the sides of a rule with an interior.
            other: those of another, with no interior in common.

        Returns:
            False if they surely have none; always True where hyperplanes cannot be told by their numbers.

        Example:
            >>> satisfied = Satisfied(None)
            >>> [satisfied.may_share_facet(frozenset({1, 2}), frozenset(other)) for other in ({-1, 2}, {-1, -2})]
            [True, False]
        """
        return not self.told_by_numbers or sum(-side in one for side in other) == 1

    @property
    def told_by_numbers(self) -> bool:
        """Whether hyperplanes with other numbers are others on the domain.

        Alignment gives those of floats the same numbers. Exact ones may be one on a domain that is flat.
        """
        return not (self._may_be_flat and self._is_exact)

    def number(self, condition: Condition) -> int:
        """The number of a condition among the sides of rules.

        Args:
            condition: the condition.

        Returns:
            That of its hyperplane, negative if the condition is the opposite of the first one that had it.
        """
        row = condition.row()
        self._is_exact |= row.dtype == object
        if row.dtype == object and row.any():
            row = row / abs(row[np.flatnonzero(row)[0]])
        key = tuple(row.tolist())
        if key not in self._numbers:
            self._rows.append(row)
            self._numbers[key] = len(self._rows)
            self._numbers.setdefault(tuple((-row).tolist()), -len(self._rows))
        return self._numbers[key]

    def everywhere(self, rule: Sides, condition: Condition) -> bool:
        """Whether a condition holds everywhere in a rule, up to boundaries.

        Args:
            rule: the sides of the rule, which has an interior.
            condition: the condition.

        Returns:
            True if it does; exact for the numbers of the conditions.
        """
        number = self.number(condition)
        known = self.outright(rule, number)
        if known is None:
            known = self._known.get((rule, number))
        if known is None:
            known = self._inner is None or self._inner.everywhere(rule, condition)
            known = self._known[rule, number] = known and not self._cell(rule).exceeds(-condition.row())
        return known

    def which(self, rule: Sides, conditions: Sequence[Condition]) -> list[bool]:
        """Which conditions hold everywhere in a rule, up to boundaries.

        Args:
            rule: the sides of the rule, which has an interior.
            conditions: the conditions.

        Returns:
            What `everywhere` says of each.
        """
        if self._inner is not None:
            self._inner.which(rule, conditions)
            return [self.everywhere(rule, condition) for condition in conditions]
        numbers = list(map(self.number, conditions))
        unknown = [number for number in numbers if self.outright(rule, number) is None]
        if unknown:
            shown = self._cell(rule).shown(np.array([-self._row(number) for number in unknown]))
            self._known |= {(rule, number): False for number, fails in zip(unknown, shown, strict=True) if fails}
        return [self.everywhere(rule, condition) for condition in conditions]

    def is_facet(self, rule: Sides, condition: Condition) -> bool:
        """Whether the other conditions of a rule do not imply one of them, where fewest inputs are asked about.

        Args:
            rule: the sides of the rule, which has an interior.
            condition: one of its conditions.

        Returns:
            True if inputs beyond the condition satisfy the others.
        """
        if self._inner is not None:
            return self._inner.is_facet(rule, condition)
        number = self.number(condition)
        if (rule, number) not in self._facets:
            cell, place = self._cell(rule), sorted(rule, key=abs).index(number)
            cell.relax(place)
            self._facets[rule, number] = cell.exceeds(-condition.row())
            cell.restore(place)
        return self._facets[rule, number]

    @staticmethod
    def outright(rule: Sides, number: int) -> bool | None:
        """Whether a rule says that a condition holds, or that its opposite does; then no linear program is needed.

        Args:
            rule: the sides of the rule, which has an interior.
            number: that of the condition.

        Returns:
            True if the condition is one of the rule's, False if its opposite is, which holds with it nowhere but on a
            boundary; None if neither is the case.

        Example:
            >>> Satisfied.outright(frozenset({1, -2}), 2), Satisfied.outright(frozenset({1}), 2)
            (False, None)
        """
        return True if number in rule else False if -number in rule else None

    def _cell(self, rule: Sides) -> Cell:
        if rule not in self._cells:
            if len(self._cells) >= MOST_CELLS:
                del self._cells[next(iter(self._cells))]
            cell = Cell(self._within, len(self._rows[0]) - 1)
            for number in sorted(rule, key=abs):
                cell.push(self._row(number))
            self._cells[rule] = cell
        return self._cells[rule]

    def _row(self, number: int) -> Array:
        return self._rows[number - 1] if number > 0 else -self._rows[-number - 1]


def _may_be_flat(domain: Domain | None) -> bool:
    return domain is not None and (isinstance(domain, Polytope) or bool((domain.lower == domain.upper).any()))
