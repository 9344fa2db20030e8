"""The order in which rules are read.

If all thresholds are those of one sum, rules ascend along it: `kwh < 200`, `200 <= kwh < 400`, `kwh >= 400`. There may
also be tests of categories: then the rules with the same tests stay together, and ascend. In all other cases, the rules
that cover most rows come first. Rules that cover no row come last.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from prelu_rules.columns.column import Column
from prelu_rules.rules.rule import Condition, Rule
from prelu_rules.rules.rule_system import RuleSystem
from prelu_rules.values import BoolArray, FloatArray

PARALLEL = 1e-9
"""Two sums are the same if, divided by their largest weights, no weight differs by more, which is rounding error."""


def ordered(system: RuleSystem) -> RuleSystem:
    """Put rules into reading order.

    Args:
        system: rules of which no two overlap, so that their order does not matter.

    Returns:
        A system with its rules in that order.

    Example:
        >>> from prelu_rules.network.affine import AffineMap
        >>> old, young = (Rule((Condition([1.0], -65.0, side),), AffineMap([[1.0]], [0.0])) for side in (True, False))
        >>> ordered(RuleSystem((old, young), ("age",), ("fee",))).rules == (young, old)
        True
    """
    return replace(system, rules=tuple(system.rules[k] for k in reading_order(system.rules, system.columns)))


def reading_order(rules: Sequence[Rule], columns: Sequence[Column]) -> tuple[int, ...]:
    """The indices of rules in reading order; on a tie, rules keep their order.

    Args:
        rules: the rules.
        columns: the columns of the table.

    Returns:
        The same number of indices.

    Example:
        >>> from prelu_rules.network.affine import AffineMap
        >>> edges = [(Condition([1.0], -low, True), Condition([1.0], -high, False)) for low, high in ((4, 9), (0, 4))]
        >>> reading_order([Rule(edge, AffineMap([[1.0]], [0.0]), count=1) for edge in edges], [Column("kwh")])
        (1, 0)
    """
    spans = _spans(rules, columns)
    counts = [rule.count or 0 for rule in rules]
    places = list(range(len(rules)))
    if spans is None:
        places.sort(key=lambda k: -counts[k])
    else:
        groups = list(dict.fromkeys(span.tests for span in spans))
        totals = [sum(n for n, span in zip(counts, spans, strict=True) if span.tests == group) for group in groups]
        group_of = [groups.index(span.tests) for span in spans]
        places.sort(key=lambda k: (-totals[group_of[k]], group_of[k], spans[k].lower, spans[k].upper))
    return tuple(sorted(places, key=lambda k: rules[k].count == 0))


class _Span(NamedTuple):
    """Where a rule holds: tests of categories, and the interval of the sum of numbers."""

    tests: frozenset[Hashable]
    lower: float
    upper: float


def _spans(rules: Sequence[Rule], columns: Sequence[Column]) -> list[_Span] | None:
    """Each rule as an interval of one common sum; None if there is no such sum."""
    is_number = np.array([not feature.is_indicator for column in columns for feature in column.features], dtype=bool)
    # A threshold that depends on a category counts as the mean over its levels.
    mean = np.array([1 / max(2, len(column.features)) for column in columns for _ in column.features])
    with_numbers = [c for rule in rules for c in rule.conditions if c.coef[is_number].any()]
    if not with_numbers:
        return None
    sum_of_all = _oriented(with_numbers[0].halfspace()[0][is_number])
    spans = []
    for rule in rules:
        tests, lower, upper = set(), -np.inf, np.inf
        for condition in rule.conditions:
            coef, intercept = condition.halfspace()
            if not coef[is_number].any():
                tests.add(_named(condition))
                continue
            factor = _factor(coef[is_number], sum_of_all)
            if factor is None:
                return None
            bound = -(intercept + coef[~is_number] @ mean[~is_number]) / factor
            lower, upper = (max(lower, bound), upper) if factor > 0 else (lower, min(upper, bound))
        spans.append(_Span(frozenset(tests), float(lower), float(upper)))
    return spans


def _oriented(coef: FloatArray) -> FloatArray:
    """A sum divided by the first of its largest weights, so that it ascends with that feature."""
    size = np.abs(coef)
    return coef / coef[int((size >= (1 - PARALLEL) * size.max()).argmax())]


def _factor(coef: FloatArray, of: FloatArray) -> float | None:
    """The factor between two sums; None if they are not proportional."""
    lead = int(np.abs(of).argmax())
    factor = float(coef[lead] / of[lead])
    same: BoolArray = np.abs(coef - factor * of) <= PARALLEL * abs(factor)
    return factor if factor != 0 and same.all() else None


def _named(test: Condition) -> Hashable:
    """A key for a test that does not depend on the scale of its numbers."""
    row = test.row().astype(np.float64)
    return tuple(np.round(row / np.abs(row[:-1]).max(initial=PARALLEL), 9).tolist())
