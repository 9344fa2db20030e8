"""What the steps of a program are for one row: numbers that a file shows before anything computes them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import reduce
from operator import add
from typing import Any

from prelu_rules.columns.column import Level
from prelu_rules.export.program import (
    All,
    AtLeast,
    Cell,
    Choice,
    Expression,
    IsEqual,
    IsKnown,
    IsLevel,
    IsMissing,
    Label,
    Number,
    Positive,
    Reference,
    Step,
    Weighted,
)
from prelu_rules.rules.names import ClassLabel

Value = ClassLabel | None
"""A number, a truth value or a class label; None where no rule holds."""


def evaluated(steps: Sequence[Step], cells: Mapping[str, Level | None]) -> list[Value]:
    """The values of steps for one row.

    Sums are added term by term, as programs do where there are no more than `LONGEST_SUM`; see `in_short_steps`.

    Args:
        steps: each uses earlier ones only.
        cells: the raw cell of each column by its name, None where it is missing; in a sum that counts as 0.

    Returns:
        A value for each step.

    Example:
        >>> from prelu_rules.columns.column import Column
        >>> age = Cell(Column("age"))
        >>> steps = [Step("age", age), Step("bend", Positive(Weighted(((2.0, Reference(0)),), -3.0)))]
        >>> evaluated(steps, {"age": 5.0}), evaluated(steps, {"age": None})
        ([5.0, 7.0], [0.0, 0.0])
    """
    values: list[Value] = []
    for step in steps:
        values.append(value_of(step.value, cells, values))
    return values


def value_of(expression: Expression, cells: Mapping[str, Level | None], steps: Sequence[Value]) -> Value:
    """The value of an expression.

    Args:
        expression: of cells and steps.
        cells: as for `evaluated`.
        steps: the values of earlier steps.

    Returns:
        The value; None where no rule holds.

    Example:
        >>> value_of(Weighted(((2.0, Reference(0)),), -3.0), {}, [5.0])
        7.0
    """

    def of(part: Expression) -> Any:
        return value_of(part, cells, steps)

    match expression:
        case Cell(column):
            cell = cells[column.name]
            return 0.0 if cell is None else cell
        case Reference(step):
            return steps[step]
        case Number(value) | Label(value):
            return value
        case IsMissing(Cell(column)):
            return cells[column.name] is None
        case IsLevel(Cell(column), level):
            return cells[column.name] is not None and cells[column.name] == level
        case IsKnown(Cell(column)):
            return column.missing or cells[column.name] is not None
        case Weighted(terms, constant):
            factors = [of(term) for _, term in terms]
            if None in factors:
                return None
            products = [weight * factor for (weight, _), factor in zip(terms, factors, strict=True)]
            # The function sum does not round after each term.
            return reduce(add, [*products, constant] if constant else products, 0.0)
        case Positive(value):
            return max(0.0, of(value))
        case AtLeast(value, bound, negated):
            one, other = of(value), of(bound)
            return None not in (one, other) and (one < other if negated else one >= other)
        case IsEqual(value, bound):
            return of(value) == of(bound)
        case All(tests):
            return all(map(of, tests))
        case Choice(branches, otherwise):
            found = (value for test, value in branches if of(test))
            chosen = next(found, otherwise)
            return None if chosen is None else of(chosen)
