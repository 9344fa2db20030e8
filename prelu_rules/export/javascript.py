"""JavaScript: a module with a function of one row of raw cells, and its types."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Literal, get_args

from prelu_rules.columns.column import Column, Level
from prelu_rules.errors import InvalidValueError
from prelu_rules.export.holding import as_double, described, held_by
from prelu_rules.export.identifiers import check_function
from prelu_rules.export.imperative import LONGEST_SUM, Blocks, Names, names_of, statements
from prelu_rules.export.language import Language
from prelu_rules.export.program import Program, Shape, program_of
from prelu_rules.rules.names import ClassLabel
from prelu_rules.rules.on_demand import RulesOnDemand
from prelu_rules.rules.rule_system import RuleSystem
from prelu_rules.rules.short_numbers import as_fraction

Part = Literal["module", "types"]
"""The module, or what TypeScript has to know of it."""

RESERVED = frozenset(
    """abstract arguments as async await boolean break byte case catch char class const continue debugger default delete
    do double else enum eval export extends false final finally float for function goto if implements import in
    instanceof int interface let long native new null of package private protected public return short static super
    switch synchronized this throw throws transient true try typeof undefined var void volatile while with yield
    Infinity Math NaN Number Object RangeError String cells""".split()
)
"""The language's words, and what the source calls."""


def write(
    system: RuleSystem | RulesOnDemand, function: str = "predict", shape: Shape | None = None, part: Part = "module"
) -> str:
    """An ES module with a function of one row, with every number in full.

    The function takes an object with a cell for each column by its name: a number, a text or a boolean as the column
    has it, null where it is missing (or NaN, of a number). Nothing is converted: a text "1" is not a number, and a cell
    that is not there is not missing.

    Args:
        system: the rules.
        function: the name of the function.
        shape: "list" for the rules, "formula" for the network's formula; see `program_of`.
        part: "module", or "types" for its `.d.ts`, which TypeScript reads.

    Returns:
        Source text. The function returns an object with `outputs`, numbers by name, `rule` with the number of the rule
        (from 1; not in a formula), and `class`. It throws a `RangeError` if a cell is one that rules cannot answer, or
        no rule holds. It can stand in a `<script type="module">` too, whatever the names are.

    Raises:
        InvalidValueError: if the function cannot be called so, there is no such shape or part, or a level is a whole
            number that JavaScript would round.

    Example:
        >>> from prelu_rules.network.normal_form import NormalForm
        >>> from prelu_rules.rules.extraction import extract_rules
        >>> form = NormalForm(A=[[1]], B=[[0]], b=[-3], C=[[1]], D=[[1]], e=[0], slopes=[0])
        >>> rules = extract_rules(form, feature_names=["age"], output_names=["cost"])
        >>> print(write(rules, shape="formula"), end="")
        // age: a number
        export function predict(cells) {
            const { "age": age } = cells;
            if (!(Number.isFinite(age)))
                throw new RangeError("age" + " is " + String(age) + ", which no training row had");
            const bend_1 = Math.max(0, age - 3.0);
            const cost = age + bend_1;
            return { outputs: { "cost": cost } };
        }
    """
    check_function(function, "JavaScript", RESERVED)
    if part not in get_args(Part):
        raise InvalidValueError(f"part is {part!r}; it must be 'module' or 'types'.")
    program = program_of(system, shape)
    return _types(program, function) if part == "types" else _module(program, function)


def literal(value: ClassLabel | Level) -> str:
    r"""A text, a number or a truth value as JavaScript writes it.

    Args:
        value: the value.

    Returns:
        A literal in ASCII without "<", so that nothing in it ends a script in a page.

    Raises:
        InvalidValueError: if it is a whole number that JavaScript would round.

    Example:
        >>> print(literal("a < b"), literal(3), literal(True))
        "a \u003c b" 3 true
    """
    if isinstance(value, int) and not isinstance(value, bool):
        as_double(value)
    return json.dumps(value).replace("<", "\\u003c")


