"""Confidence intervals of means over seeds, which are independent, or folds, which share training rows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import stats


@dataclass(frozen=True)
class Interval:
    """A mean, and the distance from it to either end of the interval.

    Example:
        >>> print(Interval(-2.0, 0.5)), Interval(-2.0, 0.5).sign, Interval(0.1, 0.5).sign
        -2.00 [-2.50, -1.50]
        (None, -1, 0)
    """

    mean: float
    reach: float

    @property
    def low(self) -> float:
        """The lower end."""
        return self.mean - self.reach

    @property
    def high(self) -> float:
        """The upper end."""
        return self.mean + self.reach

    @property
    def sign(self) -> int:
        """1 if the interval is above 0, -1 if it is below, 0 if it contains 0 (no clear difference)."""
        return int(self.low > 0) - int(self.high < 0)

    def __str__(self) -> str:
        return f"{self.mean:.2f} [{self.low:.2f}, {self.high:.2f}]"


def interval(values: npt.ArrayLike, overlap: float = 0.0, level: float = 0.95) -> Interval:
    """Student's confidence interval of a mean.

    Args:
        values: at least two numbers, such as paired differences.
        overlap: 0 for independent values; for folds, the number of test rows per training row, which increases the
            variance of their mean (Nadeau and Bengio, "Inference for the generalization error", 2003).
        level: the confidence level.

    Returns:
        The interval.

    Example:
        >>> print(interval([1.0, 2.0, 3.0]), interval([1.0, 2.0, 3.0], overlap=1 / 4))
        2.00 [-0.48, 4.48] 2.00 [-1.29, 5.29]
    """
    values = np.asarray(values, dtype=np.float64)
    error = np.sqrt(values.var(ddof=1) * (1 / len(values) + overlap))
    return Interval(float(values.mean()), float(stats.t.ppf((1 + level) / 2, len(values) - 1) * error))
