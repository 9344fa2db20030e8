"""A unit `max(0, sum)` as a bend of cases: one for each combination of states in which it is something else.

In some states the sum may never be above 0 on the domain, so that there is no case; in others always, so that there is
no threshold. A bend inside of the sum may go where the unit holds only where the inner bend holds, or only where it
does not: then the case says so (its gate), and what the inner bend amounts to is part of the sum.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import NamedTuple

from prelu_rules.rules.presentation.base import base_and_adjustments
from prelu_rules.rules.presentation.by_state import Function, Linear, Part, Where, by_state, joined
from prelu_rules.rules.presentation.decimals import plain
from prelu_rules.rules.presentation.places import Rounding
from prelu_rules.rules.presentation.room import MOST_INNER, Room, Situation
from prelu_rules.rules.presentation.statements import Bend, Case, Letter, Sum

Gates = tuple[tuple[Letter, bool], ...]


@dataclass(frozen=True)
class Piece:
    """What a unit is in some states: the positive part of a sum, where gates pass.

    Attributes:
        total: the sum.
        gates: bends that hold, or do not.
        always: whether the sum is never below 0 there.
    """

    total: Linear
    gates: Gates
    always: bool


Pieces = list[tuple[Where, Piece | None]]
"""Of all combinations of states; None where the unit is 0."""


class ByState(NamedTuple):
    """What a unit is, in two ways.

    Attributes:
        amounts: what inner bends amount to is a term of the sum.
        gated: wherever that is possible a gate stands in the place of an inner bend.
    """

    amounts: Pieces
    gated: Pieces


def pieces_of(room: Room, function: Function, sums: Mapping[Letter, Function]) -> ByState | None:
    """What a unit is in each combination of the states that make a difference to it or to the bends in it.

    Args:
        room: the domain.
        function: the sum whose positive part the unit is.
        sums: those of earlier units.

    Returns:
        The pieces. None where there are too many combinations.
    """
    inner = _letters_in(function, sums)
    found = by_state(room.columns, [function, *(sums[letter] for letter in inner)])
    if found is None:
        return None
    both = ByState([], [])
    for where, (total, *others) in found:
        situation = Situation(room, where, dict(zip(inner, others, strict=True)))
        piece = _piece(situation, total)
        both.amounts.append((where, piece))
        both.gated.append((where, _gated(situation, piece) if piece and len(inner) <= MOST_INNER else piece))
    return both


def linear_parts(pieces: Pieces) -> Function | None:
    """A unit that never bends as a function.

    Args:
        pieces: what it is.

    Returns:
        The function; None where it bends.
    """
    there = [(where, piece) for where, piece in pieces if piece is not None]
    if any(piece.gates or not piece.always for _, piece in there):
        return None
    return tuple(Part(where, piece.total) for where, piece in there)


def bend_of(pieces: Pieces, room: Room, rounding: Rounding, strict: bool, factor: Fraction) -> Bend:
    """Pieces as a bend with one case for all that are equal as printed.

    Args:
        pieces: the pieces.
        room: the domain.
        rounding: to the numbers that are printed.
        strict: whether it holds only where the sum is above the threshold.
        factor: what the pieces are divided by; above 0.

    Returns:
        The bend.
    """
    rounded = [
        (where, piece and replace(piece, total=rounding(piece.total.times(1 / factor)))) for where, piece in pieces
    ]
    cases = []
    # "Elsewhere" comes last.
    for where, piece in sorted(joined(rounded), key=lambda one: [len(test.states) for test in one[0]]):
        if piece is not None:
            constant, terms = plain(piece.total.constant), piece.total.terms(room.columns)
            total, threshold = (Sum(constant, terms), None) if piece.always else (Sum(0.0, terms), 0.0 - constant)
            cases.append(Case(where, piece.gates, total, threshold))
    return Bend(tuple(cases), strict)


def flat_bend(room: Room, function: Function, rounding: Rounding, strict: bool) -> Bend:
    """A unit as a bend with a single case, whose sum has adjustments where cells are in some states."""
    total = base_and_adjustments(room.columns, function, rounding, constant_is_read=False)
    return Bend((Case((), (), Sum(0.0, total.terms), 0.0 - total.constant),), strict)


def largest_weight(pieces: Pieces) -> Fraction:
    """The largest weight of a number in the first sum that has some; 1 if there is none."""
    for _, piece in pieces:
        weights = [abs(w) for of, w in piece.total.weights.items() if isinstance(of, str)] if piece else []
        if weights:
            return max(weights)
    return Fraction(1)


def _letters_in(function: Function, sums: Mapping[Letter, Function]) -> list[Letter]:
    """The bends that a function uses, directly or through others."""
    found: set[Letter] = set()
    ahead = [function]
    while ahead:
        for _, linear in ahead.pop():
            new = set(linear.letters) - found
            found |= new
            ahead += [sums[letter] for letter in new]
    return sorted(found, key=lambda letter: letter.place)


def _piece(situation: Situation, total: Linear) -> Piece | None:
    if not situation.ever_above(total):
        return None
    return Piece(total, (), not situation.ever_above(total.times(Fraction(-1))))


def _gated(situation: Situation, piece: Piece) -> Piece:
    """A piece with gates in the place of bends, where it holds on one side of them only."""
    whole = piece.total
    gates: dict[Letter, bool] = {}
    tried: set[Letter] = set()
    while left := [letter for letter in piece.total.letters if letter not in tried]:
        letter = left[-1]
        tried.add(letter)
        for side in (True, False):
            if not situation.ever_above(whole, {**gates, letter: not side}):
                gates[letter] = side
                piece = replace(piece, total=situation.resolved(piece.total, {letter: side}))
                break
    for letter in list(gates):
        others = {other: side for other, side in gates.items() if other != letter}
        if not situation.ever_above(piece.total, {**others, letter: not gates[letter]}):
            gates = others
    # Without the gate the sum may be below 0 where the unit is 0.
    always = piece.always and not situation.ever_above(piece.total.times(Fraction(-1)), gates)
    return replace(piece, always=always, gates=tuple(sorted(gates.items(), key=lambda gate: gate[0].place)))
