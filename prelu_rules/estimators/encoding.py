"""Columns of a table as numbers: numbers as they are, categories as 0/1 columns, missing values said to be missing.

What can be missing and which categories there are is what the training rows had; anything else is refused later on,
by column, row and value.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from numbers import Real
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from prelu_rules.domains.box import Box
from prelu_rules.domains.domain import Domain
from prelu_rules.domains.polytope import Polytope
from prelu_rules.errors import CellTypeError, InvalidValueError, ShapeError
from prelu_rules.estimators.repetition import repetitions
from prelu_rules.rules.names import Indicator
from prelu_rules.values import FloatArray


@dataclass(frozen=True)
class NumberColumn:
    """A column of numbers; booleans count as 0 and 1.

    Attributes:
        name: the column's.
        fill: what stands for missing values, the mean of the training rows; None if none of them was missing.
    """

    name: str
    fill: float | None = None

    @property
    def indicators(self) -> tuple[Indicator, ...]:
        """What the 0/1 columns say that this column becomes, after that of the number itself."""
        return () if self.fill is None else (Indicator(self.name, None),)

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the columns that it becomes."""
        return (self.name, *(indicator.name for indicator in self.indicators))

    def encoded(self, cells: pd.Series) -> FloatArray:
        """The numbers.

        Args:
            cells: `n_rows` cells.

        Returns:
            `(n_rows, 1)`, or `(n_rows, 2)` where values can be missing.

        Raises:
            InvalidValueError: if a cell is infinite, text, or missing where none was in training.
            CellTypeError: if a cell is something else.
        """
        numbers = _numbers(cells, self.name)
        missing = np.isnan(numbers)
        if self.fill is None:
            if missing.any():
                raise InvalidValueError(
                    f"column {self.name!r} holds NaN in row {int(missing.argmax())}, but never did in training; "
                    "fill it in, or train with such rows."
                )
            return numbers[:, None]
        return np.column_stack([np.where(missing, self.fill, numbers), missing])


