"""What of a rule's requirements is needed, in each combination of states, on the domain."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import numpy as np

from prelu_rules.columns.column import features_of
from prelu_rules.domains.linear_program import CellProgram
from prelu_rules.rules.presentation.by_state import Function, Linear, Where, by_state
from prelu_rules.rules.presentation.by_state import Part as PartOfFunction
from prelu_rules.rules.presentation.ground import Cut, Ground, Part
from prelu_rules.rules.presentation.requirements import Leaf, Requirement
from prelu_rules.rules.presentation.statements import Bound
from prelu_rules.tolerances import CUT
from prelu_rules.values import FloatArray

MOST_CELLS = 96
"""Combinations of states up to which each is looked at; where a rule has more, its longest conditions all stay."""


class Pruned:
    """A rule's requirements, and what of them is needed in which states.

    Args:
        ground: the domain.
        requirements: of the rule.

    Attributes:
        requirements: those that were given.
        known: the numbers of those that were looked at; the others are needed as they are.
        cells: combinations of states that the domain has, and what is needed of each requirement there: None where
            another rules the states out, True where it holds anyway, False where it rules the states out.
        possible: whether the rule covers anything.
    """

    def __init__(self, ground: Ground, requirements: Sequence[Requirement]) -> None:
        self.requirements = tuple(requirements)
        self.known, wheres = _combinations(ground, self.requirements)
        self.columns = ground.columns
        self._ground = ground
        self._cells = [_Cell(ground, where, self.requirements, self.known) for where in wheres]
        self.possible = not all(cell.empty for cell in self._cells)
        # Tests hold no numbers; of sums the longest go first.
        order = sorted(self.known, key=lambda k: (bool(requirements[k].total.terms), _length(requirements[k])))
        for number in reversed(order) if self.possible else ():
            self._prune(number)

    @property
    def cells(self) -> list[tuple[Where, list[Leaf | None]]]:
        """Combinations of states, and what is needed of each requirement there."""
        return [(cell.where, cell.leaves) for cell in self._cells]

    def inner_point(self) -> FloatArray | None:
        """An encoded row, `(n_features,)`, that is well inside the rule; None where there is none."""
        found = [cell.inner_point(self._ground) for cell in self._cells if not cell.empty]
        depth, point = max(found, key=lambda one: one[0], default=(-1.0, None))
        return point if depth > 0 else None

    def _prune(self, number: int) -> None:
        """Mark where a requirement is not needed, as long as the others stay."""
        for leaf in dict.fromkeys(cell.leaves[number] for cell in self._cells):
            if leaf is True or leaf is None:
                continue
            cells = [cell for cell in self._cells if cell.leaves[number] == leaf]
            ruled_out = [cell.empty_without(number) for cell in cells]
            asks = [cell for cell, out in zip(cells, ruled_out, strict=True) if not out]
            for cell, out in zip(cells, ruled_out, strict=True):
                if out:
                    cell.set(number, None)
            if leaf is False:
                continue
            if all(cell.empty for cell in asks):
                for cell in asks:
                    cell.set(number, False)
            elif all(cell.implies(number) for cell in asks):
                for cell in asks:
                    cell.set(number, True)


def _length(requirement: Requirement) -> tuple[int, int]:
    return len(requirement.total.terms), len(requirement.pieces)


def _combinations(ground: Ground, requirements: Sequence[Requirement]) -> tuple[list[int], list[Where]]:
    """Combinations of states in which each requirement is one bound of one sum, and which requirements these are."""
    known = [k for k, requirement in enumerate(requirements) if not requirement.wide]
    while True:
        found = by_state(ground.columns, [_told_apart(requirements[k]) for k in known], MOST_CELLS)
        if found is not None:
            return known, [where for where, _ in found if ground.part(where) is not None]
        known.remove(max(known, key=lambda k: len(requirements[k].pieces)))


def _told_apart(requirement: Requirement) -> Function:
    """A function that differs where what is asked does, and where a number is missing or is there."""
    numbers = Linear(weights={term.of: Fraction(1) for term in requirement.total.terms if term.of is not None})
    pieces = (PartOfFunction(where, Linear(Fraction(k))) for k, (where, _) in enumerate(requirement.pieces))
    return (PartOfFunction((), numbers), *pieces)


class _Cell:
    """A rule in one combination of states."""

    def __init__(self, ground: Ground, where: Where, requirements: Sequence[Requirement], known: Sequence[int]) -> None:
        part = ground.part(where)
        assert part is not None
        self.where, self._part = where, part
        self.leaves: list[Leaf | None] = [None] * len(requirements)
        self._cuts: dict[int, Cut] = {}
        for k in known:
            leaf = self.leaves[k] = requirements[k].at(where)
            if isinstance(leaf, Bound):
                self._cuts[k] = _cut(ground, requirements[k], leaf)
        self._stack = list(self._cuts)
        # With an interior, one linear program at a time says what is implied.
        self._program = _with_interior(part, [self._cuts[k] for k in self._stack])
        self.empty = False in self.leaves or (self._program is None and not part.possible(list(self._cuts.values())))

    def set(self, number: int, leaf: bool | None) -> None:
        """What is needed of a requirement from now on; no bound."""
        self.leaves[number] = leaf
        if self._cuts.pop(number, None) is not None and self._program is not None:
            self._program.relax(self._stack.index(number))

    def empty_without(self, number: int) -> bool:
        """Whether the other requirements rule these states out."""
        if not self.empty:
            return False
        others = [leaf for k, leaf in enumerate(self.leaves) if k != number]
        return False in others or not self._part.possible(self._others(number))

    def implies(self, number: int) -> bool:
        """Whether the other requirements imply one that is a bound."""
        opposite = self._cuts[number].opposite
        if self._program is not None:
            place = self._stack.index(number)
            self._program.relax(place)
            beyond = self._program.reach(opposite.row[:-1], float(opposite.row[-1]))
            self._program.restore(place)
            if abs(beyond) > CUT:
                return beyond < 0
        return not self._part.possible([*self._others(number), opposite])

    def inner_point(self, ground: Ground) -> tuple[float, FloatArray | None]:
        """How deep a row of one state in each cell is inside the rule at most, and the row."""
        part = ground.part(ground.one_state_each(self.where))
        return (-1.0, None) if part is None else part.inner_point(list(self._cuts.values()))

    def _others(self, number: int) -> list[Cut]:
        return [cut for k, cut in self._cuts.items() if k != number]


def _cut(ground: Ground, requirement: Requirement, bound: Bound) -> Cut:
    """A bound as a half-space of features."""
    row = np.zeros(len(features_of(ground.columns)) + 1)
    for term in requirement.total.terms:
        row[ground.place_of_number(term.of)] = term.weight
    row[-1] = -bound.value
    return Cut(row if requirement.lower else -row, strict=not bound.included)


def _with_interior(part: Part, cuts: Sequence[Cut]) -> CellProgram | None:
    """What cuts leave of a part, as a linear program; None where that may have no interior."""
    program = CellProgram(part.frame)
    for cut in cuts:
        if program.reach(cut.row[:-1], float(cut.row[-1])) <= CUT:
            return None
        program.push(cut.row[:-1], float(cut.row[-1]))
    return program
