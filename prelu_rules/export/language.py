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
from prelu_rules.export.terms import linear_sum
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
        filled: a number of a column, or another number where it is missing, of the cell and that number as it is
            written; by default a choice.
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
    filled: Callable[[Cell, str], str] | None = None
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
    return _Printer(program, names, language).write(expression)


class _Printer:
    """Writes expressions of a program."""

    def __init__(self, program: Program, names: Sequence[str], language: Language) -> None:
        self._program, self._names, self._language = program, names, language

    def write(self, part: Expression) -> str:
        """An expression; sums and comparisons are not in parentheses."""
        language = self._language
        match part:
            case Cell():
                return language.cell(part)
            case Reference(step):
                return self._names[step]
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
                return self._sum(terms, constant)
            case Positive(value):
                return language.positive(self.write(value))
            case AtLeast(value, bound, negated):
                return f"{self.write(value)}{language.below if negated else language.at_least}{self.write(bound)}"
            case IsEqual(value, bound):
                return f"{self.write(value)}{language.equal}{self.write(bound)}"
            case All(tests):
                return language.both.join(map(self.write, tests)) or language.always
            case Choice(((IsMissing(cell), Number(value)),), Cell()) if language.filled is not None:
                return language.filled(cell, language.number(value))
            case Choice(branches, otherwise):
                pairs = [(self.write(test), self.write(value)) for test, value in branches]
                return language.choice(pairs, None if otherwise is None else self.write(otherwise))

    def _sum(self, terms: Sequence[tuple[float, Expression]], constant: float) -> str:
        """A sum, in parentheses by groups where it is longer than the language takes."""
        return linear_sum(
            [weight for weight, _ in terms],
            [self._factor(term) for _, term in terms],
            constant,
            times=self._language.times,
            write=self._language.number,
            longest=self._language.longest_sum,
        )

    def _factor(self, term: Expression) -> str:
        """A term as a number."""
        is_test = isinstance(term, Reference) and self._program.steps[term.step].is_test
        counts = is_test and not self._language.tests_are_numbers
        return self._language.as_number(self.write(term)) if counts else self.write(term)
