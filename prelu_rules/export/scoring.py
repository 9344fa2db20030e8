"""Columns that say of each row what the rules answer, by which rule, why, and whether it is outside their range."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from prelu_rules.columns.column import Kind
from prelu_rules.export.sentences import Sentences, in_line
from prelu_rules.losses.link import class_link
from prelu_rules.rules.rule_system import RuleSystem
from prelu_rules.values import Array, BoolArray, FloatArray

if TYPE_CHECKING:
    import pandas as pd


class Scoring:
    """What is added to the rows of a table.

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
        self._reasons = _reasons(rules)

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
        rules = self._rules
        x = rules.encoded(typed)
        chosen = rules.evaluation.assigned(x)
        found = self._answers(rules.evaluation.outputs(x, chosen))
        found["rule"] = chosen + 1
        found["reason"] = self._reasons[chosen]
        found["outside"] = self._outside(x)
        names = set(cells.columns)
        return cells.assign(**{_free(name, names): values for name, values in found.items()})

    def _answers(self, y: FloatArray) -> dict[str, Array]:
        """The columns of the answers."""
        rules = self._rules
        if rules.classes is not None:
            link = class_link(y.shape[1])
            labels = np.array(rules.classes, dtype=object)
            shares = link.inverse(y).T
            named = {f"probability of {label}": s for label, s in zip(rules.classes, shares, strict=True)}
            return {"class": labels[link.decide(y)], **named}
        if y.shape[1] == 1:
            return {"prediction": y[:, 0]}
        return {f"prediction of {name}": values for name, values in zip(rules.output_names, y.T, strict=True)}

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


def _reasons(rules: RuleSystem) -> Array:
    """The conditions of each rule, as text; those of rules without training rows are not printed anywhere."""
    sentences = Sentences(rules.presentation)
    reasons = np.full(len(rules), "no printed rule holds", dtype=object)
    for rule in rules.presentation.rules:
        conditions = in_line(sentences.phrases.conditions(rule.clauses)) if rule.clauses else "always"
        reasons[rule.number - 1] = conditions
    return reasons


def _free(name: str, taken: set[str]) -> str:
    """A name that no column has yet."""
    free, number = name, 2
    while free in taken:
        free, number = f"{name} {number}", number + 1
    taken.add(free)
    return free
