"""What of a rule's requirements is needed, in each combination of states, on the domain."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Sequence
from dataclasses import replace
from fractions import Fraction

import numpy as np

from prelu_rules.columns.column import Column
from prelu_rules.domains.linear_program import CellProgram
from prelu_rules.rules.presentation.by_state import ByColumn, Function, Linear, Where, both_pass, by_column, by_state
from prelu_rules.rules.presentation.by_state import Part as PartOfFunction
from prelu_rules.rules.presentation.decimals import exact
from prelu_rules.rules.presentation.ground import Cut, Ground, Part
from prelu_rules.rules.presentation.requirements import Leaf, Requirement
from prelu_rules.rules.presentation.statements import Comparison
from prelu_rules.tolerances import CUT

FEW_CELLS = 24
"""Combinations of states up to which it is looked in each whether a bend holds."""

MOST_CELLS = 96
"""Combinations of states up to which each is looked at; where a rule has more, its longest conditions all stay."""


class Pruned:
    """A rule's requirements, and what of them is needed in which states.

    Args:
        ground: the domain.
        requirements: of the rule.
        as_written: whether each is kept or dropped in all states alike.

    Attributes:
        requirements: those that were given.
        known: the numbers of those that were looked at; the others, of very many pieces, are needed as they are.
        cells: combinations of states that the domain has, and what is needed of each requirement there: None where
            another rules the states out, True where it holds anyway, False where it rules the states out.
        possible: whether the rule covers anything.
    """

    def __init__(self, ground: Ground, requirements: Sequence[Requirement], as_written: bool = False) -> None:
        self.requirements = tuple(requirements)
        self.known, wheres = _combinations(ground, self.requirements)
        self.columns = ground.columns
        self._ground = ground
        self._cells = [_Cell(ground, where, self.requirements, self.known) for where in wheres]
        self._left: dict[tuple[int, Leaf], Leaf] = {}
        self.possible = not all(cell.empty for cell in self._cells)
        # Tests hold no numbers; of sums the longest go first.
        order = sorted(self.known, key=lambda k: (bool(requirements[k].total.terms), _length(requirements[k])))
        for number in reversed(order) if self.possible else ():
            if as_written:
                self._drop(number)
            else:
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
        reaches = [reach for cell in cells for reach in cell.reaches(self._ground, function, without)]
        above, below = (max((reach[side] for reach in reaches), default=np.inf) for side in (0, 1))
        if max(above, below) <= tolerance:
            return above >= below, above < below
        return above > tolerance, below > tolerance

    def left_of(self, number: int, leaf: Leaf) -> Leaf:
        """What is left of what a requirement asks, where nothing is kept in some states only."""
        return self._left.get((number, leaf), leaf)

    def _drop(self, number: int) -> None:
        """Drop a requirement that the others imply, or those of its bounds that the others do."""
        asks = [cell for cell in self._cells if cell.leaves[number] is not True]
        if all(cell.superfluous(number) for cell in asks):
            for cell in asks:
                cell.set(number, True)
            return
        for leaf in dict.fromkeys(cell.leaves[number] for cell in asks):
            if isinstance(leaf, Comparison) and leaf.lower and leaf.upper:
                self._left[(number, leaf)] = self._without_bounds(
                    number, leaf, [cell for cell in asks if cell.leaves[number] == leaf]
                )

    def _without_bounds(self, number: int, leaf: Comparison, cells: Sequence[_Cell]) -> Leaf:
        """A comparison without the bounds that all others imply."""
        left: Comparison = leaf
        for lower in (True, False):
            if (leaf.lower if lower else leaf.upper) and all(cell.implies((number, lower)) for cell in cells):
                left = replace(left, lower=None) if lower else replace(left, upper=None)
                for cell in cells:
                    cell.set(number, True if left.lower is left.upper is None else left, dropped=(number, lower))
        return True if left.lower is left.upper is None else left

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
                for cell in asks:
                    cell.set(number, False)
                continue
            self._without_bounds(number, leaf, asks)


def _length(requirement: Requirement) -> tuple[int, int]:
    return len(requirement.total.terms), len(requirement.pieces)


def _combinations(ground: Ground, requirements: Sequence[Requirement]) -> tuple[list[int], list[Where]]:
    """Combinations of states in which each requirement is one bound of one sum, and which requirements these are."""
    wide = [k for k, requirement in enumerate(requirements) if requirement.whole]
    known = [k for k in range(len(requirements)) if k not in wide]
    while True:
        found = by_state(ground.columns, [_told_apart(requirements[k]) for k in known], MOST_CELLS)
        if found is not None:
            return [*known, *wide], [where for where, _ in found if ground.part(where) is not None]
        known.remove(max(known, key=lambda k: len(requirements[k].pieces)))


def _told_apart(requirement: Requirement) -> Function:
    """A function that differs where what is asked does, and where a number is missing or is there."""
    used = {t.of for _, leaf in requirement.pieces if isinstance(leaf, Comparison) for t in leaf.total.terms if t.of}
    numbers = Linear(weights={of: Fraction(1) for of in sorted(used, key=str)})
    pieces = (PartOfFunction(where, Linear(Fraction(k))) for k, (where, _) in enumerate(requirement.pieces))
    return (PartOfFunction((), numbers), *pieces)


BoundName = tuple[int, bool]
"""A bound of a requirement: its number, and whether it is the lower one."""


class _Cell:
    """A rule in one combination of states."""

    def __init__(self, ground: Ground, where: Where, requirements: Sequence[Requirement], known: Sequence[int]) -> None:
        part = ground.part(where)
        assert part is not None
        self.where, self._part = where, part
        self.leaves: list[Leaf | None] = [None] * len(requirements)
        self._cuts: dict[BoundName, Cut] = {}
        for k in known:
            leaf = self.leaves[k] = requirements[k].at(where)
            if isinstance(leaf, Comparison):
                self._cuts |= {(k, lower): cut for lower, cut in _cuts(ground, leaf)}
        self._stack = list(self._cuts)
        # With an interior, one linear program at a time says what is implied.
        self._program = _with_interior(part, [self._cuts[k] for k in self._stack])
        self.empty = False in self.leaves or (self._program is None and not part.possible(list(self._cuts.values())))

    def set(self, number: int, leaf: Leaf | None, dropped: BoundName | None = None) -> None:
        """What is needed of a requirement from now on: nothing, or without one bound."""
        self.leaves[number] = leaf
        for name in [(number, True), (number, False)] if dropped is None else [dropped]:
            if self._cuts.pop(name, None) is not None and self._program is not None:
                self._program.relax(self._stack.index(name))

    def empty_without(self, number: int) -> bool:
        """Whether the other requirements rule these states out."""
        if not self.empty:
            return False
        others = [leaf for k, leaf in enumerate(self.leaves) if k != number]
        return False in others or not self._part.possible([c for (k, _), c in self._cuts.items() if k != number])

    def superfluous(self, number: int) -> bool:
        """Whether all other requirements imply one."""
        others = [cut for (k, _), cut in self._cuts.items() if k != number]
        if any(leaf is False for k, leaf in enumerate(self.leaves) if k != number):
            return True
        if self.leaves[number] is False:
            return not self._part.possible(others)
        mine = [cut for (k, _), cut in self._cuts.items() if k == number]
        return not any(self._part.possible([*others, cut.opposite]) for cut in mine)

    def implies(self, name: BoundName) -> bool:
        """Whether all other bounds imply one."""
        opposite = self._cuts[name].opposite
        if self._program is not None:
            place = self._stack.index(name)
            self._program.relax(place)
            beyond = self._program.reach(opposite.row[:-1], float(opposite.row[-1]))
            self._program.restore(place)
            if abs(beyond) > CUT:
                return beyond < 0
        others = [cut for other, cut in self._cuts.items() if other != name]
        return not self._part.possible([*others, opposite])

    def reaches(self, ground: Ground, function: Function, without: Container[int]) -> Iterator[tuple[float, float]]:
        """How far the rule reaches to where a function is above 0, and to where it is below, by its states."""
        cuts = [cut for (k, _), cut in self._cuts.items() if k not in without]
        for where, parts in _pieces(ground.columns, function):
            both = both_pass(self.where, where)
            part = None if both is None else ground.part(both)
            program = None if part is None else _cut_down(part, cuts)
            if program is not None:
                row = ground.row(parts)
                yield program.reach(row[:-1], float(row[-1])), program.reach(-row[:-1], -float(row[-1]))


def _cuts(ground: Ground, comparison: Comparison) -> Iterator[tuple[bool, Cut]]:
    """The bounds of a comparison as half-spaces of features; which of them are lower ones."""
    parts = by_column(
        ground.columns,
        tuple(
            PartOfFunction(
                term.where,
                Linear(exact(term.weight)) if term.of is None else Linear(weights={term.of: exact(term.weight)}),
            )
            for term in comparison.total.terms
        ),
    )
    assert parts is not None
    row = ground.row(parts)
    for lower, bound in ((True, comparison.lower), (False, comparison.upper)):
        if bound is not None:
            apart = np.append(row[:-1], row[-1] - bound.value)
            yield lower, Cut(apart if lower else -apart, strict=not bound.included)


def _with_interior(part: Part, cuts: Sequence[Cut]) -> CellProgram | None:
    """What cuts leave of a part, as a linear program; None where that may have no interior."""
    program = CellProgram(part.frame)
    for cut in cuts:
        if program.reach(cut.row[:-1], float(cut.row[-1])) <= CUT:
            return None
        program.push(cut.row[:-1], float(cut.row[-1]))
    return program


def _cut_down(part: Part, cuts: Iterable[Cut]) -> CellProgram | None:
    """What cuts leave of a part, as a linear program; None where that is nothing."""
    program = CellProgram(part.frame)
    for cut in cuts:
        if program.reach(cut.row[:-1], float(cut.row[-1])) <= 0:
            return None
        program.push(cut.row[:-1], float(cut.row[-1]))
    return program


def _pieces(columns: Sequence[Column], function: Function) -> Iterator[tuple[Where, ByColumn]]:
    """A function by states; where there are too many combinations of them, with the states as features."""
    pieces = by_state(columns, [function], FEW_CELLS)
    if pieces is not None:
        for where, (linear,) in pieces:
            yield where, {("", None): linear}
        return
    parts = by_column(columns, function)
    if parts is None or any(linear.weights for (name, _), linear in parts.items() if name):
        return
    yield (), parts
