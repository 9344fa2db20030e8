"""Numbers far outside the others of their column: codes for missing values, slips of the keyboard, broken sensors.

One cell of 999999999 among numbers from 0 to 1 stretches the scale of its column and the domain of the rules until
nothing can be learned of the other rows.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np

from prelu_rules.tolerances import LEAST_ROWS
from prelu_rules.values import BoolArray, FloatArray, IntArray, Value

FAR = 100.0
"""A number is far outside if it is so many times as far from the median of the others as the furthest of them. It is a
ratio to the furthest other one, and not to a quartile, as long tails have no end: of 1,000 log-normal numbers
(sigma 1.5) the largest is 60 times the range between the quartiles, but hardly ever 10 times the second largest."""

FAR_AS_CODE = 10.0
"""The same for numbers that usually stand for something else, such as 999 or -9999; see `is_code`."""

MOST_NUMBERS = 3
"""Different numbers of a column that are far outside; more of them are a second group of rows, and no slips."""

MOST_ROWS, MOST_ROWS_AS_CODE = 0.05, 0.5
"""Shares of the rows of a column that can be far outside: slips are rare, codes for missing values may not be."""

FEWEST_OTHERS, FEWEST_OTHERS_OF_CODE = 5, 2
"""Different numbers that the others have to be; beside fewer, a number may be a state, as 1000 is beside 0."""

_NINES, _ROUND = re.compile("99+"), re.compile("10{6,}")
_LIMITS = {float(sign * 2**bits - k) for bits in (15, 16, 31, 32, 63) for sign in (1, -1) for k in (0, 1)}


@dataclass(frozen=True, eq=False)
class Outlier(Value):
    """A number far outside the others of its column.

    Attributes:
        value: the number.
        rows: `(n,)`, the rows that hold it, counted from 0.
        lower: the smallest of the others.
        upper: the largest of the others.
    """

    value: float
    rows: IntArray
    lower: float
    upper: float


def is_code(value: float) -> bool:
    """Whether a number is one that usually stands for something else.

    Args:
        value: the number.

    Returns:
        True for integers of two nines or more and for powers of ten from a million on, of either sign, and for the
        limits of integer types and of float32.

    Example:
        >>> [is_code(value) for value in (999.0, -9999.0, 1e9, 2147483647.0, 998.0, 1000.0)]
        [True, True, True, True, False, False]
    """
    size = abs(value)
    if size > float(np.finfo(np.float32).max) * (1 - 1e-6) or value in _LIMITS:
        return True
    text = f"{size:.0f}"
    return float(text) == size and (_NINES.fullmatch(text) or _ROUND.fullmatch(text)) is not None


def outliers(values: FloatArray, there: BoolArray | None = None) -> tuple[Outlier, ...]:
    """The numbers of a column that are far outside the others.

    Going inwards from the number that is furthest from the median of all different numbers, at most `MOST_NUMBERS` are
    far outside if the nearest of them is `FAR` times as far from the median of the others as any other one is, or
    `FAR_AS_CODE` times if all of them are codes; see also the other limits in this file. How often a number occurs does
    not matter, so that a column may be 0 nearly everywhere.

    Args:
        values: `(n_rows,)`, finite.
        there: `(n_rows,)` bool, which rows hold a number; None for all.

    Returns:
        Those that are, the furthest first; none of fewer than `LEAST_ROWS` rows.

    Example:
        >>> ages = np.array([*range(20, 60), 999.0, 61.0, 999.0])
        >>> [(one.value, one.rows.tolist(), one.upper) for one in outliers(ages)]
        [(999.0, [40, 42], 61.0)]
    """
    there = np.ones(len(values), dtype=bool) if there is None else there
    if there.sum() < LEAST_ROWS:
        return ()
    distinct, counts = np.unique(values[there], return_counts=True)
    # Halves, for the difference of two floats may overflow.
    order = np.argsort(-np.abs(distinct / 2 - np.median(distinct / 2)), kind="stable")
    found: tuple[Outlier, ...] = ()
    for n_far in range(1, min(MOST_NUMBERS, len(distinct) - 1) + 1):
        far, others = distinct[order[:n_far]], distinct[order[n_far:]]
        codes = all(map(is_code, far.tolist()))
        enough = len(others) >= (FEWEST_OTHERS_OF_CODE if codes else FEWEST_OTHERS)
        few = counts[order[:n_far]].sum() <= (MOST_ROWS_AS_CODE if codes else MOST_ROWS) * there.sum()
        middle = np.median(others / 2)
        reach, spread = np.abs(far / 2 - middle).min(), np.abs(others / 2 - middle).max()
        if enough and few and reach / (FAR_AS_CODE if codes else FAR) > spread:
            lower, upper = float(others.min()), float(others.max())
            found = tuple(Outlier(float(v), np.flatnonzero(there & (values == v)), lower, upper) for v in far)
    return found