def _module(program: Program, function: str) -> str:
    """The function, below comments."""
    names = names_of(program, RESERVED)
    language = _language(names)
    words = names.columns
    lines = [_comment(column, words[column.name]) for column in program.columns]
    taken = ", ".join(f"{_key(column.name)}: {words[column.name]}" for column in program.columns)
    lines += [f"export function {function}(cells) {{", f"    const {{ {taken} }} = cells;"]
    for known in program.known:
        name, word = known.cell.column.name, words[known.cell.column.name]
        lines.append(f"    if (!({language.is_known(known.cell)}))")
        said = f'{literal(name)} + " is " + String({word}) + ", which no training row had"'
        lines.append(f"        throw new RangeError({said});")
    blocks = Blocks(
        define=lambda step: f"const {names.steps[step]}",
        declare=lambda step: f"let {names.steps[step]};",
        fail='throw new RangeError("no rule covers this row");',
    )
    results = [step for _, step in program.outputs]
    outputs = ", ".join(f"{_key(name)}: {names.steps[step]}" for name, step in program.outputs)
    answer = [f"outputs: {{ {outputs} }}"]
    for name, step in (("rule", program.rule), ("class", program.decision)):
        if step is not None:
            results.append(step)
            answer.append(f"{name}: {names.steps[step]}")
    lines += statements(program, names, language, blocks, results)
    return "\n".join([*lines, f"    return {{ {', '.join(answer)} }};", "}"]) + "\n"


def _types(program: Program, function: str) -> str:
    """The types of the function's argument and result."""
    cells = [f"    {literal(column.name)}: {_type(column)};" for column in program.columns]
    outputs = " ".join(f"{literal(name)}: number;" for name, _ in program.outputs)
    answer = [f"    outputs: {{ {outputs} }};"]
    answer += [] if program.rule is None else ["    rule: number;"]
    answer += [] if program.classes is None else [f"    class: {_one_of(program.classes)};"]
    lines = ["export interface Cells {", *cells, "}", "", "export interface Answer {", *answer, "}", ""]
    return "\n".join([*lines, f"export function {function}(cells: Cells): Answer;"]) + "\n"


def _language(names: Names) -> Language:
    cells = names.cells
    return Language(
        number=lambda value: str(as_fraction(value) or repr(value)),
        label=literal,
        cell=lambda cell: cells[cell.column.name],
        is_missing=lambda cell: _is_missing(cell.column, cells[cell.column.name]),
        is_level=lambda test: f"{cells[test.cell.column.name]} === {literal(test.level)}",
        is_known=lambda cell: _is_known(cell.column, cells[cell.column.name]),
        as_number=lambda test: f"{test} ? 1 : 0",
        choice=_choice,
        positive=lambda value: f"Math.max(0, {value})",
        both=" && ",
        always="true",
        equal=" === ",
        tests_are_numbers=True,
        longest_sum=LONGEST_SUM,
    )


def _key(name: str) -> str:
    # Between brackets "__proto__" is a name like any other.
    return f"[{literal(name)}]" if name == "__proto__" else literal(name)


def _type(column: Column) -> str:
    """The type of a cell."""
    kinds = {"number": "number", "integer": "number", "yes/no": "boolean"}
    found = kinds.get(column.kind) or _one_of(column.levels)
    return f"{found} | null" if column.missing else found


def _one_of(values: Sequence[ClassLabel | Level]) -> str:
    return " | ".join(dict.fromkeys(map(literal, values))) or "never"


def _is_missing(column: Column, word: str) -> str:
    return f"{word} === null || Number.isNaN({word})" if held_by(column) == "number" else f"{word} === null"


def _is_known(column: Column, word: str) -> str:
    if column.kind in ("number", "integer"):
        known = f"Number.isFinite({word})"
    elif column.kind == "yes/no":
        known = f'typeof {word} === "boolean"'
    else:
        known = f"[{', '.join(map(literal, column.levels))}].includes({word})"
    return f"{_is_missing(column, word)} || {known}" if column.missing else known


def _choice(branches: Sequence[tuple[str, str]], otherwise: str | None) -> str:
    """A choice within an expression."""
    return "(" + "".join(f"{test} ? {value} : " for test, value in branches) + f"{otherwise})"


def _comment(column: Column, word: str) -> str:
    """A line about a column, without anything that ends a script in a page."""
    return f"// {word}: {described(column, word, 'null', literal)}".replace("<", "\\x3c")
