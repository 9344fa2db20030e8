"""Julia: a function of one row of raw cells, which broadcasts over columns.

It was never run by Julia, which no registry of packages that the tests can reach offers: the tests parse the source by
a grammar of Julia that others maintain, and compute what it says with an interpreter of their own.
"""

from __future__ import annotations

from collections.abc import Sequence

from prelu_rules.columns.column import Column
from prelu_rules.export.holding import described, text_literal
from prelu_rules.export.identifiers import check_function, identifiers
from prelu_rules.export.imperative import LONGEST_SUM, Blocks, Names, names_of, statements
from prelu_rules.export.language import Language
from prelu_rules.export.program import Program, Shape, program_of
from prelu_rules.rules.names import ClassLabel
from prelu_rules.rules.on_demand import RulesOnDemand
from prelu_rules.rules.rule_system import RuleSystem
from prelu_rules.rules.short_numbers import as_fraction

RESERVED = frozenset(
    """abstract baremodule begin break catch const continue do else elseif end export false finally for function global
    if import in isa let local macro missing module mutable new nothing outer primitive public quote return struct true
    try type using where while AbstractString ArgumentError Bool Float64 Inf NaN Real isfinite isinf ismissing isnan max
    throw""".split()
)
"""The language's words, and what the source calls."""


def write(system: RuleSystem | RulesOnDemand, function: str = "predict", shape: Shape | None = None) -> str:
    """A function of one row, with every number in full; not yet run by Julia itself.

    It takes one cell per column, in order: a number, a `Bool`, or a text as the column has it, `missing` where it is
    missing (or NaN, of a number). `predict.(data.age, data.kind)` gives the answers of a table. Columns and outputs
    whose names Julia does not take are called by similar words; comments say which.

    Args:
        system: the rules.
        function: the name of the function.
        shape: "list" for the rules, "formula" for the network's formula; see `program_of`.

    Returns:
        Source text, in ASCII but for comments. The function returns a named tuple of the outputs, `rule` with the
        number of the rule (from 1; not in a formula), and `class`. It throws an `ArgumentError` if a cell is one that
        rules cannot answer, or no rule holds.

    Raises:
        InvalidValueError: if the function cannot be called so, or there is no such shape.

    Example:
        >>> from prelu_rules.network.normal_form import NormalForm
        >>> from prelu_rules.rules.extraction import extract_rules
        >>> form = NormalForm(A=[[1]], B=[[0]], b=[-3], C=[[1]], D=[[1]], e=[0], slopes=[0])
        >>> rules = extract_rules(form, feature_names=["age"], output_names=["cost"])
        >>> print(write(rules, shape="formula"), end="")
        # age: a number
        function predict(age)
            if !(age isa Real && isfinite(age))
                throw(ArgumentError("age is not what a training row had"))
            end
            bend_1 = max(0.0, age - 3.0)
            cost = age + bend_1
            return (cost = cost,)
        end
    """
    check_function(function, "Julia", RESERVED)
    program = program_of(system, shape)
    names = names_of(program, RESERVED)
    language = _language(names)
    words = names.columns
    # Those of rule and class do not depend on what the outputs are called.
    rule, decision, *fields = identifiers(["rule", "class", *(name for name, _ in program.outputs)], RESERVED)
    results = [(word, step) for word, (_, step) in zip(fields, program.outputs, strict=True)]
    results += [] if program.rule is None else [(rule, program.rule)]
    results += [] if program.decision is None else [(decision, program.decision)]
    lines = [f"# {words[c.name]}: {described(c, words[c.name], 'missing', literal)}" for c in program.columns]
    lines += _comments(program, fields)
    lines.append(f"function {function}({', '.join(words.values())})")
    for known in program.known:
        said = literal(f"{known.cell.column.name} is not what a training row had")
        lines += [f"    if !({language.is_known(known.cell)})", f"        throw(ArgumentError({said}))", "    end"]
    blocks = Blocks(
        define=lambda step: names.steps[step],
        declare=None,
        fail='throw(ArgumentError("no rule covers this row"))',
        first="if ({})",
        further="elseif ({})",
        last="else",
        end="end",
        ends="",
    )
    lines += statements(program, names, language, blocks, [step for _, step in results])
    answer = ", ".join(f"{word} = {names.steps[step]}" for word, step in results)
    return "\n".join([*lines, f"    return ({answer},)", "end"]) + "\n"


def literal(value: ClassLabel) -> str:
    r"""A text, a number or a truth value as Julia writes it.

    Args:
        value: the value.

    Returns:
        A literal in ASCII.

    Example:
        >>> print(literal('a "b" $ä'), literal(3), literal(True))
        "a \"b\" \$\u00e4" 3 true
    """
    if isinstance(value, str):
        escapes = {'"': '\\"', "\\": "\\\\", "$": "\\$"}
        return text_literal(value, escapes, lambda c: f"\\u{c:04x}" if c < 0x10000 else f"\\U{c:08x}")
    return str(value).lower() if isinstance(value, bool) else repr(value)


def _comments(program: Program, fields: Sequence[str]) -> list[str]:
    """A line for each output that is called otherwise."""
    named = zip(fields, program.outputs, strict=True)
    return [f"# {word} in the answer: {name!r}" for word, (name, _) in named if word != name]


def _language(names: Names) -> Language:
    cells = names.cells
    return Language(
        number=lambda value: str(as_fraction(value) or repr(value)),
        label=literal,
        cell=lambda cell: cells[cell.column.name],
        is_missing=lambda cell: _is_missing(cell.column, cells[cell.column.name]),
        is_level=lambda test: _is_level(test.cell.column, literal(test.level), cells[test.cell.column.name]),
        is_known=lambda cell: _is_known(cell.column, cells[cell.column.name]),
        as_number=lambda test: f"Float64({test})",
        choice=_choice,
        positive=lambda value: f"max(0.0, {value})",
        both=" && ",
        always="true",
        tests_are_numbers=True,
        longest_sum=LONGEST_SUM,
    )


def _is_missing(column: Column, word: str) -> str:
    if column.kind in ("number", "integer"):
        return f"ismissing({word}) || isnan({word})"
    return f"ismissing({word})"


def _is_level(column: Column, level: str, word: str) -> str:
    # A comparison with missing is missing.
    return f"!ismissing({word}) && {word} == {level}" if column.missing else f"{word} == {level}"


def _is_known(column: Column, word: str) -> str:
    if column.kind in ("number", "integer"):
        # NaN is not infinite.
        test = "!isinf" if column.missing else "isfinite"
        known = f"{word} isa Real && {test}({word})"
    elif column.kind == "yes/no":
        known = f"{word} isa Bool"
    else:
        known = f"{word} in [{', '.join(map(literal, column.levels))}]"
        return f"ismissing({word}) || {known}" if column.missing else f"!ismissing({word}) && {known}"
    return f"ismissing({word}) || ({known})" if column.missing else known


def _choice(branches: Sequence[tuple[str, str]], otherwise: str | None) -> str:
    """A choice within an expression."""
    return "(" + "".join(f"({test}) ? {value} : " for test, value in branches) + f"{otherwise})"
