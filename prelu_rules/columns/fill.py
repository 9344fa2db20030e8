"""What stands for missing numbers while a network is trained, and how it is folded away afterwards.

Training wants missing numbers near the others, at their mean: `x_filled = x_or_0 + mean * missing`. Rules want no
hidden number. The two are the same network: a weight `w` of `x_filled` is a weight `w` of `x_or_0`, and `mean * w` more
of `missing`, exactly.
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
    """The numbers that stand for missing ones.

    Attributes:
        numbers: `(n_filled,)` int, the features that are numbers and may be missing.
        indicators: `(n_filled,)` int, the features that say that they are.
        values: `(n_filled,)` float64, what stands for each where it is missing.

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
        """The means of the numbers that are there.

        Args:
            columns: what the columns are.
            x: `(n_rows, n_features)`, encoded rows.
            weights: `(n_rows,)`; None for equal ones.

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
        """Rows with the fill where a number is missing.

        Args:
            x: `(n_rows, n_features)`, encoded rows, in which missing numbers are 0.

        Returns:
            Of the same shape.
        """
        result = np.array(x, dtype=np.float64)
        result[:, self.numbers] += self.values * result[:, self.indicators]
        return result

    def folded(self, form: NormalForm) -> NormalForm:
        """A network for filled rows as one for rows in which missing numbers are 0.

        Args:
            form: a network for what `filled` returns.

        Returns:
            The same function of encoded rows.

        Example:
            >>> form = NormalForm(np.zeros((0, 2)), np.zeros((0, 0)), [], [[2.0, 5.0]], np.zeros((1, 0)), [1.0], [])
            >>> Fill(np.array([0]), np.array([1]), np.array([10.0])).folded(form).C
            array([[ 2., 25.]])
        """
        return replace(form, A=self.folded_rows(form.A), C=self.folded_rows(form.C)) if len(self.values) else form

    def folded_rows(self, weights: Array) -> Array:
        """Weights of filled features as weights of features in which missing numbers are 0.

        Args:
            weights: `(n, n_features)`.

        Returns:
            Of the same shape; a row gives the same sum as before.
        """
        result = weights.copy()
        result[:, self.indicators] += result[:, self.numbers] * self.values
        return result
