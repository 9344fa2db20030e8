"""Tables of any library as cells, column by column.

Every table is typed here, and CSV files come as DataFrames (`table_file`), so a table is typed in the same way wherever
it comes from.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from prelu_rules.columns.cells import Cells, cells_of_values
from prelu_rules.columns.column import Column, Level
from prelu_rules.columns.series_cells import cells_of_numbers, series_cells, shared_numbers
from prelu_rules.errors import DataError

if TYPE_CHECKING:
    import pandas as pd

TableLike: TypeAlias = Any
"""A pandas, polars or pyarrow table, a dict of columns, a list of dicts, or one row as a dict or a pandas Series."""


def table_cells(table: TableLike, categories: Collection[str] = ()) -> list[Cells]:
    """The cells of a table's columns, in order, typed by their values.

    Args:
        table: a pandas, polars or pyarrow table (any that `narwhals` reads), a dict of columns, a list of dicts (rows),
            or one row as a dict or a pandas Series with names in its index.
        categories: the columns in which every value counts as a level, whatever its type.

    Returns:
        The cells of each column; names that are not text are converted to text.

    Raises:
        DataError: if it is not a table, two columns have the same name, or columns have different lengths.
        InvalidValueError: if a column mixes text with numbers, or holds dates.
        CellTypeError: if a cell is neither text nor a number.

    Example:
        >>> [(cells.name, cells.kind) for cells in table_cells({"age": [41.5, 17.0], "colour": ["red", "blue"]})]
        [('age', 'number'), ('colour', 'category')]
    """
    return [_cells(name, values, () if name in categories else None) for name, values in _named_columns(table)]


def known_cells(table: TableLike, columns: Sequence[Column], *, by_place: bool = False) -> list[Cells]:
    """The cells of known columns; all other columns are ignored.

    Args:
        table: as for `table_cells`.
        columns: the columns; in categories, every value counts as a level.
        by_place: whether to match columns by position, whatever their names, instead of by name.

    Returns:
        The cells of each column, in the order of `columns`.

    Raises:
        DataError: if the table lacks a column.
        InvalidValueError: if a column of numbers mixes text with numbers, or holds dates.
        CellTypeError: if a cell is neither text nor a number.

    Example:
        >>> table = {"day": "2026-01-31", "zip": 8001, "age": 41}
        >>> [cells.kind for cells in known_cells(table, [Column("age"), Column("zip", "category", (8001, 3012))])]
        ['integer', 'category']
    """
    values = known_values(table, columns, by_place=by_place)
    return [column_cells(column, found) for column, found in zip(columns, values, strict=True)]


def known_values(table: TableLike, columns: Sequence[Column], *, by_place: bool = False) -> list[Any]:
    """The values of known columns, which `column_cells` types; nothing is copied where the library allows it.

    Args:
        table: as for `table_cells`.
        columns: the columns.
        by_place: whether to match columns by position, whatever their names, instead of by name.

    Returns:
        For each of `columns` an array of numbers, a `narwhals` Series or a list, of which slices can be taken.

    Raises:
        DataError: if the table lacks a column.

    Example:
        >>> known_values({"day": ["Monday", "Sunday"], "age": [41, 7]}, [Column("age")])
        [[41, 7]]
    """
    found = _named_columns(table)
    if by_place:
        if len(found) != len(columns):
            raise DataError(f"the table has {len(found)} columns, but must have {len(columns)}; give one for each.")
        return [_shared(column, values) for column, (_, values) in zip(columns, found, strict=True)]
    named = dict(found)
    for column in columns:
        if column.name not in named:
            have = ", ".join(map(repr, named)) or "none"
            raise DataError(f"the table has no column {column.name!r}; its columns are {have}.")
    return [_shared(column, named[column.name]) for column in columns]


def column_cells(column: Column, values: Any) -> Cells:
    """The cells of a known column.

    Args:
        column: the column; in a category, every value counts as a level.
        values: an array of numbers, a `narwhals` Series, or a list.

    Returns:
        The cells.

    Raises:
        InvalidValueError: if a column of numbers mixes text with numbers, or holds dates.
        CellTypeError: if a cell is neither text nor a number.

    Example:
        >>> column_cells(Column("zip", "category", (8001, 3012)), [8001]).kind
        'category'
    """
    return _cells(column.name, values, column.levels if column.kind == "category" else None)


def is_table(x: Any) -> bool:
    """Whether an object names its columns: a table, a dict, or a row with names.

    Args:
        x: any object.

    Returns:
        True if it does; arrays and lists do not.

    Example:
        >>> is_table({"age": 3}), is_table([[3.0]])
        (True, False)
    """
    if hasattr(x, "tocsr"):
        # Some of SciPy's sparse arrays are dicts that are keyed by position.
        return False
    if isinstance(x, Mapping) or _is_rows(x) or _is_row(x):
        return True
    # Lazy polars tables, which are refused, have a schema; asking for their columns would be expensive.
    return any(hasattr(x, name) for name in ("__dataframe__", "__narwhals_dataframe__", "collect_schema")) or (
        hasattr(x, "shape") and hasattr(x, "columns")
    )


def to_pandas(cells: Sequence[Cells]) -> pd.DataFrame:
    """A pandas table with these cells, from which `table_cells` recovers them.

    Args:
        cells: the cells of each column.

    Returns:
        The table.

    Example:
        >>> to_pandas(table_cells({"age": [41, None]}))["age"].tolist()
        [41, None]
    """
    import pandas as pd

    return pd.DataFrame({one.name: _pandas_values(one) for one in cells})


def _pandas_values(cells: Cells) -> Any:
    import pandas as pd

    if cells.kind == "category":
        values = _with_none(cells)
        return values if cells.levels is None else pd.Categorical(values, categories=list(cells.levels))
    return _with_none(cells) if cells.missing.any() else cells.values


def _with_none(cells: Cells) -> pd.Series[Any]:
    import pandas as pd

    values = cells.values.astype(object)
    values[cells.missing] = None
    return pd.Series(values, dtype=object)


def _named_columns(table: TableLike) -> list[tuple[str, Any]]:
    """The name and the cells of each column: a `narwhals` Series, or a list of values."""
    if _is_rows(table):
        table = {name: [row.get(name) for row in table] for row in table for name in row}
    if _is_row(table):
        return _distinct((name, [value]) for name, value in table.items())
    if isinstance(table, Mapping):
        found = _distinct((name, _column_values(value)) for name, value in table.items())
        lengths = {name: len(values) for name, values in found}
        odd = next((name for name, length in lengths.items() if length != lengths[found[0][0]]), None)
        if odd is not None:
            raise DataError(
                f"column {odd!r} has {lengths[odd]} rows, but column {found[0][0]!r} has {lengths[found[0][0]]}; all "
                "columns need the same number of rows."
            )
        return found
    if type(table).__module__.startswith("dask."):
        raise DataError(
            "the table is a dask collection, which can only be predicted, row by row; call its compute() for this."
        )
    if hasattr(table, "iloc"):
        return _distinct((name, _series(table.iloc[:, k])) for k, name in enumerate(table.columns))
    return _distinct((series.name, series) for series in _frame(table).iter_columns())


def _is_row(table: TableLike) -> bool:
    """Whether it is a pandas Series with names in its index."""
    return hasattr(table, "index") and hasattr(table, "items") and getattr(table, "ndim", 2) == 1


def _is_rows(table: TableLike) -> bool:
    """Whether it is a list of rows with names."""
    return isinstance(table, (list, tuple)) and bool(table) and all(isinstance(row, Mapping) for row in table)


def _frame(table: TableLike) -> Any:
    import narwhals as nw

    try:
        if hasattr(table, "__arrow_c_stream__") and type(table).__name__ == "RecordBatch":
            return nw.from_arrow(table, backend="pyarrow")
        return nw.from_native(table, eager_only=True)
    except TypeError:
        raise DataError(
            f"cannot read a table from {type(table).__name__}; give a pandas, polars or pyarrow table, or a dict."
        ) from None
    except nw.exceptions.DuplicateError as problem:
        raise DataError(
            f"the table has columns with the same name: {' '.join(str(problem).split())}; rename them."
        ) from None


def _series(native: Any) -> Any:
    """A `narwhals` Series from a library's own; a sparse one becomes dense."""
    import narwhals as nw
    import pandas as pd

    if isinstance(native, pd.Series) and isinstance(native.dtype, pd.SparseDtype):
        native = native.astype(native.dtype.subtype)
    return nw.from_native(native, series_only=True)


