"""Columns that say of each row what the rules answer, by which rule, why, and whether it is outside their range."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from prelu_rules.columns.column import Kind
from prelu_rules.columns.tables import TableLike
from prelu_rules.export.conditions import conditions_of
from prelu_rules.losses.link import class_link
from prelu_rules.rules.names import free_name
from prelu_rules.rules.rule_system import RuleSystem
from prelu_rules.values import Array, BoolArray, FloatArray, IntArray, Value

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, eq=False)
class Scores(Value):
    """What rules say of rows.

    Attributes:
        outputs: `(n_rows, n_outputs)`; for a classifier the logits.
        labels: `(n_rows,)`, the class of each row; None where numbers are predicted.
        probabilities: `(n_rows, n_classes)`; None where numbers are predicted.
        rule: int, `(n_rows,)`, the number of the rule, from 1.
        reason: `(n_rows,)`, the conditions of that rule as text.
        outside: `(n_rows,)`, the names of the columns by which the row is outside the range of the data, with commas
            between; nothing where it is inside.
    """

    outputs: FloatArray
    labels: Array | None
    probabilities: FloatArray | None
    rule: IntArray
    reason: Array
    outside: Array


class Scoring:
    """Scores rows by rules.

    Args:
        rules: the rules.

    Attributes:
        kinds: the kind of each column that the rules use.

    Example:
        >>> import pandas as pd
        >>> from prelu_rules.network.normal_form import NormalForm
        >>> from prelu_rules.rules.extraction import extract_rules
        >>> form = NormalForm(A=[[1]], B=[[0]], b=[-3], C=[[1]], D=[[1]], e=[0], slopes=[0])
        >>> table = pd.DataFrame({"age": [1.0, 5.0]})
        >>> scored = Scoring(extract_rules(form, [[0.0], [4.0]], feature_names=["age"])).added(table, table)
        >>> scored.to_dict("records")[1]
        {'age': 5.0, 'prediction': 7.0, 'rule': 2, 'reason': 'age >= 3', 'outside': 'age'}
    """

    def __init__(self, rules: RuleSystem) -> None:
        self._rules = rules
        self.kinds: Mapping[str, Kind] = {column.name: column.kind for column in rules.columns}
        self._reasons = np.array(conditions_of(rules), dtype=object)

    def scores(self, table: TableLike) -> Scores:
        """What the rules say of each row.

        Args:
            table: rows with the columns that the rules use.

        Returns:
            The scores.

        Raises:
            DataError: if the table lacks a column.
            InvalidValueError: if a cell cannot be used.
            OutsideDomainError: if no rule covers a row.
        """
        rules = self._rules
        x = rules.encoded(table)
        chosen = rules.evaluation.assigned(x)
        y = rules.evaluation.outputs(x, chosen)
        labels = probabilities = None
        if rules.classes is not None:
            link = class_link(y.shape[1])
            labels, probabilities = np.array(rules.classes, dtype=object)[link.decide(y)], link.inverse(y)
        return Scores(y, labels, probabilities, chosen + 1, self._reasons[chosen], self._outside(x))

    def added(self, cells: pd.DataFrame, typed: pd.DataFrame) -> pd.DataFrame:
        """A table with further columns.

        Args:
            cells: the table as it is to be shown.
            typed: its columns that the rules use, of their kinds.

        Returns:
            `cells` with "prediction" (or one column for each of several outputs), or "class" and the probability of
            each class, and "rule", "reason" and "outside". A name that is taken gets a number.

        Raises:
            InvalidValueError: if a cell cannot be used.
            OutsideDomainError: if no rule covers a row.
        """
        scores = self.scores(typed)
        found = [*self._answers(scores), ("rule", scores.rule), ("reason", scores.reason), ("outside", scores.outside)]
        named: dict[str, Array] = {}
        for name, values in found:
            named[free_name(name, [*cells.columns, *named])] = values
        return cells.assign(**named)

    def _answers(self, scores: Scores) -> list[tuple[str, Array]]:
        """The columns of the answers."""
        rules = self._rules
        if scores.labels is not None and scores.probabilities is not None:
            shares = zip(rules.classes or (), scores.probabilities.T, strict=True)
            return [("class", scores.labels), *((f"probability of {label}", share) for label, share in shares)]
        if len(rules.output_names) == 1:
            return [("prediction", scores.outputs[:, 0])]
        return [(f"prediction of {name}", y) for name, y in zip(rules.output_names, scores.outputs.T, strict=True)]

    def _outside(self, x: Array) -> Array:
        """The names of the columns by which each row is outside the range of the data, with commas between."""
        found = np.full(len(x), "", dtype=object)
        domain = self._rules.domain
        if domain is None:
            return found
        missing = {f.column: x[:, k] > 0 for k, f in enumerate(self._rules.features) if f.says == "missing"}
        for k, feature in enumerate(self._rules.features):
            if feature.is_indicator:
                continue
            out: BoolArray = (x[:, k] < domain.lower[k]) | (x[:, k] > domain.upper[k])
            out &= ~missing.get(feature.column, np.zeros(len(x), dtype=bool))
            found[out] = [f"{text}, {feature.column}" if text else feature.column for text in found[out]]
        return found
