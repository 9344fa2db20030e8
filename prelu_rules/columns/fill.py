"""Fill-in values for missing numbers in training, and how to remove them from the trained network.

Training works best if missing numbers are replaced by the mean of the others: `x_filled = x_or_0 + mean * missing`.
Rules should not depend on hidden numbers. The two are equivalent: a weight `w` of `x_filled` equals a weight `w` of
`x_or_0` and an additional weight `mean * w` of `missing`, exactly.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from prelu_rules.columns.column import Column, features_of
from prelu_rules.network.normal_form import NormalForm
from prelu_rules.values import Array, FloatArray, IntArray, Value


@dataclass(frozen=True, eq=False)
class Fill(Value):
    """The values that replace missing numbers.

    Attributes:
        numbers: `(n_filled,)` int, the features that are numbers and may be missing.
        indicators: `(n_filled,)` int, the features that indicate which ones are missing.
        values: `(n_filled,)` float64, the replacement values.

    Example:
        >>> fill = Fill.of_rows([Column("age", missing=True)], np.array([[40.0, 0.0], [20.0, 0.0], [0.0, 1.0]]))
        >>> fill.values, fill.filled(np.array([[0.0, 1.0]]))
        (array([30.]), array([[30.,  1.]]))
    """

    numbers: IntArray
    indicators: IntArray
    values: FloatArray

    @classmethod
    def of_rows(cls, columns: Sequence[Column], x: FloatArray, weights: FloatArray | None = None) -> Fill:
        """Fill with the means of the numbers that are not missing.

        Args:
            columns: the columns.
            x: `(n_rows, n_features)`, encoded rows.
            weights: `(n_rows,)`; None for equal weights.

        Returns:
            The fill.
        """
        says = [feature.says for feature in features_of(columns)]
        indicators = [k for k, one in enumerate(says) if one == "missing" and says[k - 1] == "number"]
        share = np.ones(len(x)) if weights is None else weights
        means = []
        for k in indicators:
            there = share * (x[:, k] == 0)
            total = math.fsum(there)
            # The exact sum does not depend on the order of the rows.
            means.append(math.fsum(there * x[:, k - 1]) / total if total > 0 else 0.0)
        found = np.array(indicators, dtype=np.intp)
        return cls(found - 1, found, np.array(means))

    def filled(self, x: FloatArray) -> FloatArray:
        """Rows with the fill in place of missing numbers.

        Args:
            x: `(n_rows, n_features)`, encoded rows, in which missing numbers are 0.

        Returns:
            An array of the same shape.
        """
        result = np.array(x, dtype=np.float64)
        result[:, self.numbers] += self.values * result[:, self.indicators]
        return result

    def folded(self, form: NormalForm) -> NormalForm:
        """Convert a network for filled rows into one for rows in which missing numbers are 0.

        Args:
            form: a network for rows as `filled` returns them.

        Returns:
            The same function of encoded rows.

        Example:
            >>> form = NormalForm(np.zeros((0, 2)), np.zeros((0, 0)), [], [[2.0, 5.0]], np.zeros((1, 0)), [1.0], [])
            >>> Fill(np.array([0]), np.array([1]), np.array([10.0])).folded(form).C
            array([[ 2., 25.]])
        """
        return replace(form, A=self.folded_rows(form.A), C=self.folded_rows(form.C)) if len(self.values) else form

    def folded_rows(self, weights: Array) -> Array:
        """Convert weights of filled features into weights of features in which missing numbers are 0.

        Args:
            weights: `(n, n_features)`.

        Returns:
            An array of the same shape; each row gives the same sum as before.
        """
        result = weights.copy()
        result[:, self.indicators] += result[:, self.numbers] * self.values
        return result
