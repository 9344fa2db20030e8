"""Cells that training never saw: levels that are not among those of a category, and first missing values."""

from __future__ import annotations

import warnings

import numpy as np

from prelu_rules.columns.cells import Cells
from prelu_rules.columns.column import Column
from prelu_rules.errors import InvalidValueError, UnknownValueWarning, quoted
from prelu_rules.values import BoolArray

SHOWN_LEVELS = 20
"""How many levels an error message lists."""


def unknown_refused(column: Column, cells: Cells, unknown: BoolArray) -> InvalidValueError:
    """The error for unknown cells.

    Args:
        column: the column.
        cells: its cells.
        unknown: `(n_rows,)` bool, which of them are unknown; at least one.

    Returns:
        An error that names the first one, and for a new level those that there are.
    """
    new = unknown & ~cells.missing
    if not new.any():
        return InvalidValueError(
            f"column {column.name!r} is missing in row {int(unknown.argmax())}, but was never missing in training; "
            "fill in a value, or train with such rows."
        )
    row = int(new.argmax())
    levels = [repr(level) for level in column.levels[:SHOWN_LEVELS]]
    levels += ["..."] if len(column.levels) > SHOWN_LEVELS else []
    return InvalidValueError(
        f"column {column.name!r} holds {_value(cells, row)} in row {row}, which no training row had; its levels are "
        f"{', '.join(levels)}."
    )


def warn_of_unknown(column: Column, cells: Cells, unknown: BoolArray) -> None:
    """Warn of cells that count as something else.

    Args:
        column: the column, which says what unknown cells count as.
        cells: its cells.
        unknown: `(n_rows,)` bool, which of them are unknown; at least one.

    Warns:
        UnknownValueWarning: it names the column, the first value, how many rows have such values, and what they count
            as.

    Example:
        >>> from prelu_rules.columns.cells import cells_of_values
        >>> kind = Column("kind", "category", ("farm", "home"), unknown=(0.0, 1.0))
        >>> with warnings.catch_warnings(record=True) as caught:
        ...     warnings.simplefilter("always")
        ...     warn_of_unknown(kind, cells_of_values("kind", ["shop", "farm"]), np.array([True, False]))
        >>> print(caught[0].message)
        column 'kind' holds 'shop' in 1 row, which training never saw; counted as 'home'.
    """
    n_rows, row = int(unknown.sum()), int(unknown.argmax())
    rows = f"{n_rows} row{'' if n_rows == 1 else 's'}"
    if (cells.missing & unknown).sum() == n_rows:
        found = f"is missing in {rows}, which it never was in training"
    else:
        new = unknown & ~cells.missing
        row = int(new.argmax())
        others = len({*map(str, cells.values[new].tolist())}) - 1 + bool((cells.missing & unknown).any())
        more = f" and {others} other unknown value{'' if others == 1 else 's'}" if others else ""
        found = f"holds {_value(cells, row)}{more} in {rows}, which training never saw"
    # The callers are methods such as `predict`, at different distances; the place says little, the message all.
    warnings.warn(
        f"column {quoted(column.name)} {found}; counted as {counts_as(column)}.", UnknownValueWarning, stacklevel=2
    )


def counts_as(column: Column) -> str:
    """What an unknown cell of a column counts as, in words.

    Args:
        column: a column that says so.

    Returns:
        A level, a number, yes or no, missing, or that it is the mean of the training rows.

    Example:
        >>> counts_as(Column("age", unknown=(41.0,))), counts_as(Column("smoker", "yes/no", unknown=(0.25,)))
        ('41', 'the mean of training')
    """
    assert column.unknown is not None
    if column.kind in ("number", "integer"):
        return f"{column.unknown[0]:.15g}"
    share = max(column.unknown)
    if share not in (0.0, 1.0):
        return "the mean of training"
    state = column.features[column.unknown.index(share)] if share else None
    if state is None:
        return "no"
    return state.says if state.level is None else quoted(state.level)


def _value(cells: Cells, row: int) -> str:
    value = cells.values[row]
    return repr(value.item() if isinstance(value, np.generic) else value)
