"""What of a rule's requirements is needed, in each combination of states, on the domain."""

from __future__ import annotations

from collections.abc import Container, Sequence

import numpy as np

from prelu_rules.rules.presentation.by_state import Function, Where
from prelu_rules.rules.presentation.ground import Ground
from prelu_rules.rules.presentation.requirements import Leaf, Requirement
from prelu_rules.rules.presentation.rule_cells import cells_of, longest_first, without_bounds
from prelu_rules.rules.presentation.statements import Comparison


class Pruned:
    """A rule's requirements, and what of them is needed in which states.

    Args:
        ground: the domain.
        requirements: of the rule.

    Attributes:
        requirements: those that were given.
        known: the numbers of those that were looked at; the others, of very many pieces, are needed as they are.
        cells: combinations of states that the domain has, and what is needed of each requirement there: None where
            another rules the states out, True where it holds anyway, False where it rules the states out.
        possible: whether the rule covers anything.
        sharper: the numbers of requirements that rule out states which only several requirements together rule out.
    """

    def __init__(self, ground: Ground, requirements: Sequence[Requirement]) -> None:
        self.requirements = tuple(requirements)
        self.known, self._cells = cells_of(ground, self.requirements)
        self.columns = ground.columns
        self._ground = ground
        self.possible = not all(cell.empty for cell in self._cells)
        self.sharper: set[int] = set()
        order = longest_first(self.requirements, self.known)
        for number in order if self.possible else ():
            self._prune(number)

    @property
    def cells(self) -> list[tuple[Where, list[Leaf | None]]]:
        """Combinations of states, and what is needed of each requirement there."""
        return [(cell.where, cell.leaves) for cell in self._cells]

    def is_needed(self, number: int) -> bool:
        """Whether a requirement rules anything out that the others do not."""
        return number not in self.known or any(cell.leaves[number] not in (None, True) for cell in self._cells)

    def sides_of(self, function: Function, tolerance: float, without: Container[int] = ()) -> tuple[bool, bool]:
        """Whether a function is above 0 somewhere in the rule, and whether it is below; both where it is not known.

        Args:
            function: of numbers and states.
            tolerance: how far it has to reach there, in half widths of the domain.
            without: numbers of requirements that are left out of account.
        """
        cells = [cell for cell in self._cells if without or not cell.empty]
        reaches = [reach for cell in cells for reach in cell.reaches(self._ground, function, tolerance, without)]
        above, below = (max((reach[side] for reach in reaches), default=np.inf) for side in (0, 1))
        if max(above, below) <= tolerance:
            return above >= below, above < below
        return above > tolerance, below > tolerance

    def _prune(self, number: int) -> None:
        """Mark where a requirement is not needed, as long as the others stay."""
        for leaf in dict.fromkeys(cell.leaves[number] for cell in self._cells):
            if leaf is True or leaf is None:
                continue
            asks = []
            for cell in self._cells:
                if cell.leaves[number] == leaf:
                    if cell.empty_without(number):
                        cell.set(number, None)
                    else:
                        asks.append(cell)
            if not isinstance(leaf, Comparison):
                continue
            if all(cell.empty for cell in asks):
                if not all(cell.ruled_out_by(number) for cell in asks):
                    self.sharper.add(number)
                for cell in asks:
                    cell.set(number, False)
                continue
            without_bounds(number, leaf, asks)
