"""What the losses for classes have in common."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from prelu_rules.errors import InvalidValueError, ShapeError
from prelu_rules.losses.link import ClassLink
from prelu_rules.losses.loss import Loss
from prelu_rules.values import FloatArray


@dataclass(frozen=True)
class ClassLoss(Loss):
    """A loss of logits whose targets are class indices.

    It is minus the logarithm of a likelihood. If the classes can be separated, that is unbounded, so that it chooses no
    size; versions of one size are compared by Akaike's criterion.
    """

    link: ClassVar[ClassLink]

    def score(self, outputs: FloatArray, y: FloatArray, weights: FloatArray) -> float:
        """The share of correctly classified rows.

        Args:
            outputs: `(n_rows, n_outputs)` logits.
            y: `(n_rows,)`, indices of classes.
            weights: `(n_rows,)`, not negative.

        Returns:
            The accuracy, from 0 to 1.
        """
        return float(np.average(self.link.decide(outputs) == y, weights=weights))

    def targets(self, y: FloatArray) -> FloatArray:
        """Check that there is a class index for each row.

        Args:
            y: `(n_rows,)`, or one column of them.

        Returns:
            `(n_rows,)`.

        Raises:
            ShapeError: if there is not one class for each row.
            InvalidValueError: if one of them is not a whole number of at least 0.
        """
        labels = y[:, 0] if y.ndim == 2 and y.shape[1] == 1 else y
        if labels.ndim != 1:
            raise ShapeError(f"y has shape {y.shape}; give one class for each row.")
        wrong = (labels < 0) | (labels != np.floor(labels))
        if wrong.any():
            raise InvalidValueError(
                f"y holds {labels[wrong][0]:g}, which is not the index of a class; number the classes from 0."
            )
        return labels
