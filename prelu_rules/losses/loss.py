"""What all losses have in common: one object has everything that depends on the loss."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from prelu_rules.errors import ShapeError
from prelu_rules.losses.link import ClassLink, IdentityLink, Link
from prelu_rules.values import FloatArray

RIDGE_FACTORS = (1.0, 10.0, 100.0, 1000.0)
"""From hardly any penalty to one that halves the weights of bends that few rows support."""

Chooser = Literal["criterion", "validation", "both"]
"""How the size of a network is chosen: by a criterion on the training rows, by validation rows, or by both."""


@dataclass(frozen=True)
class Loss(ABC):
    """A convex function of the outputs of each row, and everything that depends on it.

    A subclass is a frozen dataclass; its fields, if any, are its parameters, such as the level of a quantile. The
    methods that are not abstract here suit most losses.

    A loss is never negative, and 0 for a perfect fit: in training, a network with a loss near 0 counts as settled.

    Attributes:
        link: what the outputs mean; with a `ClassLink` the targets are class indices.
        standardised: whether networks are trained on targets of mean 0 and deviation 1, which is wrong for counts and
            classes.
        chosen_by: how the size is chosen under limits. A criterion does not account for the search for bends; it is
            "criterion" only for losses that this does not mislead.
    """

    link: ClassVar[Link] = IdentityLink()
    standardised: ClassVar[bool] = False
    chosen_by: ClassVar[Chooser] = "validation"

    @abstractmethod
    def rows(self, outputs: FloatArray, y: FloatArray) -> FloatArray:
        """The loss of each row.

        Args:
            outputs: `(n_rows, n_outputs)`.
            y: as `targets` returns them.

        Returns:
            `(n_rows,)`, at least 0.
        """

    @abstractmethod
    def gradient(self, outputs: FloatArray, y: FloatArray) -> FloatArray:
        """The derivative of the loss of each row with respect to its outputs.

        Args:
            outputs: `(n_rows, n_outputs)`.
            y: as `targets` returns them.

        Returns:
            `(n_rows, n_outputs)`.
        """

    @abstractmethod
    def root(self, outputs: FloatArray) -> FloatArray | None:
        """A root of the second derivative, for second-order steps; or of an upper bound of it, where it may be 0.

        Args:
            outputs: `(n_rows, n_outputs)`.

        Returns:
            `R`, `(n_rows, n_outputs, n_outputs)`, with `R R^T` the second derivative; None for the identity.
        """

    @abstractmethod
    def tensor(self, outputs: Any, y: Any) -> Any:
        """`rows` up to a constant factor, in TensorFlow, for many networks at once.

        Args:
            outputs: `(members, n_rows, n_outputs)` float32.
            y: as `targets` returns them, float32; the same for all members.

        Returns:
            `(members, n_rows)`.
        """

    @abstractmethod
    def score(self, outputs: FloatArray, y: FloatArray, weights: FloatArray) -> float:
        """The quality of outputs, to show to people: 1 is perfect.

        Args:
            outputs: `(n_rows, n_outputs)`.
            y: as `targets` returns them.
            weights: `(n_rows,)`, not negative.

        Returns:
            The score.
        """

    @property
    def of_classes(self) -> bool:
        """Whether the targets are class indices, rather than a number for each output."""
        return isinstance(self.link, ClassLink)

    def targets(self, y: FloatArray) -> FloatArray:
        """Check targets, and bring them into the shape that this loss needs.

        Args:
            y: `(n_rows,)` or `(n_rows, n_columns)` finite numbers.

        Returns:
            `(n_rows, n_outputs)` numbers, or `(n_rows,)` class indices.

        Raises:
            ShapeError: if there is not a number for each row and output, or a class for each row.
            InvalidValueError: if this loss is not defined for a target.
        """
        if y.ndim not in (1, 2):
            raise ShapeError(f"y has shape {y.shape}; give a number for each row and output.")
        return y[:, None] if y.ndim == 1 else y

    def n_outputs(self, largest: FloatArray) -> int:
        """The number of outputs of a network for such targets.

        Args:
            largest: `(n_columns,)`, the largest target in each column.

        Returns:
            The number of outputs.
        """
        return len(largest)

    def ridge(self, n_rows: int) -> float:
        """The default penalty: one over the number of rows, as in scikit-learn's `LogisticRegression`.

        Args:
            n_rows: the number of rows that a network is fitted to.

        Returns:
            The factor of half the sum of squared weights.
        """
        return 1 / n_rows

    def ridges(self, least: float) -> tuple[float, ...]:
        """The penalties among which left-out rows choose.

        Args:
            least: the default penalty for the rows.

        Returns:
            The default penalty and larger ones, in ascending order.
        """
        return tuple(least * factor for factor in RIDGE_FACTORS)

    def most_on_bends(self, least: float) -> float:
        """The largest penalty on the weights of bends; the others may have any of `ridges`.

        Args:
            least: the default penalty for the rows.

        Returns:
            The penalty; infinite for no limit.
        """
        return math.inf

    def log_likelihood(self, outputs: FloatArray, y: FloatArray, weights: FloatArray) -> float | None:
        """The log-likelihood of the rows, for Schwarz's criterion.

        Args:
            outputs: `(n_rows, n_outputs)`.
            y: as `targets` returns them.
            weights: `(n_rows,)`, which sum to 1.

        Returns:
            The logarithm for all rows together, up to a constant; None if it says little about other rows. Networks are
            then compared by their loss on rows that were left out.
        """
        return None
