"""Reading tables from files: CSV with any separator, decimal sign and encoding, Parquet and Arrow."""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING

from prelu_rules.columns.column import Kind
from prelu_rules.columns.decoding import decode
from prelu_rules.columns.dialect import Dialect, check_signs
from prelu_rules.columns.plain_numbers import plain_numbers
from prelu_rules.columns.source import opened, storage_of
from prelu_rules.columns.stored import stored_table
from prelu_rules.columns.text_cells import check_names, inferred, typed
from prelu_rules.columns.text_table import KnownDialect, cells_and_dialect
from prelu_rules.errors import DataError, InvalidValueError

if TYPE_CHECKING:
    import pandas as pd


def read_table(
    path: str | os.PathLike[str],
    *,
    separator: str | None = None,
    decimal: str | None = None,
    thousands: str | None = None,
    encoding: str | None = None,
    category: Collection[str] = (),
    number: Collection[str] = (),
) -> pd.DataFrame:
    r"""Read a table from a file into columns of suitable types.

    A column is numeric if all of its cells are numbers, boolean if all are "true" or "false", and text otherwise. In
    numeric and boolean columns, cells that are empty or `NaN`, `NA`, `N/A`, `null` or `none` are missing; in text
    columns only empty cells are, so that "NA" may be a category. Codes with leading zeros are texts.

    Args:
        path: a text file with a header, which may be compressed with gzip; a Parquet or Arrow file; or "-" for
            standard input.
        separator: the character between cells; None to detect it, among commas, semicolons, tabs and `|`.
        decimal: the decimal sign, "." or ","; None to detect it from all numbers of the file.
        thousands: the thousands separator: ".", ",", " ", "'", or "" for none; None to detect it.
        encoding: the encoding, by its Python name; None for UTF-8, UTF-16 with a byte order mark, or else Windows-1252.
        category: columns to read as categories, whatever they look like.
        number: columns to read as numbers, even if they look like codes.

    Returns:
        The table. Numbers are int64 or float64, Int64 for integers with missing values, or Python integers if they are
        too large for float64; truth values are boolean, categories categorical, and texts objects.

    Raises:
        DataError: if the file cannot be read or is not a table, a column does not exist or has texts or infinite values
            among numbers, or it is unclear how numbers are written.
        InvalidValueError: if an argument is not one of the values above, or a column is in both category and number.

    Example:
        >>> import tempfile
        >>> from pathlib import Path
        >>> path = Path(tempfile.mkdtemp()) / "flats.csv"
        >>> _ = path.write_text("zip;rent;pets\n01067;1.250,50;true\n80331;NA;false\n")
        >>> read_table(path)
             zip    rent   pets
        0  01067  1250.5   True
        1  80331     NaN  False
    """
    import pandas as pd

    both = set(category) & set(number)
    if both:
        raise InvalidValueError(f"column {min(both)!r} is in both category and number; name it in one.")
    kinds: dict[str, Kind] = {**dict.fromkeys(category, "category"), **dict.fromkeys(number, "number")}
    data, where = _data(path)
    storage = storage_of(data, where)
    if storage is not None:
        return _of_kinds(stored_table(storage, data, where), kinds, where)
    text, known = _decoded(data, where, (separator, decimal, thousands, encoding))
    usual = separator in {None, ","} and decimal in {None, "."} and not thousands and not kinds
    columns = plain_numbers(text) if usual else None
    if columns is not None:
        return pd.DataFrame(columns)
    cells, dialect = cells_and_dialect(text, known, lambda name: name not in category, where)
    chosen = typed(cells, kinds, dialect, where)
    return pd.DataFrame(
        {name: chosen[name] if name in kinds else inferred(cells[name], dialect, where) for name in cells.columns}
    )


