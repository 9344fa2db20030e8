"""Parts of the inputs on which everything that a presentation says is linear in the encoded features.

A term such as `0.02*kwh where kind is farm` is linear once it is known whether kind is farm, and a bend once it is
known whether it holds. So a part is split by states of columns and by sides of bends, only where something asks for it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from prelu_rules.columns.column import Column, features_of
from prelu_rules.domains.frame import Frame
from prelu_rules.domains.linear_program import LP_FEASIBILITY, CellProgram
from prelu_rules.errors import FormatError, SolverError
from prelu_rules.geometry.proofs.exact import ExactCell
from prelu_rules.rules.presentation.statements import (
    Alternative,
    Bend,
    Bound,
    Case,
    Clause,
    Letter,
    State,
    Sum,
    Term,
    Test,
    states_of,
)
from prelu_rules.rules.rule import Condition
from prelu_rules.tolerances import CUT, ROUND_OFF
from prelu_rules.values import FloatArray, exact_array

MOST_PIECES = 4096
"""Pieces that a text may have; more are a mistake, or nothing to read."""

TOUCHING = LP_FEASIBILITY / 2
"""What misses a half-space by less touches it."""

Affine = FloatArray
"""Weights of the features and a constant, `(n_features + 1,)`."""


@dataclass(frozen=True)
class Piece:
    """A part of the inputs.

    Attributes:
        states: the states that columns can be in; a column that is not named can be in any.
        conditions: half-spaces of which it is the intersection.
        amounts: of the bends that were asked for, by place.
        holds: whether each of these holds.
    """

    states: Mapping[str, tuple[State, ...]] = field(default_factory=dict)
    conditions: tuple[Condition, ...] = ()
    amounts: Mapping[int, Affine] = field(default_factory=dict)
    holds: Mapping[int, bool] = field(default_factory=dict)


class Splitter:
    """Splits parts of the inputs of given columns.

    Args:
        columns: the columns.
        bends: those that letters stand for.
        scales: `(n_features,)`, about how large each feature is where something changes.
    """

    def __init__(self, columns: Sequence[Column], bends: Sequence[Bend], scales: FloatArray) -> None:
        self.columns = {column.name: column for column in columns}
        self.bends = bends
        self.places = {feature: k for k, feature in enumerate(features_of(columns))}
        self.n_features = len(self.places)
        self._numbers = {f.column: k for f, k in self.places.items() if not f.is_indicator}
        frame = _frame(columns, scales)
        self._cell, self._indicators, self._scales = CellProgram(frame), _exact_rows(columns), np.diag(frame.basis)
        self._made = 0

    def tested(self, piece: Piece, test: Test) -> Iterator[tuple[Piece, bool]]:
        """The parts of a piece where a test passes and where it does not, and which is which."""
        name = test.column.name
        can_be = piece.states.get(name, states_of(self.columns[name]))
        self._count()
        for passes in (True, False):
            left = tuple(state for state in can_be if (state in test.states) == passes)
            if left == can_be:
                yield piece, passes
            elif left:
                part = replace(piece, states={**piece.states, name: left})
                if not self._is_empty(part):
                    yield part, passes

    def valued(self, piece: Piece, total: Sum) -> Iterator[tuple[Piece, Affine]]:
        """The parts of a piece on each of which a sum is linear, and what it is there."""
        start = np.zeros(self.n_features + 1)
        start[-1] = total.constant
        yield from self._valued(piece, start, total.terms)

    def sided(self, piece: Piece, place: int) -> Iterator[Piece]:
        """The parts of a piece on each of which a bend holds or does not."""
        if place in piece.holds:
            yield piece
        else:
            yield from self._cases(piece, place, self.bends[place].cases)

    def all_sided(self, piece: Piece, letters: Sequence[Letter]) -> Iterator[Piece]:
        """The parts of a piece on each of which each of some bends, and all that they use, holds or does not."""
        wanted = {letter.place for letter in letters}
        for place in range(max(wanted, default=-1), -1, -1):
            if place in wanted:
                wanted |= {letter.place for letter in letters_of(self.bends[place])}
        pieces = [piece]
        for place in sorted(wanted):
            pieces = [part for one in pieces for part in self.sided(one, place)]
        yield from pieces

    def satisfied(self, piece: Piece, clause: Clause) -> Iterator[Piece]:
        """The parts of a piece where a condition holds."""
        for alternative in clause:
            for part, holds in self._all_hold(piece, alternative.where, alternative.bends):
                if holds:
                    yield from self._compared(part, alternative)

    def cut(self, piece: Piece, condition: Condition, touching: bool = False) -> Piece | None:
        """The part of a piece where a condition holds; None where the piece does not reach there, nor touch it."""
        if not condition.coef.any():
            return piece if (condition.intercept >= 0) == condition.nonnegative else None
        self._count()
        if self._distance(piece, condition) >= -TOUCHING if touching else self.reaches(piece, condition):
            return replace(piece, conditions=(*piece.conditions, condition))
        return None

    def reaches(self, piece: Piece, condition: Condition) -> bool:
        """Whether a piece reaches into a half-space; if by less than `CUT` or not at all, exact arithmetic decides."""
        distance = self._distance(piece, condition)
        return distance > CUT or (distance >= -CUT and self._exactly_exceeds(piece, condition))

    def _distance(self, piece: Piece, condition: Condition) -> float:
        """How far a piece reaches into a half-space, in the scales of the features."""
        pushed = [other.halfspace() for other in piece.conditions]
        pushed += [(-row, 0.0) for row in np.eye(self.n_features)[self._ruled_out(piece)]]
        return self._reach(pushed, *condition.halfspace())

    def _exactly_exceeds(self, piece: Piece, condition: Condition) -> bool:
        """Whether a piece reaches into a half-space by more than rounding errors of the numbers of a bend."""
        row = condition.row()
        size = np.abs(row[:-1]) @ self._scales + abs(row[-1])
        row[-1] -= ROUND_OFF * size
        cell: ExactCell | None = ExactCell.of_domain(None, self.n_features)
        fixed = [-one for one in np.eye(self.n_features + 1)[self._ruled_out(piece)]]
        for one in (*self._indicators, *fixed, *(other.row() for other in piece.conditions)):
            cell = None if cell is None else cell.cut(exact_array(one))
        return cell is not None and cell.exceeds(exact_array(row))

    def _is_empty(self, piece: Piece) -> bool:
        """Whether no point of the conditions is in the states; the solver is only asked about pieces that have one."""
        coef = np.zeros(self.n_features)
        coef[self._ruled_out(piece)] = -1.0
        return self._reach([other.halfspace() for other in piece.conditions], coef, 0.0) < -TOUCHING

    def _reach(self, pushed: Sequence[tuple[FloatArray, float]], coef: FloatArray, intercept: float) -> float:
        for cut in pushed:
            self._cell.push(*cut)
        try:
            return self._cell.reach(coef, intercept)
        except SolverError:
            # Of numbers that differ too much the solver cannot tell; a piece too many says nothing wrong.
            return np.inf
        finally:
            for _ in pushed:
                self._cell.pop()

    def _ruled_out(self, piece: Piece) -> list[int]:
        """The indicators that are 0 all over a piece."""
        return [
            self.places[state]
            for name, can_be in piece.states.items()
            for state in states_of(self.columns[name])
            if state is not None and state not in can_be
        ]

    def conditions(self, piece: Piece) -> tuple[Condition, ...]:
        """Everything that must hold for a row to be in a piece: states of columns first."""
        found = []
        for name, can_be in piece.states.items():
            others = [state for state in states_of(self.columns[name]) if state not in can_be]
            if others:
                within = None not in can_be and (None in others or len(can_be) <= len(others))
                coef = np.zeros(self.n_features)
                for state in can_be if within else others:
                    if state is not None:
                        coef[self.places[state]] = 1.0
                found.append(Condition(coef, -0.5, within))
        return (*found, *piece.conditions)

    def _count(self) -> None:
        self._made += 1
        if self._made > MOST_PIECES:
            raise FormatError(f"the rules make more than {MOST_PIECES} pieces; leave out bends.")

    def _valued(self, piece: Piece, so_far: Affine, terms: Sequence[Term]) -> Iterator[tuple[Piece, Affine]]:
        parts = [(piece, so_far)]
        for term in terms:
            parts = [part for one, value in parts for part in self._with_term(one, value, term)]
        yield from parts

    def _with_term(self, piece: Piece, so_far: Affine, term: Term) -> Iterator[tuple[Piece, Affine]]:
        """The parts of a piece on which a term is linear, and a sum with it."""
        if term.of is None and len(term.where) == 1:
            yield piece, so_far + term.weight * self._indicated(term.where[0])
            return
        for part, counts in self._all_tested(piece, term.where):
            if not counts:
                yield part, so_far
            elif isinstance(term.of, Letter):
                for side in self.all_sided(part, [term.of]):
                    yield side, so_far + term.weight * side.amounts[term.of.place]
            else:
                value = so_far.copy()
                value[-1 if term.of is None else self._numbers[term.of]] += term.weight
                yield part, value

    def _indicated(self, test: Test) -> Affine:
        """A test as a sum of features: 1 where it passes, and 0 elsewhere."""
        mine = states_of(self.columns[test.column.name])
        value, passes = np.zeros(self.n_features + 1), None not in test.states
        for state in mine:
            if state is not None and (state in test.states) == passes:
                value[self.places[state]] = 1.0 if passes else -1.0
        value[-1] = 0.0 if passes else 1.0
        return value

    def _all_tested(self, piece: Piece, tests: Sequence[Test]) -> Iterator[tuple[Piece, bool]]:
        """The parts of a piece where all tests pass, and where one does not."""
        passing = [piece]
        for test in tests:
            split = [part for one in passing for part in self.tested(one, test)]
            yield from ((part, False) for part, passes in split if not passes)
            passing = [part for part, passes in split if passes]
        yield from ((part, True) for part in passing)

    def _cases(self, piece: Piece, place: int, cases: Sequence[Case]) -> Iterator[Piece]:
        """The parts of a piece on each of which a bend holds or does not."""
        left = [piece]
        for case in cases:
            missed: list[Piece] = []
            for one in left:
                for side, applies in self._all_hold(one, case.where, case.bends):
                    if applies:
                        yield from self._case(side, place, case)
                    else:
                        missed.append(side)
            left = missed
        yield from (_with_bend(one, place, False, np.zeros(self.n_features + 1)) for one in left)

    def _all_hold(
        self, piece: Piece, tests: Sequence[Test], bends: Sequence[tuple[Letter, bool]]
    ) -> Iterator[tuple[Piece, bool]]:
        """The parts of a piece where tests pass and bends are on their sides, and where not."""
        for part, passes in self._all_tested(piece, tests):
            if not passes:
                yield part, False
                continue
            for side in self.all_sided(part, [letter for letter, _ in bends]):
                yield side, all(side.holds[letter.place] == there for letter, there in bends)

    def _case(self, piece: Piece, place: int, case: Case) -> Iterator[Piece]:
        """The parts of a piece where a case of a bend is above its threshold, and where it is not."""
        for part, total in self.valued(piece, case.total):
            if case.threshold is None:
                yield _with_bend(part, place, True, total)
                continue
            amount = total.copy()
            amount[-1] -= case.threshold
            strict = self.bends[place].strict
            sides = [(holds, self.cut(part, _compared(amount, holds, strict))) for holds in (True, False)]
            there = [(holds, side) for holds, side in sides if side is not None]
            for holds, side in there:
                # Where there is no other side, its boundary belongs to this one; the amount is 0 there.
                yield _with_bend(side if len(there) == 2 else part, place, holds, amount if holds else 0 * amount)
            if not there:
                yield _with_bend(part, place, False, 0 * amount)

    def _compared(self, piece: Piece, alternative: Alternative) -> Iterator[Piece]:
        compared = alternative.comparison
        if compared is None:
            yield piece
            return
        for part, total in self.valued(piece, compared.total):
            cut: Piece | None = part
            for bound, sign in ((compared.lower, 1), (compared.upper, -1)):
                if bound is not None and cut is not None:
                    cut = self.cut(cut, _bounded(total, bound, sign), touching=True)
            if cut is not None:
                yield cut


def letters_of(bend: Bend) -> tuple[Letter, ...]:
    """The bends that a bend uses.

    Args:
        bend: the bend.

    Returns:
        Their letters.

    Example:
        >>> letters_of(Bend((Case((), ((Letter(0), True),), Sum(0.0, (Term(1.0, "x"),)), 3.0),), True))
        (Letter(place=0),)
    """
    named = [letter for case in bend.cases for letter, _ in case.bends]
    return (*named, *(term.of for case in bend.cases for term in case.total.terms if isinstance(term.of, Letter)))


def _with_bend(piece: Piece, place: int, holds: bool, amount: Affine) -> Piece:
    return replace(piece, amounts={**piece.amounts, place: amount}, holds={**piece.holds, place: holds})


def _compared(amount: Affine, holds: bool, strict: bool) -> Condition:
    """That an amount is above 0, or is not; `< 0` is the only strict sign that a condition has."""
    if strict:
        return Condition(-amount[:-1], -amount[-1], not holds)
    return Condition(amount[:-1], amount[-1], holds)


def _bounded(total: Affine, bound: Bound, sign: int) -> Condition:
    """That a sum is above a bound (a sign of 1) or below it (-1)."""
    amount = sign * total
    amount[-1] -= sign * bound.value
    return _compared(amount, True, not bound.included)


def _exact_rows(columns: Sequence[Column]) -> list[FloatArray]:
    """That indicators are between 0 and 1, and those of levels one, as rows of features."""
    features = features_of(columns)
    rows = []
    for k, feature in enumerate(features):
        if feature.is_indicator:
            row = np.eye(len(features) + 1)[k]
            rows += [row, np.append(-row[:-1], 1.0)]
    for column in columns:
        if column.kind == "category":
            row = np.array([float(feature.column == column.name) for feature in features] + [-1.0])
            rows += [row, -row]
    return rows


def _frame(columns: Sequence[Column], scales: FloatArray) -> Frame:
    """All inputs, with features measured in their scales, and indicators between 0 and 1, of levels one."""
    features = features_of(columns)
    # Indicators keep their scale, so the rows are the same in the frame.
    rows = [row / np.linalg.norm(row[:-1]) for row in _exact_rows(columns)]
    basis = np.diag(np.where([feature.is_indicator for feature in features], 1.0, scales))
    return Frame(np.zeros(len(features)), basis, np.inf, np.array(rows).reshape(-1, len(features) + 1))
