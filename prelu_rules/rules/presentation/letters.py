"""Which conditions of a rule are bends of the formula, so that letters can say them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product

from prelu_rules.rules.presentation.known_bends import KnownBends, Resolved, World
from prelu_rules.rules.presentation.pruning import Pruned
from prelu_rules.rules.presentation.requirements import Requirement
from prelu_rules.rules.presentation.statements import Letter

MOST_INNER = 4
"""Bends inside of bends up to which letters say conditions: it is worked out what they say if others do not hold."""


class RuleLetters:
    """The bends of a formula in a rule: which of them hold there, and which of its conditions they are.

    Args:
        known: the bends.
        pruned: the rule.
    """

    def __init__(self, known: KnownBends, pruned: Pruned) -> None:
        self.known, self._pruned = known, pruned
        self._sides: dict[int, bool | None] = {}
        self.resolved = Resolved(known.formula, self.side)

    @property
    def holding(self) -> tuple[bool | None, ...]:
        """Whether each bend holds all over the rule, or nowhere; None where it does somewhere, or that is not known."""
        return tuple(map(self.side, range(len(self.known.formula.bends))))

    def side(self, place: int) -> bool | None:
        """The same of one bend."""
        if place not in self._sides:
            world = self._world(Letter(place))
            above = below = True
            if world is not None:
                function = self.known.function(Letter(place), world)
                above, below = self._pruned.sides_of(function, self.known.tolerance)
            zero = not self.known.formula.bends[place].strict
            self._sides[place] = None if above and below else above or (not below and zero)
        return self._sides[place]

    def instead_of(self, numbers: Sequence[int]) -> Lettered | None:
        """The bends that requirements of the rule are.

        Args:
            numbers: which requirements are to be said by letters.

        Returns:
            Those that can be, and do not depend on very many others; None where there are none.
        """
        bends = {number: bend for number in numbers if (bend := self._bend(number)) is not None}
        while len(self._inner(bends)) > MOST_INNER:
            # Other rows may meet such a bend where inner bends are not as in the rule; these are too many to look at.
            del bends[max(bends, key=lambda number: len(self.known.inner(bends[number][0])))]
        sides = tuple((Letter(place), bool(self.side(place))) for place in sorted(self._inner(bends)))
        return Lettered(self, bends, sides) if bends else None

    def _inner(self, bends: Mapping[int, tuple[Letter, bool]]) -> set[int]:
        """The places of the bends that some bends depend on."""
        return {one.place for letter, _ in bends.values() for one in self.known.inner(letter)}

    def _world(self, letter: Letter) -> World | None:
        """Whether the bends that a bend depends on hold in the rule; None where that is not known."""
        found = []
        for inner in self.known.inner(letter):
            side = self.side(inner.place)
            if side is None:
                return None
            found.append((inner, side))
        return tuple(found)

    def _bend(self, number: int) -> tuple[Letter, bool] | None:
        """The bend that a requirement of the rule is, and whether it has to hold.

        One that differs from a bend in what counts on the boundary is none.
        """
        sides = self._pruned.requirements[number].sides
        if len(sides) != 1:
            return None
        side = sides[0]
        seen = number in self._pruned.known
        wheres = [where for where, leaves in self._pruned.cells if not seen or leaves[number] is not None]
        for place, bend in enumerate(self.known.formula.bends):
            # What is on the boundary counts as the condition has it: `>=` and `<=` include it.
            holds = side.included != bend.strict
            world = self._world(Letter(place))
            # The bend holds where its function is above 0.
            if world is not None and self.known.same(Letter(place), world, side.boundary, side.above == holds, wheres):
                return Letter(place), holds
        return None


@dataclass(frozen=True)
class Lettered:
    """Requirements of a rule that are said by letters.

    Attributes:
        letters: of the rule.
        bends: by the number of the requirement, the bend and whether it holds.
        inner: the bends on which these depend, and whether they hold in the rule.
    """

    letters: RuleLetters
    bends: dict[int, tuple[Letter, bool]]
    inner: World

    def worlds(self) -> list[World]:
        """The ways in which inner bends may hold that contradict at most one of the bends, that of the rule first."""
        ways = product(*(((letter, side), (letter, not side)) for letter, side in self.inner))
        said = {letter for letter, _ in self.bends.values()}
        own = dict(self.inner)
        return [way for way in ways if sum(own[letter] != side for letter, side in way if letter in said) <= 1]

    def requirements(self, bends: Sequence[tuple[Letter, bool]], world: World) -> list[Requirement]:
        """What bends require in a world, and then what the world requires."""
        known = self.letters.known
        return [known.requirement(letter, holds, known.world_of(letter, world)) for letter, holds in (*bends, *world)]