def read_columns(
    path: str | os.PathLike[str],
    kinds: Mapping[str, Kind],
    *,
    separator: str | None = None,
    decimal: str | None = None,
    thousands: str | None = None,
    encoding: str | None = None,
) -> pd.DataFrame:
    r"""Read columns of known kinds from a file; all others are left out.

    Args:
        path: a file, as for `read_table`.
        kinds: the kinds of the columns to read.
        separator: the character between cells; None to detect it.
        decimal: the decimal sign; None to detect it from the columns of numbers.
        thousands: the thousands separator; "" for none, None to detect it.
        encoding: the encoding, by its Python name; None to detect it.

    Returns:
        These columns, with the types that `typed` describes; those of a Parquet or Arrow file as they are stored.

    Raises:
        DataError: if the file cannot be read or is not a table, a column does not exist, a cell is not of the column's
            kind, or it is unclear how numbers are written.
        InvalidValueError: if an argument is not one of the values that `read_table` takes.

    Example:
        >>> import tempfile
        >>> from pathlib import Path
        >>> path = Path(tempfile.mkdtemp()) / "flats.csv"
        >>> _ = path.write_text("zip;rent;floor\n1067;1.250,50;3\n80331;NA;first\n")
        >>> read_columns(path, {"rent": "number", "zip": "category"})
             rent    zip
        0  1250.5   1067
        1     NaN  80331
    """
    data, where = _data(path)
    storage = storage_of(data, where)
    if storage is not None:
        frame = stored_table(storage, data, where)
        check_names(kinds, [str(name) for name in frame.columns], where)
        return frame[list(kinds)]
    text, known = _decoded(data, where, (separator, decimal, thousands, encoding))
    cells, dialect = cells_and_dialect(text, known, lambda name: kinds.get(name) in {"number", "integer"}, where)
    return typed(cells, kinds, dialect, where)


def read_cells(
    path: str | os.PathLike[str],
    *,
    separator: str | None = None,
    decimal: str | None = None,
    thousands: str | None = None,
    encoding: str | None = None,
    category: Collection[str] = (),
) -> tuple[pd.DataFrame, Dialect]:
    r"""Read a text file without inferring what its columns hold.

    Args:
        path: a text file with a header, which may be compressed with gzip, or "-" for standard input.
        separator: the character between cells; None to detect it.
        decimal: the decimal sign; None to detect it.
        thousands: the thousands separator; "" for none, None to detect it.
        encoding: the encoding, by its Python name; None to detect it.
        category: columns that hold no numbers, whatever they look like.

    Returns:
        The cells as texts without surrounding blanks, None for empty ones; and the dialect of the file.

    Raises:
        DataError: if the file cannot be read or is not a table of text, a column does not exist, or it is unclear how
            numbers are written.
        InvalidValueError: if an argument is not one of the values that `read_table` takes.

    Example:
        >>> import tempfile
        >>> from pathlib import Path
        >>> path = Path(tempfile.mkdtemp()) / "prices.csv"
        >>> _ = path.write_text("kind\tprice\nnew\t0.5\n\t7\n")
        >>> cells, dialect = read_cells(path)
        >>> cells.to_numpy().tolist(), dialect.separator
        ([['new', '0.5'], [None, '7']], '\t')
    """
    data, where = _data(path)
    if storage_of(data, where) is not None:
        raise DataError(f"{where} is a file whose columns have types; read it with read_table.")
    text, known = _decoded(data, where, (separator, decimal, thousands, encoding))
    cells, dialect = cells_and_dialect(text, known, lambda name: name not in category, where)
    check_names(category, list(cells.columns), where)
    return cells, dialect


def _decoded(
    data: bytes, where: str, given: tuple[str | None, str | None, str | None, str | None]
) -> tuple[str, KnownDialect]:
    """The text of a file, and the known parts of its dialect."""
    separator, decimal, thousands, encoding = given
    check_signs(separator, decimal, thousands)
    text, encoding = decode(data, encoding, where)
    return text, KnownDialect(separator, decimal, thousands, encoding)


def _data(path: str | os.PathLike[str]) -> tuple[bytes, str]:
    """The bytes of a file, and its name in error messages."""
    with opened(path) as (file, where):
        return file.read(), where


def _of_kinds(frame: pd.DataFrame, kinds: Mapping[str, Kind], where: str) -> pd.DataFrame:
    """The table, with columns of stored types converted to the requested kinds."""
    import pandas as pd

    check_names(kinds, list(frame.columns), where)
    texts = {
        name: pd.Series([None if pd.isna(cell) else str(cell) for cell in frame[name]], dtype=object)
        for name, kind in kinds.items()
        if kind == "category" or not pd.api.types.is_any_real_numeric_dtype(frame[name])
    }
    columns = typed(pd.DataFrame(texts), {name: kinds[name] for name in texts}, Dialect(), where)
    return frame.assign(**{name: columns[name].array for name in texts})
