"""The words of a presentation: tests of cells, sums, comparisons, clauses.

All numbers are as they are printed. Everything can be evaluated on `Cells`, so that what is printed can be checked
against the rules.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from prelu_rules.columns.column import Column, Feature, features_of
from prelu_rules.values import BoolArray, FloatArray, IntArray

State = Feature | None
"""What a cell says beside its number: the indicator that is 1, or None where none is (a number is there, or no)."""


def states_of(column: Column) -> tuple[State, ...]:
    """The states that a cell of a column can be in, exactly one each.

    Args:
        column: the column.

    Returns:
        One state for each level; for yes/no no (None) and yes; for a number None; and one for missing if it may be.

    Example:
        >>> [state and state.name for state in states_of(Column("smoker", "yes/no", missing=True))]
        [None, 'smoker', 'smoker is missing']
        >>> states_of(Column("age"))
        (None,)
    """
    indicators = tuple(feature for feature in column.features if feature.is_indicator)
    return indicators if column.kind == "category" else (None, *indicators)


@dataclass(frozen=True)
class Letter:
    """A bend, by its place among the bends of the formula; how it is called is up to who writes it."""

    place: int


@dataclass(frozen=True)
class Test:
    """A cell is in one of some states: `kind in {business, household}`, `age is missing`.

    Attributes:
        column: the column.
        states: those that pass, in the order of `states_of(column)`; some, but not all.
    """

    __test__ = False  # pytest takes classes of this name for its own

    column: Column
    states: tuple[State, ...]

    def holds(self, cells: Cells) -> BoolArray:
        """Where it passes, bool `(n_rows,)`."""
        mine = states_of(self.column)
        passes = np.array([state in self.states for state in mine])
        return np.asarray(passes[cells.states[self.column.name]])


class Term(NamedTuple):
    """A weighted part of a sum, counted only where all tests pass.

    Attributes:
        weight: what it is multiplied by; not 0.
        of: the name of a column of numbers, a bend, of which the amount is meant, or None for the weight alone.
        where: tests of distinct columns.
    """

    weight: float
    of: str | Letter | None
    where: tuple[Test, ...] = ()


@dataclass(frozen=True)
class Sum:
    """A constant and terms."""

    constant: float
    terms: tuple[Term, ...]

    def of(self, cells: Cells) -> FloatArray:
        """Its value, `(n_rows,)`; a missing number counts as 0."""
        total = np.full(cells.n_rows, self.constant)
        for term in self.terms:
            value = np.ones(cells.n_rows) if term.of is None else cells.value(term.of)
            total += term.weight * value * all_hold(term.where, cells)
        return total


class Bound(NamedTuple):
    """A bound of a sum, and whether the sum may be equal to it."""

    value: float
    included: bool


@dataclass(frozen=True)
class Comparison:
    """`lower <= total < upper`, where either bound may be missing; the total has no constant."""

    total: Sum
    lower: Bound | None
    upper: Bound | None

    def holds(self, cells: Cells) -> BoolArray:
        """Where it is true, bool `(n_rows,)`."""
        total, found = self.total.of(cells), np.ones(cells.n_rows, dtype=bool)
        if self.lower is not None:
            found &= total >= self.lower.value if self.lower.included else total > self.lower.value
        if self.upper is not None:
            found &= total <= self.upper.value if self.upper.included else total < self.upper.value
        return found


@dataclass(frozen=True)
class Alternative:
    """All of it holds: tests, bends that hold or do not, and perhaps a comparison."""

    where: tuple[Test, ...] = ()
    bends: tuple[tuple[Letter, bool], ...] = ()
    comparison: Comparison | None = None

    def holds(self, cells: Cells) -> BoolArray:
        """Where it is true, bool `(n_rows,)`."""
        found = all_hold(self.where, cells)
        for letter, side in self.bends:
            found &= cells.bends_hold[letter.place] == side
        return found if self.comparison is None else found & self.comparison.holds(cells)


Clause = tuple[Alternative, ...]
"""One condition of a rule: one of the alternatives holds. Their tests exclude each other: `kwh >= 390 if kind = farm,
else kwh >= 188` has two."""


@dataclass(frozen=True)
class Case:
    """What a bend amounts to on a part of the inputs: `max(0, total - threshold)`.

    Attributes:
        where: tests that pass there.
        bends: earlier bends that hold there, or do not.
        total: a sum without constant where there is a threshold.
        threshold: None where the bend holds throughout, and its amount is the total.
    """

    where: tuple[Test, ...]
    bends: tuple[tuple[Letter, bool], ...]
    total: Sum
    threshold: float | None


@dataclass(frozen=True)
class Bend:
    """A function that is 0 on one side: cases that exclude each other, and 0 elsewhere.

    Attributes:
        cases: at least one.
        strict: whether it holds only where the total is above the threshold, or also where they are equal.
    """

    cases: tuple[Case, ...]
    strict: bool

    def evaluate(self, cells: Cells) -> tuple[FloatArray, BoolArray]:
        """The amount, `(n_rows,)`, and where the bend holds, bool `(n_rows,)`."""
        amount, holds = np.zeros(cells.n_rows), np.zeros(cells.n_rows, dtype=bool)
        for case in self.cases:
            here = Alternative(case.where, case.bends).holds(cells)
            total = case.total.of(cells)
            if case.threshold is None:
                amount, holds = np.where(here, total, amount), holds | here
                continue
            above = total > case.threshold if self.strict else total >= case.threshold
            amount = np.where(here & above, total - case.threshold, amount)
            holds |= here & above
        return amount, holds


class Cells:
    """Encoded rows, by column: numbers, states, and the bends that have been evaluated.

    Args:
        columns: what the columns are.
        x: `(n_rows, n_features)` of them.
        bends: those that letters stand for, in order; each uses earlier ones only.

    Example:
        >>> cells = Cells([Column("age", missing=True)], np.array([[30.0, 0.0], [0.0, 1.0]]))
        >>> cells.numbers["age"], cells.states["age"]
        (array([30.,  0.]), array([0, 1]))
    """

    def __init__(self, columns: Sequence[Column], x: FloatArray, bends: Sequence[Bend] = ()) -> None:
        places = {feature: k for k, feature in enumerate(features_of(columns))}
        self.n_rows = len(x)
        self.numbers: Mapping[str, FloatArray] = {
            f.column: np.asarray(x[:, k], dtype=np.float64) for f, k in places.items() if not f.is_indicator
        }
        self.states: Mapping[str, IntArray] = {c.name: self._state(c, x, places) for c in columns}
        self.amounts: list[FloatArray] = []
        self.bends_hold: list[BoolArray] = []
        for bend in bends:
            amount, holds = bend.evaluate(self)
            self.amounts.append(amount)
            self.bends_hold.append(holds)

    def value(self, of: str | Letter) -> FloatArray:
        """The numbers of a column, or the amounts of a bend, `(n_rows,)`."""
        return self.amounts[of.place] if isinstance(of, Letter) else self.numbers[of]

    @staticmethod
    def _state(column: Column, x: FloatArray, places: Mapping[Feature, int]) -> IntArray:
        """The place of each cell's state among the states of its column, int `(n_rows,)`."""
        found = np.zeros(len(x), dtype=np.intp)
        for number, state in enumerate(states_of(column)):
            if state is not None:
                found[np.asarray(x[:, places[state]] > 0.5)] = number
        return found


def all_hold(tests: Sequence[Test], cells: Cells) -> BoolArray:
    """Where all tests pass.

    Args:
        tests: the tests; none pass everywhere.
        cells: the rows.

    Returns:
        bool, `(n_rows,)`.
    """
    found = np.ones(cells.n_rows, dtype=bool)
    for test in tests:
        found &= test.holds(cells)
    return found
