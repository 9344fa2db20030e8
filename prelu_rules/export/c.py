"""C99 source: a function of one row of raw cells, with a header or a program on request."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, get_args

from prelu_rules.columns.column import Column, Level
from prelu_rules.errors import InvalidValueError
from prelu_rules.export.c_program import main_of
from prelu_rules.export.holding import as_double, described, double_literal, held_by, text_literal
from prelu_rules.export.identifiers import check_function, identifiers
from prelu_rules.export.imperative import LONGEST_SUM, Blocks, Names, names_of, statements
from prelu_rules.export.language import Language
from prelu_rules.export.program import Cell, IsLevel, Positive, Program, Shape, program_of
from prelu_rules.rules.on_demand import RulesOnDemand
from prelu_rules.rules.rule_system import RuleSystem

Part = Literal["source", "header", "implementation", "program"]
"""All in one; what a caller includes; what is compiled beside it; or a program that reads CSV."""

LONGEST_TEXT = 4095
"""Bytes in a text that every C99 compiler takes."""

RESERVED = frozenset(
    # C99, later C, C++, so that the header can be included there, and what the source calls.
    """auto break case char const continue default do double else enum extern float for goto if inline int long register
    restrict return short signed sizeof static struct switch typedef union unsigned void volatile while
    alignas alignof asm bool constexpr false nullptr static_assert thread_local true typeof typeof_unqual
    and and_eq bitand bitor catch char16_t char32_t char8_t class co_await co_return co_yield compl concept const_cast
    consteval constinit decltype delete dynamic_cast explicit export friend mutable namespace new noexcept not not_eq
    operator or or_eq private protected public reinterpret_cast requires static_cast template this throw try typeid
    typename using virtual wchar_t xor xor_eq
    answer cells errno isfinite isinf isnan linux main none positive stderr stdin stdout strcmp unix""".split()
)


def write(
    system: RuleSystem | RulesOnDemand, function: str = "predict", shape: Shape | None = None, part: Part = "source"
) -> str:
    """A C99 function of one row, with every number in full.

    A row is a struct with a field for each column: a double for a number, for a category whose levels are numbers, and
    for yes and no (1 and 0), NAN where it is missing; else a text, NULL where it is missing. The answer is a struct
    with a double for each output, `rule` with the number of the rule (from 1; not in a formula), and `class_`, the text
    of the class. Columns and outputs whose names C does not take are called by similar words; comments say which.

    Args:
        system: the rules.
        function: the name of the function; those of its structs begin with it.
        shape: "list" for the rules, "formula" for the network's formula; see `program_of`.
        part: "source" is all in one, to be compiled or included; "header" and "implementation" are the same in two
            files, the first to be stored as `predict.h`; "program" reads a CSV file with a header from standard input,
            and writes one with the answers.

    Returns:
        Source text in UTF-8, for any compiler of C99 with IEEE doubles; options such as `-ffast-math` break it. The
        function returns 1, or 0 where a cell is one that rules cannot answer or no rule holds; then the outputs are
        NAN, the number of the rule is 0, and the class is NULL.

    Raises:
        InvalidValueError: if the function cannot be called so, there is no such shape or part, or a level or a class
            cannot be a text or a double in C.

    Example:
        >>> from prelu_rules.network.normal_form import NormalForm
        >>> from prelu_rules.rules.extraction import extract_rules
        >>> form = NormalForm(A=[[1]], B=[[0]], b=[-3], C=[[1]], D=[[1]], e=[0], slopes=[0])
        >>> rules = extract_rules(form, feature_names=["age"], output_names=["cost"])
        >>> print(write(rules, shape="formula", part="implementation"), end="")
        #include "predict.h"
        #include <math.h>
        #include <string.h>
        <BLANKLINE>
        static double positive(double value)
        {
            return value > 0.0 ? value : 0.0;
        }
        <BLANKLINE>
        int predict(const struct predict_cells *cells, struct predict_answer *answer)
        {
            static const struct predict_answer none = {NAN};
            *answer = none;
            if (!(isfinite(cells->age)))
                return 0;
            const double bend_1 = positive(cells->age - 3.0);
            const double cost = cells->age + bend_1;
            answer->cost = cost;
            return 1;
        }
    """
    check_function(function, "C", RESERVED)
    if part not in get_args(Part):
        raise InvalidValueError(f"part is {part!r}; it must be one of {', '.join(get_args(Part))}.")
    source = _Source(program_of(system, shape), function)
    if part == "header":
        return source.header()
    if part == "implementation":
        return f'#include "{function}.h"\n#include <math.h>\n#include <string.h>\n\n{source.function_text()}'
    text = f"#include <math.h>\n#include <string.h>\n\n{source.structs()}\n{source.function_text()}"
    if part == "source":
        return text
    fields = [(name, word) for name, word in zip(source.results, source.fields, strict=True)]
    columns = [(column, source.names.columns[column.name]) for column in source.program.columns]
    return "#include <stdio.h>\n#include <stdlib.h>\n" + text + "\n" + main_of(function, columns, fields, literal)


def literal(text: str) -> str:
    r"""A text as C writes it.

    Args:
        text: any text.

    Returns:
        A string literal in ASCII, whose bytes are UTF-8.

    Raises:
        InvalidValueError: if it holds NUL, or is too long for some compilers.

    Example:
        >>> print(literal('a "b"?'))
        "a \"b\"\?"
    """
    if "\0" in text:
        raise InvalidValueError(f"the text {text[:80]!r} holds NUL, which ends a text in C; rename it.")
    escapes = {'"': '\\"', "\\": "\\\\", "?": "\\?"}  # ?? begins a trigraph
    found = text_literal(text, escapes, lambda code: "".join(f"\\{byte:03o}" for byte in chr(code).encode()))
    if len(text.encode()) > LONGEST_TEXT:
        raise InvalidValueError(
            f"the text {text[:80]!r}... has more than {LONGEST_TEXT} bytes, which some C compilers refuse; shorten it."
        )
    return found


class _Source:
    """The parts of the source."""

    def __init__(self, program: Program, function: str) -> None:
        self.program, self.function = program, function
        self.names = names_of(program, RESERVED, "lower", "cells->{}")
        self.results = [*(name for name, _ in program.outputs)]
        self.steps = [step for _, step in program.outputs]
        for name, step in (("rule", program.rule), ("class", program.decision)):
            if step is not None:
                self.results.append(name)
                self.steps.append(step)
        # Those of rule and class do not depend on what the outputs are called.
        first, n = ["rule", "class"], len(program.outputs)
        words = identifiers([*first, *self.results[:n]], RESERVED, "lower")
        self.fields = [*words[2:], *(words[first.index(name)] for name in self.results[n:])]
        self._check_classes()

    def _check_classes(self) -> None:
        texts = [str(label) for label in self.program.classes or ()]
        twice = next((text for text in texts if texts.count(text) > 1), None)
        if twice is not None:
            raise InvalidValueError(f"two classes read {twice!r}, and classes are texts in C; rename one of them.")

    def _type(self, step: int) -> str:
        """The type of a step, to be followed by its name."""
        return {self.program.rule: "int ", self.program.decision: "const char *"}.get(step, "double ")

    def structs(self) -> str:
        """The types of rows and answers."""
        lines = [f"struct {self.function}_cells {{"]
        lines += [f"    {_field(c, self.names.columns[c.name])}" for c in self.program.columns]
        lines += ["};", "", f"struct {self.function}_answer {{"]
        for name, word, step in zip(self.results, self.fields, self.steps, strict=True):
            said = "the number of the rule, from 1" if step == self.program.rule else repr(name)
            said = "the class" if step == self.program.decision else said
            lines.append(f"    {self._type(step)}{word};" + (f" // {said}" if said != repr(word) else ""))
        about = "// Returns 1, or 0 where a cell is one that no training row had, or no rule covers the row.\n"
        return "\n".join([*lines, "};", "", about]) + self._prototype() + ";\n"

    def _prototype(self) -> str:
        name = self.function
        return f"int {name}(const struct {name}_cells *cells, struct {name}_answer *answer)"

    def header(self) -> str:
        """What a caller includes."""
        guard = f"{self.function.upper()}_H"
        return f"#ifndef {guard}\n#define {guard}\n\n{self.structs()}\n#endif\n"

    def function_text(self) -> str:
        """The function, and what it calls."""
        none = {"int ": "0", "const char *": "NULL", "double ": "NAN"}
        nothing = ", ".join(none[self._type(step)] for step in self.steps)
        language = _language(self.program, self.names)
        lines = [self._prototype(), "{", f"    static const struct {self.function}_answer none = {{{nothing}}};"]
        lines.append("    *answer = none;")
        for known in self.program.known:
            lines += [f"    if (!({language.is_known(known.cell)}))", "        return 0;"]
        names = self.names.steps
        blocks = Blocks(
            define=lambda step: f"{'' if '*' in self._type(step) else 'const '}{self._type(step)}{names[step]}",
            declare=lambda step: f"{self._type(step)}{names[step]};",
            fail="return 0;",
        )
        lines += statements(self.program, self.names, language, blocks, self.steps)
        lines += [f"    answer->{word} = {names[step]};" for word, step in zip(self.fields, self.steps, strict=True)]
        lines += ["    return 1;", "}"]
        has_bends = any(isinstance(step.value, Positive) for step in self.program.steps)
        positive = "static double positive(double value)\n{\n    return value > 0.0 ? value : 0.0;\n}\n\n"
        return (positive if has_bends else "") + "\n".join(lines) + "\n"


def _language(program: Program, names: Names) -> Language:
    cells = names.cells
    return Language(
        number=double_literal,
        label=lambda label: literal(str(label)),
        cell=lambda cell: cells[cell.column.name],
        is_missing=lambda cell: _is_missing(cell.column, cells[cell.column.name]),
        is_level=lambda test: _is_level(test, cells[test.cell.column.name]),
        is_known=lambda cell: _is_known(cell.column, cells[cell.column.name]),
        as_number=lambda test: f"({test}) ? 1.0 : 0.0",
        choice=_choice,
        positive=lambda value: f"positive({value})",
        both=" && ",
        always="1",
        tests_are_numbers=True,
        longest_sum=LONGEST_SUM,
    )


def _is_text(column: Column) -> bool:
    return held_by(column) in ("text", "mixed")


def _literal(column: Column, level: Level) -> str:
    """A level, as a text or a number."""
    return literal(str(level)) if _is_text(column) else double_literal(as_double(level))


def _field(column: Column, word: str) -> str:
    """A field of the struct of a row."""
    kind, missing = ("const char *", "NULL") if _is_text(column) else ("double ", "NAN")
    said = described(
        column, word, missing, lambda level: repr(str(level)) if _is_text(column) else str(as_double(level))
    )
    return f"{kind}{word}; // {said}"


def _is_missing(column: Column, cell: str) -> str:
    return f"{cell} == NULL" if _is_text(column) else f"isnan({cell})"


def _is_level(test: IsLevel, cell: str) -> str:
    column, level = test.cell.column, _literal(test.cell.column, test.level)
    if not _is_text(column):
        return f"{cell} == {level}"
    return f"{cell} != NULL && strcmp({cell}, {level}) == 0"


def _is_known(column: Column, cell: str) -> str:
    if column.kind in ("number", "integer"):
        return f"!isinf({cell})" if column.missing else f"isfinite({cell})"
    tests = [_is_missing(column, cell)] if column.missing else []
    levels: Sequence[Level] = column.levels if column.kind == "category" else (False, True)
    one_of = [_is_level(IsLevel(Cell(column), level), cell) for level in levels]
    return " || ".join([*tests, *(f"({test})" for test in one_of)])


def _choice(branches: Sequence[tuple[str, str]], otherwise: str | None) -> str:
    """A choice within an expression."""
    return "(" + "".join(f"{test} ? {value} : " for test, value in branches) + f"{otherwise})"
