"""A rule in one combination of states: a part of the domain that bounds cut down."""

from __future__ import annotations

from collections.abc import Container, Iterator, Sequence
from dataclasses import replace
from fractions import Fraction

import numpy as np

from prelu_rules.columns.column import Column
from prelu_rules.domains.linear_program import CellProgram
from prelu_rules.errors import SolverError
from prelu_rules.rules.presentation.by_state import ByColumn, Function, Linear, Where, both_pass, by_column, by_state
from prelu_rules.rules.presentation.by_state import Part as PartOfFunction
from prelu_rules.rules.presentation.ground import Cut, Ground, Part, Rest, contradictory
from prelu_rules.rules.presentation.requirements import Leaf, Requirement
from prelu_rules.rules.presentation.statements import Comparison
from prelu_rules.tolerances import CUT
from prelu_rules.values import FloatArray

FEW_CELLS = 24
"""Combinations of states up to which it is looked in each whether a bend holds."""

MOST_CELLS = 96
"""Combinations of states up to which each is looked at; where a rule has more, its longest conditions all stay."""


def cells_of(ground: Ground, requirements: Sequence[Requirement]) -> tuple[list[int], list[RuleCell]]:
    """A rule by the states that make a difference to what it requires.

    Args:
        ground: the domain.
        requirements: what is required.

    Returns:
        The numbers of the requirements that the cells know of, which is all but those of very many pieces; and a cell
        for each combination of states that the domain has.
    """
    known, wheres = _combinations(ground, requirements)
    return known, [RuleCell(ground, where, requirements, known) for where in wheres]


def is_possible(ground: Ground, requirements: Sequence[Requirement]) -> bool:
    """Whether requirements leave anything of a domain.

    Args:
        ground: the domain.
        requirements: what is required.

    Returns:
        True if they do, or that is not known.
    """
    known, wheres = _combinations(ground, requirements)
    return any(not RuleCell(ground, where, requirements, known).empty for where in wheres)


def longest_first(requirements: Sequence[Requirement], numbers: Sequence[int]) -> list[int]:
    """The order in which requirements are tried to do without: of sums the longest first, tests last.

    Args:
        requirements: the requirements.
        numbers: which of them.

    Returns:
        The numbers in that order; of equally long ones the last first.
    """

    def length(number: int) -> tuple[int, int, int]:
        return len(requirements[number].total.terms), len(requirements[number].pieces), number

    tests = [k for k in numbers if not requirements[k].total.terms]
    return [*sorted((k for k in numbers if k not in tests), key=length, reverse=True), *sorted(tests, reverse=True)]


def without_bounds(number: int, leaf: Comparison, cells: Sequence[RuleCell]) -> Leaf:
    """Drop the bounds of a requirement that all others imply.

    Args:
        number: the requirement.
        leaf: what it asks.
        cells: all in which it asks that.

    Returns:
        What is left of it.
    """
    left = leaf
    for lower in (True, False):
        if (leaf.lower if lower else leaf.upper) and all(cell.implies((number, lower)) for cell in cells):
            left = replace(left, lower=None) if lower else replace(left, upper=None)
            for cell in cells:
                cell.set(number, True if left.lower is left.upper is None else left, dropped=(number, lower))
    return True if left.lower is left.upper is None else left


def _combinations(ground: Ground, requirements: Sequence[Requirement]) -> tuple[list[int], list[Where]]:
    """Combinations of states in which each requirement is one bound of one sum, and which requirements these are."""
    wide = [k for k, requirement in enumerate(requirements) if requirement.whole]
    known = [k for k in range(len(requirements)) if k not in wide and requirements[k].pieces]
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


class RuleCell:
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
                self._cuts |= {(k, lower): cut for lower, cut in ground.cuts(leaf)}
        self._stack = list(self._cuts)
        # With an interior, one linear program at a time says what is implied.
        self._rest, nothing_left = _cell(part, [self._cuts[k] for k in self._stack])
        self._program = None if self._rest is None else self._rest.program
        self.empty = False in self.leaves or nothing_left

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

    def ruled_out_by(self, number: int) -> bool:
        """Whether a requirement alone rules these states out."""
        return not self._part.possible([cut for (k, _), cut in self._cuts.items() if k == number])

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
            beyond = _reach(self._program, opposite.row) or 0.0
            self._program.restore(place)
            if abs(beyond) > CUT:
                return beyond < 0
        others = [cut for other, cut in self._cuts.items() if other != name]
        return not self._part.possible([*others, opposite])

    def reaches(
        self, ground: Ground, function: Function, tolerance: float, without: Container[int]
    ) -> Iterator[tuple[float, float]]:
        """How far the rule reaches to where a function is above 0, and to where it is below, by its states.

        Of what is more than the tolerance, it is only known that it is.
        """
        cuts = [cut for (k, _), cut in self._cuts.items() if k not in without]
        for where, parts in _pieces(ground.columns, function):
            both = both_pass(self.where, where)
            part = None if both is None else ground.part(both)
            if part is None:
                continue
            same = part is self._part and len(cuts) == len(self._cuts)
            rest = self._rest if same and self._rest is not None else _cut_down(part, cuts)
            if rest is not None:
                row = ground.row(parts)
                above, below = (
                    None if rest.shows(one, part.frame, tolerance) else _reach(rest.program, one) for one in (row, -row)
                )
                # Where the solver cannot tell, both sides may be reached.
                yield np.inf if above is None else above, np.inf if below is None else below


def _cell(part: Part, cuts: Sequence[Cut]) -> tuple[Rest | None, bool]:
    """What cuts leave of a part, None where that may have no interior; and whether that is nothing."""
    if contradictory(cuts):
        return None, True
    rest = part.cut_down(cuts)
    if abs(rest.depth) > CUT:
        return (rest, False) if rest.depth > 0 else (None, True)
    program = CellProgram(part.frame)
    for cut in cuts:
        reach = _reach(program, cut.row)
        if reach is None or reach <= CUT:
            return None, not part.possible(cuts)
        program.push(cut.row[:-1], float(cut.row[-1]))
    return rest._replace(program=program), False


def _cut_down(part: Part, cuts: Sequence[Cut]) -> Rest | None:
    """What cuts leave of a part; None where that is nothing."""
    rest = part.cut_down(cuts)
    if rest.depth > CUT:
        return rest
    program = CellProgram(part.frame)
    for cut in cuts:
        reach = _reach(program, cut.row)
        if reach is not None and reach <= 0:
            return None
        program.push(cut.row[:-1], float(cut.row[-1]))
    return rest._replace(program=program)


def _reach(program: CellProgram, row: FloatArray) -> float | None:
    """How far a program reaches to where a function is above 0; None where its numbers are too far apart to tell."""
    try:
        return program.reach(row[:-1], float(row[-1]))
    except SolverError:
        return None


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
