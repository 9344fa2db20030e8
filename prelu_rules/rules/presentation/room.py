"""Where a domain leaves room for a function to be above 0, once the states of cells are known."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from itertools import chain

import numpy as np

from prelu_rules.columns.column import Column, features_of
from prelu_rules.domains.box import Box
from prelu_rules.domains.domain import Domain, frame_of
from prelu_rules.domains.frame import Frame
from prelu_rules.domains.linear_program import CellProgram
from prelu_rules.domains.polytope import Polytope
from prelu_rules.errors import InvalidValueError, SolverError
from prelu_rules.rules.presentation.by_state import Linear, Where
from prelu_rules.rules.presentation.decimals import plain
from prelu_rules.rules.presentation.statements import Letter
from prelu_rules.tolerances import CUT, ROUND_OFF
from prelu_rules.values import FloatArray

MOST_INNER = 4
"""Bends inside of bends up to which it is worked out where they hold together, by a linear program for each pattern."""


class Room:
    """A domain, by the states of cells.

    Args:
        columns: what the columns are.
        domain: of features; None for all inputs.
    """

    def __init__(self, columns: Sequence[Column], domain: Domain | None) -> None:
        self.columns = tuple(columns)
        self._domain = domain
        self._features = features_of(columns)
        self._places = {f.column: k for k, f in enumerate(self._features) if not f.is_indicator}
        self._frames: dict[Where, Frame | None] = {}
        owners = np.array([f.column for f in self._features])
        rows = domain.coef if isinstance(domain, Polytope) else np.empty((0, len(owners)))
        self.ranges_are_exact = all(len(set(owners[row != 0])) <= 1 for row in rows)
        """Whether numbers do not depend on one another, so that sums reach what the ranges of numbers say."""
        self._ranges = {name: self._range(place) for name, place in self._places.items()}

    def range_of(self, column: str) -> tuple[float, float]:
        """The least and the largest number in a cell that is not missing."""
        return self._ranges[column]

    def _range(self, place: int) -> tuple[float, float]:
        if self._domain is None:
            return -np.inf, np.inf
        lower, upper = float(self._domain.lower[place]), float(self._domain.upper[place])
        if isinstance(self._domain, Polytope):
            others = np.array([f.column != self._features[place].column for f in self._features])
            for row, limit in zip(self._domain.coef, self._domain.limit, strict=True):
                # Where the number is there, its own indicator is 0; a row of several columns says nothing alone.
                if row[place] != 0 and not row[others].any():
                    bound = float(limit / row[place])
                    lower, upper = (lower, min(upper, bound)) if row[place] > 0 else (max(lower, bound), upper)
        return lower, upper

    def program(self, where: Where) -> CellProgram | None:
        """The part of the domain where tests pass, to be cut; None where there is none."""
        if where not in self._frames:
            try:
                self._frames[where] = frame_of(self._part(where), len(self._features))
            except InvalidValueError:
                self._frames[where] = None
        frame = self._frames[where]
        return None if frame is None else CellProgram(frame)

    def _part(self, where: Where) -> Domain | None:
        """The domain with the indicators that tests decide."""
        if self._domain is None:
            return None
        lower, upper = self._domain.lower.copy(), self._domain.upper.copy()
        for test in where:
            for k, feature in enumerate(self._features):
                if feature.is_indicator and feature.column == test.column.name:
                    if feature not in test.states:
                        lower[k] = upper[k] = 0.0
                    elif len(test.states) == 1:
                        lower[k] = upper[k] = 1.0
        box = Box(lower, upper)
        domain = self._domain
        return box if isinstance(domain, Box) else Polytope(box, domain.coef, domain.limit, domain.equal)

    def row(self, linear: Linear) -> tuple[FloatArray, float]:
        """A function of numbers alone as weights of features, and its constant."""
        coef = np.zeros(len(self._features))
        for of, weight in linear.weights.items():
            assert isinstance(of, str)
            coef[self._places[of]] = plain(weight)
        return coef, plain(linear.constant)


class Situation:
    """A combination of states, and what bends are in it: whether functions of them are ever above 0.

    Args:
        room: the domain.
        where: the tests that pass.
        sums: of each bend the sum whose positive part is its amount; each uses those before it.
    """

    def __init__(self, room: Room, where: Where, sums: Mapping[Letter, Linear]) -> None:
        self._room, self._where, self.sums = room, where, sums

    def ever_above(self, function: Linear, assuming: Mapping[Letter, bool] = {}) -> bool:
        """Whether a function is above 0 somewhere.

        Args:
            function: of numbers and bends.
            assuming: which bends hold there, and which do not.

        Returns:
            False only where that is certain, up to rounding errors.
        """
        _, upper, size = self._bounds(function, self._amounts(assuming))
        # A bound that is above 0 by rounding errors of its terms only, may as well be 0.
        if upper <= 0 or (np.isfinite(size) and upper <= ROUND_OFF * size):
            return False
        if not function.letters and not assuming and self._room.ranges_are_exact:
            return True
        letters = self._needed([*function.letters, *assuming])
        if len(letters) > MOST_INNER:
            return True
        program = self._room.program(self._where)
        try:
            return program is None or self._reaches(program, letters, function, assuming, {})
        except SolverError:
            return True

    def _needed(self, letters: Sequence[Letter]) -> list[Letter]:
        """Bends, and those that they use, in order."""
        found = set(letters)
        while True:
            more = set(chain.from_iterable(self.sums[letter].letters for letter in found)) - found
            if not more:
                return sorted(found, key=lambda letter: letter.place)
            found |= more

    def _bounds(self, function: Linear, amounts: Mapping[Letter, tuple[float, float]]) -> tuple[float, float, float]:
        """Bounds of a function, and how large its terms get."""
        lower = upper = float(function.constant)
        size = abs(lower)
        for of, exact_weight in function.weights.items():
            weight = float(exact_weight)
            least, most = amounts[of] if isinstance(of, Letter) else self._room.range_of(of)
            ends = sorted(weight * end if end else 0.0 for end in (least, most))
            lower, upper, size = lower + ends[0], upper + ends[1], size + max(map(abs, ends))
        return lower, upper, size

    def _amounts(self, assuming: Mapping[Letter, bool]) -> dict[Letter, tuple[float, float]]:
        """Bounds of the amounts of bends; those that are assumed not to hold have none."""
        found: dict[Letter, tuple[float, float]] = {}
        for letter, total in self.sums.items():
            lower, upper, _ = self._bounds(total, found)
            holds = assuming.get(letter, True)
            found[letter] = (max(lower, 0.0), max(upper, 0.0)) if holds else (0.0, 0.0)
        return found

    def _reaches(
        self,
        program: CellProgram,
        letters: Sequence[Letter],
        function: Linear,
        assuming: Mapping[Letter, bool],
        pattern: dict[Letter, bool],
    ) -> bool:
        """Whether a function is above 0 in a cell of the bends that are still to be decided."""
        if not letters:
            return program.reach(*self._room.row(self.resolved(function, pattern))) > CUT
        letter, *rest = letters
        total = self.resolved(self.sums[letter], pattern)
        rows = {True: self._room.row(total), False: self._room.row(total.times(Fraction(-1)))}
        sides = {side: row for side, row in rows.items() if program.reach(*row) > CUT}
        if not sides:
            # The sum is 0 all over the cell, and so is the amount.
            return self._reaches(program, rest, function, assuming, {**pattern, letter: False})
        for side, row in sides.items():
            if assuming.get(letter, side) == side:
                program.push(*row)
                found = self._reaches(program, rest, function, assuming, {**pattern, letter: side})
                program.pop()
                if found:
                    return True
        return False

    def resolved(self, function: Linear, pattern: Mapping[Letter, bool]) -> Linear:
        """A function where it is known of some bends whether they hold.

        Args:
            function: of numbers and bends.
            pattern: the bends that are known.

        Returns:
            The function without them.
        """
        while True:
            letter = next((one for one in reversed(function.letters) if one in pattern), None)
            if letter is None:
                return function
            weight, function = function.weights[letter], function.without(letter)
            if pattern[letter]:
                function = function.plus(self.sums[letter].times(weight))
