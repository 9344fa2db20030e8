"""The cells of a table, of whatever library, as arrays: what is there, what is missing, and of which kind it is.

This is the one place that types cells. CSV files come as DataFrames (`table_file`), so a table is typed in the same way
wherever it is from.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from numbers import Integral, Real
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import numpy as np

from prelu_rules.columns.column import Kind, Level
from prelu_rules.errors import CellTypeError, DataError, InvalidValueError
from prelu_rules.values import Array, BoolArray, FloatArray, Value

if TYPE_CHECKING:
    import pandas as pd

TableLike: TypeAlias = Any
"""A pandas, polars or pyarrow table, a dict of columns, or one row as a dict or a pandas Series."""

EXACT_INTEGER = 2**53
"""The largest whole number up to which every whole number is a float64."""

_DATE = re.compile(r"\d{4}-\d{1,2}-\d{1,2}([T ]\d{1,2}:\d{2}.*)?|\d{1,2}([./])\d{1,2}\2\d{2,4}")
_DATES = (datetime.date, datetime.time, datetime.timedelta, np.datetime64, np.timedelta64)


@dataclass(frozen=True, eq=False)
class Cells(Value):
    """The cells of one column.

    Attributes:
        name: the name of the column.
        kind: what the cells hold; None where every one of them is missing.
        values: `(n_rows,)`: floats or integers, bools, or objects that are levels; anything where a cell is missing.
        missing: `(n_rows,)` bool.
        levels: the levels that the table declares for a category, in order; None where it declares none.

    Example:
        >>> cells = cells_of_values("age", [41, None])
        >>> cells.kind, cells.missing
        ('integer', array([False,  True]))
    """

    name: str
    kind: Kind | None
    values: Array
    missing: BoolArray
    levels: tuple[Level, ...] | None = None

    def __len__(self) -> int:
        return len(self.values)

    def taken(self, rows: Array) -> Cells:
        """Some of the cells.

        Args:
            rows: their numbers, or a mask.

        Returns:
            A copy of them, of the same kind.
        """
        return Cells(self.name, self.kind, self.values[rows], self.missing[rows], self.levels)


def table_cells(table: TableLike) -> list[Cells]:
    """The columns of a table, in order.

    Args:
        table: a pandas, polars or pyarrow table (any that `narwhals` reads), a dict of columns, or one row as a dict or
            a pandas Series whose index has the names.

    Returns:
        The cells of each column; names that are not text become text.

    Raises:
        DataError: if two columns have the same name, or it is not a table.
        InvalidValueError: if a column mixes text with numbers, or holds dates.
        CellTypeError: if a cell is neither text nor a number.

    Example:
        >>> [(cells.name, cells.kind) for cells in table_cells({"age": [41.5, 17.0], "colour": ["red", "blue"]})]
        [('age', 'number'), ('colour', 'category')]
    """
    if isinstance(table, Mapping):
        return [cells_of_values(str(name), _column_values(value)) for name, value in _distinct(table.items())]
    if hasattr(table, "index") and hasattr(table, "items") and getattr(table, "ndim", 2) == 1:
        return [cells_of_values(str(name), [value]) for name, value in _distinct(table.items())]
    import narwhals as nw

    try:
        frame = nw.from_native(_plain_pandas(table), eager_only=True)
    except TypeError:
        raise DataError(
            f"cannot read a table from {type(table).__name__}; give a pandas, polars or pyarrow table, or a dict."
        ) from None
    return [_series_cells(str(series.name), series) for series in frame.iter_columns()]


def is_table(x: Any) -> bool:
    """Whether something names its columns: a table, a dict, or a row with names.

    Args:
        x: anything.

    Returns:
        Whether it does; arrays and lists do not.

    Example:
        >>> is_table({"age": 3}), is_table([[3.0]])
        (True, False)
    """
    if hasattr(x, "tocsr"):
        # Some of SciPy's sparse arrays are dicts, of places.
        return False
    if isinstance(x, Mapping) or hasattr(x, "__dataframe__") or hasattr(x, "__narwhals_dataframe__"):
        return True
    # A pandas Series has names for its values, a polars one has not.
    return (hasattr(x, "iloc") and hasattr(x, "items")) or (hasattr(x, "columns") and hasattr(x, "shape"))


def cells_of_values(name: str, values: Sequence[Any], levels: tuple[Level, ...] | None = None) -> Cells:
    """The cells of a column that is a list of Python values, typed by what they are.

    Args:
        name: the name of the column.
        values: texts, numbers, bools, and for missing ones None or NaN.
        levels: the declared levels of a category; then the values are levels, whatever their type.

    Returns:
        The cells.

    Raises:
        InvalidValueError: if texts and numbers are mixed, or the values are dates.
        CellTypeError: if a value is neither text nor a number.
    """
    import pandas as pd

    found = list(values)
    missing = np.array([_is_missing(value, pd) for value in found], dtype=bool)
    there = [_scalar(value) for value, gone in zip(found, missing, strict=True) if not gone]
    kind = "category" if levels is not None else _kind_of(name, there, missing)
    objects = np.empty(len(found), dtype=object)
    objects[~missing] = [as_level(value) for value in there] if levels is not None else there
    if kind == "yes/no":
        return Cells(name, kind, np.where(missing, False, objects).astype(bool), missing)
    if kind == "number":
        return Cells(
            name, kind, np.array([0.0 if m else float(v) for v, m in zip(objects, missing, strict=True)]), missing
        )
    return Cells(name, kind, objects, missing, levels)


def numbers(cells: Cells) -> FloatArray:
    """Cells as floats, 0 where they are missing.

    Args:
        cells: numbers, or yes and no, which are 1 and 0; levels of a category if all of them are numbers.

    Returns:
        `(n_rows,)` float64.

    Raises:
        InvalidValueError: if a cell is infinite, text, or a whole number that no float64 is equal to.

    Example:
        >>> numbers(cells_of_values("age", [41, None]))
        array([41.,  0.])
    """
    if cells.kind is None:
        return np.zeros(len(cells))
    values = np.where(cells.missing, 0, cells.values)
    if values.dtype == object:
        for row, value in enumerate(values):
            if not isinstance(value, Real):
                raise InvalidValueError(
                    f"column {cells.name!r} holds {value!r} in row {row}, where a number is needed."
                )
    if cells.kind == "integer":
        _check_exact(cells.name, values)
    result = values.astype(np.float64)
    if not np.isfinite(result).all():
        row = int((~np.isfinite(result)).argmax())
        raise InvalidValueError(
            f"column {cells.name!r} holds {result[row]} in row {row}; only finite numbers can be used."
        )
    return result


def as_level(value: Any) -> Level:
    """A value as the level of a category: text and numbers as they are, anything else as the text that it prints.

    Args:
        value: a value of a pandas category.

    Returns:
        A plain Python value.

    Example:
        >>> as_level(np.int64(3)), as_level(datetime.date(2026, 1, 31))
        (3, '2026-01-31')
    """
    plain = _scalar(value)
    return plain if isinstance(plain, (str, int, float)) else str(plain)


def refuse_dates(name: str) -> InvalidValueError:
    """The error for a column of dates, which says what to do.

    Args:
        name: the name of the column.

    Returns:
        The error.
    """
    return InvalidValueError(
        f"column {name!r} holds dates or times; give numbers made of them, such as the days since a date or the "
        "hour of the day, or the month as a category, or leave the column out."
    )


def recast(cells: Cells, kind: Literal["category", "number"]) -> Cells:
    """The same cells as another kind, where the user knows better.

    Args:
        cells: of any kind.
        kind: "category", which makes a level of each value; or "number", for texts that are numbers.

    Returns:
        The cells.

    Raises:
        InvalidValueError: if a text is not a number.

    Example:
        >>> recast(cells_of_values("zip", [8001, 3012]), "category").levels
        (3012, 8001)
    """
    values: list[Any] = [None if gone else v for v, gone in zip(cells.values.tolist(), cells.missing, strict=True)]
    if kind == "category":
        levels = {as_level(value) for value in values if value is not None}
        ordered = sorted(levels) if len(set(map(type, levels))) == 1 else sorted(levels, key=str)
        return cells_of_values(cells.name, values, cells.levels or tuple(ordered))
    for row, value in enumerate(values):
        try:
            values[row] = None if value is None else float(value)
        except ValueError:
            raise InvalidValueError(
                f"column {cells.name!r} holds {value!r} in row {row}, where a number is needed."
            ) from None
    return cells_of_values(cells.name, values)


def to_pandas(cells: Sequence[Cells]) -> pd.DataFrame:
    """A pandas table of these cells, which `table_cells` reads back.

    Args:
        cells: of each column.

    Returns:
        The table.

    Example:
        >>> to_pandas(table_cells({"age": [41, None]}))["age"].tolist()
        [41, <NA>]
    """
    import pandas as pd

    return pd.DataFrame({one.name: _pandas_values(one) for one in cells})


def _pandas_values(cells: Cells) -> Any:
    import pandas as pd

    if cells.kind == "category":
        values = _with_none(cells)
        return values if cells.levels is None else pd.Categorical(values, categories=list(cells.levels))
    if cells.kind == "number":
        return np.where(cells.missing, np.nan, cells.values)
    if not cells.missing.any():
        return cells.values
    if cells.kind == "yes/no":
        return pd.arrays.BooleanArray(cells.values.astype(bool), cells.missing.copy())
    return pd.array(_with_none(cells), dtype="Int64")


def _with_none(cells: Cells) -> Array:
    values = cells.values.astype(object)
    values[cells.missing] = None
    return values


def _distinct(items: Any) -> list[tuple[Any, Any]]:
    found = list(items)
    names = [str(name) for name, _ in found]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise DataError(f"the table has two columns {twice!r}; rename one of them.")
    return found


def _column_values(value: Any) -> Sequence[Any]:
    """The cells of a column of a dict; a single value is a column of one row."""
    if isinstance(value, (str, bytes)) or np.ndim(value) == 0:
        return [value]
    return value.tolist() if hasattr(value, "tolist") else list(value)


def _plain_pandas(table: Any) -> Any:
    """A pandas table with text for names and without sparse columns; other tables as they are."""
    if not hasattr(table, "iloc"):
        return table
    import pandas as pd

    names = [str(name) for name in table.columns]
    _distinct((name, None) for name in names)
    sparse = [k for k, dtype in enumerate(table.dtypes) if isinstance(dtype, pd.SparseDtype)]
    plain = table.set_axis(names, axis=1)
    return plain.astype({names[k]: table.dtypes.iloc[k].subtype for k in sparse}) if sparse else plain


def _series_cells(name: str, series: Any) -> Cells:
    import narwhals as nw

    dtype = series.dtype
    if dtype.is_temporal():
        raise refuse_dates(name)
    if dtype in (nw.Categorical, nw.Enum):
        return cells_of_values(name, series.to_list(), _declared_levels(series))
    if dtype.is_integer() or dtype.is_float() or dtype == nw.Boolean:
        missing = np.asarray(series.is_null().to_numpy(), dtype=bool)
        values = np.asarray(
            (series.fill_null(False if dtype == nw.Boolean else 0) if missing.any() else series).to_numpy()
        )
        if dtype.is_float():
            missing = missing | np.isnan(values.astype(np.float64))
        kind: Kind = "yes/no" if dtype == nw.Boolean else "integer" if dtype.is_integer() else "number"
        return Cells(name, None if missing.all() and len(missing) else kind, values, missing)
    return cells_of_values(name, series.to_list())


def _declared_levels(series: Any) -> tuple[Level, ...]:
    """The levels that are used, in their declared order; in sorted order where the library keeps none."""
    native = series.to_native()
    present = [value for value, gone in zip(series.to_list(), series.is_null().to_list(), strict=True) if not gone]
    used = {as_level(value) for value in present}
    if hasattr(native, "cat") and hasattr(native.cat, "categories"):
        declared = [as_level(value) for value in native.cat.categories.tolist()]
    else:
        declared = [as_level(value) for value in getattr(series.dtype, "categories", sorted(used, key=str))]
    return tuple(level for level in declared if level in used)


def _scalar(value: Any) -> Any:
    if isinstance(value, np.generic) and not isinstance(value, (np.datetime64, np.timedelta64)):
        value = value.item()
    return float(value) if isinstance(value, Decimal) else value


def _is_missing(value: Any, pandas: Any) -> bool:
    if value is None:
        return True
    if isinstance(value, (str, bool, int)):
        return False
    gone = pandas.isna(value)
    return bool(gone) if isinstance(gone, (bool, np.bool_)) else False


def _kind_of(name: str, there: Sequence[Any], missing: BoolArray) -> Kind | None:
    """The kind that all values have."""
    types = set(map(type, there))
    if not types:
        return None
    if types == {str}:
        if all(_DATE.fullmatch(text.strip()) for text in there):
            raise refuse_dates(name)
        return "category"
    if types == {bool}:
        return "yes/no"
    rows = np.flatnonzero(~missing)
    for row, value in zip(rows, there, strict=True):
        if isinstance(value, _DATES) or type(value).__name__ == "Period":
            raise refuse_dates(name)
        if not isinstance(value, (str, Real)):
            raise CellTypeError(
                f"column {name!r} holds {value!r} in row {row}, but a cell of the argument must be a string or number."
            )
    if any(isinstance(value, str) for value in there):
        number = next(value for value in there if not isinstance(value, str))
        raise InvalidValueError(
            f"column {name!r} holds strings as well as the number {number!r}; make it all strings for categories, or "
            "all numbers."
        )
    return "integer" if all(isinstance(value, Integral) for value in there) else "number"


def _check_exact(name: str, values: Array) -> None:
    """Refuse whole numbers that no float64 is equal to, since several of them would become one."""
    for row in np.flatnonzero((values > EXACT_INTEGER) | (values < -EXACT_INTEGER)):
        value = int(values[row])
        if abs(value) >= 2**1023 or int(float(value)) != value:
            raise InvalidValueError(
                f"column {name!r} holds {value} in row {row}, which a float64 cannot tell from its neighbours; leave "
                "the column out, or make it text if it is a code."
            )
