"""Splitting the text of a file into a header and columns of cells."""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

from prelu_rules.columns.dialect import SEPARATORS
from prelu_rules.errors import DataError

if TYPE_CHECKING:
    from _csv import Reader

_SAMPLE = 1000
"""How many lines are used to detect the separator."""


class Records(NamedTuple):
    """Columns of text cells.

    Attributes:
        names: a name for each column.
        columns: the cells of each column, without surrounding blanks; "" for an empty cell.
        separator: the character between cells.
    """

    names: tuple[str, ...]
    columns: list[list[str]]
    separator: str


def records(text: str, separator: str | None, where: str) -> Records:
    r"""Split a text into columns of cells.

    Args:
        text: a header and rows; cells may be quoted with `"`, and any line ends are allowed.
        separator: the character between cells; None to detect it.
        where: the name of the file in error messages.

    Returns:
        The names and cells.

    Raises:
        DataError: if there are no rows, a row is longer or shorter than the header, a quote is not closed, or a name is
            empty or used twice.

    Example:
        >>> records('kind;price\nnew;"1;5"\n', None, "data.csv")
        Records(names=('kind', 'price'), columns=[['new'], ['1;5']], separator=';')
    """
    if not text.strip():
        raise DataError(f"{where} is empty; it needs a header and rows of data.")
    separator = separator or _separator(text)
    rows = _rows(text, separator, where)
    width = len(rows[0])
    wrong = next((len(row) for row in rows if len(row) != width), None)
    if wrong is not None:
        line = _line_of(text, separator, lambda row: len(row) == wrong and row != [""])
        raise DataError(
            f"{where} is not a regular CSV file: line {line} has {wrong} cell{'s' * (wrong != 1)} where the header "
            f"has {width}, separated by {separator!r}; fix the line, or give another --separator."
        )
    names = tuple(name.strip() for name in rows[0])
    check_header(names, where)
    if len(rows) == 1:
        raise DataError(f"{where} has 0 rows of data; add rows below its header.")
    return Records(names, [[cell.strip() for cell in column] for column in zip(*rows[1:], strict=True)], separator)


def check_header(names: Sequence[str], where: str) -> None:
    """Check that the names of columns are distinct and not empty.

    Args:
        names: the names.
        where: the name of the table in error messages.

    Raises:
        DataError: if a name is empty or used twice.

    Example:
        >>> check_header(["age", "price"], "data.csv")
    """
    for position, name in enumerate(names, start=1):
        if not name:
            raise DataError(f"column {position} of {where} has no name; name every column in the first line.")
    name, count = Counter(names).most_common(1)[0]
    if count > 1:
        raise DataError(f"{where} has two columns {name!r}; rename one of them.")


def _separator(text: str) -> str:
    """The separator that splits the most rows into as many cells as the header; a comma if none splits the header."""
    head = "".join(islice(_lines(text), _SAMPLE))
    best, most = ",", 0
    for separator in SEPARATORS:
        widths: list[int] = []
        # Quotes stand next to separators, so with a wrong separator parsing stops at the first quote; it also may stop
        # at the end of the sample.
        with suppress(csv.Error):
            for row in filter(None, _reader(head, separator)):
                widths.append(len(row))
        regular = widths.count(widths[0]) if widths and widths[0] > 1 else 0
        if regular > most:
            best, most = separator, regular
    return best


def _rows(text: str, separator: str, where: str) -> list[list[str]]:
    """The rows, without blank lines."""
    try:
        rows = list(filter(None, _reader(text, separator)))
    except csv.Error as problem:
        line = _line_of(text, separator, lambda _: False)
        if "unexpected end" in str(problem):
            reason = "a quote that is not closed"
        elif "field larger" in str(problem):
            reason = f"a cell of more than {csv.field_size_limit()} characters, as after a quote that is not closed"
        else:
            reason = f"text between a closing quote and the separator {separator!r}"
        raise DataError(
            f"{where} is not a regular CSV file: the row that begins in line {line} has {reason}; "
            'write a quote inside a quoted cell twice, "".'
        ) from None
    return rows if len(rows[0]) == 1 else [row for row in rows if row != [""]]


def _line_of(text: str, separator: str, wrong: Callable[[list[str]], bool]) -> int:
    """The number of the line in which the first wrong row begins, or the first row that cannot be parsed."""
    reader, line = _reader(text, separator), 1
    with suppress(csv.Error):
        for row in reader:
            if wrong(row):
                break
            line = reader.line_num + 1
    return line


def _reader(text: str, separator: str) -> Reader:
    """A reader of rows that ignores blanks around quoted cells."""
    if '" ' in text:
        mark = re.escape(separator)
        quoted = rf'((?:^|[{mark}\r\n]) *"(?:[^"]++|"")*+") *(?=[{mark}\r\n]|$)'
        text = re.sub(quoted, r"\1", text)
    return csv.reader(_lines(text), delimiter=separator, skipinitialspace=True, strict=True)


def _lines(text: str) -> Iterator[str]:
    """The lines with their ends, of whatever kind."""
    return (line.group() for line in re.finditer(r"[^\r\n]*(?:\r\n?|\n)|[^\r\n]+", text))
