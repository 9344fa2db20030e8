"""What of written clauses is needed, where letters mean what the formula says.

Where a bend is may depend on whether inner bends hold, and a clause that is left out may change that. So all ways in
which they may hold are looked at: in each of these worlds every letter is a bound of a sum.
"""

from __future__ import annotations

from collections.abc import Sequence, Set

from prelu_rules.rules.presentation.ground import Ground
from prelu_rules.rules.presentation.requirements import Leaf, Requirement
from prelu_rules.rules.presentation.rule_cells import RuleCell, cells_of, longest_first, without_bounds
from prelu_rules.rules.presentation.statements import Comparison

World = Sequence[Requirement]
"""What clauses require in a world, and then which inner bends hold there."""


class AsWritten:
    """Clauses that are kept or left out in all states alike.

    Args:
        ground: the domain.
        worlds: all that there are.
        n_clauses: how many clauses there are.
        inner: which of them say whether an inner bend holds; at most one of these is left out, as worlds that
            contradict more of them are not looked at.
    """

    def __init__(self, ground: Ground, worlds: Sequence[World], n_clauses: int, inner: Set[int]) -> None:
        self._left: dict[tuple[int, Leaf], Leaf] = {}
        self._dropped: set[int] = set()
        self._cells: list[RuleCell] = []
        known = set(range(n_clauses))
        for world in worlds:
            here, cells = cells_of(ground, world)
            known &= set(here)
            self._cells += cells
        for number in longest_first(worlds[0], sorted(known)):
            if number not in inner or not inner & self._dropped:
                self._look_at(number)

    def keeps(self, number: int) -> bool:
        """Whether a clause is needed."""
        return number not in self._dropped

    def left_of(self, number: int, leaf: Comparison) -> Leaf:
        """What is left of a comparison of a clause."""
        return self._left.get((number, leaf), leaf)

    def _look_at(self, number: int) -> None:
        asks = [cell for cell in self._cells if cell.leaves[number] is not True]
        if all(cell.superfluous(number) for cell in asks):
            self._dropped.add(number)
            for cell in asks:
                cell.set(number, True)
            return
        for leaf in dict.fromkeys(cell.leaves[number] for cell in asks):
            if isinstance(leaf, Comparison) and leaf.lower and leaf.upper:
                cells = [cell for cell in asks if cell.leaves[number] == leaf]
                self._left[(number, leaf)] = without_bounds(number, leaf, cells)
