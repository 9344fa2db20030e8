"""Rules without a network as one function plus what each bend adds, where they meet at their bends.

Rules that meet at a bend differ by a multiple of its function there. If this is so all over, and the multiple is the
same everywhere along a bend, then the rules are any one of them plus a multiple of the positive part of every bend.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from itertools import combinations

import numpy as np

from prelu_rules.columns.column import Column
from prelu_rules.domains.linear_program import CellProgram
from prelu_rules.errors import SolverError
from prelu_rules.network.compact import CompactForm
from prelu_rules.network.normal_form import NormalForm
from prelu_rules.rules.bends import Bends
from prelu_rules.rules.presentation.by_state import Linear, by_state, function_of
from prelu_rules.rules.presentation.decimals import exact, plain
from prelu_rules.rules.presentation.room import Room
from prelu_rules.rules.rule import Rule
from prelu_rules.rules.rule_system import RuleSystem
from prelu_rules.tolerances import CUT
from prelu_rules.values import Array, BoolArray, FloatArray

MEETS = 1e-9
"""Rules meet where each number of what they differ by is this near to a multiple of a bend, relative to its terms."""

MOST_STATES = 200
"""Combinations of states up to which it is worked out on which side of a bend a rule is that does not name it."""


def meeting_form(system: RuleSystem) -> tuple[CompactForm, BoolArray] | None:
    """A compact form of rules, with units of inputs alone.

    Args:
        system: the rules.

    Returns:
        The form that takes the fewest numbers of those whose base is a rule; and for each unit whether it holds only
        where its sum is above 0, and not where it is 0. None where the rules do not meet at their bends.

    Example:
        >>> from prelu_rules.network.affine import AffineMap
        >>> from prelu_rules.rules.rule import Condition
        >>> below = Rule((Condition([1.0], -200.0, nonnegative=False),), AffineMap([[0.1]], [10.0]))
        >>> above = Rule((Condition([1.0], -200.0, nonnegative=True),), AffineMap([[0.25]], [-20.0]))
        >>> found = meeting_form(RuleSystem((below, above), ("kwh",), ("price",)))
        >>> found and found[0].weights
        array([[ 1.0e+00,  0.0e+00, -2.0e+02],
               [ 1.0e-01,  1.5e-01,  1.0e+01]])
    """
    rules = system.rules
    bends = Bends(rules, system.domain)
    outputs = [_exact(np.hstack([rule.outputs.coef, rule.outputs.intercept[:, None]])) for rule in rules]
    rows = _exact(bends.rows)
    sides = _named_sides(rules, bends)
    factors = [_factor(bend, row, outputs, sides) for bend, row in enumerate(rows)]
    used = [bend for bend, factor in enumerate(factors) if factor.any()]
    room = Room(system.columns, system.domain)
    kept: list[tuple[Array, dict[int, bool]]] = []
    for rule, output, known in zip(rules, outputs, sides, strict=True):
        found = {b: {known[b]} if b in known else _sides(system.columns, room, rule, bends.rows[b]) for b in used}
        if any(len(both) == 2 for both in found.values()):
            return None
        # A rule that no combination of states falls under says nothing.
        if all(found.values()):
            kept.append((output, {bend: one.pop() for bend, one in found.items()}))
    if not kept or not _meet(rows, factors, kept):
        return None
    # A bend whose function is 0 belongs to the side that its conditions say.
    owned = {side.bend: side.sign > 0 for one in bends.sides for side in one}
    forms = [_form(rows, factors, owned, *one) for one in kept]
    form, strict, _ = min(forms, key=lambda one: (one[0].n_numbers, one[2]))
    return form, strict


def _exact(array: Array) -> Array:
    found = np.empty(array.shape, dtype=object)
    found.ravel()[:] = [exact(value) for value in array.ravel().tolist()]
    return found


def _named_sides(rules: Sequence[Rule], bends: Bends) -> list[dict[int, bool]]:
    """The sides that the conditions of each rule name."""
    return [
        {side.bend: (side.sign > 0) == c.nonnegative for side, c in zip(sides, rule.conditions, strict=True)}
        for sides, rule in zip(bends.sides, rules, strict=True)
    ]


def _factor(bend: int, row: Array, outputs: Sequence[Array], sides: Sequence[dict[int, bool]]) -> Array:
    """By what multiple of a bend's function outputs change across it, `(n_outputs,)`; 0 where nothing is known."""
    best: tuple[int, Array] | None = None
    lead = int(np.argmax(np.abs(row[:-1].astype(np.float64)))) if len(row) > 1 else 0
    for first, second in combinations(range(len(outputs)), 2):
        here, there = sides[first], sides[second]
        if {here.get(bend), there.get(bend)} != {True, False}:
            continue
        apart = sum(here.get(k) is not there.get(k) for k in here.keys() | there.keys())
        above, below = (first, second) if here[bend] else (second, first)
        jump = outputs[above] - outputs[below]
        factor = jump[:, lead] / row[lead] if row[lead] != 0 else jump[:, 0] * 0
        terms = np.abs(outputs[above]) + np.abs(outputs[below])
        if (best is None or apart < best[0]) and _near(jump, np.outer(factor, row), terms):
            best = apart, factor
    return np.array([Fraction(0)] * len(outputs[0]), dtype=object) if best is None else best[1]


