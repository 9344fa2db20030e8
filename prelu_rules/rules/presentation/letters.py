"""Which conditions of a rule are bends of the formula, so that letters can say them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import product

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
from prelu_rules.rules.presentation.pruning import Pruned
from prelu_rules.rules.presentation.requirements import Leaf, Requirement, bounded
from prelu_rules.rules.presentation.statements import Bound, Case, Comparison, Letter, Sum, Term, Test, states_of

SAME_BOUNDARY = 1e-6
"""Two boundaries in all digits are one if their numbers differ by less, relative to the size of their sums."""

ROUNDINGS = 4
"""How many last digits two rounded boundaries may be apart and still be one: sums of rounded numbers add errors up."""

MOST_PIECES = 200
"""Combinations of states up to which a bend and a condition are compared."""


MOST_INNER = 4
"""Bends inside of bends up to which it is worked out what letters say if others of them do not hold."""

World = tuple[tuple[Letter, bool], ...]
"""Bends, and whether they hold."""


class RuleLetters:
    """The bends of a formula in a rule: which of them hold there, and which of its conditions they are.

    Args:
        formula: the formula.
        boundaries: of all rules.
        pruned: the rule.
        precision: how numbers are rounded.
    """

    def __init__(
        self, formula: Formula, boundaries: Sequence[Boundary], pruned: Pruned, precision: Precision | None
    ) -> None:
        self._formula, self._boundaries, self._pruned, self._precision = formula, boundaries, pruned, precision
        self._sides: dict[int, bool | None] = {}
        self.resolved = Resolved(formula, self.side)

    @property
    def holding(self) -> tuple[bool | None, ...]:
        """Whether each bend holds all over the rule, or nowhere; None where it does somewhere, or that is not known."""
        return tuple(map(self.side, range(len(self._formula.bends))))

    def side(self, place: int) -> bool | None:
        """The same of one bend."""
        if place not in self._sides:
            function = self.resolved.boundary(place)
            tolerance = _tolerance(self._precision)
            above, below = (True, True) if function is None else self._pruned.sides_of(function, tolerance)
            zero = not self._formula.bends[place].strict
            self._sides[place] = None if above and below else above or (not below and zero)
        return self._sides[place]

    def instead_of(self, numbers: Sequence[int]) -> Lettered | None:
        """The bends that requirements of the rule are.

        Args:
            numbers: which requirements are to be said by letters.

        Returns:
            Those that can be; None where none can.
        """
        bends = {number: bend for number in numbers if (bend := self._bend(number)) is not None}
        inner = sorted({one for letter, _ in bends.values() for one in self._inner(letter)}, key=lambda one: one.place)
        return Lettered(self, bends, tuple((one, bool(self.side(one.place))) for one in inner)) if bends else None

    def requirement(self, letter: Letter, holds: bool, world: World) -> Requirement:
        """What it means that a bend holds or not, where it is known whether inner bends do; no pieces if very many."""
        sides = {inner.place: side for inner, side in world}
        resolved = Resolved(self._formula, lambda place: sides.get(place, self.side(place)))
        pieces = self._pieces(letter, holds, resolved)
        whole = any(term.where for _, leaf in pieces if isinstance(leaf, Comparison) for term in leaf.total.terms)
        return Requirement(pieces, whole=whole)

    def _pieces(self, letter: Letter, holds: bool, resolved: Resolved) -> tuple[tuple[Where, Leaf], ...]:
        columns, strict = self._pruned.columns, self._formula.bends[letter.place].strict
        function = resolved.boundary(letter.place)
        assert function is not None
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

    def _inner(self, letter: Letter) -> tuple[Letter, ...]:
        """The bends that a bend depends on, directly or through others."""
        found: dict[Letter, None] = {}
        for case in self._formula.bends[letter.place].cases:
            terms = (term.of for term in case.total.terms if isinstance(term.of, Letter))
            for one in (*terms, *(gate for gate, _ in case.bends)):
                found |= dict.fromkeys((*self._inner(one), one))
        return tuple(found)

    def _bend(self, number: int) -> tuple[Letter, bool] | None:
        """The bend that a requirement of the rule is, and whether it has to hold.

        One that differs from a bend in what counts on the boundary is none.
        """
        sides = self._pruned.requirements[number].sides
        if len(sides) != 1:
            return None
        side = sides[0]
        boundary = self._boundaries[side.boundary]
        seen = number in self._pruned.known
        wheres = [where for where, leaves in self._pruned.cells if not seen or leaves[number] is not None]
        for place, bend in enumerate(self._formula.bends):
            function = self.resolved.boundary(place)
            if function is None:
                continue
            for holds in (True, False):
                # The bend holds where its function is above 0.
                if side.included == (holds != bend.strict) and _same(
                    boundary, function, side.above == holds, wheres, self._precision
                ):
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
        """All ways in which inner bends may hold, that of the rule first; if they are very many it is the only one."""
        if len(self.inner) > MOST_INNER:
            return [self.inner]
        ways = product(*(((letter, side), (letter, not side)) for letter, side in self.inner))
        return [tuple(way) for way in ways]

    def requirements(self, bends: Sequence[tuple[Letter, bool]], world: World) -> list[Requirement]:
        """What bends require in a world, and then what the world requires."""
        return [self.letters.requirement(letter, holds, world) for letter, holds in (*bends, *world)]


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


def _leaf(terms: tuple[Term, ...], constant: Fraction, holds: bool, strict: bool) -> Leaf:
    """Whether a function is above 0, or not."""
    if not terms:
        return (constant > 0 or (constant == 0 and not strict)) == holds
    return bounded(Sum(0.0, terms), Bound(plain(-constant), included=holds != strict), lower=holds)


def _tolerance(precision: Precision | None) -> float:
    """By how much boundaries may be apart, relative to the size of their sums."""
    return SAME_BOUNDARY if precision is None else ROUNDINGS * 10.0**-precision.digits


def _same(
    boundary: Boundary, bend: Function, upwards: bool, wheres: Sequence[Where], precision: Precision | None
) -> bool:
    """Whether a bend holds on one side of a boundary, in the states in which that matters."""
    columns = boundary.columns
    mine = tuple(Part(where, linear if upwards else linear.times(Fraction(-1))) for where, linear in boundary.function)
    whole, other = by_column(columns, mine), by_column(columns, bend)
    if whole is not None and other is not None and _same_parts(whole, other, columns, precision):
        return True
    pieces = by_state(columns, [mine, bend], MOST_PIECES)
    mattering = [
        (one, other) for where, (one, other) in pieces or () if any(both_pass(where, w) is not None for w in wheres)
    ]
    return bool(mattering) and all(
        _same_parts({("", None): one}, {("", None): other}, columns, precision) for one, other in mattering
    )


def _same_parts(one: ByColumn, other: ByColumn, columns: Sequence[Column], precision: Precision | None) -> bool:
    """Whether two functions are above 0 at the same places."""
    always, others = one[("", None)], other[("", None)]
    if not always.weights or not others.weights:
        constant = len(one) == len(other) == 1 and not always.weights and not others.weights
        return constant and (always.constant > 0) == (others.constant > 0)
    lead = max(always.weights, key=lambda of: abs(always.weights[of]))
    factor = others.weights.get(lead, Fraction(0)) / always.weights[lead]
    if factor <= 0:
        return False
    scales = _scales(columns, precision)
    size = max(_sizes(linear, scales) for linear in one.values())
    apart = (
        other.get(key, Linear()).times(1 / factor).plus(one.get(key, Linear()).times(Fraction(-1)))
        for key in one.keys() | other.keys()
    )
    return max(_sizes(linear, scales) for linear in apart) <= size * _tolerance(precision)


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
