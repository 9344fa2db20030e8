"""The text of a table file as cells, and how the file writes them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from prelu_rules.columns.dialect import Dialect
from prelu_rules.columns.numerals import find_notation
from prelu_rules.columns.records import records

if TYPE_CHECKING:
    import pandas as pd


class KnownDialect(NamedTuple):
    """The known parts of a dialect; None for those that have to be detected.

    Attributes:
        separator: the character between cells.
        decimal: the decimal sign.
        thousands: what groups digits by three.
        encoding: Python's name of the encoding.
    """

    separator: str | None
    decimal: str | None
    thousands: str | None
    encoding: str


def cells_and_dialect(
    text: str, known: KnownDialect, may_be_numbers: Callable[[str], bool], where: str
) -> tuple[pd.DataFrame, Dialect]:
    r"""Split a text into cells, and detect its dialect.

    Args:
        text: a header and rows.
        known: what is known of the dialect.
        may_be_numbers: whether the column of a name may hold numbers, from which the signs are detected.
        where: the name of the file in error messages.

    Returns:
        The cells as texts, None where they are empty; and the dialect.

    Raises:
        DataError: if the text is not a table, or it is not clear how numbers are written.

    Example:
        >>> cells, dialect = cells_and_dialect(
        ...     "kind;price\nnew;0,5\n", KnownDialect(None, None, None, "utf-8"), lambda name: True, "data.csv"
        ... )
        >>> cells.to_numpy().tolist(), dialect.separator, dialect.decimal
        ([['new', '0,5']], ';', ',')
    """
    import pandas as pd

    names, columns, separator = records(text, known.separator, where)
    table = dict(zip(names, columns, strict=True))
    numbers = {name: column for name, column in table.items() if may_be_numbers(name)}
    decimal, thousands = find_notation(numbers, separator, (known.decimal, known.thousands), where)
    cells = {name: pd.Series([cell or None for cell in column], dtype=object) for name, column in table.items()}
    return pd.DataFrame(cells), Dialect(separator, decimal, thousands, known.encoding)
