"""The bends of a formula where it is known whether inner bends hold: as functions, as conditions, as boundaries."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from functools import cache

from prelu_rules.columns.column import Column
from prelu_rules.network.precision import Precision
from prelu_rules.rules.presentation.boundaries import Boundary
from prelu_rules.rules.presentation.by_state import (
    ByColumn,
    Function,
    Linear,
    Part,
    Where,
    both_pass,
    by_column,
    by_state,
)
from prelu_rules.rules.presentation.decimals import exact, plain
from prelu_rules.rules.presentation.presentation import Formula
from prelu_rules.rules.presentation.requirements import Leaf, Requirement, bounded
from prelu_rules.rules.presentation.statements import Bound, Case, Comparison, Letter, Sum, Term, Test, states_of

SAME_BOUNDARY = 1e-6
"""Two boundaries in all digits are one if their numbers differ by less, relative to the size of their sums."""

ROUNDINGS = 4
"""How many last digits two rounded boundaries may be apart and still be one: sums of rounded numbers add errors up."""

MOST_PIECES = 200
"""Combinations of states up to which a bend and a condition are compared."""


World = tuple[tuple[Letter, bool], ...]
"""Bends, and whether they hold."""


class KnownBends:
    """What is worked out of the bends of a formula, once for all rules.

    Args:
        formula: the formula.
        columns: what the columns are.
        boundaries: of the rules.
        precision: how numbers are rounded.
    """

    def __init__(
        self,
        formula: Formula,
        columns: tuple[Column, ...],
        boundaries: Sequence[Boundary],
        precision: Precision | None,
    ) -> None:
        self.formula, self.columns, self.boundaries, self.precision = formula, columns, boundaries, precision
        self.inner = cache(self._inner)
        self.function = cache(self._function)
        self.pieces = cache(self._pieces)
        self.pairs = cache(self._pairs)
        self.is_boundary = cache(self._is_boundary)

    @property
    def tolerance(self) -> float:
        """By how much boundaries may be apart, relative to the size of their sums."""
        return SAME_BOUNDARY if self.precision is None else ROUNDINGS * 10.0**-self.precision.digits

    def requirement(self, letter: Letter, holds: bool, world: World) -> Requirement:
        """What it means that a bend holds or not, where it is known whether inner bends do; no pieces if very many."""
        pieces = self.pieces(letter, holds, world)
        whole = any(term.where for _, leaf in pieces if isinstance(leaf, Comparison) for term in leaf.total.terms)
        return Requirement(pieces, whole=whole)

    def world_of(self, letter: Letter, world: World) -> World:
        """What of a world makes a difference to a bend."""
        inner = self.inner(letter)
        return tuple((one, side) for one, side in world if one in inner)

    def same(self, letter: Letter, world: World, boundary: int, upwards: bool, wheres: Sequence[Where]) -> bool:
        """Whether a bend holds above a boundary, or below, in the states in which that matters."""
        if self.is_boundary(letter, world, boundary, upwards):
            return True
        mattering = [
            (_alone(one if upwards else one.times(Fraction(-1))), _alone(other))
            for where, one, other in self.pairs(letter, world, boundary)
            if any(both_pass(where, mine) is not None for mine in wheres)
        ]
        return bool(mattering) and all(self._same_parts(one, other) for one, other in mattering)

    def _inner(self, letter: Letter) -> tuple[Letter, ...]:
        """The bends that a bend depends on, directly or through others."""
        found: dict[Letter, None] = {}
        for case in self.formula.bends[letter.place].cases:
            terms = (term.of for term in case.total.terms if isinstance(term.of, Letter))
            for one in (*terms, *(gate for gate, _ in case.bends)):
                found |= dict.fromkeys((*self.inner(one), one))
        return tuple(sorted(found, key=lambda one: one.place))

    def _function(self, letter: Letter, world: World) -> Function:
        """A function that is above 0 where a bend holds."""
        sides = {inner.place: side for inner, side in world}
        found = Resolved(self.formula, sides.get).boundary(letter.place)
        assert found is not None
        return found

    def _pieces(self, letter: Letter, holds: bool, world: World) -> tuple[tuple[Where, Leaf], ...]:
        columns, strict = self.columns, self.formula.bends[letter.place].strict
        function = self.function(letter, world)
        pieces = by_state(columns, [function], MOST_PIECES)
        if pieces is not None:
            return tuple(
                (where, _leaf(linear.terms(columns), linear.constant, holds, strict)) for where, (linear,) in pieces
            )
        parts = by_column(columns, function)
        if parts is None:
            return ()
        always = parts[("", None)]
        tests = {(c.name, state): Test(c, (state,)) for c in columns for state in states_of(c) if len(states_of(c)) > 1}
        added = (Term(plain(linear.constant), None, (tests[key],)) for key, linear in parts.items() if key[0])
        return (((), _leaf((*always.terms(columns), *added), always.constant, holds, strict)),)

    def _pairs(self, letter: Letter, world: World, boundary: int) -> list[tuple[Where, Linear, Linear]]:
        """A boundary and a bend in the states that make a difference; nothing where there are very many, or none."""
        both = [self.boundaries[boundary].function, self.function(letter, world)]
        pieces = by_state(self.columns, both, MOST_PIECES) or []
        return [(where, one, other) for where, (one, other) in pieces] if len(pieces) > 1 else []

    def _is_boundary(self, letter: Letter, world: World, boundary: int, upwards: bool) -> bool:
        """Whether a bend holds above a boundary, or below, in all states."""
        mine = by_column(self.columns, _turned(self.boundaries[boundary].function, upwards))
        other = by_column(self.columns, self.function(letter, world))
        return mine is not None and other is not None and self._same_parts(mine, other)

    def _same_parts(self, one: ByColumn, other: ByColumn) -> bool:
        """Whether two functions are above 0 at the same places."""
        always, others = one[("", None)], other[("", None)]
        if not always.weights or not others.weights:
            constant = len(one) == len(other) == 1 and not always.weights and not others.weights
            return constant and (always.constant > 0) == (others.constant > 0)
        lead = max(always.weights, key=lambda of: abs(always.weights[of]))
        factor = others.weights.get(lead, Fraction(0)) / always.weights[lead]
        if factor <= 0:
            return False
        scales = _scales(self.columns, self.precision)
        size = max(_sizes(linear, scales) for linear in one.values())
        apart = (
            other.get(key, Linear()).times(1 / factor).plus(one.get(key, Linear()).times(Fraction(-1)))
            for key in one.keys() | other.keys()
        )
        return max(_sizes(linear, scales) for linear in apart) <= size * self.tolerance


class Resolved:
    """The bends of a formula as functions of numbers and states, where it is known which of them hold.

    Args:
        formula: the formula.
        side: whether the bend of a place holds; None where that is not known.
    """

    def __init__(self, formula: Formula, side: Callable[[int], bool | None]) -> None:
        self._bends, self._side = formula.bends, side

    def boundary(self, place: int) -> Function | None:
        """A function that is above 0 where a bend holds; None where an inner bend is not known."""
        cases = self._bends[place].cases
        inner = [letter for case in cases for letter, _ in case.bends]
        if not self._known(inner) or not all(self._is_known(case.total) for case in cases):
            return None
        applying = [case for case in cases if self._applies(case)]
        outside = [Part((), Linear(Fraction(-1))), *(Part(case.where, Linear(Fraction(1))) for case in applying)]
        return (*outside, *(part for case in applying for part in self._case(case)))

    def sum(self, total: Sum) -> Function | None:
        """A sum without bends; None where one of them is not known."""
        return self._sum(total, ()) if self._is_known(total) else None

    def _is_known(self, total: Sum) -> bool:
        letters = [term.of for term in total.terms if isinstance(term.of, Letter)]
        return self._known(letters) and all(
            self._is_known(case.total) and self._known([inner for inner, _ in case.bends])
            for letter in letters
            for case in self._bends[letter.place].cases
        )

    def _known(self, letters: Sequence[Letter]) -> bool:
        return all(self._side(letter.place) is not None for letter in letters)

    def _applies(self, case: Case) -> bool:
        return all(self._side(letter.place) == side for letter, side in case.bends)

    def _case(self, case: Case) -> Function:
        if case.threshold is None:
            return (Part(case.where, Linear(Fraction(1))),)
        return (*self._sum(case.total, case.where), Part(case.where, Linear(-exact(case.threshold))))

    def _amount(self, place: int, where: Where) -> Function:
        """What a bend that holds amounts to."""
        found: list[Part] = []
        for case in self._bends[place].cases:
            both = both_pass(case.where, where) if self._applies(case) else None
            if both is not None:
                constant = Linear(-exact(case.threshold or 0.0))
                found += (*self._sum(case.total, both), Part(both, constant))
        return tuple(found)

    def _sum(self, total: Sum, where: Where) -> Function:
        found = [Part(where, Linear(exact(total.constant)))]
        for term in total.terms:
            both = both_pass(term.where, where)
            if both is None:
                continue
            weight = exact(term.weight)
            if isinstance(term.of, Letter):
                if self._side(term.of.place):
                    inner = self._amount(term.of.place, both)
                    found += [Part(part.where, part.linear.times(weight)) for part in inner]
            else:
                found.append(Part(both, Linear(weight) if term.of is None else Linear(weights={term.of: weight})))
        return tuple(found)


def _turned(function: Function, upwards: bool) -> Function:
    return function if upwards else tuple(Part(where, linear.times(Fraction(-1))) for where, linear in function)


def _leaf(terms: tuple[Term, ...], constant: Fraction, holds: bool, strict: bool) -> Leaf:
    """Whether a function is above 0, or not."""
    if not terms:
        return (constant > 0 or (constant == 0 and not strict)) == holds
    return bounded(Sum(0.0, terms), Bound(plain(-constant), included=holds != strict), lower=holds)


def _sizes(linear: Linear, scales: Mapping[object, float]) -> float:
    """How large the largest part of a function gets."""
    return max(
        abs(float(linear.constant)), *(float(abs(w)) * scales.get(of, 1.0) for of, w in linear.weights.items()), 0.0
    )


def _scales(columns: Sequence[Column], precision: Precision | None) -> Mapping[object, float]:
    if precision is None:
        return {}
    features = [feature for column in columns for feature in column.features]
    return {f.column: float(s) for f, s in zip(features, precision.feature_scale, strict=True) if not f.is_indicator}


def _alone(linear: Linear) -> ByColumn:
    return {("", None): linear}
