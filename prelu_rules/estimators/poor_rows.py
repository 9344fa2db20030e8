"""Warnings of rows that teach less than one may think, given before any training."""

from __future__ import annotations

import warnings

from prelu_rules.errors import DataWarning
from prelu_rules.values import FloatArray


def warn_of_data(x: FloatArray, y: FloatArray, n_columns: int) -> None:
    """Warn if all rows or all targets are alike, or rows are fewer than columns; fitting goes on all the same.

    Args:
        x: `(n_rows, n_inputs)`, distinct rows or not.
        y: `(n_rows,)` or `(n_rows, n_outputs)`, their targets.
        n_columns: the number of columns that the rows came from.

    Warns:
        DataWarning: at most once.

    Example:
        >>> import numpy as np
        >>> with warnings.catch_warnings(record=True) as caught:
        ...     warnings.simplefilter("always")
        ...     warn_of_data(np.eye(2, 3), np.arange(2.0), 3)
        >>> print(caught[0].message)
        there are 2 different rows but 3 columns, so that many functions fit them; add rows, or leave out columns.
    """
    message = _message(x, y, n_columns)
    if message:
        # The caller is `_learn`, called by `fit`, whose caller the warning is for.
        warnings.warn(message, DataWarning, stacklevel=4)


def _message(x: FloatArray, y: FloatArray, n_columns: int) -> str:
    if (y == y[0]).all():
        return "all targets are alike, so the rules are that constant; give targets that vary."
    if (x == x[0]).all():
        return "all rows are alike, so the rules are a constant; give columns that vary."
    if len(x) < n_columns:
        return (
            f"there are {len(x)} different rows but {n_columns} columns, so that many functions fit them; add rows, or "
            "leave out columns."
        )
    return ""
