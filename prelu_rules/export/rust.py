"""Rust source without crates: a function of one row of raw cells."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from prelu_rules.columns.column import Column, Level
from prelu_rules.export.holding import as_double, described, double_literal, held_by, holding_of, text_literal
from prelu_rules.export.identifiers import check_function, identifiers
from prelu_rules.export.imperative import LONGEST_SUM, Blocks, Names, names_of, statements
from prelu_rules.export.language import Language
from prelu_rules.export.program import IsLevel, Program, Shape, program_of
from prelu_rules.rules.names import ClassLabel
from prelu_rules.rules.on_demand import RulesOnDemand
from prelu_rules.rules.rule_system import RuleSystem

RESERVED = frozenset(
    """abstract as async await become box break const continue crate do dyn else enum extern false final fn for gen if
    impl in let loop macro match mod move mut override priv pub ref return self static struct super trait true try type
    typeof union unsafe unsized use virtual where while yield answer cells""".split()
)

_TYPES = {"truth": "bool", "number": "f64", "text": "&'a str", "mixed": "&'a str"}


def write(system: RuleSystem | RulesOnDemand, function: str = "predict", shape: Shape | None = None) -> str:
    """A function of one row, with every number in full, and the structs that it takes and returns.

    A row has a field for each column: f64 for a number, bool for yes and no, `&str` for a category, or f64 or bool
    where its levels are such; an `Option` where cells may be missing. The answer has f64 for each output, `rule` with
    the number of the rule (from 1; not in a formula), and `class`. Columns and outputs whose names Rust does not take
    are called by similar words; comments say which.

    Args:
        system: the rules.
        function: the name of the function, in small letters.
        shape: "list" for the rules, "formula" for the network's formula; see `program_of`.

    Returns:
        Source text, a module of its own. The function returns an error where a cell is one that rules cannot answer, or
        no rule holds.

    Raises:
        InvalidValueError: if the function cannot be called so, there is no such shape, or a level is a whole number
            that f64 would round.

    Example:
        >>> from prelu_rules.network.normal_form import NormalForm
        >>> from prelu_rules.rules.extraction import extract_rules
        >>> form = NormalForm(A=[[1]], B=[[0]], b=[-3], C=[[1]], D=[[1]], e=[0], slopes=[0])
        >>> rules = extract_rules(form, feature_names=["age"], output_names=["cost"])
        >>> print(write(rules, shape="formula"), end="")
        #[allow(dead_code)]
        #[derive(Clone, Copy, Debug, PartialEq)]
        pub struct Cells {
            pub age: f64, // a number
        }
        <BLANKLINE>
        #[allow(dead_code)]
        #[derive(Clone, Copy, Debug, PartialEq)]
        pub struct Answer {
            pub cost: f64,
        }
        <BLANKLINE>
        pub fn predict(cells: &Cells) -> Result<Answer, &'static str> {
            if !(cells.age.is_finite()) {
                return Err("age is not what a training row had");
            }
            let bend_1 = (cells.age - 3.0).max(0.0);
            let cost = cells.age + bend_1;
            Ok(Answer { cost: cost })
        }
    """
    check_function(function, "Rust", RESERVED)
    program = program_of(system, shape)
    names = names_of(program, RESERVED, "lower", "cells.{}")
    return _structs(program, names) + "\n" + _function(program, names, function)


def literal(text: str) -> str:
    r"""A text as Rust writes it.

    Args:
        text: any text.

    Returns:
        A string literal in ASCII.

    Example:
        >>> print(literal('a "b" ä'))
        "a \"b\" \u{e4}"
    """
    return text_literal(text, {'"': '\\"', "\\": "\\\\"}, lambda code: f"\\u{{{code:x}}}")


def _results(program: Program) -> list[tuple[str, str, int]]:
    """The fields of an answer, what they are, and their steps."""
    # Those of rule and class do not depend on what the outputs are called.
    rule, decision, *words = identifiers(["rule", "class", *(name for name, _ in program.outputs)], RESERVED, "lower")
    found = [(word, repr(name), step) for word, (name, step) in zip(words, program.outputs, strict=True)]
    if program.rule is not None:
        found.append((rule, "the number of the rule, from 1", program.rule))
    if program.decision is not None:
        found.append((decision, "the class", program.decision))
    return found


def _structs(program: Program, names: Names) -> str:
    """The types of rows and answers."""
    allowed = ["#[allow(dead_code)]", "#[derive(Clone, Copy, Debug, PartialEq)]"]
    lifetime = "<'a>" if any("'a" in _type(column) for column in program.columns) else ""
    lines = [*allowed, f"pub struct Cells{lifetime} {{"]
    for column in program.columns:
        word = names.columns[column.name]
        lines.append(f"    pub {word}: {_type(column)}, // {described(column, word, 'None', _shown(column))}")
    types = {program.rule: "u32", program.decision: _class_type(program.classes or ())}
    lines += ["}", "", *allowed, "pub struct Answer {"]
    for word, said, step in _results(program):
        lines.append(f"    pub {word}: {types.get(step, 'f64')}," + (f" // {said}" if said != repr(word) else ""))
    return "\n".join([*lines, "}"]) + "\n"


def _function(program: Program, names: Names, function: str) -> str:
    """The function."""
    language = _language(program, names)
    lines: list[str] = []
    for known in program.known:
        if test := language.is_known(known.cell):
            said = literal(f"{known.cell.column.name} is not what a training row had")
            lines += [f"    if !({test}) {{", f"        return Err({said});", "    }"]
    blocks = Blocks(
        define=lambda step: f"let {names.steps[step]}",
        declare=lambda step: f"let {names.steps[step]};",
        fail='return Err("no rule covers this row");',
        first="if {} {{",
        further="}} else if {} {{",
    )
    results = _results(program)
    lines += statements(program, names, language, blocks, [step for _, _, step in results])
    answer = ", ".join(f"{word}: {names.steps[step]}" for word, _, step in results)
    argument = "cells" if any("cells." in line for line in lines) else "_cells"
    head = f"pub fn {function}({argument}: &Cells) -> Result<Answer, &'static str> {{"
    return "\n".join([head, *lines, f"    Ok(Answer {{ {answer} }})", "}"]) + "\n"


def _language(program: Program, names: Names) -> Language:
    cells = names.cells
    return Language(
        number=double_literal,
        label=_label(program.classes or ()),
        cell=lambda cell: cells[cell.column.name],
        is_missing=lambda cell: f"{cells[cell.column.name]}.is_none()",
        is_level=lambda test: _is_level(test, cells[test.cell.column.name]),
        is_known=lambda cell: _is_known(cell.column, cells[cell.column.name]),
        as_number=lambda test: f"if {test} {{ 1.0 }} else {{ 0.0 }}",
        choice=lambda branches, otherwise: _choice(branches, otherwise or ""),
        positive=lambda value: f"({value}).max(0.0)",
        filled=lambda cell, value: f"{cells[cell.column.name]}.unwrap_or({value})",
        both=" && ",
        always="true",
        tests_are_numbers=True,
        longest_sum=LONGEST_SUM,
    )


def _type(column: Column) -> str:
    found = _TYPES[held_by(column)]
    return f"Option<{found}>" if column.missing else found


def _class_type(classes: Sequence[ClassLabel]) -> str:
    return _TYPES[holding_of(classes)].replace("'a", "'static")


def _label(classes: Sequence[ClassLabel]) -> Callable[[ClassLabel], str]:
    """How one of these class labels is written."""
    holding = holding_of(classes)
    if holding == "number":
        return lambda label: repr(as_double(label))
    return lambda label: str(label).lower() if holding == "truth" else literal(str(label))


def _literal(column: Column, level: Level) -> str:
    """A level, or yes or no."""
    holding = held_by(column)
    if holding == "number":
        return repr(as_double(level))
    return str(bool(level)).lower() if holding == "truth" else literal(str(level))


def _shown(column: Column) -> Callable[[Level], str]:
    """How a level is written in a comment."""
    return lambda level: repr(str(level)) if held_by(column) in ("text", "mixed") else _literal(column, level)


def _is_level(test: IsLevel, cell: str) -> str:
    level = _literal(test.cell.column, test.level)
    return f"{cell} == Some({level})" if test.cell.column.missing else f"{cell} == {level}"


def _is_known(column: Column, cell: str) -> str:
    """A test of a cell; empty if its type says it all."""
    if column.kind == "yes/no":
        return ""
    if column.kind in ("number", "integer"):
        return f"{cell}.map_or(true, f64::is_finite)" if column.missing else f"{cell}.is_finite()"
    levels = ", ".join(_literal(column, level) for level in column.levels)
    if not column.levels:
        return f"{cell}.is_none()"
    return (
        f"{cell}.map_or(true, |cell| [{levels}].contains(&cell))" if column.missing else f"[{levels}].contains(&{cell})"
    )


def _choice(branches: Sequence[tuple[str, str]], otherwise: str) -> str:
    """A choice within an expression."""
    return "".join(f"if {test} {{ {value} }} else " for test, value in branches) + f"{{ {otherwise} }}"