def _distinct(items: Iterable[tuple[Any, Any]]) -> list[tuple[str, Any]]:
    found = [(str(name), values) for name, values in items]
    names = [name for name, _ in found]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise DataError(f"the table has two columns named {twice!r}; rename one of them.")
    return found


def _column_values(value: Any) -> Any:
    """The cells of a column of a dict; a single value is a column with one row."""
    if value is None or isinstance(value, (str, int, float)):
        return [value]
    if type(value) is list:
        return value
    import pandas as pd

    if isinstance(value, (pd.api.extensions.ExtensionArray, pd.Index)):
        value = pd.Series(value)
    elif hasattr(value, "to_pylist") and not hasattr(value, "chunks"):
        import pyarrow

        value = pyarrow.chunked_array([value])
    try:
        return _series(value)
    except TypeError:
        one = isinstance(value, (str, bytes, set, frozenset, Mapping)) or getattr(value, "ndim", 1) == 0
        # A list keeps NumPy's dates as dates, where `tolist` would make numbers of them.
        return [value] if one or not hasattr(value, "__iter__") else list(value)


def _shared(column: Column, values: Any) -> Any:
    """The values of a column as an array, if they are numbers that need not be copied."""
    shared = None if column.kind == "category" or isinstance(values, list) else shared_numbers(values)
    return values if shared is None else shared


def _cells(name: str, values: Any, levels: tuple[Level, ...] | None) -> Cells:
    """The cells of a column; if levels are given, even none, it is a category and every value is a level."""
    if isinstance(values, np.ndarray):
        return cells_of_numbers(name, values)
    return cells_of_values(name, values, levels) if isinstance(values, list) else series_cells(name, values, levels)