def _near(found: Array, wanted: Array, terms: Array) -> bool:
    return bool((np.abs(found - wanted) <= Fraction(MEETS) * terms).all())


def _sides(columns: Sequence[Column], room: Room, rule: Rule, bend: Array) -> set[bool]:
    """On which sides of a bend there are rows of a rule that does not name it; both where it is not worked out."""
    functions = [function_of(columns, c.coef, c.intercept) for c in rule.conditions]
    functions.append(function_of(columns, bend[:-1], bend[-1]))
    pieces = by_state(columns, functions, MOST_STATES)
    if pieces is None:
        return {True, False}
    found: set[bool] = set()
    for where, (*totals, function) in pieces:
        program = room.program(where)
        if program is None:
            continue
        try:
            if _cut(program, room, rule, totals):
                row, constant = room.row(function)
                sides = ((True, 1), (False, -1))
                found |= {side for side, sign in sides if program.reach(sign * row, sign * constant) > CUT}
        except SolverError:
            return {True, False}
    return found


def _cut(program: CellProgram, room: Room, rule: Rule, totals: Sequence[Linear]) -> bool:
    """Cut a part of the domain down to a rule; whether anything is left of it."""
    for condition, total in zip(rule.conditions, totals, strict=True):
        if not total.weights:
            if (total.constant >= 0) != condition.nonnegative:
                return False
            continue
        row, constant = room.row(total if condition.nonnegative else total.times(Fraction(-1)))
        if program.reach(row, constant) <= CUT:
            return False
        program.push(row, constant)
    return True


def _meet(rows: Array, factors: Sequence[Array], kept: Sequence[tuple[Array, dict[int, bool]]]) -> bool:
    """Whether every rule is the first one plus what the bends between them add."""
    base, sides = kept[0]
    for output, known in kept[1:]:
        total, terms = base.copy(), np.abs(base) + np.abs(output)
        for bend, side in known.items():
            part = np.outer(factors[bend], rows[bend])
            total = total + part * (int(side) - int(sides[bend]))
            terms = terms + np.abs(part)
        if not _near(output, total, terms):
            return False
    return True


def _form(
    rows: Array, factors: Sequence[Array], owned: Mapping[int, bool], base: Array, sides: Mapping[int, bool]
) -> tuple[CompactForm, BoolArray, int]:
    """The compact form with a rule as its base; which units are strict; and how many had to be turned."""
    n_inputs, n_units = base.shape[1] - 1, len(sides)
    # The positive part of a bend's function has to be 0 in the base.
    units = _floats([-rows[bend] if side else rows[bend] for bend, side in sides.items()], n_inputs + 1)
    outputs = _floats(base, n_inputs + 1)
    form = NormalForm(
        A=units[:, :-1],
        B=np.zeros((n_units, n_units)),
        b=units[:, -1],
        C=outputs[:, :-1],
        D=_floats([factors[bend] for bend in sides], len(base)).T,
        e=outputs[:, -1],
        slopes=np.zeros(n_units),
    )
    strict = np.array([owned[bend] == side for bend, side in sides.items()], dtype=bool)
    return CompactForm.stacked(form), strict, sum(sides.values())


def _floats(rows: Sequence[Array] | Array, length: int) -> FloatArray:
    return np.array([[plain(value) for value in row] for row in rows], dtype=np.float64).reshape(-1, length)
