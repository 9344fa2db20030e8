"""Reads a CSV file or a DataFrame into features and a target, and refuses what cannot be learned from."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd

from prelu_rules.errors import DataError, InvalidValueError, ShapeError
from prelu_rules.values import FloatArray, frozen_array

Task = Literal["regression", "classification"]

FEWEST_ROWS = 10
"""Rows below which a split into training, validation and test rows says nothing."""

MISSING = ("", "nan", "na", "n/a", "null", "none", "<na>")
"""What a cell holds that is missing, in small letters."""


@dataclass(frozen=True, eq=False)
class Table:
    """Rows of features with a target.

    Attributes:
        features: a column for each feature: float64 with NaN, or strings with None, where a value is missing.
        y: `(n_rows,)` float64: the target's value, or the index of its class.
        target: the target's column name.
        classes: the class labels, sorted; None for regression.

    Raises:
        ShapeError: if features and target have different numbers of rows.
        InvalidValueError: if a target is NaN or infinite.

    Example:
        >>> table = Table(pd.DataFrame({"age": [41.0, 17.0]}), [0, 1], "smokes", classes=("no", "yes"))
        >>> table.task, table.labels.tolist()
        ('classification', ['no', 'yes'])
    """

    features: pd.DataFrame
    y: FloatArray
    target: str
    classes: tuple[str | int | float, ...] | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "y", frozen_array(self.y, "y", (None,)))
        if len(self.features) != len(self.y):
            raise ShapeError(
                f"the features have {len(self.features)} rows, but y has {len(self.y)}; give a target for each row."
            )

    def __len__(self) -> int:
        return len(self.y)

    @classmethod
    def from_frame(cls, frame: pd.DataFrame, target: str, task: Task | None = None) -> Table:
        """The table in a DataFrame; every column but the target is a feature, of numbers or of categories.

        Args:
            frame: the data; booleans count as 0 and 1. Values may be missing, but not in the target.
            target: the column to predict.
            task: None to take text, and columns of just 0 and 1, as classes, and all other targets as numbers.

        Returns:
            The table.

        Raises:
            DataError: if a column is missing, empty or named twice, a feature holds text among numbers, an infinite
                value or a text of its own in most rows, there are fewer than 10 rows, the target misses a value, is
                constant, or has one class only.
            InvalidValueError: if `task` is another word.

        Example:
            >>> frame = pd.DataFrame({"age": range(20), "price": range(100, 120)})
            >>> Table.from_frame(frame, "price").features.columns.tolist()
            ['age']
        """
        names = [str(name).strip() for name in frame.columns]
        _check_header(names, "the DataFrame")
        cells = pd.DataFrame({name: _text(frame.iloc[:, k]) for k, name in enumerate(names)})
        return _table(cells, target, task, "the DataFrame")

    @property
    def task(self) -> Task:
        """What is predicted: a number or a class."""
        return "regression" if self.classes is None else "classification"

    @property
    def labels(self) -> pd.Series[Any]:
        """The target as an estimator wants it: its values, or the labels of its classes."""
        if self.classes is None:
            return pd.Series(self.y, name=self.target)
        return pd.Series(np.array(self.classes)[self.y.astype(np.intp)], name=self.target)


def read_table(path: str | os.PathLike[str], target: str, task: Task | None = None) -> Table:
    r"""Read a CSV file with a header; every column but the target is a feature, of numbers or of categories.

    A column without any number holds categories. An empty cell is a missing value, as are `NaN`, `NA`, `N/A`, `null`
    and `none`.

    Args:
        path: the file, UTF-8, comma-separated.
        target: the column to predict.
        task: None to take text, and columns of just 0 and 1, as classes, and all other targets as numbers.

    Returns:
        The table.

    Raises:
        DataError: if the file is missing, empty or no CSV, a column is missing, empty, named twice or without a name,
            a feature holds text among numbers, an infinite value or a text of its own in most rows, there are fewer
            than 10 rows, the target misses a value, is constant, or has one class only.
        InvalidValueError: if `task` is another word.

    Example:
        >>> import tempfile
        >>> path = Path(tempfile.mkdtemp()) / "data.csv"
        >>> _ = path.write_text("age,smokes\n" + "41,yes\n17,no\n" * 5)
        >>> table = read_table(path, "smokes")
        >>> table.task, table.classes, table.y[:2]
        ('classification', ('no', 'yes'), array([1., 0.]))
    """
    return _table(_cells(path), target, task, str(path))


def read_features(path: str | os.PathLike[str], without: str | None = None) -> tuple[tuple[str, ...], FloatArray]:
    r"""Read the features alone, to try a network on them.

    Args:
        path: a CSV file as for `read_table`.
        without: a column to leave out, such as the target.

    Returns:
        The column names, and `(n_rows, n_features)` float64.

    Raises:
        DataError: if the file is missing, empty or no CSV, has no rows, a column is missing, named twice or without a
            name, or holds text or a missing or infinite value.

    Example:
        >>> import tempfile
        >>> path = Path(tempfile.mkdtemp()) / "data.csv"
        >>> _ = path.write_text("age,height\n41,170\n")
        >>> read_features(path, without="height")
        (('age',), array([[41.]]))
    """
    cells = _cells(path)
    if without is not None and without not in cells.columns:
        raise DataError(f"{path} has no column {without!r}; its columns are {', '.join(cells.columns)}.")
    names = tuple(name for name in cells.columns if name != without)
    if not names or not len(cells):
        raise DataError(f"{path} has {len(names)} features and {len(cells)} rows; it needs at least one of each.")
    return names, np.column_stack([_numbers(cells[name], str(path)) for name in names])


def _table(cells: pd.DataFrame, target: str, task: Task | None, path: str) -> Table:
    """The table in a DataFrame of texts; `path` is what errors call it."""
    if task not in (None, "regression", "classification"):
        raise InvalidValueError(f"task is {task!r}; it must be 'regression' or 'classification'.")
    if target not in cells.columns:
        raise DataError(f"{path} has no column {target!r}; its columns are {', '.join(cells.columns)}.")
    features = [name for name in cells.columns if name != target]
    if not features:
        raise DataError(f"{path} has no column beside the target {target!r}; add features.")
    if len(cells) < FEWEST_ROWS:
        raise DataError(f"{path} has {len(cells)} rows of data; at least {FEWEST_ROWS} are needed.")
    y, classes = _target(cells[target], path, task)
    return Table(pd.DataFrame({name: _feature(cells[name], path) for name in features}), y, target, classes)


def _feature(column: pd.Series[str], path: str) -> pd.Series[Any]:
    """Numbers or categories."""
    text = column.str.strip()
    missing = text.str.lower().isin(MISSING)
    there = text[~missing]
    if there.empty:
        raise DataError(f"column {column.name!r} of {path} is empty; drop it.")
    numeric = pd.to_numeric(there, errors="coerce").notna()
    if not numeric.any():
        categories = there.nunique()
        if 2 * categories > len(there):
            raise DataError(
                f"column {column.name!r} of {path} has {categories} different texts in {len(there)} rows, too many to "
                "learn from as categories; drop the column."
            )
        return text.astype(object).where(~missing, None)
    return pd.Series(_numbers(there, path), there.index).reindex(text.index)


def _text(column: pd.Series[Any]) -> pd.Series[str]:
    """A column as a CSV file would hold it; floats in the shortest form that reads back as the same float."""
    if pd.api.types.is_bool_dtype(column):
        column = column.astype(int)
    return column.map(str).reset_index(drop=True)


def _cells(path: str | os.PathLike[str]) -> pd.DataFrame:
    """The file as text cells."""
    if not Path(path).is_file():
        raise DataError(f"there is no file {path}; give the path of a CSV file.")
    try:
        # Without a header row pandas keeps repeated names apart by itself, so the header is read as data.
        raw = pd.read_csv(
            path, header=None, dtype=str, keep_default_na=False, skipinitialspace=True, encoding="utf-8-sig"
        )
    except pd.errors.EmptyDataError:
        raise DataError(f"{path} is empty; it needs a header and rows of data.") from None
    except pd.errors.ParserError as problem:
        raise DataError(f"{path} is not a regular CSV file: {str(problem).strip()}.") from None
    except UnicodeDecodeError:
        raise DataError(f"{path} is not a text file in UTF-8; save it as CSV in UTF-8.") from None
    except OSError as problem:
        raise DataError(f"cannot read {path}: {problem.strerror}.") from None
    names = [str(name).strip() for name in raw.iloc[0]]
    _check_header(names, str(path))
    for separator, word in ((";", "semicolons"), ("\t", "tabs")):
        if len(names) == 1 and separator in names[0]:
            raise DataError(f"{path} seems to have {word} between its columns; save it with commas.")
    cells = raw.iloc[1:].reset_index(drop=True)
    cells.columns = pd.Index(names)
    return cells


def _check_header(names: Sequence[str], path: str) -> None:
    for position, name in enumerate(names, start=1):
        if not name:
            raise DataError(f"column {position} of {path} has no name; give every column one in the first line.")
        if names.index(name) + 1 < position:
            raise DataError(f"{path} has two columns {name!r}; rename one of them.")


def _numbers(column: pd.Series[str], path: str) -> FloatArray:
    text = column.str.strip()
    values = pd.to_numeric(text, errors="coerce").to_numpy(dtype=np.float64)
    wrong = ~np.isfinite(values)
    if not wrong.any():
        return values
    first = int(np.argmax(wrong))
    cell, where = str(text.iloc[first]), f"column {column.name!r} of {path}, row {text.index[first] + 1} of the data,"
    if cell.lower() in MISSING:
        raise DataError(f"{where} has a missing value ({cell!r}); fill it or drop the row.")
    if np.isinf(values[first]):
        raise DataError(f"{where} has the value {cell!r}, which is not finite; mend it or drop the row.")
    raise DataError(f"{where} has the text {cell!r} where a number is needed; mend it or drop the row.")


def _target(
    column: pd.Series[str], path: str, task: Task | None
) -> tuple[FloatArray, tuple[str | int | float, ...] | None]:
    text = column.str.strip()
    if (text == "").any():
        row = int(np.argmax(text == ""))
        raise DataError(f"column {column.name!r} of {path}, row {row + 1} of the data, is empty; drop the row.")
    numeric = pd.to_numeric(text, errors="coerce").notna()
    if task is None:
        # Text among many numbers is more likely a slip than a label.
        mostly_numbers = numeric.mean() > 0.5
        task = "regression" if mostly_numbers and not set(text) <= {"0", "1"} else "classification"
    if task == "regression":
        y = _numbers(column, path)
        if np.ptp(y) == 0:
            raise DataError(f"the target {column.name!r} is {y[0]:g} in every row; there is nothing to predict.")
        return y, None
    classes: list[str | int | float]
    if numeric.all():
        values = _numbers(column, path)
        labels, index = np.unique(values, return_inverse=True)
        classes = [int(v) if v == int(v) else float(v) for v in labels]
    else:
        names, index = np.unique(text.to_numpy(dtype=str), return_inverse=True)
        classes = [str(name) for name in names]
    if len(classes) < 2:
        raise DataError(f"the target {column.name!r} is {classes[0]!r} in every row; at least two classes are needed.")
    rarest = int(np.bincount(index).argmin())
    if np.bincount(index)[rarest] < 3:
        raise DataError(
            f"class {classes[rarest]!r} of the target {column.name!r} has fewer than 3 rows; "
            "drop the class, or give --task regression if it is a number."
        )
    return index.astype(np.float64), tuple(classes)
