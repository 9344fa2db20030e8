"""What cells count as that a column cannot speak for itself: rare missing numbers, and values that training never saw.

An effect is worth a number to read only if enough rows show it. So a missing number gets a feature of its own only if
enough cells are missing; otherwise it counts as about the mean of the others, a number of a few digits.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Literal, get_args

import numpy as np

from prelu_rules.columns.column import Column
from prelu_rules.errors import InvalidValueError
from prelu_rules.values import FloatArray

Unknown = Literal["error", "reference", "mean"]
"""What is done about a level that training never saw, and about the first missing value of a column: it is refused, it
counts as the most frequent level and the mean number, or as the mean of the features of all training rows."""

FEWEST_ROWS = 5
"""Fewer rows than this show no effect of their own: of so many, the mean is known to .45 standard deviations."""

LEAST_SHARE = 0.001
"""Nor does a smaller share: an effect of one standard deviation on it explains less than .001 of the variance."""

LARGEST_SHARE = 0.05
"""In tables of fewer than 100 rows, a share of this size is enough, as all groups of rows are small there."""

SHORT = 0.01
"""The number for missing ones is that of the fewest decimals within this share of the deviation from the mean."""


def is_rare(n_rows: float, n_all: float) -> bool:
    """Whether so few rows have a state that it should have no number of its own.

    Args:
        n_rows: the rows that have it.
        n_all: all rows.

    Returns:
        True for fewer than `FEWEST_ROWS`, or `LEAST_SHARE` of all rows if that is more, but never for `LARGEST_SHARE`.

    Example:
        >>> [is_rare(n_rows, 1000) for n_rows in (4, 5)], is_rare(99, 100_000), is_rare(1, 20)
        ([True, False], True, False)
    """
    return n_rows < min(max(FEWEST_ROWS, LEAST_SHARE * n_all), LARGEST_SHARE * n_all)


def row_counts(weights: FloatArray) -> FloatArray:
    """Weights as counts of rows: a weight of 2 counts as two rows, and only ratios of weights matter.

    Args:
        weights: `(n_rows,)`, positive.

    Returns:
        `(n_rows,)`; the smallest is 1.

    Example:
        >>> row_counts(np.array([0.5, 1.0]))
        array([1., 2.])
    """
    return weights / weights.min()


def with_substitutes(
    columns: Sequence[Column], x: FloatArray, weights: FloatArray, unknown: Unknown
) -> tuple[Column, ...]:
    """The columns, with what rare missing numbers and unknown cells count as.

    Args:
        columns: columns whose missing cells all have features of their own.
        x: `(n_rows, n_features)`, their encoded rows.
        weights: `(n_rows,)`, positive.
        unknown: what unknown cells count as.

    Returns:
        The same columns; those of which few numbers are missing have a `fill`, and others lack it.

    Raises:
        InvalidValueError: if `unknown` is none of the options.

    Example:
        >>> x = np.column_stack([np.append(0.0, np.arange(1.0, 100)), np.append(1.0, np.zeros(99))])
        >>> with_substitutes([Column("age", "integer", missing=True)], x, np.ones(100), "error")[0].fill
        50.0
    """
    if unknown not in get_args(Unknown):
        raise InvalidValueError(f"unknown is {unknown!r}; it must be 'error', 'reference' or 'mean'.")
    counts, start, found = row_counts(weights), 0, []
    for column in columns:
        stop = start + len(column.features)
        filled = _with_fill(column, x[:, start:stop], counts)
        found.append(filled if unknown == "error" else _with_unknown(filled, x[:, start:stop], counts, unknown))
        start = stop
    return tuple(found)


def _with_fill(column: Column, features: FloatArray, counts: FloatArray) -> Column:
    if not column.missing or column.kind not in ("number", "integer"):
        return column
    gone = features[:, 1] == 1
    if not is_rare(math.fsum(counts[gone]), math.fsum(counts)):
        return column
    return replace(column, fill=_short_mean(column, features[~gone, 0], counts[~gone]))


def _with_unknown(column: Column, features: FloatArray, counts: FloatArray, unknown: Unknown) -> Column:
    if column.kind in ("number", "integer"):
        return column if column.missing else replace(column, unknown=(_short_mean(column, features[:, 0], counts),))
    if column.kind == "yes/no" and column.missing:
        return column
    total = math.fsum(counts)
    shares = [math.fsum(counts[one == 1]) / total for one in features.T]
    if unknown == "mean":
        return replace(column, unknown=tuple(shares))
    if column.kind == "yes/no":
        return replace(column, unknown=(float(shares[0] > 0.5),))
    # The first of equally frequent ones, whatever the last digits of their shares.
    most = int(np.argmax(np.round(shares, 9)))
    return replace(column, unknown=tuple(float(k == most) for k in range(len(shares))))


def _short_mean(column: Column, values: FloatArray, counts: FloatArray) -> float:
    """About the mean, with few digits, since it is printed; a whole number if all are."""
    shares = counts / math.fsum(counts)
    # Exact sums do not depend on the order of the rows.
    mean = math.fsum(shares * values)
    if column.kind == "integer":
        return float(round(mean))
    with np.errstate(over="ignore"):
        away = np.abs(values - mean)
    largest = float(away.max())
    if not 0 < largest < math.inf:
        return mean if largest else float(values[0])
    deviation = largest * math.sqrt(math.fsum(shares * (away / largest) ** 2))
    return float(round(mean, math.ceil(-math.log10(2 * SHORT * deviation))))
