"""FEEL, the language of expressions in DMN, as a table; numbers are decimals, and a missing cell is null."""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal

from prelu_rules.columns.column import Column, Level
from prelu_rules.errors import InvalidValueError, quoted
from prelu_rules.export.holding import as_double, held_by
from prelu_rules.export.imperative import LONGEST_SUM, Names
from prelu_rules.export.language import Language
from prelu_rules.rules.names import ClassLabel

RESERVED = frozenset(
    """abs after all and any append before between boolean ceiling coincides concatenate contains context count date
    day days decimal duration during else every exp external false finishes floor flatten for function if in includes
    insert instance is item list log lower matches max mean median meets min minute mode modulo month months not now
    null number odd of or overlaps partial product range remove replace return reverse round satisfies second sort some
    split sqrt starts stddev string sublist substring sum then time today true union upper week year years
    Any known""".split()
)
"""Words that mean something in FEEL, its functions among them, and what a model calls something of its own."""

_ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"}

_NOT_IN_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def number(value: float) -> str:
    """A number in digits, without an exponent, which readers of FEEL take for something else.

    Args:
        value: the number; not negative where it stands behind an operator.

    Returns:
        A decimal, from which the same double is read.

    Example:
        >>> number(3.0), number(0.1), number(2.5e-7), number(1e21)
        ('3', '0.1', '0.00000025', '1000000000000000000000.0')
    """
    digits = format(Decimal(repr(float(value) + 0.0)), "f").removesuffix(".0")
    # As a whole number of many digits JavaScript may read it with an error in the last one.
    return digits if "." in digits or len(digits) <= 15 else f"{digits}.0"


def literal(value: ClassLabel | Level) -> str:
    r"""A text, a number or a truth value.

    Args:
        value: the value.

    Returns:
        A literal. Its characters stand as they are, since not every reader of FEEL knows their codes.

    Raises:
        InvalidValueError: if it is a text that XML cannot hold, or a whole number that is no double.

    Example:
        >>> print(literal('say "é"'), literal(3), literal(0.5), literal(True))
        "say \"é\"" 3 0.5 true
    """
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        if found := _NOT_IN_XML.search(value):
            raise InvalidValueError(
                f"the text {quoted(value)} holds the character {found[0]!r}, which XML cannot hold; rename the level "
                "or the class."
            )
        return f'"{"".join(_ESCAPES.get(letter, letter) for letter in value)}"'
    return number(as_double(value))


def language(names: Names) -> Language:
    """How FEEL writes the expressions of a program.

    Args:
        names: what columns and steps are called.

    Returns:
        The table. Choices stand in parentheses.
    """
    cells = names.cells
    return Language(
        number=number,
        label=literal,
        cell=lambda cell: cells[cell.column.name],
        is_missing=lambda cell: f"{cells[cell.column.name]} = null",
        is_level=lambda test: f"{cells[test.cell.column.name]} = {literal(test.level)}",
        is_known=lambda cell: _is_known(cell.column, cells[cell.column.name]),
        as_number=lambda test: f"if {test} then 1 else 0",
        choice=_choice,
        positive=lambda value: f"max(0, {value})",
        always="true",
        equal=" = ",
        tests_are_numbers=True,
        longest_sum=LONGEST_SUM,
    )


def both(tests: Sequence[str]) -> str:
    """A test that all tests hold; many stand in groups, since parsers go a level deeper with each.

    Args:
        tests: such that " and " may stand between them.

    Returns:
        An expression.

    Example:
        >>> both(["a", "b"]), both([])
        ('a and b', 'true')
    """
    while len(tests) > LONGEST_SUM:
        groups = [tests[start : start + LONGEST_SUM] for start in range(0, len(tests), LONGEST_SUM)]
        tests = [f"({' and '.join(group)})" for group in groups]
    return " and ".join(tests) or "true"


def allowed(values: Sequence[ClassLabel | Level], or_null: bool) -> str:
    """The values of a type, as a list of tests.

    Args:
        values: levels or class labels.
        or_null: whether there may be none.

    Returns:
        Literals between commas.

    Example:
        >>> allowed(["farm", 3], or_null=True)
        '"farm", 3, null'
    """
    return ", ".join([*map(literal, values), *["null"] * or_null])


def _is_known(column: Column, word: str) -> str:
    """Whether a cell is one that rules can answer, as one operand of "and"; a number less itself is 0 if it is one."""
    if column.kind == "yes/no":
        tests = [f"{word} = true", f"{word} = false"]
    elif column.kind == "category":
        tests = [f"list contains([{', '.join(map(literal, column.levels))}], {word})"]
    else:
        tests = [f"{word} - {word} = 0"]
    if column.missing:
        tests.insert(0, f"{word} = null")
    return tests[0] if len(tests) == 1 else f"({' or '.join(tests)})"


def _choice(branches: Sequence[tuple[str, str]], otherwise: str | None) -> str:
    """A choice, in parentheses."""
    tests = "".join(f"if {test} then {value} else " for test, value in branches)
    return f"({tests}{'null' if otherwise is None else otherwise})"


def type_of(column: Column) -> str:
    """The type of the cells of a column.

    Args:
        column: the column.

    Returns:
        The name of a type of FEEL.

    Example:
        >>> type_of(Column("zone", "category", (1, 2))), type_of(Column("smoker", "yes/no"))
        ('number', 'boolean')
    """
    return TYPES[held_by(column)]


TYPES = {"truth": "boolean", "number": "number", "text": "string", "mixed": "Any"}
"""What FEEL calls the types of values."""
