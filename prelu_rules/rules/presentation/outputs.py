"""What rules say of their outputs: in full, relative to the base of the formula, or by its letters."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import numpy as np

from prelu_rules.columns.column import Column, features_of
from prelu_rules.network.precision import Precision, rounded
from prelu_rules.rules.presentation.base import Left, base_and_adjustments
from prelu_rules.rules.presentation.by_state import Function, Linear, Part, function_of
from prelu_rules.rules.presentation.decimals import exact
from prelu_rules.rules.presentation.known_bends import Resolved
from prelu_rules.rules.presentation.places import Rounding
from prelu_rules.rules.presentation.presentation import Formula, PresentedOutput
from prelu_rules.rules.presentation.statements import Clause, State, Sum
from prelu_rules.rules.rule import Rule


def full(
    columns: tuple[Column, ...], rule: Rule, precision: Precision | None, left: Left | None = None
) -> tuple[PresentedOutput, ...]:
    """The outputs of a rule as sums.

    Args:
        columns: what the columns are.
        rule: the rule.
        precision: how numbers are rounded; None for all digits.
        left: the states that the rule's tests leave; None for all.

    Returns:
        One for each output.

    Example:
        >>> from prelu_rules.network.affine import AffineMap
        >>> full((Column("kwh"),), Rule((), AffineMap([[0.0]], [2.5])), None)[0].total
        Sum(constant=2.5, terms=())
    """
    return tuple(
        PresentedOutput(base_and_adjustments(columns, function, rounding_of(columns, precision, k), left=left))
        for k, function in enumerate(_functions(columns, rule))
    )


def relative(
    columns: tuple[Column, ...],
    rule: Rule,
    formula: Formula,
    resolved: Resolved,
    precision: Precision | None,
    left: Left | None = None,
) -> tuple[PresentedOutput, ...] | None:
    """The outputs of a rule as what is added to the base of the formula.

    Args:
        columns: what the columns are.
        rule: the rule.
        formula: the formula.
        resolved: its bends in the rule.
        precision: how numbers are rounded; None for all digits.
        left: the states that the rule's tests leave; None for all.

    Returns:
        One for each output; None where a base has bends of which it is not known whether they hold.
    """
    found = []
    for k, function in enumerate(_functions(columns, rule)):
        base = resolved.sum(formula.outputs[k].base)
        if base is None:
            return None
        apart = (*function, *(Part(where, linear.times(Fraction(-1))) for where, linear in base))
        total = base_and_adjustments(columns, apart, rounding_of(columns, precision, k), left=left)
        found.append(PresentedOutput(total, relative=True))
    return tuple(found)


def lettered(formula: Formula, holding: Sequence[bool | None]) -> tuple[PresentedOutput, ...]:
    """The outputs of a rule as base and bends.

    Args:
        formula: the formula.
        holding: which of its bends hold in the rule; None where one does somewhere.

    Returns:
        One for each output, with the bends that hold anywhere in the rule.
    """
    return tuple(
        PresentedOutput(
            Sum(0.0, ()), relative=True, bends=tuple(b for _, b in output.bends if holding[b.place] is not False)
        )
        for output in formula.outputs
    )


def states_left(clauses: Sequence[Clause]) -> Left:
    """The states that the tests of a rule leave.

    Args:
        clauses: its conditions.

    Returns:
        By the name of each column that is tested in every case.

    Example:
        >>> from prelu_rules.rules.presentation.statements import Alternative, Test, states_of
        >>> smoker = Column("smoker", "yes/no")
        >>> states_left([(Alternative((Test(smoker, states_of(smoker)[:1]),)),)])
        {'smoker': (None,)}
    """
    left: dict[str, tuple[State, ...]] = {}
    for clause in clauses:
        # Of several alternatives each has tests of its own.
        for test in clause[0].where if len(clause) == 1 else ():
            known = left.get(test.column.name, test.states)
            left[test.column.name] = tuple(state for state in test.states if state in known)
    return left


def without_repetitions(
    numbers: Sequence[int], rules: Sequence[tuple[PresentedOutput, ...]]
) -> list[tuple[PresentedOutput, ...]]:
    """The outputs of rules, where one that an earlier rule has said refers to that rule.

    Args:
        numbers: of the rules.
        rules: their outputs.

    Returns:
        As many.

    Example:
        >>> twice = (PresentedOutput(Sum(2.5, ())),)
        >>> [[output.like for output in rule] for rule in without_repetitions([1, 2], [twice, twice])]
        [[None], [1]]
    """
    known: list[dict[PresentedOutput, int]] = [{} for _ in rules[0]] if rules else []
    found = []
    for number, outputs in zip(numbers, rules, strict=True):
        mine = []
        for output, seen in zip(outputs, known, strict=True):
            first = seen.setdefault(output, number)
            says_numbers = bool(output.total.terms) or output.total.constant != 0
            mine.append(PresentedOutput(Sum(0.0, ()), like=first) if first != number and says_numbers else output)
        found.append(tuple(mine))
    return found


def rounding_of(columns: Sequence[Column], precision: Precision | None, output: int) -> Rounding:
    """How the sum of an output is rounded.

    Args:
        columns: what the columns are.
        precision: None for all digits.
        output: which output.

    Returns:
        The rounding.
    """
    if precision is None:
        return lambda linear: linear
    weights, constant = precision.output_places(output)
    places = dict(zip((feature.column for feature in features_of(columns)), weights.tolist(), strict=True))
    for feature, place in zip(features_of(columns), weights.tolist(), strict=True):
        if not feature.is_indicator:
            places[feature.column] = place

    def printed(linear: Linear) -> Linear:
        found = {of: exact(rounded(float(w), places[str(of)])) for of, w in linear.weights.items()}
        return Linear(exact(rounded(float(linear.constant), constant)), {of: w for of, w in found.items() if w != 0})

    return printed


def _functions(columns: tuple[Column, ...], rule: Rule) -> list[Function]:
    rows = np.hstack([rule.outputs.coef, rule.outputs.intercept[:, None]]).astype(np.float64)
    return [function_of(columns, row[:-1], row[-1]) for row in rows]
