"""What rules and rules on demand have in common: they predict rows of a table."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from prelu_rules.columns.column import Column, Feature, features_of
from prelu_rules.columns.feature_rows import feature_rows
from prelu_rules.columns.table_batches import TableBatches, table_batches
from prelu_rules.columns.tables import TableLike
from prelu_rules.domains.as_domain import DomainLike, as_domain
from prelu_rules.domains.domain import Domain
from prelu_rules.errors import InvalidValueError, located
from prelu_rules.losses.link import class_link
from prelu_rules.rules.lazily import lazily
from prelu_rules.rules.names import ClassLabel
from prelu_rules.values import Array, FloatArray


class Predictor(ABC):
    """Columns, outputs and perhaps classes, and a function from the columns to the outputs.

    Rows `x` can be a table (pandas, polars, pyarrow, or a dict of columns), whose columns are matched by name; a single
    row with names (a dict or a pandas Series); or encoded features, `(n_rows, n_features)`.
    """

    if TYPE_CHECKING:

        @property
        def columns(self) -> tuple[Column, ...]:
            """The columns of a table."""

        @property
        def classes(self) -> tuple[ClassLabel, ...] | None:
            """The class labels of a classifier; None if numbers are predicted."""

        @property
        def domain(self) -> Domain | None:
            """The domain on which it holds; None for all inputs."""

    @abstractmethod
    def predict(self, x: TableLike) -> FloatArray:
        """The outputs; for a classifier the logits.

        Args:
            x: rows.

        Returns:
            float64, `(n_rows, n_outputs)`.
        """

    def predict_batches(self, batches: TableBatches) -> Iterator[FloatArray]:
        """Predict one batch of rows after the other, with memory for one of them.

        Args:
            batches: a pyarrow `RecordBatchReader`, `ParquetFile`, `Dataset` or `Scanner`; or any iterable of tables or
                arrays. Of a Parquet file or a dataset, only the columns that are needed are read.

        Yields:
            float64, `(n_rows, n_outputs)`, the outputs for each batch, as `predict` returns them.

        Raises:
            DataError: if it does not give batches, or a batch lacks a column.
            PReLURulesError: for a cell or a row, as for `predict`; the message starts with the number of the batch,
                from 0.

        Example:
            >>> from prelu_rules.network.affine import AffineMap
            >>> from prelu_rules.rules.rule import Rule
            >>> from prelu_rules.rules.rule_system import RuleSystem
            >>> double = RuleSystem((Rule((), AffineMap([[2.0]], [0.0])),), ("x",), ("y",))
            >>> [y.tolist() for y in double.predict_batches([{"x": [1.0, 2.0]}, {"x": [3.0]}])]
            [[[2.0], [4.0]], [[6.0]]]
        """
        names = [column.name for column in self.columns]
        for number, batch in enumerate(table_batches(batches, names)):
            with located(f"batch {number}"):
                y = self.predict(batch)
            yield y

    @property
    def features(self) -> tuple[Feature, ...]:
        """The features, in order."""
        return features_of(self.columns)

    @property
    def feature_names(self) -> tuple[str, ...]:
        """The names of the features."""
        return tuple(feature.name for feature in self.features)

    @property
    def n_inputs(self) -> int:
        """The number of features."""
        return len(self.features)

    def encoded(self, x: TableLike) -> Array:
        """Encode rows as features.

        Args:
            x: rows.

        Returns:
            `(n_rows, n_features)`.

        Raises:
            DataError: if a table lacks a column.
            ShapeError: if an array has the wrong number of features.
            InvalidValueError: if a cell is infinite, not a level of its category, or missing where that is not allowed.
            CellTypeError: if a cell is neither text nor a number.

        Example:
            >>> from prelu_rules.network.affine import AffineMap
            >>> from prelu_rules.rules.rule import Rule
            >>> from prelu_rules.rules.rule_system import RuleSystem
            >>> always = Rule((), AffineMap([[2.0, 25.0]], [0.0]))
            >>> RuleSystem((always,), (Column("cap", missing=True),), ("price",)).encoded({"cap": [3.0, None]})
            array([[3., 0.],
                   [0., 1.]])
        """
        return feature_rows(self.columns, x)

    @lazily
    def classify(self, x: TableLike) -> npt.NDArray[Any]:
        """Predict the class of each row.

        Args:
            x: rows.

        Returns:
            `(n_rows,)` class labels: the class with the largest logit, the first one on a tie; for two classes with one
            logit, the second class if the logit is above 0.

        Raises:
            InvalidValueError: if numbers are predicted, not classes; otherwise as for `predict`.
        """
        classes, logits = self._logits(x)
        # NumPy would convert labels of several types to one type, such as 1 to "1".
        one_type = len({type(label) for label in classes}) == 1
        return np.array(classes, dtype=None if one_type else object)[class_link(logits.shape[1]).decide(logits)]

    @lazily
    def probabilities(self, x: TableLike) -> FloatArray:
        """The probability of each class: softmax of the logits, or sigmoid of a single one.

        Args:
            x: rows.

        Returns:
            float64, `(n_rows, n_classes)`, in the order of `classes`; each row sums to 1.

        Raises:
            InvalidValueError: if numbers are predicted, not classes; otherwise as for `predict`.

        Example:
            >>> from prelu_rules.network.affine import AffineMap
            >>> from prelu_rules.rules.rule import Rule
            >>> from prelu_rules.rules.rule_system import RuleSystem
            >>> rules = RuleSystem((Rule((), AffineMap([[1.0]], [0.0])),), ("x",), ("logit",), classes=("no", "yes"))
            >>> rules.probabilities([[0.0], [1000.0]])
            array([[0.5, 0.5],
                   [0. , 1. ]])
        """
        _, logits = self._logits(x)
        return class_link(logits.shape[1]).inverse(logits)

    def _logits(self, x: TableLike) -> tuple[tuple[ClassLabel, ...], FloatArray]:
        """The classes, and the logits."""
        if self.classes is None:
            raise InvalidValueError(f"{self!r} predicts numbers, not classes; use predict.")
        return self.classes, self.predict(x)

    def _domain(self, domain: DomainLike | None) -> Domain | None:
        """Convert a domain; its own one by default."""
        return self.domain if domain is None else as_domain(domain, self.columns)
