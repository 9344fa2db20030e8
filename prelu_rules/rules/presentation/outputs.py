"""What rules say of their outputs: in full, relative to the base of the formula, or by its letters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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

SAME_SHARE, SAME_DIGITS = 0.0075, 7.5
"""Two sums are said once if they are nowhere further apart than this share of the output's range, nor than so many last
digits; how far off that is on rows, is checked."""


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
    columns: Sequence[Column],
    numbers: Sequence[int],
    rules: Sequence[tuple[PresentedOutput, ...]],
    precision: Precision | None,
) -> list[tuple[PresentedOutput, ...]]:
    """The outputs of rules, where one that an earlier rule has said refers to that rule.

    Args:
        columns: what the columns are.
        numbers: of the rules.
        rules: their outputs.
        precision: how numbers are rounded; two sums that differ by a few last digits are said once.

    Returns:
        As many.

    Example:
        >>> twice = (PresentedOutput(Sum(2.5, ())),)
        >>> [[output.like for output in rule] for rule in without_repetitions((), [1, 2], [twice, twice], None)]
        [[None], [1]]
    """
    known: list[list[tuple[PresentedOutput, int]]] = [[] for _ in rules[0]] if rules else []
    names = [feature.name for feature in features_of(columns)]
    scales = {} if precision is None else dict(zip(names, precision.feature_scale.tolist(), strict=True))
    found = []
    for number, outputs in zip(numbers, rules, strict=True):
        mine = []
        for k, (output, seen) in enumerate(zip(outputs, known, strict=True)):
            says_numbers = bool(output.total.terms) or output.total.constant != 0
            first = next((n for one, n in seen if says_numbers and _same(scales, precision, k, one, output)), None)
            if first is None:
                seen.append((output, number))
            mine.append(output if first is None else PresentedOutput(Sum(0.0, ()), like=first))
        found.append(tuple(mine))
    return found


def _same(
    scales: Mapping[str, float],
    precision: Precision | None,
    output: int,
    one: PresentedOutput,
    other: PresentedOutput,
) -> bool:
    """Whether two outputs are the same up to a few last digits."""
    if precision is None or (one.relative, one.bends) != (other.relative, other.bends):
        return one == other
    weights = [{(term.of, term.where): term.weight for term in said.total.terms} for said in (one, other)]
    apart = abs(one.total.constant - other.total.constant)
    for key in weights[0].keys() | weights[1].keys():
        difference = abs(weights[0].get(key, 0.0) - weights[1].get(key, 0.0))
        apart += difference * (1.0 if key[0] is None else scales[str(key[0])])
    share = min(SAME_SHARE, SAME_DIGITS * 10.0**-precision.digits)
    return bool(apart <= share * precision.output_scale[output])


def _places(columns: Sequence[Column], precision: Precision, output: int) -> tuple[dict[str, int], int]:
    """The places of the weights of numbers, by column, and of the constant."""
    weights, constant = precision.output_places(output)
    pairs = zip(features_of(columns), weights.tolist(), strict=True)
    return {feature.column: place for feature, place in pairs if not feature.is_indicator}, constant


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
    places, constant = _places(columns, precision, output)

    def printed(linear: Linear) -> Linear:
        found = {of: exact(rounded(float(w), places[str(of)])) for of, w in linear.weights.items()}
        return Linear(exact(rounded(float(linear.constant), constant)), {of: w for of, w in found.items() if w != 0})

    return printed


def _functions(columns: tuple[Column, ...], rule: Rule) -> list[Function]:
    rows = np.hstack([rule.outputs.coef, rule.outputs.intercept[:, None]]).astype(np.float64)
    return [function_of(columns, row[:-1], row[-1]) for row in rows]
