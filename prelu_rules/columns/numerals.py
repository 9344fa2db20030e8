"""How numbers are written: their decimal sign and thousands separator."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cache

from prelu_rules.columns.dialect import DECIMALS, THOUSANDS
from prelu_rules.errors import DataError

MISSING = ("", "nan", "na", "n/a", "null", "none", "<na>")
"""What cells of numbers or truth values contain if the value is missing, in lower case."""

Notation = tuple[str, str]
"""A decimal sign and a thousands separator, which may be empty."""

_SPACES = " \u00a0\u2009\u202f"
_APOSTROPHES = "'\u2019"
_MARKS = {".": ".", ",": ",", " ": _SPACES, "'": _APOSTROPHES}
"""The characters that each sign stands for."""


NOTATIONS: tuple[Notation, ...] = tuple((d, t) for d in DECIMALS for t in THOUSANDS if d != t)
"""All notations, the most common ones first."""


@cache
def number_pattern(notation: Notation) -> str:
    """A regular expression for numbers in a notation.

    Args:
        notation: the decimal sign and the thousands separator.

    Returns:
        The expression, without groups.

    Example:
        >>> bool(re.fullmatch(number_pattern((",", ".")), "1.234,5"))
        True
    """
    decimal, thousands = notation
    grouped = rf"[1-9][0-9]{{0,2}}(?:[{_MARKS[thousands]}][0-9]{{3}})+|" if thousands else ""
    digits = rf"(?:(?:{grouped}[0-9]+)(?:[{decimal}][0-9]*)?|[{decimal}][0-9]+)"
    return rf"[+-]?{digits}(?:[eE][+-]?[0-9]+)?"


_ANY = "|".join(map(number_pattern, NOTATIONS))


def plain(cells: Sequence[str], notation: Notation) -> list[str]:
    """Rewrite numbers as Python writes them.

    Args:
        cells: numbers in a notation.
        notation: the decimal sign and the thousands separator.

    Returns:
        The numbers with a decimal point and without thousands separators.

    Example:
        >>> plain(["1.234,5", "7"], (",", "."))
        ['1234.5', '7']
    """
    decimal, thousands = notation
    if not cells or (decimal == "." and not thousands):
        return list(cells)
    text = "\0".join(cells)
    for mark in _MARKS.get(thousands, ""):
        text = text.replace(mark, "")
    return text.replace(decimal, ".").split("\0")


def all_match(cells: Sequence[str], pattern: str) -> bool:
    """Whether all cells match a regular expression; one search is twice as fast as a match for each.

    Args:
        cells: texts without NUL characters.
        pattern: the expression, without groups.

    Returns:
        Whether each cell matches as a whole.

    Example:
        >>> all_match(["1", "20"], "[0-9]+"), all_match(["1", "2b"], "[0-9]+")
        (True, False)
    """
    return not re.search(f"\0(?!(?:{pattern})\0|\\Z)", _joined(cells))


def _joined(cells: Sequence[str]) -> str:
    """The cells in one text, each between NUL characters."""
    return "\0".join(["", *cells, ""]) if cells else ""


def is_code(cells: Sequence[str]) -> bool:
    """Whether numbers are codes, whose spelling matters: zip codes, article and telephone numbers.

    Args:
        cells: numbers.

    Returns:
        Whether one of them has a superfluous leading zero, or all have a plus sign and no decimals.

    Example:
        >>> is_code(["01", "12"]), is_code(["+49", "+1"]), is_code(["+1", "0"]), is_code(["0.5"])
        (True, True, False, False)
    """
    if re.search("\0[+-]?0[0-9]", _joined(cells)):
        return True
    return len(cells) > 0 and all_match(cells, rf"\+[0-9{_SPACES}]+")


def find_notation(
    columns: Mapping[str, Sequence[str]], separator: str, given: tuple[str | None, str | None], where: str
) -> Notation:
    """Detect the notation that all numbers of a table are written in.

    A column of numbers allows the notations in which each of its cells is a number; the table's notation is one that
    all columns allow. `1,5` has a decimal comma and `1,234,567` commas for thousands, but `1,234` allows both.

    Args:
        columns: the names and cells of the columns that may hold numbers.
        separator: the character between cells; a comma rules out points for thousands, a combination that is hardly
            ever used.
        given: the decimal sign and the thousands separator that the user gave; None for those to detect.
        where: the name of the table in error messages.

    Returns:
        The decimal sign and the thousands separator.

    Raises:
        DataError: if two columns contradict each other, or the file leaves open whether 1,234 is more than a thousand.

    Example:
        >>> find_notation({"price": ["1.234,50", "7"], "year": ["2020", ""]}, ";", (None, None), "data.csv")
        (',', '.')
    """
    left = [n for n in NOTATIONS if all(g in {None, sign} for g, sign in zip(given, n, strict=True))]
    reason, undecided = "with the signs that were given", {}
    for name, cells in columns.items():
        numbers = _numbers(cells)
        marked = next((cell for cell in numbers if not cell.isdecimal()), None)
        if marked is None or is_code(numbers):
            continue
        allowed = _allowed(numbers, left)
        if not allowed:
            wrong, reason = _contradiction(numbers, marked, left, reason)
            raise DataError(
                f"column {name!r} of {where} has {wrong!r}, which is not a number {reason}; say how numbers "
                f"are written with --decimal and --thousands, or read the column as categories with --category {name}."
            )
        if len(allowed) < len(left):
            left, reason = allowed, f"written like {marked!r} in column {name!r}"
        signs = [cell for sign in ",." for cell in numbers if sign in cell]
        if signs and len({decimal for decimal, _ in allowed}) > 1:
            undecided[name] = signs[0]
    if len({decimal for decimal, _ in left}) > 1:
        for name, cell in undecided.items():
            if separator != "," or "," in cell:
                raise DataError(
                    f"column {name!r} of {where} has {cell!r}, and nothing in the file shows whether that is "
                    f"{re.sub('[.,]', '.', cell)} or {re.sub('[.,]', '', cell)}; give the decimal sign with --decimal."
                )
    return left[0]


def _contradiction(numbers: Sequence[str], marked: str, left: list[Notation], reason: str) -> tuple[str, str]:
    """The cell that is not a number in its column's or the table's notation, and the reason."""
    fitting = _allowed([marked], left)
    if not fitting:
        return marked, reason
    return next(cell for cell in numbers if not _allowed([cell], fitting[:1])), f"written like {marked!r}"


def _numbers(cells: Sequence[str]) -> Sequence[str]:
    """The cells that are numbers in some notation, if that is most of those that are not missing."""
    if all_match(cells, _ANY):
        return cells
    numbers = list(filter(re.compile(_ANY).fullmatch, cells))
    return numbers if 2 * len(numbers) > sum(cell.lower() not in MISSING for cell in cells) else []


def _allowed(numbers: Sequence[str], notations: Sequence[Notation]) -> list[Notation]:
    """The notations in which all of these are numbers."""
    text = "".join(numbers)

    @cache
    def allows(decimal: str, thousands: str) -> bool:
        return all_match(numbers, number_pattern((decimal, thousands)))

    # A thousands separator that never occurs changes nothing.
    used = {sign: any(mark in text for mark in marks) for sign, marks in _MARKS.items()}
    return [(d, t) for d, t in notations if allows(d, t if used.get(t) else "")]
