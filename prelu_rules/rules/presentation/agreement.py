"""Whether a presentation says what the rules say, on rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from prelu_rules.columns.column import Column
from prelu_rules.network.precision import Precision
from prelu_rules.rules.names import ClassLabel
from prelu_rules.rules.presentation.formula import formula_of
from prelu_rules.rules.presentation.presentation import Formula, PresentedOutput, PresentedRule
from prelu_rules.rules.presentation.rules import presented_rules
from prelu_rules.rules.presentation.statements import Bend, Cells
from prelu_rules.rules.rule import Rule
from prelu_rules.rules.rule_system import RuleSystem
from prelu_rules.tolerances import CANCELLED
from prelu_rules.values import Array, BoolArray, FloatArray, IntArray


class Agreement:
    """How far what is printed of rules is from them on rows.

    Args:
        system: the rules.
        x: `(n_rows, n_features)`.
        y: `(n_rows, n_outputs)`, what the rules give without bounds.
    """

    def __init__(self, system: RuleSystem, x: Array, y: Array) -> None:
        rows = np.asarray(x, dtype=np.float64)
        real = real_rows(system.columns, rows)
        moved = (real != rows).any(axis=1)
        inside = np.ones(len(rows), dtype=bool) if system.domain is None else system.domain.contains(real)
        kept = inside | ~moved
        self._system, self._x, self._inside = system, real[kept], inside[kept]
        self._y = np.asarray(system.unbounded.predict(self._x) if moved.any() else y, dtype=np.float64)
        self._single = np.sum([rule.covers(self._x) for rule in system.rules], axis=0) == 1
        self._index = system.assign(self._x)
        self._on_boundary = _on_boundary(system.rules, self._x)

    def error(self, precision: Precision, allowed: FloatArray) -> FloatArray | None:
        """How far printed numbers are from the rules at most.

        Args:
            precision: how numbers are rounded.
            allowed: `(n_outputs,)`, how far they may be.

        Returns:
            `(n_outputs,)`, over the formula and the rules. None where that is more than what is allowed, or a row that
            falls under one rule does not fall under one printed rule, or another row falls under none. A row for which
            only rounding errors say on which side of a boundary it is, may fall under a rule that is not printed.
        """
        formula = formula_of(self._system, precision)
        cells = Cells(self._system.columns, self._x, () if formula is None else formula.bends)
        found = np.zeros(self._y.shape[1])
        if formula is not None:
            found = np.abs(formula.predict(self._system.columns, self._x) - self._y).max(axis=0, initial=0)
        if (found > allowed).any():
            return None
        rules, _ = presented_rules(replace(self._system, precision=precision), formula, look_again=False)
        return self._of_rules(rules, formula, cells, found, allowed)

    def _of_rules(
        self,
        rules: Sequence[PresentedRule],
        formula: Formula | None,
        cells: Cells,
        found: FloatArray,
        allowed: FloatArray,
    ) -> FloatArray | None:
        """How far printed rules are from the rules, and at least what was found before."""
        covers = np.array([rule.covers(cells) for rule in rules])
        for number, rule in enumerate(rules):
            if rule.otherwise:
                covers[number] = ~np.delete(covers, number, axis=0).any(axis=0)
        shown = np.isin(self._index, [rule.number - 1 for rule in rules])
        # Off the domain nothing is said of what follows from what.
        may_be_folded = self._on_boundary & (len(rules) < len(self._system)) & ~covers.any(axis=0)
        if not self._is_cover(covers, shown & self._inside & ~may_be_folded):
            return None
        said = {rule.number: rule.outputs for rule in rules}
        for rule, covered in zip(rules, covers, strict=True):
            outputs = [o if o.like is None else said[o.like][k] for k, o in enumerate(rule.outputs)]
            there = covered & shown & self._inside
            if rule.decision is not None and not self._decides(rule.decision, self._index[there]):
                return None
            part = self._part(there, () if formula is None else formula.bends)
            found = np.maximum(found, _apart(outputs, formula, part, self._y[there]))
        return None if (found > allowed).any() else found

    def _decides(self, label: ClassLabel, index: IntArray) -> bool:
        """Whether all of some rules decide for a class."""
        decisions = {self._system.rules[k].decision for k in index.tolist()}
        return all(k is not None and (self._system.classes or ())[k] == label for k in decisions)

    def _is_cover(self, covers: BoolArray, rows: BoolArray) -> bool:
        """Whether each of some rows falls under one printed rule, if it does under one rule, and none under none."""
        counts = covers.sum(axis=0)[rows]
        return bool((counts > 0).all() and (counts[self._single[rows]] == 1).all())

    def _part(self, rows: BoolArray, bends: Sequence[Bend]) -> Cells:
        return Cells(self._system.columns, self._x[rows], bends)


def real_rows(columns: Sequence[Column], x: FloatArray) -> FloatArray:
    """The nearest rows that a table can hold: each cell in one state, and missing numbers 0.

    Args:
        columns: what the columns are.
        x: `(n_rows, n_features)`, such as points of a domain.

    Returns:
        Rows of the same shape.

    Example:
        >>> kind = Column("kind", "category", ("farm", "home"))
        >>> real_rows([kind, Column("age", missing=True)], np.array([[0.3, 0.7, 20.0, 0.1], [0.5, 0.5, 20.0, 0.9]]))
        array([[ 0.,  1., 20.,  0.],
               [ 1.,  0.,  0.,  1.]])
    """
    found, start = x.copy(), 0
    for column in columns:
        end = start + len(column.features)
        cells = found[:, start:end]
        if column.kind == "category":
            cells[:] = cells.argmax(axis=1)[:, None] == np.arange(end - start)
        else:
            for k, feature in enumerate(column.features):
                if feature.is_indicator:
                    cells[:, k] = cells[:, k] > 0.5
            if column.indicates_missing:
                cells[cells[:, -1] == 1, :-1] = 0.0
        start = end
    return found


def _on_boundary(rules: Sequence[Rule], x: FloatArray) -> BoolArray:
    """Which rows lie on the boundary of a condition, up to rounding errors."""
    found = np.zeros(len(x), dtype=bool)
    for rule in rules:
        for condition in rule.conditions:
            coef, intercept = condition.halfspace()
            found |= np.abs(x @ coef + intercept) <= CANCELLED * (np.abs(x) @ np.abs(coef) + abs(intercept))
    return found


def _apart(outputs: Sequence[PresentedOutput], formula: Formula | None, cells: Cells, wanted: FloatArray) -> FloatArray:
    """How far what is said of outputs is from them at most, `(n_outputs,)`."""
    found = np.empty((len(outputs), cells.n_rows))
    for k, output in enumerate(outputs):
        found[k] = output.total.of(cells)
        if output.relative and formula is not None:
            mine = formula.outputs[k]
            parts = (weight * cells.value(letter) for weight, letter in mine.bends if letter in output.bends)
            found[k] += mine.base.of(cells) + sum(parts)
    return np.abs(found.T - wanted).max(axis=0, initial=0)
