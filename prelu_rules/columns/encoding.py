"""From the cells of a table to the features that rules use.

A number is a feature itself, and counts as 0 where it is missing; all other features are 0 or 1. So what a missing
value adds to a sum is exactly the weight of `age is missing`, which is printed; there are no hidden replacement values.
Where hardly any cell is missing, there is no such feature, and the number counts as the `fill` of its column, which is
printed instead.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from prelu_rules.columns.cells import Cells, check_no_dates, numbers
from prelu_rules.columns.column import Column, check_columns, features_of
from prelu_rules.columns.unknown import unknown_refused, warn_of_unknown
from prelu_rules.errors import InvalidValueError, ShapeError
from prelu_rules.values import BoolArray, FloatArray

MANY_LEVELS = 10
"""A text column with more levels than this, and more than half as many as rows, is not taken for a category."""


def inferred_columns(cells: Sequence[Cells]) -> tuple[Column, ...]:
    """Infer what the columns of a table are from their cells.

    Args:
        cells: the cells of each column; at least one row.

    Returns:
        A column for each. Missing values are allowed where there are some; a category has the levels that occur, in the
        order that the table declares, or else sorted.

    Raises:
        InvalidValueError: if all cells of a column are missing, most texts of a column occur only once, or two columns
            have features of the same name.

    Example:
        >>> from prelu_rules.columns.tables import table_cells
        >>> inferred_columns(table_cells({"colour": ["red", None, "blue"]}))[0].levels
        ('blue', 'red')
    """
    columns = tuple(_inferred(column) for column in cells)
    check_columns(columns)
    return columns


def number_columns(names: Sequence[str]) -> tuple[Column, ...]:
    """Columns of numbers without missing values.

    Args:
        names: their names.

    Returns:
        A column for each name.

    Raises:
        InvalidValueError: if a name is not text, or used twice.

    Example:
        >>> number_columns(["x"])[0].kind
        'number'
    """
    columns = tuple(Column(name) for name in names)
    check_columns(columns)
    return columns


def encoded_cells(columns: Sequence[Column], cells: Sequence[Cells]) -> FloatArray:
    """Encode cells as features.

    Args:
        columns: the columns.
        cells: the cells of each column, in the same order.

    Returns:
        `(n_rows, n_features)` float64.

    Raises:
        ShapeError: if the number of columns is wrong.
        InvalidValueError: if a cell is infinite; or if it is not a level of its category, or missing where that is not
            allowed, and the column does not say what `unknown` cells count as.

    Warns:
        UnknownValueWarning: if the column says so; one warning for each column.

    Example:
        >>> from prelu_rules.columns.tables import table_cells
        >>> columns = [Column("age", missing=True), Column("colour", "category", ("blue", "red"))]
        >>> encoded_cells(columns, table_cells({"age": [41, None], "colour": ["red", "blue"]}))
        array([[41.,  0.,  0.,  1.],
               [ 0.,  1.,  1.,  0.]])
    """
    if len(cells) != len(columns):
        raise ShapeError(f"the table has {len(cells)} columns, but must have {len(columns)}.")
    n_rows = len(cells[0]) if cells else 0
    result = np.empty((n_rows, len(features_of(columns))))
    start = 0
    for column, one in zip(columns, cells, strict=True):
        stop = start + len(column.features)
        _encode(column, one, result[:, start:stop])
        start = stop
    return result


def _inferred(cells: Cells) -> Column:
    missing = bool(cells.missing.any())
    if cells.kind is None:
        raise InvalidValueError(f"column {cells.name!r} is missing in all rows; leave it out.")
    if cells.kind != "category":
        numbers(cells)
        return Column(cells.name, cells.kind, missing=missing)
    if cells.levels is not None:
        return Column(cells.name, "category", cells.levels, missing)
    check_no_dates(cells)
    there = cells.values[~cells.missing]
    levels = tuple(sorted(set(there)))
    if len(levels) > MANY_LEVELS and 2 * len(levels) > len(there):
        raise InvalidValueError(
            f"column {cells.name!r} has {len(levels)} different texts in {len(there)} rows, too many to learn from as "
            "categories; leave the column out."
        )
    return Column(cells.name, "category", levels, missing)


def _encode(column: Column, cells: Cells, features: FloatArray) -> None:
    """Write the features of a column, `(n_rows, n_features)`."""
    unknown = np.zeros(len(cells), dtype=bool) if column.missing else cells.missing
    if column.indicates_missing:
        features[:, -1] = cells.missing
    if column.kind == "category":
        unknown = unknown | _indicate(column, cells, features)
    else:
        features[:, 0] = _values(column, cells)
        if column.fill is not None:
            features[cells.missing, 0] = column.fill
    if unknown.any():
        if column.unknown is None:
            raise unknown_refused(column, cells, unknown)
        features[unknown] = column.unknown
        warn_of_unknown(column, cells, unknown)


def _values(column: Column, cells: Cells) -> FloatArray:
    if cells.kind == "category" and not all(isinstance(v, (int, float)) for v in cells.values[~cells.missing]):
        row = next(k for k, v in enumerate(cells.values) if not cells.missing[k] and isinstance(v, str))
        needed = "yes or no" if column.kind == "yes/no" else "a number"
        raise InvalidValueError(
            f"column {column.name!r} holds {cells.values[row]!r} in row {row}, where {needed} is needed; in training "
            "it held nothing else."
        )
    found = numbers(cells)
    if column.kind == "yes/no" and not np.isin(found, (0.0, 1.0)).all():
        row = int((~np.isin(found, (0.0, 1.0))).argmax())
        raise InvalidValueError(
            f"column {column.name!r} holds {found[row]:g} in row {row}; it takes yes or no: True and False, or 1 and 0."
        )
    return found


def _indicate(column: Column, cells: Cells, features: FloatArray) -> BoolArray:
    """Write an indicator for each level, a single 1 for a row that is not missing; where the level is unknown."""
    import pandas as pd

    place: dict[Any, int] = {level: k for k, level in enumerate(column.levels)}
    # Cells that were read from a file are texts, even if the levels are not.
    texts = {str(level): k for k, level in enumerate(column.levels)}
    which, distinct = pd.factorize(cells.values.astype(object))
    known = [place.get(value, texts.get(value, -1) if isinstance(value, str) else -1) for value in distinct]
    # The last one is for those that are missing, whose number is -1.
    codes = np.array([*known, -1], dtype=np.intp)[np.where(cells.missing, -1, which)]
    for level in range(len(column.levels)):
        features[:, level] = codes == level
    return np.asarray((codes < 0) & ~cells.missing)
