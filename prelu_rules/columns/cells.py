"""The cells of a column as arrays: their values, their kind, and which of them are missing."""

from __future__ import annotations

import datetime
import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from numbers import Integral, Real
from typing import Any

import numpy as np

from prelu_rules.columns.column import Kind, Level
from prelu_rules.errors import CellTypeError, InvalidValueError
from prelu_rules.values import Array, BoolArray, FloatArray, Value

EXACT_INTEGER = 2**53
"""The largest number up to which float64 holds every integer exactly."""

_DATE = re.compile(
    r"\d{4}([-/.])\d{1,2}\1\d{1,2}([T ]\d{1,2}:\d{2}.*)?"
    r"|\d{1,2}([-/.])\d{1,2}\3\d{2,4}([T ]\d{1,2}:\d{2}.*)?"
    r"|\d{1,2}:\d{2}(:\d{2}(\.\d+)?)?"
)
_DATES = (datetime.date, datetime.time, datetime.timedelta, np.datetime64, np.timedelta64)
_NO_CELLS = (list, tuple, dict, set, frozenset, np.ndarray, bytes, complex, np.complexfloating)


@dataclass(frozen=True, eq=False)
class Cells(Value):
    """The cells of one column.

    Attributes:
        name: the name of the column.
        kind: what the cells hold; None if all of them are missing.
        values: `(n_rows,)`: floats or integers, bools, or levels as objects; arbitrary where a cell is missing.
        missing: `(n_rows,)` bool.
        levels: the levels that the table declares for a category, in order; None if it declares none.

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
        """A selection of the cells.

        Args:
            rows: row numbers, or a mask.

        Returns:
            A copy of these cells, of the same kind.
        """
        return Cells(self.name, self.kind, self.values[rows], self.missing[rows], self.levels)


def cells_of_values(name: str, values: Sequence[Any], levels: tuple[Level, ...] | None = None) -> Cells:
    """The cells of a column that is a list of Python values, typed by these values.

    Args:
        name: the name of the column.
        values: texts, numbers or bools; None or NaN where one is missing.
        levels: the declared levels of a category; if given, the values are levels, whatever their type.

    Returns:
        The cells.

    Raises:
        InvalidValueError: if texts and numbers are mixed, or the values are dates.
        CellTypeError: if a value is neither a text nor a number.
    """
    import pandas as pd

    found = list(values)
    missing = np.array([_is_missing(value, pd) for value in found], dtype=bool)
    _check_cells(name, found)
    there = [_scalar(value) for value, gone in zip(found, missing, strict=True) if not gone]
    kind = _kind_of(name, there) if levels is None else "category" if there or not found else None
    objects = np.empty(len(found), dtype=object)
    objects[~missing] = there if levels is None else [as_level(value) for value in there]
    if kind == "yes/no":
        return Cells(name, kind, np.where(missing, False, objects).astype(bool), missing)
    if kind == "number":
        _check_exact(name, [(row, v) for row, v in enumerate(objects) if isinstance(v, Integral)])
        return Cells(name, kind, np.array([0.0 if v is None else float(v) for v in objects]), missing)
    return Cells(name, kind, objects, missing, levels)


def numbers(cells: Cells) -> FloatArray:
    """Cells as floats, with 0 where they are missing.

    Args:
        cells: numbers; truth values, which become 1 and 0; or levels of a category, if all of them are numbers.

    Returns:
        `(n_rows,)` float64; the values themselves, not a copy, where they are such numbers already.

    Raises:
        InvalidValueError: if a cell is infinite, a text, or an integer that float64 cannot hold exactly.

    Example:
        >>> numbers(cells_of_values("age", [41, None]))
        array([41.,  0.])
    """
    if cells.kind is None:
        return np.zeros(len(cells))
    values = np.where(cells.missing, 0, cells.values) if cells.missing.any() else cells.values
    if values.dtype == object:
        for row, value in enumerate(values):
            if not isinstance(value, Real):
                raise InvalidValueError(
                    f"column {cells.name!r} holds {value!r} in row {row}, where a number is needed."
                )
    if values.dtype.kind in "iuO":
        far = (values > EXACT_INTEGER) | (values < -EXACT_INTEGER)
        _check_exact(cells.name, [(row, values[row]) for row in np.flatnonzero(far).tolist()])
    result = values.astype(np.float64, copy=False)
    if not np.isfinite(result).all():
        row = int((~np.isfinite(result)).argmax())
        raise InvalidValueError(
            f"column {cells.name!r} holds {result[row]} in row {row}; only finite numbers can be used."
        )
    return result


def as_level(value: Any) -> Level:
    """Convert a value to the level of a category: texts and numbers stay as they are, anything else becomes text.

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


