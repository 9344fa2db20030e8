"""What all losses have in common: one value says everything that depends on which of them is minimised."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from prelu_rules.errors import ShapeError
from prelu_rules.losses.link import ClassLink, IdentityLink, Link
from prelu_rules.values import FloatArray

Chooser = Literal["criterion", "validation"]
"""What chooses the size of a network under limits: a criterion on the rows that it was fitted to, or other rows."""


@dataclass(frozen=True)
class Loss(ABC):
    """A convex function of the outputs of each row, and all that depends on it.

    A subclass is a frozen dataclass; its fields, if any, are its parameters, such as the level of a quantile. What is
    not abstract here suits most losses.

    A loss is never negative, and 0 for a perfect fit: training takes a network whose loss is near 0 for settled.

    Attributes:
        link: what the outputs stand for; with a `ClassLink` the targets are indices of classes.
        standardised: whether networks see targets of mean 0 and deviation 1, which makes no sense of counts or classes.
        chosen_by: what chooses the size under limits. Bends are searched for, which a criterion does not count; only
            for a loss that this does not mislead is it "criterion".
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
        """The derivative of the loss of each row in its outputs.

        Args:
            outputs: `(n_rows, n_outputs)`.
            y: as `targets` returns them.

        Returns:
            `(n_rows, n_outputs)`.
        """

    @abstractmethod
    def root(self, outputs: FloatArray) -> FloatArray | None:
        """A root of the second derivative, which second-order steps need; where that may be 0, of an upper bound of it.

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
        """How good outputs are, for people to read: 1 is perfect.

        Args:
            outputs: `(n_rows, n_outputs)`.
            y: as `targets` returns them.
            weights: `(n_rows,)`, not negative.

        Returns:
            The score.
        """

    @property
    def of_classes(self) -> bool:
        """Whether the targets are indices of classes, rather than a number for each output."""
        return isinstance(self.link, ClassLink)

    def targets(self, y: FloatArray) -> FloatArray:
        """Check targets, and give them the shape that this loss wants.

        Args:
            y: `(n_rows,)` or `(n_rows, n_columns)` finite numbers.

        Returns:
            `(n_rows, n_outputs)` numbers, or `(n_rows,)` indices of classes.

        Raises:
            ShapeError: if there is not a number for each row and output, or a class for each row.
            InvalidValueError: if this loss is not defined for one of them.
        """
        if y.ndim not in (1, 2):
            raise ShapeError(f"y has shape {y.shape}; give a number for each row and output.")
        return y[:, None] if y.ndim == 1 else y

    def n_outputs(self, largest: FloatArray) -> int:
        """Outputs that a network for such targets has.

        Args:
            largest: `(n_columns,)`, the largest target in each column.

        Returns:
            Their number.
        """
        return len(largest)

    def ridge(self, n_rows: int) -> float:
        """The default penalty: one over the rows, as in scikit-learn's `LogisticRegression`.

        Args:
            n_rows: that a network is fitted to.

        Returns:
            What half the sum of the squares of the weights is multiplied by.
        """
        return 1 / n_rows

    def log_likelihood(self, outputs: FloatArray, y: FloatArray, weights: FloatArray) -> float | None:
        """How likely the rows are, which is what Schwarz's criterion wants to know.

        Args:
            outputs: `(n_rows, n_outputs)`.
            y: as `targets` returns them.
            weights: `(n_rows,)`, adding up to 1.

        Returns:
            The logarithm for all rows together, up to a constant; None where it says little of other rows. Networks are
            then compared by their loss on rows left out.
        """
        return None
