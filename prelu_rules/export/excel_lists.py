"""What formulas of a workbook refer to instead of saying it: levels, classes, and numbers of more than 15 digits.

A literal in a formula is cut to 15 digits, a text in it to 255 characters, and an inline list of choices ends at 255
characters and splits at commas. Cells hold all of these in full.
"""

from __future__ import annotations

from collections.abc import Sequence

from prelu_rules.columns.column import Column, Level
from prelu_rules.errors import InvalidValueError, quoted
from prelu_rules.export.holding import as_double
from prelu_rules.export.program import Program
from prelu_rules.rules.names import ClassLabel
from prelu_rules.rules.short_numbers import as_fraction

LISTS = "Lists"
"""The name of the sheet."""

FIRST_LINE = 2
"""The number of the line below the headings, on this sheet and all others that have headings."""

LONGEST_TEXT = 32_767
"""UTF-16 code units that a cell holds."""

SMALLEST, LARGEST = 2.2250738585072014e-308, 9.99999999999999e307
"""Between these are the sizes of the numbers other than 0 that Excel has."""

DIGITS = ".15g"
"""How Excel reads numbers in formulas, and compares those in cells."""


class Lists:
    """The columns of the sheet of lists: the numbers, the levels of each category, yes and no, and the classes.

    Args:
        program: whose levels and classes are held.

    Attributes:
        columns: a heading for each, and the values below it; numbers are added by `number`.
        classes: the range of the class labels; None where numbers are predicted.

    Raises:
        InvalidValueError: if a level or a class is one that a cell cannot hold, or that Excel takes for another.

    Example:
        >>> zone = Column("zone", "category", ("a", "b"))
        >>> lists = Lists(Program((zone,), (), (), (), None, None, None))
        >>> lists.level(zone, "b"), lists.number(0.1 + 0.2), lists.number(0.25)
        ('Lists!$B$3', 'Lists!$A$2', '0.25')
    """

    def __init__(self, program: Program) -> None:
        self._numbers: dict[float, str] = {}
        self._choices: dict[str, str] = {}
        self._places: dict[str, int] = {}
        self.columns: list[tuple[str, list[ClassLabel | Level]]] = [("numbers", [])]
        for column in program.columns:
            if column.kind == "category":
                check_values(f"level of column {quoted(column.name)}", column.levels)
                self._places[column.name] = len(self.columns)
                self._choices[column.name] = self._add(f"levels of {column.name}", column.levels)
        answers = [column.name for column in program.columns if column.kind == "yes/no"]
        if answers:
            self._choices.update(dict.fromkeys(answers, self._add("yes or no", (True, False))))
        if program.classes is not None:
            check_values("class", program.classes)
        self.classes = None if program.classes is None else self._add("classes", program.classes)

    def number(self, value: float) -> str:
        """How formulas say a number.

        Args:
            value: the number, not negative.

        Returns:
            A literal of at most 15 digits or a fraction, if that is the same double; or else the cell that holds it.

        Raises:
            InvalidValueError: if it is too large or too small for Excel.
        """
        check_number("number", value)
        fraction = as_fraction(value)
        if fraction is not None:
            return str(fraction)
        if float(format(value, DIGITS)) == value:
            return repr(value).removesuffix(".0").upper()
        if value not in self._numbers:
            numbers = self.columns[0][1]
            self._numbers[value] = f"{LISTS}!{absolute(0, FIRST_LINE + len(numbers))}"
            numbers.append(value)
        return self._numbers[value]

    def level(self, column: Column, level: Level) -> str:
        """The cell that holds a level.

        Args:
            column: a category.
            level: one of its levels.

        Returns:
            A reference that is the same in all lines.
        """
        # True is equal to 1, which may be another level.
        place = [(type(one), one) for one in column.levels].index((type(level), level))
        return f"{LISTS}!{absolute(self._places[column.name], FIRST_LINE + place)}"

    def choices(self, column: Column) -> str | None:
        """What a cell may hold.

        Args:
            column: of any kind.

        Returns:
            The range that lists it; None for numbers, and for a category without levels.
        """
        return self._choices.get(column.name) if column.levels or column.kind == "yes/no" else None

    def _add(self, heading: str, values: Sequence[ClassLabel | Level]) -> str:
        """A further column, and the range of its values."""
        place, last = len(self.columns), FIRST_LINE + max(0, len(values) - 1)
        self.columns.append((heading, list(values)))
        return f"{LISTS}!{absolute(place, FIRST_LINE)}:{absolute(place, last)}"


def letters(place: int) -> str:
    """What Excel calls a column.

    Args:
        place: its number, from 0.

    Returns:
        Its letters.

    Example:
        >>> letters(0), letters(26), letters(16_383)
        ('A', 'AA', 'XFD')
    """
    found, left = "", place + 1
    while left:
        left, rest = divmod(left - 1, 26)
        found = chr(ord("A") + rest) + found
    return found


def absolute(place: int, line: int) -> str:
    """A reference to a cell that stays when the formula is copied.

    Args:
        place: the number of the column, from 0.
        line: the number of the line, from 1.

    Returns:
        The reference, without the name of a sheet.

    Example:
        >>> absolute(1, 2)
        '$B$2'
    """
    return f"${letters(place)}${line}"


def check_text(what: str, text: str) -> None:
    """Refuse a text that no cell can hold.

    Other control characters are escaped in files, and read back; of NUL only Excel itself may know.

    Args:
        what: what it is, for the message.
        text: any.

    Raises:
        InvalidValueError: if it is too long, or has a NUL.

    Example:
        >>> check_text("column name", "=cmd()")
    """
    if "\0" in text:
        raise InvalidValueError(f"the {what} {quoted(text)} has a NUL, which cells cannot hold; rename it.")
    length = len(text.encode("utf-16-le")) // 2
    if length > LONGEST_TEXT:
        raise InvalidValueError(
            f"the {what} {quoted(text)} has {length:,} characters, but a cell of Excel holds {LONGEST_TEXT:,}; "
            "shorten it."
        )


def check_number(what: str, value: float) -> None:
    """Refuse a number that Excel does not have.

    Args:
        what: what it is, for the message.
        value: any.

    Raises:
        InvalidValueError: if it is too large or too small.

    Example:
        >>> check_number("number", 0.5)
    """
    if value and not SMALLEST <= abs(value) <= LARGEST:
        raise InvalidValueError(
            f"the {what} {value!r} is too {'large' if abs(value) > 1 else 'small'} for Excel; scale the columns."
        )


def check_values(what: str, values: Sequence[ClassLabel | Level]) -> None:
    """Refuse levels or classes that cells cannot hold, or that Excel takes for one another.

    Args:
        what: what they are, for the message.
        values: any.

    Raises:
        InvalidValueError: if one is a text that is empty, too long or has a NUL, or a number that Excel does not have,
            or two numbers are the same to 15 digits.

    Example:
        >>> check_values("class", ["no", 1, True])
    """
    seen: dict[str, ClassLabel] = {}
    for value in values:
        if value == "":
            raise InvalidValueError(f"a {what} is '', which Excel takes for an empty cell; rename it.")
        if isinstance(value, str):
            check_text(what, value)
        elif not isinstance(value, bool):
            check_number(what, as_double(value))
            digits = format(as_double(value), DIGITS)
            if digits in seen:
                raise InvalidValueError(
                    f"the {what} {quoted(value)} is the same to Excel as {quoted(seen[digits])}, since it compares "
                    "15 digits; make both texts."
                )
            seen[digits] = value
