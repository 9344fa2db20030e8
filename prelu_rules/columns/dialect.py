"""How a text file writes a table: its separator, the signs in its numbers, and its encoding."""

from __future__ import annotations

from dataclasses import dataclass

from prelu_rules.errors import InvalidValueError

SEPARATORS = ("\t", ";", "|", ",")
"""What may stand between cells; where several would do, the first: a comma is also a decimal sign."""

DECIMALS = (".", ",")
"""What may stand before the decimals of a number."""

THOUSANDS = ("", ".", ",", " ", "'")
"""What may stand between groups of three digits; a space stands for all spaces that do not break, too."""


@dataclass(frozen=True)
class Dialect:
    """How a text file writes a table.

    Attributes:
        separator: the character between cells.
        decimal: the decimal sign, "." or ",".
        thousands: what groups digits by three: ".", ",", " ", "'", or "" for nothing.
        encoding: Python's name of the file's encoding.

    Raises:
        InvalidValueError: if a sign is not one of these, or decimals and thousands have the same.

    Example:
        >>> Dialect(";", decimal=",", thousands=".")
        Dialect(separator=';', decimal=',', thousands='.', encoding='utf-8')
    """

    separator: str = ","
    decimal: str = "."
    thousands: str = ""
    encoding: str = "utf-8"

    def __post_init__(self) -> None:
        check_signs(self.separator, self.decimal, self.thousands)


def check_signs(separator: str | None, decimal: str | None, thousands: str | None) -> None:
    """Check the signs that a user gave.

    Args:
        separator: the character between cells, or None if it is to be found.
        decimal: the decimal sign, or None.
        thousands: the sign between groups of three digits, "" for no such sign, or None.

    Raises:
        InvalidValueError: if one of them cannot be what it is given for.

    Example:
        >>> check_signs(";", ",", None)
    """
    if separator is not None and (len(separator) != 1 or separator.isalnum() or separator in "\"'\r\n.+- "):
        raise InvalidValueError(f"separator is {separator!r}; give one character, such as ',', ';' or a tab.")
    if decimal is not None and decimal not in DECIMALS:
        raise InvalidValueError(f"decimal is {decimal!r}; it must be '.' or ','.")
    if thousands is not None and thousands not in THOUSANDS:
        raise InvalidValueError(f"thousands is {thousands!r}; it must be '.', ',', ' ', \"'\" or '' for nothing.")
    if decimal is not None and decimal == thousands:
        raise InvalidValueError(f"decimal and thousands are both {decimal!r}; they must differ.")
