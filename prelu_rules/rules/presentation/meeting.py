"""Rules without a network as one function plus what each bend adds, where they meet at their bends.

Rules that meet at a bend differ by a multiple of its function there. If this is so all over, and the multiple is the
same everywhere along a bend, then the rules are any one of them plus a multiple of the positive part of every bend.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from itertools import combinations

import numpy as np

from prelu_rules.columns.column import Column
from prelu_rules.network.compact import CompactForm
from prelu_rules.network.normal_form import NormalForm
from prelu_rules.rules.bends import Bends
from prelu_rules.rules.presentation.by_state import by_state, function_of
from prelu_rules.rules.presentation.decimals import exact, plain
from prelu_rules.rules.presentation.room import Room
from prelu_rules.rules.rule import Rule
from prelu_rules.rules.rule_system import RuleSystem
from prelu_rules.tolerances import CUT
from prelu_rules.values import Array, BoolArray

MEETS = 1e-9
"""Rules meet where each number of what they differ by is this near to a multiple of a bend, relative to its terms."""

MOST_STATES = 200
"""Combinations of states up to which it is worked out on which side of a bend a rule is that does not name it."""

Side = bool | None
"""Whether a rule holds where a bend's function is `>= 0`; None where it does on both sides, or on none."""


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
        >>> form, strict = meeting_form(RuleSystem((below, above), ("kwh",), ("price",)))
        >>> form.weights
        array([[ 1.0e+00,  0.0e+00, -2.0e+02],
               [ 1.0e-01,  1.5e-01,  1.0e+01]])
    """
    rules = system.rules
    bends = Bends(rules)
    outputs = [_exact(np.hstack([rule.outputs.coef, rule.outputs.intercept[:, None]])) for rule in rules]
    rows = _exact(bends.rows)
    sides = _named_sides(rules, bends)
    factors = [_factor(bend, row, outputs, sides) for bend, row in enumerate(rows)]
    used = [bend for bend, factor in enumerate(factors) if factor.any()]
    room = Room(system.columns, system.domain)
    for rule, known in zip(rules, sides, strict=True):
        for bend in used:
            if bend not in known:
                known[bend] = _side(system.columns, room, rule, bends.rows[bend])
    if any(known[bend] is None for known in sides for bend in used) or not _meet(rows, factors, used, outputs, sides):
        return None
    # A bend whose function is 0 belongs to the side that its conditions say.
    owned = {side.bend: side.sign > 0 for one in bends.sides for side in one}
    forms = []
    for output, known in zip(outputs, sides, strict=True):
        turned = np.array([bool(known[bend]) for bend in used], dtype=bool)
        strict = np.array([owned[bend] == known[bend] for bend in used], dtype=bool)
        forms.append(
            (
                _form(
                    output,
                    [-rows[b] if t else rows[b] for b, t in zip(used, turned, strict=True)],
                    [factors[b] for b in used],
                ),
                strict,
                int(turned.sum()),
            )
        )
    form, strict, _ = min(forms, key=lambda one: (one[0].n_numbers, one[2]))
    return form, strict


def _exact(array: Array) -> Array:
    found = np.empty(array.shape, dtype=object)
    found.ravel()[:] = [exact(value) for value in array.ravel().tolist()]
    return found


def _named_sides(rules: Sequence[Rule], bends: Bends) -> list[dict[int, Side]]:
    """The sides that the conditions of each rule name."""
    return [
        {side.bend: (side.sign > 0) == c.nonnegative for side, c in zip(sides, rule.conditions, strict=True)}
        for sides, rule in zip(bends.sides, rules, strict=True)
    ]


def _factor(bend: int, row: Array, outputs: Sequence[Array], sides: Sequence[dict[int, Side]]) -> Array:
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


def _side(columns: Sequence[Column], room: Room, rule: Rule, bend: Array) -> Side:
    """On which side of a bend a rule holds that does not name it."""
    functions = [function_of(columns, c.coef, c.intercept) for c in rule.conditions]
    functions.append(function_of(columns, bend[:-1], bend[-1]))
    pieces = by_state(columns, functions, MOST_STATES)
    if pieces is None:
        return None
    found: set[bool] = set()
    for where, (*totals, function) in pieces:
        program = room.program(where)
        if program is None:
            continue
        for condition, total in zip(rule.conditions, totals, strict=True):
            row, constant = room.row(total if condition.nonnegative else total.times(Fraction(-1)))
            if not total.weights and (total.constant >= 0) != condition.nonnegative:
                break
            if total.weights and program.reach(row, constant) <= CUT:
                break
            program.push(row, constant)
        else:
            row, constant = room.row(function)
            found |= {
                side for side, sign in ((True, 1.0), (False, -1.0)) if program.reach(sign * row, sign * constant) > CUT
            }
    return found.pop() if len(found) == 1 else None


def _meet(
    rows: Array,
    factors: Sequence[Array],
    used: Sequence[int],
    outputs: Sequence[Array],
    sides: Sequence[dict[int, Side]],
) -> bool:
    """Whether every rule is the first one plus what the bends between them add."""
    for output, known in zip(outputs[1:], sides[1:], strict=True):
        total, terms = outputs[0].copy(), np.abs(outputs[0]) + np.abs(output)
        for bend in used:
            part = np.outer(factors[bend], rows[bend])
            total = total + part * (int(bool(known[bend])) - int(bool(sides[0][bend])))
            terms = terms + np.abs(part)
        if not _near(output, total, terms):
            return False
    return True


def _form(base: Array, rows: Sequence[Array], factors: Sequence[Array]) -> CompactForm:
    """The compact form of a base, bends, and what each bend adds to each output."""
    n_inputs, n_units = base.shape[1] - 1, len(rows)
    stack = np.array([[plain(v) for v in row] for row in rows]).reshape(n_units, n_inputs + 1)
    out = np.array([[plain(v) for v in row] for row in base])
    return CompactForm.stacked(
        NormalForm(
            A=stack[:, :-1],
            B=np.zeros((n_units, n_units)),
            b=stack[:, -1],
            C=out[:, :-1],
            D=np.array([[plain(v) for v in factor] for factor in factors]).reshape(n_units, len(base)).T,
            e=out[:, -1],
            slopes=np.zeros(n_units),
        )
    )
