"""What losses of numbers have in common."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from prelu_rules.losses.loss import Loss
from prelu_rules.losses.r_squared import r_squared
from prelu_rules.values import FloatArray

LITTLE_NOISE = 0.1
"""The smallest penalty, as a share of the default one."""

MOST_ON_BENDS = 100.0
"""The largest penalty on bends, as a multiple of the default one.

Two weights make up the slope of a bend, so that their penalty is proportional to its size, while that of a column is
proportional to its square. A penalty that suits many columns would leave no small bend at all.
"""

RIDGE = 1e-4
"""The default penalty, for targets with a variance of 1."""


@dataclass(frozen=True)
class NumberLoss(Loss):
    """A loss of standardised numbers."""

    standardised: ClassVar[bool] = True

    def score(self, outputs: FloatArray, y: FloatArray, weights: FloatArray) -> float:
        """R2, the share of the variance that is explained; the mean over outputs if there are several.

        Args:
            outputs: `(n_rows, n_outputs)`.
            y: `(n_rows, n_outputs)`, the targets.
            weights: `(n_rows,)`, not negative.

        Returns:
            At most 1; NaN for a single row, which has no variance to explain.
        """
        return r_squared(outputs, y, weights)

    def ridge(self, n_rows: int) -> float:
        """The default penalty, which does not depend on the number of rows.

        Args:
            n_rows: the number of rows that a network is fitted to.

        Returns:
            The factor of half the sum of squared weights.
        """
        return RIDGE

    def ridges(self, least: float) -> tuple[float, ...]:
        """The penalties of all losses, and a smaller one: with little noise, even the default hides the best bends.

        Args:
            least: the default penalty for the rows.

        Returns:
            Penalties in ascending order.
        """
        return LITTLE_NOISE * least, *super().ridges(least)

    def most_on_bends(self, least: float) -> float:
        """A penalty under which small bends last.

        Args:
            least: the default penalty for the rows.

        Returns:
            The penalty.
        """
        return MOST_ON_BENDS * least