@dataclass(frozen=True)
class CategoryColumn:
    """A column of categories.

    Attributes:
        name: the column's.
        categories: those of the training rows, in order.
        may_miss: whether a missing value is a category too, the last one.
    """

    name: str
    categories: tuple[Any, ...]
    may_miss: bool = False

    @property
    def indicators(self) -> tuple[Indicator, ...]:
        """What the 0/1 columns say that this column becomes."""
        values = [*map(str, self.categories), *([None] if self.may_miss else [])]
        return tuple(Indicator(self.name, value) for value in values)

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the columns that it becomes."""
        return tuple(indicator.name for indicator in self.indicators)

    def encoded(self, cells: pd.Series) -> FloatArray:
        """The 0/1 columns.

        Args:
            cells: `n_rows` cells.

        Returns:
            `(n_rows, n_categories)`; each row has a single 1.

        Raises:
            InvalidValueError: if a cell is no category of the training rows.
            CellTypeError: if a cell can be none.
        """
        _check_cells(cells, self.name)
        codes, found = pd.factorize(cells)
        place = {category: k for k, category in enumerate(self.categories)}
        # The last place is that of missing cells, whose code is -1.
        columns = np.array([*(place.get(value, -1) for value in found), len(place) if self.may_miss else -1])[codes]
        if (columns < 0).any():
            row = int((columns < 0).argmax())
            raise InvalidValueError(
                f"column {self.name!r} holds {_plain(cells.iloc[row])!r} in row {row}, which no training row had; its "
                f"categories are {', '.join(indicator.value or 'missing' for indicator in self.indicators)}."
            )
        return np.eye(len(self.names))[columns]


@dataclass(frozen=True)
class Encoding:
    """How the columns of a table become numbers.

    Attributes:
        columns: one per column of the table.

    Example:
        >>> table = pd.DataFrame({"age": [41, None, 17], "colour": ["red", "blue", "red"]})
        >>> encoding = Encoding.of(table)
        >>> encoding.feature_names
        ('age', 'age is missing', 'colour = blue', 'colour = red')
        >>> encoding.transform(table)
        array([[41.,  0.,  0.,  1.],
               [29.,  1.,  1.,  0.],
               [17.,  0.,  0.,  1.]])
    """

    columns: tuple[NumberColumn | CategoryColumn, ...]

    @classmethod
    def of(cls, table: pd.DataFrame, weights: npt.ArrayLike | None = None) -> Encoding:
        """The encoding of training rows.

        Args:
            table: at least one row. Text, objects and pandas categories become categories, numbers and booleans
                numbers.
            weights: `(n_rows,)` of the rows, for the means of columns with missing values; None for equal ones.

        Returns:
            The encoding.

        Raises:
            CellTypeError: if a cell is neither a string nor a number.
            InvalidValueError: if a column mixes the two, is missing in every row, or holds an infinite number.
        """
        rows = np.ones(len(table)) if weights is None else np.asarray(weights, dtype=np.float64)
        return cls(tuple(_column(str(name), table.iloc[:, k], rows) for k, name in enumerate(table.columns)))

    @property
    def feature_names(self) -> tuple[str, ...]:
        """The names of the columns of numbers."""
        return tuple(name for column in self.columns for name in column.names)

    @property
    def indicators(self) -> tuple[Indicator, ...]:
        """What the 0/1 columns say."""
        return tuple(indicator for column in self.columns for indicator in column.indicators)

    def transform(self, table: pd.DataFrame) -> FloatArray:
        """A table as numbers.

        Args:
            table: its columns in the order of the training rows; their names do not matter.

        Returns:
            `(n_rows, n_features)`.

        Raises:
            ShapeError: if it has another number of columns.
            InvalidValueError: if a cell is infinite, a category that no training row had, or missing in a column where
                none of them was.
            CellTypeError: if a cell is neither a string nor a number.
        """
        if table.shape[1] != len(self.columns):
            raise ShapeError(f"the table has {table.shape[1]} columns, but must have {len(self.columns)}.")
        return np.hstack([column.encoded(table.iloc[:, k]) for k, column in enumerate(self.columns)])

    def domain(self, x: FloatArray) -> Domain:
        """The smallest domain that holds encoded rows and knows what no row can be.

        Args:
            x: `(n_rows, n_features)`, what `transform` gave.

        Returns:
            The box of the rows. Where there are categories, whose columns add up to 1, or missing values, which are at
            the mean, it is cut down to a polytope.

        Example:
            >>> encoding = Encoding((NumberColumn("age", fill=30.0),))
            >>> encoding.domain(np.array([[20.0, 0], [40, 0], [30, 1]])).contains([[30, 1], [40, 1], [35, 0.5]])
            array([ True, False,  True])
        """
        box = Box.from_data(x)
        groups: list[range] = []
        slopes: list[FloatArray] = []
        limits: list[float] = []
        start = 0
        for column in self.columns:
            stop = start + len(column.names)
            if isinstance(column, CategoryColumn):
                groups.append(range(start, stop))
            elif column.fill is not None:
                # The more of a row is missing, the closer to the mean it is: from the whole range at 0 to a point at 1.
                for sign, bound in ((1.0, box.upper[start]), (-1.0, -box.lower[start])):
                    row = np.zeros(box.n_inputs)
                    row[start], row[start + 1] = sign, bound - sign * column.fill
                    slopes.append(row)
                    limits.append(bound)
            start = stop
        if not groups and not slopes:
            return box
        sums = Polytope.one_hot(box, groups)
        return Polytope(
            box,
            np.vstack([sums.coef, *slopes]),
            np.append(sums.limit, limits),
            np.append(sums.equal, np.zeros(len(limits), dtype=bool)),
        )


def _column(name: str, cells: pd.Series, weights: FloatArray) -> NumberColumn | CategoryColumn:
    missing = cells.isna().to_numpy()
    if missing.all():
        raise InvalidValueError(f"column {name!r} is missing in every row; leave it out.")
    _check_cells(cells, name)
    there = cells[~missing]
    if isinstance(cells.dtype, pd.CategoricalDtype):
        # In their declared order; those that no row has teach nothing.
        return CategoryColumn(name, tuple(there.cat.remove_unused_categories().cat.categories), bool(missing.any()))
    if not _is_numeric(cells) and any(isinstance(value, str) for value in there):
        number = next((value for value in there if not isinstance(value, str)), None)
        if number is not None:
            raise InvalidValueError(
                f"column {name!r} holds strings as well as the number {_plain(number)!r}; make it all strings for "
                "categories, or all numbers."
            )
        return CategoryColumn(name, tuple(sorted(set(there))), bool(missing.any()))
    if not missing.any():
        return NumberColumn(name)
    rows, left = repetitions(weights[~missing])
    # The exact sum does not depend on the order of the rows.
    return NumberColumn(name, math.fsum(_numbers(there, name)[rows] * left) / math.fsum(left))


def _is_numeric(cells: pd.Series) -> bool:
    return pd.api.types.is_numeric_dtype(cells.dtype) and not pd.api.types.is_complex_dtype(cells.dtype)


def _check_cells(cells: pd.Series, name: str) -> None:
    """Refuse cells that are neither strings nor numbers; pandas categories may be anything."""
    if _is_numeric(cells) or isinstance(cells.dtype, (pd.CategoricalDtype, pd.StringDtype)):
        return
    for row, (value, missing) in enumerate(zip(cells, cells.isna(), strict=True)):
        if not missing and not isinstance(value, (str, Real)):
            raise CellTypeError(
                f"column {name!r} holds {value!r} in row {row}, but a cell of the argument must be a string or number."
            )


def _numbers(cells: pd.Series, name: str) -> FloatArray:
    """The cells as floats, NaN where they are missing."""
    _check_cells(cells, name)
    if not _is_numeric(cells):
        for row, (value, missing) in enumerate(zip(cells, cells.isna(), strict=True)):
            if not missing and not isinstance(value, Real):
                raise InvalidValueError(f"column {name!r} holds {value!r} in row {row}, but held numbers in training.")
    numbers = cells.to_numpy(dtype=np.float64, na_value=np.nan)
    if np.isinf(numbers).any():
        row = int(np.isinf(numbers).argmax())
        raise InvalidValueError(f"column {name!r} holds {numbers[row]} in row {row}; only finite numbers can be used.")
    return numbers


def _plain(value: Any) -> Any:
    return value.item() if isinstance(value, np.generic) else value
