"""What cells and class labels are to a language with types: truth values, numbers or texts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Literal

from prelu_rules.columns.column import Column, Level
from prelu_rules.columns.unknown import counts_as
from prelu_rules.errors import InvalidValueError
from prelu_rules.rules.names import ClassLabel, free_name
from prelu_rules.rules.short_numbers import as_fraction

Holding = Literal["truth", "number", "text", "mixed"]
"""What values are; "mixed" where they are of several types."""


def holding_of(values: Sequence[ClassLabel | Level]) -> Holding:
    """What all values are.

    Args:
        values: levels or class labels.

    Returns:
        "text" where there are none.

    Example:
        >>> holding_of([1, 2.5]), holding_of([True, False]), holding_of(["a", 1])
        ('number', 'truth', 'mixed')
    """
    types = set(map(type, values))
    if types <= {str}:
        return "text"
    if types == {bool}:
        return "truth"
    return "number" if types <= {int, float} else "mixed"


def held_by(column: Column) -> Holding:
    """What the cells of a column are.

    Args:
        column: the column.

    Returns:
        What they are.

    Example:
        >>> held_by(Column("age", "integer")), held_by(Column("zone", "category", (1, 2)))
        ('number', 'number')
    """
    if column.kind == "category":
        return holding_of(column.levels)
    return "truth" if column.kind == "yes/no" else "number"


def as_double(value: Level) -> float:
    """A number, or yes (1) and no (0), as a double.

    Args:
        value: a level or a class label.

    Returns:
        The float that is equal to it.

    Raises:
        InvalidValueError: if there is none.

    Example:
        >>> as_double(3)
        3.0
    """
    try:
        found = float(value)
    except OverflowError:
        found = 0.0
    if found != value:
        raise InvalidValueError(
            f"{value!s:.80} is not a double; make it text, since it is the name of a level or a class."
        )
    return found


def double_literal(value: float) -> str:
    """A double as most languages write it: the fraction that it is equal to, where that is shorter to read.

    Args:
        value: the number.

    Returns:
        Source text that is not in parentheses.

    Example:
        >>> double_literal(2 / 3), double_literal(0.25), double_literal(1e300)
        ('2.0/3.0', '0.25', '1e+300')
    """
    fraction = as_fraction(value)
    # Divided out it is the same double, so the fraction is as exact.
    return repr(value) if fraction is None else f"{fraction.numerator}.0/{fraction.denominator}.0"


def text_literal(text: str, escapes: dict[str, str], code: Callable[[int], str]) -> str:
    """A text between double quotes, in printable ASCII.

    Args:
        text: any text.
        escapes: how some characters are written.
        code: how any other character that is not printable ASCII is written, of its code point.

    Returns:
        Source text.

    Raises:
        InvalidValueError: if it is not Unicode.

    Example:
        >>> text_literal("it's ä", {"'": "<quote>"}, lambda code: f"<{code}>")
        '"it<quote>s <228>"'
    """
    if any("\ud800" <= letter <= "\udfff" for letter in text):
        raise InvalidValueError(f"the text {text!r} is not Unicode; rename it.")
    plain = (escapes.get(c) or (c if " " <= c <= "~" else code(ord(c))) for c in text)
    return f'"{"".join(plain)}"'


def described(column: Column, word: str, missing: str, literal: Callable[[Level], str] = repr) -> str:
    """What a cell may be, and the name of its column where the source calls it otherwise; for a comment of one line.

    Args:
        column: the column.
        word: what the source calls it.
        missing: how a missing cell is written.
        literal: how a level is written.

    Returns:
        A line of text, in which every name is quoted, so that it holds no line breaks and does not end with one.

    Example:
        >>> described(Column("body mass", missing=True, fill=70.0), "body_mass", "NaN")
        "'body mass', a number, or NaN where it is missing, which counts as 70"
    """
    kinds = {"number": "a number", "integer": "a whole number", "yes/no": f"{literal(True)} or {literal(False)}"}
    what = kinds.get(column.kind) or f"one of {', '.join(map(literal, column.levels)) or 'no levels'}"
    text = what if column.name == word else f"{column.name!r}, {what}"
    text += f", or {missing} where it is missing" if column.missing else ""
    text += f", which counts as {column.fill:.17g}" if column.fill is not None else ""
    if column.unknown is None:
        return text
    # The name of a level stands in the middle, since no line may end with it.
    return f"{text}; the rules count any other as {counts_as(column)}, but here it has no answer"


def unlike(texts: Iterable[str], *words: str) -> str:
    """A text that stands for none of some texts.

    Args:
        texts: those that are taken.
        words: what it may be, in this order.

    Returns:
        The first word that is free, or the last with a number.

    Example:
        >>> unlike(["farm"], "", "missing"), unlike(["", "missing"], "", "missing")
        ('', 'missing 2')
    """
    taken = set(texts)
    return next((word for word in words if word not in taken), free_name(words[-1], taken))
