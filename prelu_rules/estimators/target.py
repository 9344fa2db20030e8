"""The target of a table: numbers or classes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, get_args

import numpy as np
import numpy.typing as npt

from prelu_rules.columns.cells import Cells, check_no_dates, numbers
from prelu_rules.errors import DataError, InvalidValueError
from prelu_rules.rules.names import ClassLabel
from prelu_rules.values import Array, FloatArray, Value, frozen_array

Task = Literal["regression", "classification"]

FEWEST_OF_A_CLASS = 3
"""The number of rows that a class needs, so that training, validation and test can have one each."""


@dataclass(frozen=True, eq=False)
class Target(Value):
    """The values to predict.

    Attributes:
        name: the name of its column.
        values: `(n_rows,)` float64: numbers, or class indices.
        classes: the class labels, in order; None for numbers.

    Example:
        >>> from prelu_rules.columns.cells import cells_of_values
        >>> Target.of_cells(cells_of_values("smokes", [True, False, True] * 3)).classes
        (False, True)
    """

    name: str
    values: FloatArray
    classes: tuple[ClassLabel, ...] | None = None

    if TYPE_CHECKING:
        # Other types are accepted and converted, which a dataclass cannot express to a type checker.
        def __init__(
            self,
            name: str,
            values: npt.ArrayLike,
            classes: Sequence[ClassLabel] | None = None,
        ) -> None: ...

    def __post_init__(self) -> None:
        object.__setattr__(self, "values", frozen_array(self.values, "values", (None,)))

    @classmethod
    def of_cells(cls, cells: Cells, task: Task | None = None) -> Target:
        """The target in a column.

        Args:
            cells: the column.
            task: "regression" or "classification". None for classification if the target consists of texts, yes and no,
                categories, or only 0 and 1, and regression otherwise.

        Returns:
            The target.

        Raises:
            InvalidValueError: if `task` is not one of these.
            DataError: if a value is missing, there is a text where a number is needed, all values are equal, or a class
                has too few rows.
        """
        if task not in (None, *get_args(Task)):
            raise InvalidValueError(f"task is {task!r}; it must be 'regression' or 'classification'.")
        if cells.missing.any():
            row = int(cells.missing.argmax())
            raise DataError(f"the target {cells.name!r} is missing in row {row}; leave out the rows without a target.")
        check_no_dates(cells)
        if task is None:
            two = cells.kind in ("number", "integer") and set(np.unique(numbers(cells))) <= {0.0, 1.0}
            task = "classification" if two or cells.kind in ("category", "yes/no") else "regression"
        return _numbers(cells) if task == "regression" else _classes(cells)

    @property
    def task(self) -> Task:
        """The task: regression or classification."""
        return "regression" if self.classes is None else "classification"

    @property
    def labels(self) -> Array:
        """`(n_rows,)`, for an estimator: the numbers, or the class labels."""
        if self.classes is None:
            return self.values
        return label_array(self.classes)[self.values.astype(np.intp)]


def label_array(classes: Sequence[ClassLabel]) -> Array:
    """Class labels as an array that keeps their types; NumPy would convert mixed labels, such as 1 to "1".

    Args:
        classes: the labels.

    Returns:
        `(n_classes,)`.

    Example:
        >>> label_array(["no", 1]).tolist()
        ['no', 1]
    """
    one_type = len(set(map(type, classes))) == 1
    return np.array(classes, dtype=None if one_type else object)


def _numbers(cells: Cells) -> Target:
    try:
        values = numbers(cells)
    except InvalidValueError as problem:
        raise DataError(f"the target cannot be predicted as a number: {problem}") from None
    if np.ptp(values) == 0:
        raise DataError(f"the target {cells.name!r} is {values[0]:g} in every row; choose one that varies.")
    return Target(cells.name, values)


def _classes(cells: Cells) -> Target:
    if cells.kind in ("number", "integer"):
        found, index = np.unique(numbers(cells), return_inverse=True)
        classes: list[ClassLabel] = [int(v) if v == int(v) else float(v) for v in found]
    else:
        values = cells.values.tolist()
        classes = list(cells.levels) if cells.levels is not None else sorted(set(values))
        place = {label: k for k, label in enumerate(classes)}
        index = np.array([place[value] for value in values], dtype=np.intp)
    if len(classes) < 2:
        raise DataError(
            f"the target {cells.name!r} is {classes[0]!r} in every row; choose one with at least two classes."
        )
    counts = np.bincount(index, minlength=len(classes))
    if counts.min() < FEWEST_OF_A_CLASS:
        raise DataError(
            f"class {classes[int(counts.argmin())]!r} of the target {cells.name!r} has fewer than {FEWEST_OF_A_CLASS} "
            "rows; drop the class, or set the task to regression if the target is a number."
        )
    return Target(cells.name, index.astype(np.float64), tuple(classes))
