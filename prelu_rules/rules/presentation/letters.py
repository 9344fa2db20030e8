"""Which conditions of a rule are bends of the formula, so that letters can say them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction

from prelu_rules.columns.column import Column
from prelu_rules.network.precision import Precision
from prelu_rules.rules.presentation.boundaries import Boundary, Side
from prelu_rules.rules.presentation.by_state import Function, Linear, Part, Where, by_state
from prelu_rules.rules.presentation.decimals import exact
from prelu_rules.rules.presentation.presentation import Formula
from prelu_rules.rules.presentation.statements import Case, Cells, Letter, Sum
from prelu_rules.values import FloatArray

SAME_BOUNDARY = 1e-6
"""Two boundaries in all digits are one if their numbers differ by less, relative to the size of their sums."""

ROUNDINGS = 4
"""How many last digits two rounded boundaries may be apart and still be one: sums of rounded numbers add errors up."""

MOST_PIECES = 200
"""Combinations of states up to which a bend and a condition are compared."""


def sides_at(formula: Formula, columns: tuple[Column, ...], point: FloatArray) -> tuple[bool, ...]:
    """Which bends of a formula hold at an encoded row, `(n_features,)`."""
    return tuple(bool(holds[0]) for holds in Cells(columns, point[None], formula.bends).bends_hold)


def letters_of(
    formula: Formula,
    boundaries: Sequence[Boundary],
    sides: Sequence[Side],
    holding: Sequence[bool],
    precision: Precision | None,
) -> dict[Side, tuple[Letter, bool]]:
    """The conditions of a rule that are sides of bends.

    Args:
        formula: the formula.
        boundaries: of all rules.
        sides: the conditions.
        holding: which bends hold inside the rule; where a bend is depends on the earlier ones.
        precision: how numbers are rounded.

    Returns:
        For each such condition the bend, and whether it has to hold. A condition that differs from a bend in what
        counts on the boundary is none.
    """
    found = {}
    resolved = Resolved(formula, holding)
    for side in dict.fromkeys(sides):
        boundary = boundaries[side.boundary]
        for place, bend in enumerate(formula.bends):
            direction = _direction(boundary, resolved.boundary(place), precision)
            if direction is not None:
                holds = side.above == (direction > 0)
                if side.included == (holds != bend.strict):
                    found[side] = Letter(place), holds
                    break
    return found


class Resolved:
    """The bends of a formula as functions of numbers and states, where it is known which of them hold."""

    def __init__(self, formula: Formula, holding: Sequence[bool]) -> None:
        self._bends, self._holding = formula.bends, holding

    def boundary(self, place: int) -> Function:
        """A function that is above 0 where the bend holds, in the cases that apply; constantly -1 in others."""
        cases = [case for case in self._bends[place].cases if self._applies(case)]
        outside = [Part((), Linear(Fraction(-1))), *(Part(case.where, Linear(Fraction(1))) for case in cases)]
        return (*outside, *(part for case in cases for part in self._case(case)))

    def sum(self, total: Sum) -> Function:
        """A sum without bends."""
        return self._sum(total, ())

    def _applies(self, case: Case) -> bool:
        return all(self._holding[letter.place] == side for letter, side in case.bends)

    def _case(self, case: Case) -> Function:
        if case.threshold is None:
            return (Part(case.where, Linear(Fraction(1))),)
        return (*self._sum(case.total, case.where), Part(case.where, Linear(-exact(case.threshold))))

    def _amount(self, place: int, where: Where) -> Function:
        """What a bend that holds amounts to."""
        found: list[Part] = []
        for case in self._bends[place].cases:
            both = _both(case.where, where) if self._applies(case) else None
            if both is not None:
                constant = Linear(-exact(case.threshold or 0.0))
                found += (*self._sum(case.total, both), Part(both, constant))
        return tuple(found)

    def _sum(self, total: Sum, where: Where) -> Function:
        found = [Part(where, Linear(exact(total.constant)))]
        for term in total.terms:
            both = _both(term.where, where)
            if both is None:
                continue
            weight = exact(term.weight)
            if isinstance(term.of, Letter):
                if self._holding[term.of.place]:
                    inner = self._amount(term.of.place, both)
                    found += [Part(part.where, part.linear.times(weight)) for part in inner]
            else:
                found.append(Part(both, Linear(weight) if term.of is None else Linear(weights={term.of: weight})))
        return tuple(found)


def _both(one: Where, other: Where) -> Where | None:
    """Tests that pass where both do; None where that is nowhere."""
    found = {test.column: test for test in one}
    for test in other:
        mine = found.get(test.column)
        if mine is not None:
            states = tuple(state for state in mine.states if state in test.states)
            if not states:
                return None
            test = type(test)(test.column, states)
        found[test.column] = test
    return tuple(found.values())


def _direction(boundary: Boundary, bend: Function, precision: Precision | None) -> int | None:
    """1 where a bend holds above a boundary, -1 where below; None where it is another boundary."""
    pieces = by_state(boundary.columns, [boundary.function, bend], MOST_PIECES)
    if pieces is None:
        return None
    directions = {_piece_direction(one, other, boundary.columns, precision) for _, (one, other) in pieces}
    directions.discard(0)
    return directions.pop() if len(directions) == 1 else None


def _piece_direction(one: Linear, other: Linear, columns: Sequence[Column], precision: Precision | None) -> int | None:
    """The same where states are known; 0 where neither has numbers, and so may have either direction."""
    if not one.weights and not other.weights:
        return 0
    lead = max(one.weights, key=lambda of: abs(one.weights[of]), default=None)
    if lead is None or lead not in other.weights:
        return None
    factor = other.weights[lead] / one.weights[lead]
    scales = _scales(columns, precision)
    size = max(abs(float(one.constant)), *(float(abs(w)) * scales.get(of, 1.0) for of, w in one.weights.items()))
    allowed = size * (SAME_BOUNDARY if precision is None else ROUNDINGS * 10.0**-precision.digits)
    apart = other.times(1 / factor).plus(one.times(Fraction(-1)))
    numbers = [(float(abs(w)), scales.get(of, 1.0)) for of, w in apart.weights.items()]
    if abs(float(apart.constant)) > allowed or any(weight * scale > allowed for weight, scale in numbers):
        return None
    return 1 if factor > 0 else -1


def _scales(columns: Sequence[Column], precision: Precision | None) -> Mapping[object, float]:
    if precision is None:
        return {}
    features = [feature for column in columns for feature in column.features]
    return {f.column: float(s) for f, s in zip(features, precision.feature_scale, strict=True) if not f.is_indicator}
