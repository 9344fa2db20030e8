"""Rows of the middle of each class, and how sure the rules are of them."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from prelu_rules.network.precision import rounded
from prelu_rules.rules.presentation.presentation import TypicalRow
from prelu_rules.rules.presentation.statements import State, states_of
from prelu_rules.rules.rule_system import RuleSystem
from prelu_rules.values import BoolArray, FloatArray

SHOWN_DIGITS = 3
"""Digits of numbers in a typical row, relative to the largest number of the column."""


def typical_of(system: RuleSystem) -> tuple[TypicalRow, ...]:
    """The typical rows of a classifier, in short numbers.

    Args:
        system: the rules.

    Returns:
        A row for each class, with the cells that the rules use; none where the rules know of no rows.

    Example:
        >>> from prelu_rules.network.affine import AffineMap
        >>> from prelu_rules.rules.rule import Rule
        >>> rule = Rule((), AffineMap([[1.0]], [-2.0]))
        >>> system = RuleSystem((rule,), ("age",), ("logit",), ("no", "yes"), typical=[[1.0], [2.0]])
        >>> typical_of(system)[1]
        TypicalRow(label='yes', cells=(('age', 2.0),), probabilities=(0.5, 0.5))
    """
    if system.classes is None or system.typical is None:
        return ()
    rows = _short(system, system.typical)
    probabilities = system.probabilities(rows)
    return tuple(
        TypicalRow(label, tuple(_cells(system, row)), tuple(sure.tolist()))
        for label, row, sure in zip(system.classes, rows, probabilities, strict=True)
    )


def _short(system: RuleSystem, rows: FloatArray) -> FloatArray:
    """Rows whose numbers have few digits."""
    found = rows.copy()
    for k, feature in enumerate(system.features):
        largest = np.abs(rows[:, k]).max()
        if not feature.is_indicator and largest > 0:
            places = SHOWN_DIGITS - 1 - int(np.floor(np.log10(largest)))
            found[:, k] = [rounded(value, places) for value in rows[:, k].tolist()]
    return found


def _cells(system: RuleSystem, row: FloatArray) -> Iterator[tuple[str, float | State]]:
    """What the cells of a row hold, of columns that the rules use."""
    used, places = _used(system), {feature: k for k, feature in enumerate(system.features)}
    for column in system.columns:
        mine = [places[feature] for feature in column.features]
        if used[mine].any():
            states = [s for s in states_of(column) if s is not None and row[places[s]] > 0.5]
            number = next((row[places[f]] for f in column.features if not f.is_indicator), None)
            yield column.name, states[0] if states else None if number is None else float(number)


def _used(system: RuleSystem) -> BoolArray:
    """Which features have a weight in a rule."""
    rows = [row for rule in system.rules for row in (*rule.outputs.coef, *(c.coef for c in rule.conditions))]
    return np.asarray((np.array(rows) != 0).any(axis=0))
