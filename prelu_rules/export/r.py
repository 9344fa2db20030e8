"""R: a function of a data frame, for all rows at once."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction

from prelu_rules.columns.column import Column, Level
from prelu_rules.errors import InvalidValueError
from prelu_rules.export.holding import as_double, described, held_by, holding_of, text_literal
from prelu_rules.export.identifiers import check_function
from prelu_rules.export.imperative import LONGEST_SUM, Names, is_branched, names_of, where_a_rule_holds
from prelu_rules.export.language import Language, written
from prelu_rules.export.program import Cell, Choice, Expression, Number, Program, Shape, needed, program_of
from prelu_rules.rules.names import ClassLabel
from prelu_rules.rules.on_demand import RulesOnDemand
from prelu_rules.rules.rule_system import RuleSystem
from prelu_rules.rules.short_numbers import as_fraction

RESERVED = frozenset(
    """break else FALSE for function if in Inf NA NaN next NULL repeat TRUE while F T answers cells column data is_text
    known n name names""".split()
)

LONGEST_PIECE = 1000
"""Characters in a row; R refuses 10,000 with escapes."""

_COLUMN = """    column <- function(name, type) {
        if (!name %in% names(data)) stop("the data have no column ", dQuote(name, FALSE), call. = FALSE)
        cells <- data[[match(name, names(data))]]
        is_text <- is.character(cells) || is.factor(cells)
        fits <- switch(type, number = is.numeric(cells), truth = is.logical(cells), text = is_text)
        if (!fits && !(is.logical(cells) && all(is.na(cells)))) {
            stop("column ", dQuote(name, FALSE), " is not of type ", type, call. = FALSE)
        }
        switch(type, number = as.numeric(cells), truth = cells, text = as.character(cells))
    }"""


def write(system: RuleSystem | RulesOnDemand, function: str = "predict_rules", shape: Shape | None = None) -> str:
    r"""A function of a data frame, with every number in full, that needs no package.

    Columns are found by their names: numeric, logical, and character or factor; NA is a missing cell. A category whose
    levels are all numbers is numeric; one of texts and numbers is a text.

    Args:
        system: the rules.
        function: the name of the function.
        shape: "list" for the rules, "formula" for the network's formula; see `program_of`.

    Returns:
        R source for version 4.0 or later, in ASCII but for comments. The function returns a data frame with a column
        for each output, `rule` with the number of the rule (from 1; not in a formula), and `class`; all are NA in a row
        where a cell is one that rules cannot answer, or no rule holds. It is an error if a column is not there, or is
        of another type.

    Raises:
        InvalidValueError: if the function cannot be called so, there is no such shape, a name holds NUL, or a level is
            a whole number that R would round.

    Example:
        >>> from prelu_rules.network.normal_form import NormalForm
        >>> from prelu_rules.rules.extraction import extract_rules
        >>> form = NormalForm(A=[[1]], B=[[0]], b=[-3], C=[[1]], D=[[1]], e=[0], slopes=[0])
        >>> source = write(extract_rules(form, feature_names=["age"], output_names=["cost"]), shape="formula")
        >>> print("\n".join(source.splitlines()[-8:]))
            age <- column("age", "number")
            known <- is.finite(age)
            bend_1 <- pmax(0, age - 3.0)
            cost <- age + bend_1
            answers <- list(as.numeric(ifelse(known, cost, NA)))
            names(answers) <- c("cost")
            list2DF(answers, n)
        }
    """
    check_function(function, "R", RESERVED)
    program = program_of(system, shape)
    names = names_of(program, RESERVED)
    words = names.columns
    language = _language(program, names)
    lines = [f"# {words[c.name]}: {described(c, words[c.name], 'NA')}" for c in program.columns]
    lines += [f"{function} <- function(data) {{", '    if (!is.data.frame(data)) stop("data is not a data frame")']
    lines += ["    n <- nrow(data)", _COLUMN]
    for column in program.columns:
        held = held_by(column).replace("mixed", "text")
        lines.append(f'    {words[column.name]} <- column({literal(column.name)}, "{held}")')
    known = [language.is_known(test.cell) for test in program.known]
    lines.append("    known <- " + " &\n        ".join(f"({test})" if " | " in test else test for test in known))
    results = [*program.outputs, *([("rule", program.rule)] if program.rule is not None else [])]
    results += [("class", program.decision)] if program.decision is not None else []
    for place in needed(program, [step for _, step in results]):
        lines += _step(place, program, names, language)
    if program.rule is not None:
        lines.append(f"    known <- known & !is.na({names.steps[program.rule]})")
    classes = {"truth": "logical", "number": "numeric"}.get(holding_of(program.classes or ()), "character")
    types = {program.rule: "integer", program.decision: classes}
    values = [f"as.{types.get(step, 'numeric')}(ifelse(known, {names.steps[step]}, NA))" for _, step in results]
    lines.append(f"    answers <- list({', '.join(values)})")
    lines.append(f"    names(answers) <- c({', '.join(literal(name) for name in _distinct(results))})")
    return "\n".join([*lines, "    list2DF(answers, n)", "}"]) + "\n"


def literal(text: str) -> str:
    r"""A text as R writes it.

    Args:
        text: any text.

    Returns:
        A string in ASCII, or several that are pasted.

    Raises:
        InvalidValueError: if it holds NUL.

    Example:
        >>> print(literal('a "b" ä'))
        "a \"b\" \u00e4"
    """
    if "\0" in text:
        raise InvalidValueError(f"the text {text[:80]!r} holds NUL, which R does not have; rename it.")
    escapes = {'"': '\\"', "\\": "\\\\"}
    pieces = [text[start : start + LONGEST_PIECE] for start in range(0, len(text), LONGEST_PIECE)] or [""]
    written_out = [text_literal(piece, escapes, _escaped) for piece in pieces]
    return written_out[0] if len(pieces) == 1 else f"paste0({', '.join(written_out)})"


def _escaped(code: int) -> str:
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def _distinct(results: Sequence[tuple[str, int]]) -> list[str]:
    """Names of the results; an output that is called "rule" or "class" keeps its name."""
    found: list[str] = []
    for name, _ in results:
        candidate, number = name, 2
        while candidate in found:
            candidate, number = f"{name} {number}", number + 1
        found.append(candidate)
    return found


def _step(place: int, program: Program, names: Names, language: Language) -> list[str]:
    """The statements of a step, whose value is a vector."""
    step, name = program.steps[place], names.steps[place]

    def text(value: Expression) -> str:
        return written(value, program, names.steps, language)

    value = where_a_rule_holds(step.value, program)
    if isinstance(value, Cell):
        return []
    if step.is_test:
        return [f"    {name} <- {language.as_number(text(value))}"]
    if not isinstance(value, Choice) or not is_branched(value):
        # One rule may hold everywhere.
        return [f"    {name} <- {f'rep({text(value)}, n)' if isinstance(value, Number) else text(value)}"]
    lines = [f"    {name} <- rep(NA, n)"]
    lines += [
        f"    {name} <- ifelse(is.na({name}) & {text(t)}, {text(result)}, {name})" for t, result in value.branches
    ]
    if value.otherwise is not None:
        lines.append(f"    {name} <- ifelse(is.na({name}), {text(value.otherwise)}, {name})")
    return lines


def _language(program: Program, names: Names) -> Language:
    cells = names.cells
    mixed = holding_of(program.classes or ()) == "mixed"
    return Language(
        number=_number,
        label=lambda label: _value(str(label) if mixed else label),
        cell=lambda cell: cells[cell.column.name],
        is_missing=lambda cell: f"is.na({cells[cell.column.name]})",
        is_level=lambda test: f"{cells[test.cell.column.name]} %in% {_level(test.cell.column, test.level)}",
        is_known=lambda cell: _is_known(cell.column, cells[cell.column.name]),
        as_number=lambda test: f"as.numeric({test})",
        choice=lambda branches, otherwise: _choice(branches, otherwise or "NA"),
        positive=lambda value: f"pmax(0, {value})",
        filled=lambda cell, value: f"ifelse(is.na({cells[cell.column.name]}), {value}, {cells[cell.column.name]})",
        both=" & ",
        always="TRUE",
        tests_are_numbers=True,
        longest_sum=LONGEST_SUM,
    )


def _value(value: ClassLabel | Level) -> str:
    """A text, a number or a truth value."""
    if isinstance(value, str):
        return literal(value)
    return str(value).upper() if isinstance(value, bool) else _number(as_double(value))


def _level(column: Column, level: Level) -> str:
    return _value(str(level) if held_by(column) == "mixed" else level)


def _is_known(column: Column, word: str) -> str:
    if column.kind in ("number", "integer"):
        return f"!is.infinite({word})" if column.missing else f"is.finite({word})"
    tests = [f"is.na({word})"] if column.missing else []
    levels: Sequence[Level] = column.levels if column.kind == "category" else (False, True)
    if levels:
        tests.append(f"{word} %in% c({', '.join(_level(column, level) for level in levels)})")
    return " | ".join(tests)


def _choice(branches: Sequence[tuple[str, str]], otherwise: str) -> str:
    """A choice within an expression."""
    return "".join(f"ifelse({test}, {value}, " for test, value in branches) + otherwise + ")" * len(branches)


def _number(value: float) -> str:
    """A double that R reads as the same double."""
    if fraction := as_fraction(value):
        return str(fraction)
    return repr(value) if _is_read_by_r(value) else value.hex()


def _is_read_by_r(value: float) -> bool:
    """Whether R reads the shortest decimal of a number as that number.

    R divides or multiplies the digits, as a whole number, by a power of ten, in floats of 64 bits, and rounds twice
    with that. So one number in 20,000 is read as its neighbour.
    """
    _, digits, exponent = Decimal(repr(value)).as_tuple()
    power, whole = Fraction(10) ** int(exponent), int("".join(map(str, digits)))
    # Up to 10^27 powers of ten are floats of 64 bits.
    if abs(int(exponent)) > 27:
        return False
    return whole == 0 or _rounded(whole * power, 64) == abs(Fraction(value))


def _rounded(value: Fraction, bits: int) -> Fraction:
    """A number of some bits, and then of those of a double."""
    for size in (bits, 53):
        scale = Fraction(2) ** (value.numerator.bit_length() - value.denominator.bit_length() - size)
        scale *= 1 if value / scale >= 2 ** (size - 1) else Fraction(1, 2)
        scale *= 2 if value / scale >= 2**size else 1
        value = round(value / scale) * scale
    return value
