"""Evaluates rules on training rows: how many rows each covers, its errors, and the classes of its rows.

A row with weight 2 counts as two rows in means, and one with weight 0 as none; counts are of rows, whatever their
weights.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from math import fsum

import numpy as np
import numpy.typing as npt

from prelu_rules.columns.column import Column, features_of
from prelu_rules.columns.tables import TableLike
from prelu_rules.errors import InvalidValueError, ShapeError
from prelu_rules.rules.cover import cover
from prelu_rules.rules.names import ClassLabel
from prelu_rules.rules.order import ordered
from prelu_rules.rules.overlay import whole_domain
from prelu_rules.rules.presentation.statements import Cells, states_of
from prelu_rules.rules.rule_system import RuleSystem
from prelu_rules.values import Array, FloatArray, IntArray, checked_weights, frozen_array


def with_evidence(
    system: RuleSystem, x: TableLike, y: npt.ArrayLike, sample_weight: npt.ArrayLike | None = None
) -> RuleSystem:
    """Evaluate rules on rows with known targets.

    Args:
        system: the rules.
        x: rows: a table, or encoded features, `(n_rows, n_features)`.
        y: the target of each row: numbers, `(n_rows,)` or `(n_rows, n_outputs)`, or class labels, `(n_rows,)`.
        sample_weight: `(n_rows,)`; a row with weight 2 counts as two rows, one with weight 0 as none. None for equal
            weights.

    Returns:
        The rules. Each has the number of rows that it covers and, for these, the mean absolute error of each output or
        the number of rows of each class. They are ordered as in `rules.order`, unless some overlap, so that their order
        matters. For a classifier the system has a typical row of each class, if each class has rows: the median of
        numbers that are not missing, and for everything else the most frequent value in the class.

    Raises:
        ShapeError: if rows, targets and weights do not fit together.
        InvalidValueError: if a target is not a finite number, or not one of the classes; if a weight is negative, or
            all are 0; if a cell is not allowed.
        DataError: if the table lacks a column.
        OutsideDomainError: if no rule covers a row.

    Example:
        >>> from prelu_rules.network.affine import AffineMap
        >>> from prelu_rules.rules.rule import Condition, Rule
        >>> sides = [Rule((Condition([1.0], 0.0, side),), AffineMap([[1.0]], [0.0])) for side in (False, True)]
        >>> rules = with_evidence(RuleSystem(sides, ("x",), ("y",)), [[-1.0], [1.0], [2.0]], [-1.0, 1.5, 2.0])
        >>> [(rule.count, rule.errors) for rule in rules]
        [(1, (0.0,)), (2, (0.25,))]
    """
    rows = system.encoded(x)
    weights = checked_weights(sample_weight, len(rows))
    there = weights > 0
    if system.classes is None:
        numbers = _numbers(system, y, len(rows))[there]
        return _with_errors(_ordered(system, rows[there]), rows[there], numbers, weights[there])
    places = _places(system.classes, y, len(rows))[there]
    return _with_classes(_ordered(system, rows[there]), rows[there], places, weights[there])


def typical_rows(
    columns: Sequence[Column], x: FloatArray, classes: IntArray, weights: FloatArray, n_classes: int
) -> FloatArray | None:
    """Find a typical row of each class.

    Args:
        columns: the columns of the table.
        x: `(n_rows, n_features)`, encoded rows.
        classes: `(n_rows,)`, the index of each row's class.
        weights: `(n_rows,)`, positive.
        n_classes: the number of classes.

    Returns:
        `(n_classes, n_features)`, encoded rows; None if a class has no rows. A median of integers is an integer.

    Example:
        >>> x, classes = np.array([[20.0], [30.0], [35.0], [60.0]]), np.array([0, 0, 0, 1])
        >>> typical_rows([Column("age")], x, classes, np.ones(4), 2)
        array([[30.],
               [60.]])
    """
    if len(np.unique(classes)) < n_classes:
        return None
    cells = Cells(columns, x)
    place = {feature: k for k, feature in enumerate(features_of(columns))}
    typical = np.zeros((n_classes, x.shape[1]))
    for column in columns:
        states, mine = states_of(column), cells.states[column.name]
        whole = column.name in cells.numbers and not (cells.numbers[column.name] % 1).any()
        for k, row in enumerate(typical):
            shares = np.bincount(mine[classes == k], weights=weights[classes == k], minlength=len(states))
            state = states[int(shares.argmax())]
            if state is not None:
                row[place[state]] = 1
            elif column.name in cells.numbers:
                here = (classes == k) & (mine == 0)
                median = _median(cells.numbers[column.name][here], weights[here])
                row[place[column.features[0]]] = round(median) if whole else median
    return typical


def _ordered(system: RuleSystem, rows: Array) -> RuleSystem:
    """The rules in reading order, with these rows counted, if their order does not matter."""
    counts = np.bincount(system.assign(rows), minlength=len(system.rules))
    bare = [replace(rule.without_evidence(), count=n) for rule, n in zip(system.rules, counts.tolist(), strict=True)]
    system = replace(system, rules=tuple(bare))
    candidate = ordered(system)
    if all(new is old for new, old in zip(candidate.rules, system.rules, strict=True)):
        return system
    whole = whole_domain(system.domain, system.n_inputs)
    exact = [rule.exact() for rule in system.rules]
    return candidate if cover(whole, exact).overlap is None else system


def _with_errors(system: RuleSystem, x: Array, y: FloatArray, weights: FloatArray) -> RuleSystem:
    """The rules with counts and the mean errors of their rows; a rule without rows has no mean."""
    index = system.assign(x)
    misses = np.abs(system.evaluation.outputs(x, index) - y)
    rules = []
    for k, rule in enumerate(system.rules):
        mine = index == k
        errors = _means(misses[mine], weights[mine]) if mine.any() else None
        rules.append(replace(rule, count=int(mine.sum()), errors=errors))
    return replace(system, rules=tuple(rules))


def _means(values: FloatArray, weights: FloatArray) -> tuple[float, ...]:
    """The weighted mean of each column, from exact sums, so that the order of the rows does not matter."""
    total = fsum(weights)
    return tuple(fsum(column * weights) / total for column in values.T)


def _with_classes(system: RuleSystem, x: Array, y: IntArray, weights: FloatArray) -> RuleSystem:
    """The rules with counts and the classes of their rows, and a typical row of each class."""
    index, n_classes = system.assign(x), len(system.classes or ())
    counts = [np.bincount(y[index == k], minlength=n_classes).tolist() for k in range(len(system.rules))]
    rules = [replace(rule, count=sum(n), class_counts=n) for rule, n in zip(system.rules, counts, strict=True)]
    return replace(system, rules=tuple(rules), typical=typical_rows(system.columns, x, y, weights, n_classes))


def _numbers(system: RuleSystem, y: npt.ArrayLike, n_rows: int) -> FloatArray:
    """Targets, `(n_rows, n_outputs)`."""
    values = np.asarray(y)
    n_outputs = len(system.output_names)
    if values.shape not in {(n_rows, n_outputs)} | ({(n_rows,)} if n_outputs == 1 else set()):
        raise ShapeError(
            f"y has shape {values.shape}, but there are {n_rows} rows and {n_outputs} outputs; give a number for each."
        )
    return frozen_array(values.reshape(n_rows, n_outputs), "y", (n_rows, n_outputs))


def _places(classes: Sequence[ClassLabel], y: npt.ArrayLike, n_rows: int) -> IntArray:
    """The index of each row's class."""
    labels = np.asarray(y, dtype=object)
    if labels.shape != (n_rows,):
        raise ShapeError(f"y has shape {labels.shape}, but there are {n_rows} rows; give one class label for each.")
    found = np.empty(n_rows, dtype=np.intp)
    for row, label in enumerate(labels.tolist()):
        places = [k for k, known in enumerate(classes) if known == label]
        if not places:
            raise InvalidValueError(
                f"y holds {label!r} in row {row}; give one of the classes {', '.join(map(repr, classes))}."
            )
        # True equals 1, and both may be classes.
        found[row] = next((k for k in places if isinstance(classes[k], bool) == isinstance(label, bool)), places[0])
    return found


def _median(values: FloatArray, weights: FloatArray) -> float:
    """The weighted median; half-way between the two middle numbers if there are two."""
    order = np.argsort(values)
    reached = np.cumsum(weights[order])
    low, high = (int(np.searchsorted(reached, reached[-1] / 2, side)) for side in ("left", "right"))
    return float(values[order[low]] + values[order[min(high, len(order) - 1)]]) / 2
