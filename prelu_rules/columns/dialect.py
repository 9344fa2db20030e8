"""How a text file writes a table: its separator, the format of its numbers, and its encoding."""

from __future__ import annotations

from dataclasses import dataclass

from prelu_rules.errors import InvalidValueError

SEPARATORS = ("\t", ";", "|", ",")
"""Possible separators between cells, in order of preference: a comma may also be a decimal sign."""

DECIMALS = (".", ",")
"""Possible decimal signs."""

THOUSANDS = ("", ".", ",", " ", "'")
"""Possible thousands separators; a space stands for non-breaking spaces too."""


@dataclass(frozen=True)
class Dialect:
    """How a text file writes a table.

    Attributes:
        separator: the character between cells.
        decimal: the decimal sign, "." or ",".
        thousands: the thousands separator: ".", ",", " ", "'", or "" for none.
        encoding: the encoding of the file, by its Python name.

    Raises:
        InvalidValueError: if a sign is not one of these, or the decimal sign is also the thousands separator.

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
    """Check the separator and signs that a user gave.

    Args:
        separator: the character between cells; None to detect it.
        decimal: the decimal sign; None to detect it.
        thousands: the thousands separator; "" for none, None to detect it.

    Raises:
        InvalidValueError: if a separator or sign is not allowed, or the signs are equal.

    Example:
        >>> check_signs(";", ",", None)
    """
    if separator is not None and (len(separator) != 1 or separator.isalnum() or separator in "\"'\r\n.+- "):
        raise InvalidValueError(f"separator is {separator!r}; give one character, such as ',', ';' or a tab.")
    if decimal is not None and decimal not in DECIMALS:
        raise InvalidValueError(f"decimal is {decimal!r}; it must be '.' or ','.")
    if thousands is not None and thousands not in THOUSANDS:
        raise InvalidValueError(f"thousands is {thousands!r}; it must be '.', ',', ' ', \"'\" or '' for none.")
    if decimal is not None and decimal == thousands:
        raise InvalidValueError(f"decimal and thousands are both {decimal!r}; they must differ.")
