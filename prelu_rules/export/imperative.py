"""Rules as statements, one step after the other: what languages with variables and branches have in common."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable
from dataclasses import dataclass

from prelu_rules.export.identifiers import Letters, identifiers
from prelu_rules.export.language import Language, written
from prelu_rules.export.program import (
    AtLeast,
    Cell,
    Choice,
    Expression,
    IsEqual,
    Number,
    Program,
    Reference,
    needed,
)

LONGEST_SUM = 100
"""Terms in a row; some parsers go a level deeper with each. It is the same in all languages, so all round alike."""


@dataclass(frozen=True)
class Names:
    """What columns and steps are called.

    Attributes:
        columns: an identifier for each column, by its name.
        cells: how the cell of each column is written, by its name.
        steps: what stands for each step.
    """

    columns: dict[str, str]
    cells: dict[str, str]
    steps: list[str]


def names_of(program: Program, reserved: Container[str], letters: Letters = "ascii", cell: str = "{}") -> Names:
    """Names for everything in a program.

    Args:
        program: whose columns and steps are named.
        reserved: words that are taken.
        letters: what they are made of.
        cell: how a cell is written, with {} for the identifier of its column; a variable, or a field of one.

    Returns:
        The names. A step that is nothing but a cell is called as the cell is, and needs no statement.
    """
    columns = [column.name for column in program.columns]
    steps = [step.name for step in program.steps]
    if cell == "{}":
        words = identifiers([*columns, *steps], reserved, letters)
        fields, variables = words[: len(columns)], words[len(columns) :]
    else:
        fields, variables = identifiers(columns, reserved, letters), identifiers(steps, reserved, letters)
    by_name = dict(zip(columns, fields, strict=True))
    cells = {name: cell.format(word) for name, word in by_name.items()}
    for place, step in enumerate(program.steps):
        if isinstance(step.value, Cell):
            variables[place] = cells[step.value.column.name]
    return Names(by_name, cells, variables)


@dataclass(frozen=True)
class Blocks:
    """How a language writes statements.

    Attributes:
        define: what stands before " = " where a step is defined by one expression, of the number of the step.
        declare: the statement that introduces a step before branches that define it; None where none is needed.
        first: opens the branch of the first test, with {} for the test.
        further: opens the branch of a further test.
        last: opens the branch that is taken otherwise.
        end: closes the branches.
        fail: the statement for rows that no rule covers.
        ends: what ends a statement.
    """

    define: Callable[[int], str]
    declare: Callable[[int], str] | None
    fail: str
    first: str = "if ({}) {{"
    further: str = "}} else if ({}) {{"
    last: str = "} else {"
    end: str = "}"
    ends: str = ";"


def statements(
    program: Program, names: Names, language: Language, blocks: Blocks, results: Iterable[int], indent: str = "    "
) -> list[str]:
    """The statements that compute some steps and all that these need.

    Args:
        program: the steps.
        names: what they are called.
        language: how expressions are written; tests are numbers in it.
        blocks: how statements are written.
        results: the steps to compute.
        indent: what stands before each line.

    Returns:
        Lines of source.
    """

    def text(value: Expression) -> str:
        return written(value, program, names.steps, language)

    def assigned(name: str, value: Expression, before: str) -> list[str]:
        if not is_branched(value):
            return [f"{before}{name} = {text(value)}{blocks.ends}"]
        assert isinstance(value, Choice)
        lines = []
        for number, (test, result) in enumerate(value.branches):
            lines.append(before + (blocks.further if number else blocks.first).format(text(test)))
            lines += assigned(name, result, before + "    ")
        lines.append(before + blocks.last)
        if value.otherwise is None:
            lines.append(f"{before}    {blocks.fail}")
        else:
            lines += assigned(name, value.otherwise, before + "    ")
        return [*lines, before + blocks.end] if blocks.end else lines

    lines: list[str] = []
    for place in needed(program, results):
        value = where_a_rule_holds(program.steps[place].value, program)
        if isinstance(value, Cell):
            continue
        if program.steps[place].is_test:
            lines.append(f"{indent}{blocks.define(place)} = {language.as_number(text(value))}{blocks.ends}")
            continue
        if not is_branched(value):
            lines += assigned(blocks.define(place), value, indent)
            continue
        lines += [] if blocks.declare is None else [indent + blocks.declare(place)]
        lines += assigned(names.steps[place], value, indent)
    return lines


def is_branched(value: Expression) -> bool:
    """Whether a value is chosen by branches; one that is chosen by one test is short enough to be an expression.

    Args:
        value: of a step.

    Returns:
        Whether it is.
    """
    return isinstance(value, Choice) and (
        value.otherwise is None or len(value.branches) > 1 or isinstance(value.branches[0][1], Choice)
    )


def where_a_rule_holds(value: Expression, program: Program) -> Expression:
    """A value that is the same where a rule holds, and shorter; elsewhere it may be anything.

    Args:
        value: of a step.
        program: whose step it is.

    Returns:
        The value without the test that there is a rule, and without that for the last rule.
    """
    match value:
        case Choice(((AtLeast(Reference(step), Number(1), False), found),), None) if step == program.rule:
            return found
        case Choice((*others, (IsEqual(Reference(step), _), last)), None) if step == program.rule:
            return Choice(tuple(others), last) if others else last
    return value
