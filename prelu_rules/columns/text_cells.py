"""Text cells as numbers, truth values or categories, without any loss."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from difflib import get_close_matches
from itertools import compress
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from prelu_rules.columns.column import Kind
from prelu_rules.columns.dialect import Dialect
from prelu_rules.columns.numerals import MISSING, Notation, all_match, is_code, number_pattern, plain
from prelu_rules.errors import DataError
from prelu_rules.values import BoolArray

if TYPE_CHECKING:
    import pandas as pd

_EXACT = 2**53
"""Float64 holds all integers up to this exactly, but rounds the next one to it."""

_INFINITE = re.compile("[+-]?inf(?:inity)?", re.IGNORECASE)


def typed(cells: pd.DataFrame, kinds: Mapping[str, Kind], dialect: Dialect, where: str) -> pd.DataFrame:
    """Convert cells to columns of known kinds.

    Args:
        cells: columns of texts; None for empty cells.
        kinds: the kinds of the columns to convert.
        dialect: how the cells write numbers.
        where: the name of the table in error messages.

    Returns:
        These columns: "number" and "integer" as int64 or float64, as Int64 with missing values, or as Python integers
        if int64 or float64 cannot hold them; "yes/no" as boolean; "category" as categorical.

    Raises:
        DataError: if a column does not exist, or a cell is not of its column's kind.

    Example:
        >>> import pandas as pd
        >>> cells = pd.DataFrame({"zip": ["01", "12"], "price": ["1,5", "NA"]})
        >>> typed(cells, {"zip": "category", "price": "number"}, Dialect(";", ","), "data.csv")
          zip  price
        0  01    1.5
        1  12    NaN
    """
    import pandas as pd

    check_names(kinds, [str(name) for name in cells.columns], where)
    read: dict[Kind, Callable[[_Column], pd.Series[Any]]] = {
        "number": _number,
        "integer": _integer,
        "yes/no": _yes_no,
        "category": _category,
    }
    return pd.DataFrame({name: read[kind](_Column(cells[name], dialect, where)) for name, kind in kinds.items()})


def inferred(cells: pd.Series[Any], dialect: Dialect, where: str) -> pd.Series[Any]:
    """Convert cells to the kind that they look like.

    The column is numeric if all cells that are not missing are numbers, unless they are written like codes; boolean if
    all are "true" or "false"; and text otherwise, where only empty cells are missing.

    Args:
        cells: texts; None for empty cells.
        dialect: how the cells write numbers.
        where: the name of the table in error messages.

    Returns:
        The column: numbers and truth values with the types that `typed` uses, texts as objects with None if missing.

    Raises:
        DataError: if there are texts or infinite values among numbers.

    Example:
        >>> import pandas as pd
        >>> inferred(pd.Series(["7", "none", "0"]), Dialect(), "data.csv").tolist()
        [7, <NA>, 0]
        >>> inferred(pd.Series(["07", "none", "0"]), Dialect(), "data.csv").tolist()
        ['07', 'none', '0']
    """
    column = _Column(cells, dialect, where)
    texts = column.present()
    if not texts:
        words = {text.lower() for text in column.texts}
        return column.series(column.texts if len(words - {""}) > 1 else [""] * len(column.texts))
    if all_match(texts, "(?i:true|false)"):
        return _yes_no(column)
    numbers = texts if column.there is None else list(filter(column.is_number, texts))
    if is_code(numbers) or (not numbers and not all(map(_INFINITE.fullmatch, texts))):
        return column.series(column.texts)
    return _number(column, f"fix it, drop the row, or read the column as categories with --category {column.name}")


_TRUTH = {"true": True, "false": False}


class _Column:
    """The cells of a column, and the error for a wrong one."""

    def __init__(self, cells: pd.Series[Any], dialect: Dialect, where: str) -> None:
        self.name, self.where, self.index = str(cells.name), where, cells.index
        self.texts: list[str] = ["" if cell is None else cell for cell in cells.to_numpy(dtype=object).tolist()]
        self.notation: Notation = (dialect.decimal, dialect.thousands)
        self.is_number = re.compile(number_pattern(self.notation)).fullmatch
        self.there: list[bool] | None = None
        if not all_match(self.texts, number_pattern(self.notation)):
            self.there = [text.lower() not in MISSING for text in self.texts]

    def present(self) -> list[str]:
        """The cells that are not missing."""
        return self.texts if self.there is None else list(compress(self.texts, self.there))

    def series(self, values: Sequence[str]) -> pd.Series[Any]:
        """A column of texts, with None for the empty ones."""
        import pandas as pd

        return pd.Series([value or None for value in values], self.index, dtype=object)

    def wrong(self, position: int, thing: str, what: str) -> DataError:
        """The error for one of the cells that are not missing."""
        row = position if self.there is None else int(np.flatnonzero(self.there)[position])
        cell = f"column {self.name!r} of {self.where}, row {row + 1} of the data,"
        return DataError(f"{cell} has the {thing} {self.texts[row]!r}{what}.")

    def filled(self, values: npt.NDArray[Any], gap: object) -> npt.NDArray[Any]:
        """A value for each row; `gap` for missing ones."""
        if self.there is None:
            return values
        filled = np.full(len(self.there), gap, dtype=values.dtype)
        filled[self.there] = values
        return filled

    @property
    def gaps(self) -> BoolArray:
        """`(n_rows,)` bool: whether the cell is missing."""
        return np.zeros(len(self.texts), dtype=bool) if self.there is None else ~np.array(self.there)


def _number(column: _Column, advice: str = "fix it or drop the row") -> pd.Series[Any]:
    """Exact integers, or floats."""
    import pandas as pd

    texts = column.present()
    for position, text in enumerate(texts if column.there else ()):
        if _INFINITE.fullmatch(text):
            raise column.wrong(position, "value", f", which is not finite; {advice}")
        if not column.is_number(text):
            raise column.wrong(position, "text", f" where a number is needed; {advice}")
    texts = plain(texts, column.notation)
    values = np.fromiter(map(float, texts), np.float64, len(texts))
    if not np.isfinite(values).all():
        raise column.wrong(int(np.isfinite(values).argmin()), "value", f", which is not finite; {advice}")
    if not texts or re.search("[.eE]", "".join(texts)):
        return pd.Series(column.filled(values, np.nan), column.index)
    if np.abs(values).max() < _EXACT:
        return _whole(column, values.astype(np.int64))
    return _whole(column, np.array([int(text) for text in texts], dtype=object))


def _whole(column: _Column, values: npt.NDArray[Any]) -> pd.Series[Any]:
    """Integers: int64, or Int64 with missing values, if int64 and float64 can hold all of them."""
    import pandas as pd

    if values.dtype == object:
        if not all(abs(value) < 2**63 and int(float(value)) == value for value in values):
            return pd.Series(column.filled(values, None), column.index, dtype=object)
        values = values.astype(np.int64)
    if column.there is None:
        return pd.Series(values, column.index)
    return pd.Series(pd.arrays.IntegerArray(column.filled(values, 0), column.gaps), column.index)


def _integer(column: _Column) -> pd.Series[Any]:
    """Integers, which may be written with decimals of 0."""
    numbers = _number(column)
    if numbers.dtype != np.float64:
        return numbers
    values = numbers.to_numpy()[~column.gaps]
    if (values != np.floor(values)).any():
        raise column.wrong(int((values != np.floor(values)).argmax()), "number", " where a whole number is needed")
    return _whole(column, np.array([int(value) for value in values], dtype=object))


def _yes_no(column: _Column) -> pd.Series[Any]:
    """Truth values: true and false, or 1 and 0."""
    import pandas as pd

    texts = column.present()
    numbers = {text: float(plain([text], column.notation)[0]) for text in set(texts) if column.is_number(text)}
    words = {text: _TRUTH[text.lower()] for text in set(texts) if text.lower() in _TRUTH}
    values = [words.get(text, numbers.get(text)) for text in texts]
    wrong = next((k for k, value in enumerate(values) if value not in {0, 1}), None)
    if wrong is not None:
        raise column.wrong(wrong, "text", " where true or false, or 1 or 0, is needed; fix it or drop the row")
    truth = column.filled(np.array(values, dtype=bool), False)
    return pd.Series(pd.arrays.BooleanArray(truth, column.gaps), column.index)


def _category(column: _Column) -> pd.Series[Any]:
    """Texts, each of them a level; only empty cells are missing."""
    return column.series(column.texts).astype("category")


def check_names(given: Iterable[str], names: Sequence[str], where: str) -> None:
    """Check that a table has the columns that the user named.

    Args:
        given: the names that the user gave.
        names: the names in the table.
        where: the name of the table in error messages.

    Raises:
        DataError: if a column does not exist; the message suggests the closest name.

    Example:
        >>> check_names(["age"], ["age", "price"], "data.csv")
    """
    for name in given:
        if name not in names:
            near = get_close_matches(name, names, n=1)
            hint = f"did you mean {near[0]!r}?" if near else f"its columns are {', '.join(names)}."
            raise DataError(f"{where} has no column {name!r}; {hint}")
