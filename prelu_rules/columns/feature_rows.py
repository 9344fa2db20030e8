"""Rows of a table, or of an array, as features: all at once, or a part at a time."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from prelu_rules.columns.column import Column, features_of
from prelu_rules.columns.encoding import encoded_cells
from prelu_rules.columns.tables import TableLike, column_cells, is_table, known_cells, known_values
from prelu_rules.errors import PReLURulesError
from prelu_rules.values import Array, frozen_array, input_rows, shaped_rows

PART_ROWS = 65_536
"""So many rows are one part, whose features fit into the processor's last cache..."""

PART_NUMBERS = 4_000_000
"""... or fewer, if they have so many features that a part would be more numbers than this (32 MB)."""


def feature_rows(columns: Sequence[Column], x: TableLike) -> Array:
    """Rows of features, from a table or from rows that are encoded already.

    Args:
        columns: the columns.
        x: a table, or one row with names, whose columns are matched by name, in any order; or encoded rows, `(n_rows,
            n_features)` or `(n_features,)`.

    Returns:
        `(n_rows, n_features)`.

    Raises:
        DataError: if the table lacks a column.
        ShapeError: if an array has the wrong number of features.
        InvalidValueError: if a cell cannot be used; see `encoding.encoded_cells`.
        CellTypeError: if a cell is neither text nor a number.

    Example:
        >>> feature_rows([Column("age"), Column("smoker", "yes/no")], {"smoker": True, "age": 41})
        array([[41.,  1.]])
    """
    if not is_table(x):
        return input_rows(x, len(features_of(columns)))[0]
    parts = FeatureParts(columns, x)
    if parts.n_rows <= parts.size:
        return parts.part(0)
    rows = np.empty((parts.n_rows, len(features_of(columns))))
    for start in parts.starts:
        rows[start : start + parts.size] = parts.part(start)
    return rows


class FeatureParts:
    """Rows as features, a part of them at a time, with memory for that part only.

    Args:
        columns: the columns.
        x: as for `feature_rows`.

    Attributes:
        n_rows: the number of rows.
        size: the number of rows of a part; the last one may have fewer.

    Raises:
        DataError: if the table lacks a column.
        ShapeError: if an array has the wrong number of features.

    Example:
        >>> parts = FeatureParts([Column("age")], {"age": [41, 17]})
        >>> parts.n_rows, list(parts.starts)
        (2, [0])
        >>> parts.part(0)
        array([[41.],
               [17.]])
    """

    def __init__(self, columns: Sequence[Column], x: TableLike) -> None:
        self._columns, self._x = columns, x
        n_features = len(features_of(columns))
        self._values = known_values(x, columns) if is_table(x) else None
        self._rows = shaped_rows(x if self._values is None else np.empty((0, n_features)), n_features)[0]
        self.n_rows = len(self._values[0] if self._values else self._rows)
        self.size = min(PART_ROWS, max(1, PART_NUMBERS // max(1, n_features)))

    @property
    def starts(self) -> range:
        """The first row of each part."""
        return range(0, self.n_rows, self.size)

    def part(self, start: int) -> Array:
        """The features of a part.

        Args:
            start: its first row.

        Returns:
            `(at most size, n_features)`: float64 in C order, or fractions. Numbers of an array of float64 are not
            checked: NaN and infinite ones are as they are; see `checked`.

        Raises:
            InvalidValueError: if a cell cannot be used; see `encoding.encoded_cells`.
            CellTypeError: if a cell is neither text nor a number.
        """
        stop = min(start + self.size, self.n_rows)
        try:
            if self._values is None:
                rows = self._rows[start:stop]
                good = rows.dtype == np.float64
                return np.ascontiguousarray(rows) if good else frozen_array(rows, "the input", (None, None))
            whole = self.n_rows <= self.size
            cells = [
                column_cells(column, values if whole else values[start:stop])
                for column, values in zip(self._columns, self._values, strict=True)
            ]
            return encoded_cells(self._columns, cells)
        except PReLURulesError:
            self._check()
            raise

    def checked(self, start: int) -> Array:
        """The features of a part, all of which are finite.

        Args:
            start: its first row.

        Returns:
            As `part` does.

        Raises:
            InvalidValueError: if a cell cannot be used; see `encoding.encoded_cells`.
            CellTypeError: if a cell is neither text nor a number.
        """
        rows = self.part(start)
        if self._values is None and rows.dtype == np.float64 and not np.isfinite(rows).all():
            self._check()
        return rows

    def _check(self) -> None:
        """Check all rows at once, so that the error counts rows from the first one."""
        if self._values is None:
            input_rows(self._rows, self._rows.shape[1])
        else:
            encoded_cells(self._columns, known_cells(self._x, self._columns))