def dates_refused(name: str) -> InvalidValueError:
    """The error for a column of dates; it says what to do instead.

    Args:
        name: the name of the column.

    Returns:
        The error.
    """
    return InvalidValueError(
        f"column {name!r} holds dates or times; replace it by numbers, such as days since a date or the "
        "hour of the day, or by a category, such as the month, or leave the column out."
    )


def check_no_dates(cells: Cells) -> None:
    """Refuse texts that are all dates or times.

    Args:
        cells: a category without levels declared by the table; other cells pass.

    Raises:
        InvalidValueError: if all texts are dates or times.

    Example:
        >>> check_no_dates(cells_of_values("day", ["Monday", "Sunday"]))
    """
    if cells.kind == "category" and cells.levels is None:
        texts = set(cells.values[~cells.missing])
        if texts and all(_DATE.fullmatch(text.strip()) for text in texts):
            raise dates_refused(cells.name)


def _check_cells(name: str, values: Sequence[Any]) -> None:
    for row, value in enumerate(values):
        if isinstance(value, _NO_CELLS):
            raise _no_cell(f"column {name!r} holds {value!r} in row {row}")


def _no_cell(what: str) -> CellTypeError:
    # scikit-learn's checks of estimators look for these words.
    return CellTypeError(f"{what}, but a cell of the argument must be a string or a number.")


def _scalar(value: Any) -> Any:
    if isinstance(value, np.generic) and not isinstance(value, (np.datetime64, np.timedelta64)):
        value = value.item()
    if not isinstance(value, Decimal):
        return value
    # A large integer may share its float with its neighbours.
    large = value.is_finite() and abs(value) > EXACT_INTEGER and value == value.to_integral_value()
    return int(value) if large else float(value)


def _is_missing(value: Any, pandas: Any) -> bool:
    if value is None:
        return True
    if isinstance(value, (str, bool, int)):
        return False
    gone = pandas.isna(value)
    return bool(gone) if isinstance(gone, (bool, np.bool_)) else False


def _kind_of(name: str, there: Sequence[Any]) -> Kind | None:
    """The kind that all values have in common."""
    types = set(map(type, there))
    if not types or types == {str}:
        return "category" if types else None
    if types == {bool}:
        return "yes/no"
    for value in there:
        if isinstance(value, _DATES) or type(value).__name__ == "Period":
            raise dates_refused(name)
        if not isinstance(value, (str, Real)):
            raise _no_cell(f"column {name!r} holds {value!r}")
    if any(isinstance(value, str) for value in there):
        number = next(value for value in there if not isinstance(value, str))
        raise InvalidValueError(
            f"column {name!r} holds texts as well as the number {number!r}; make it all texts for categories, or "
            "all numbers."
        )
    return "integer" if all(isinstance(value, Integral) for value in there) else "number"


def _check_exact(name: str, numbers: Sequence[tuple[int, Any]]) -> None:
    """Refuse integers that float64 cannot hold exactly, since several of them would become the same number."""
    for row, number in numbers:
        value = int(number)
        if abs(value) > EXACT_INTEGER and (abs(value) >= 2**1023 or int(float(value)) != value):
            raise InvalidValueError(
                f"column {name!r} holds {value} in row {row}, which float64 cannot hold exactly; leave "
                "the column out, or make it text if it holds codes."
            )
