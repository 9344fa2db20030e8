"""How a language writes the expressions of a program: a table of its words, and one printer for all."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

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
    Program,
    Reference,
    Weighted,
)
from prelu_rules.rules.names import ClassLabel


@dataclass(frozen=True)
class Language:
    """How a language writes numbers, tests and choices; results that are no single word stand in parentheses.

    Attributes:
        number: a float so that it is read back as the same double; negative ones in parentheses where needed.
        label: a class label or a level, as a literal.
        cell: the raw cell of a column.
        is_missing: a test of a cell.
        is_level: a test of a cell, which is false where the cell is missing.
        is_known: a test of a cell.
        as_number: 1 where a test holds, 0 elsewhere, of the test.
        choice: of pairs of test and value, and of what is otherwise (None for nothing).
        positive: `max(0, value)` of a value that may be written once only.
        both: the word between two tests.
        always: a test that holds.
        at_least: between a value and its lower bound.
        equal: between two values.
        below: between a value and its strict upper bound.
        times: between weight and term.
        tests_are_numbers: whether the steps that are tests are stored as 1 and 0.
        filled: a number of a column, or 0 where it is missing, of the cell; by default a choice.
        longest_sum: the most terms that are added in a row, since each is a level deeper to a parser; longer sums are
            sums of sums.
    """

    number: Callable[[float], str]
    label: Callable[[ClassLabel], str]
    cell: Callable[[Cell], str]
    is_missing: Callable[[Cell], str]
    is_level: Callable[[IsLevel], str]
    is_known: Callable[[Cell], str]
    as_number: Callable[[str], str]
    choice: Callable[[Sequence[tuple[str, str]], str | None], str]
    positive: Callable[[str], str]
    both: str = " and "
    always: str = "True"
    at_least: str = " >= "
    equal: str = " == "
    below: str = " < "
    times: str = " * "
    tests_are_numbers: bool = False
    filled: Callable[[Cell], str] | None = None
    longest_sum: int | None = None


def written(expression: Expression, program: Program, names: Sequence[str], language: Language) -> str:
    """An expression in a language.

    Args:
        expression: of cells and steps of the program.
        program: whose steps are referred to.
        names: what each step is called.
        language: how it is written.

    Returns:
        Source text; sums and comparisons are not in parentheses.
    """

    def write(part: Expression) -> str:
        match part:
            case Cell():
                return language.cell(part)
            case Reference(step):
                return names[step]
            case Number(value):
                return str(value) if isinstance(value, int) else language.number(value)
            case Label(value):
                return language.label(value)
            case IsMissing(cell):
                return language.is_missing(cell)
            case IsKnown(cell):
                return language.is_known(cell)
            case IsLevel():
                return language.is_level(part)
            case Weighted(terms, constant):
                return total(terms, constant)
            case Positive(value):
                return language.positive(write(value))
            case AtLeast(value, bound, negated):
                return f"{write(value)}{language.below if negated else language.at_least}{write(bound)}"
            case IsEqual(value, bound):
                return f"{write(value)}{language.equal}{write(bound)}"
            case All(tests):
                return language.both.join(map(write, tests)) or language.always
            case Choice(((IsMissing(cell), Number(0.0)),), Cell()) if language.filled is not None:
                return language.filled(cell)
            case Choice(branches, otherwise):
                pairs = [(write(test), write(value)) for test, value in branches]
                return language.choice(pairs, None if otherwise is None else write(otherwise))

    def total(terms: Sequence[tuple[float, Expression]], constant: float) -> str:
        parts: list[tuple[bool, str]] = []
        for weight, term in terms:
            name = factor(term)
            weighted = name if abs(weight) == 1 else f"{language.number(abs(weight))}{language.times}{name}"
            parts.append((weight < 0, weighted))
        if constant != 0 or not parts:
            parts.append((constant < 0, language.number(abs(constant))))
        most = language.longest_sum or len(parts)
        while len(parts) > most:
            groups = [parts[start : start + most] for start in range(0, len(parts), most)]
            parts = [(False, f"({added(group)})") for group in groups]
        return added(parts)

    def added(parts: Sequence[tuple[bool, str]]) -> str:
        (minus, first), *rest = parts
        return ("-" if minus else "") + first + "".join(f" {'-' if minus else '+'} {text}" for minus, text in rest)

    def factor(term: Expression) -> str:
        is_test = isinstance(term, Reference) and program.steps[term.step].is_test
        return language.as_number(write(term)) if is_test and not language.tests_are_numbers else write(term)

    return write(expression)
