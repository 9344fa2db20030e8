"""Rows that are not learned from, because a number in them is far outside the others of its column."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Literal, get_args

import numpy as np

from prelu_rules.columns.cells import Cells, numbers
from prelu_rules.columns.outliers import Outlier, outliers
from prelu_rules.errors import InvalidValueError, OutlierWarning, quoted
from prelu_rules.values import BoolArray, FloatArray

Outliers = Literal["leave out", "keep"]
"""What is done about rows that hold a number far outside the others of its column."""

SHOWN_ROWS = 5
"""How many rows a warning names at most."""


def ordinary_rows(
    cells: Sequence[Cells],
    targets: Iterable[tuple[str, FloatArray]],
    there: BoolArray,
    option: Outliers,
    labels: Sequence[Any] | None = None,
) -> BoolArray:
    """The rows that are learned from; of each number for which others are left out there is a warning.

    Args:
        cells: the columns.
        targets: the names and numbers of the targets, `(n_rows,)` each; none if they are classes.
        there: `(n_rows,)` bool, the rows that count.
        option: "leave out" to leave out rows with outliers, see `columns.outliers`, or "keep" to look for none.
        labels: what rows are called; None for numbers from 0 on.

    Returns:
        `(n_rows,)` bool.

    Raises:
        InvalidValueError: if the option is neither.

    Example:
        >>> from prelu_rules.columns.cells import cells_of_values
        >>> ages = cells_of_values("age", [*range(20, 60), 9999])
        >>> with warnings.catch_warnings(record=True) as caught:
        ...     warnings.simplefilter("always")
        ...     kept = ordinary_rows([ages], [], np.ones(41, dtype=bool), "leave out")
        >>> int(kept.sum()), str(caught[0].message)[:75]
        (40, "column 'age' holds 9999 in row 40, far outside its other numbers (20 to 59)")
    """
    if option not in get_args(Outliers):
        raise InvalidValueError(f"outliers is {option!r}; it must be 'leave out' or 'keep'.")
    kept = there.copy()
    for what, one in _found(cells, targets, there) if option == "leave out" else ():
        kept[one.rows] = False
        # The caller is `fit` or `fit_rules`, whose caller the warning is for.
        warnings.warn(_message(what, one, range(len(there)) if labels is None else labels), OutlierWarning, 3)
    return kept


def row_labels(x: Any) -> Sequence[Any] | None:
    """What the rows of a table are called.

    Args:
        x: anything that has rows.

    Returns:
        The index of a pandas table; None for other rows.

    Example:
        >>> row_labels([[1.0], [2.0]]) is None
        True
    """
    index: Sequence[Any] | None = x.index if hasattr(x, "iloc") else None
    return index


def _found(
    cells: Sequence[Cells], targets: Iterable[tuple[str, FloatArray]], there: BoolArray
) -> Iterator[tuple[str, Outlier]]:
    for column in cells:
        if column.kind in ("number", "integer"):
            held = there & ~column.missing
            values = numbers(column)
            yield from ((f"column {quoted(column.name)}", one) for one in outliers(values, held & np.isfinite(values)))
    for name, values in targets:
        yield from ((f"target {quoted(name)}", one) for one in outliers(values, there))


def _message(what: str, one: Outlier, labels: Sequence[Any]) -> str:
    named = [_shown(labels[row]) for row in one.rows[:SHOWN_ROWS].tolist()]
    more = len(one.rows) - len(named)
    rows = f"row{'s' if len(one.rows) > 1 else ''} {', '.join(named)}{f' and {more} more' if more else ''}"
    left = "this row is" if len(one.rows) == 1 else "these rows are"
    empty = "" if what.startswith("target") else "leave the cell empty where the value is missing, "
    return (
        f"{what} holds {one.value:.15g} in {rows}, far outside its other numbers ({one.lower:.6g} to {one.upper:.6g}), "
        f"so {left} left out; {empty}correct it, or set outliers to keep if it is right."
    )


def _shown(label: Any) -> str:
    return quoted(label) if isinstance(label, str) else str(label)
