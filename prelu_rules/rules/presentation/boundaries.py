"""Where conditions change sides, spelled once for all rules: a sum of numbers, and a threshold by states."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

import numpy as np

from prelu_rules.columns.column import Column, features_of
from prelu_rules.domains.domain import Domain
from prelu_rules.network.precision import Precision, rounded
from prelu_rules.rules.bends import Bends
from prelu_rules.rules.presentation.by_state import (
    Function,
    Linear,
    Part,
    Where,
    by_state,
    function_of,
    joined,
)
from prelu_rules.rules.presentation.statements import Term
from prelu_rules.rules.rule import Rule
from prelu_rules.tolerances import CANCELLED
from prelu_rules.values import FloatArray

FEW_THRESHOLDS = 4
"""So many thresholds, one for each combination of states, are read more easily than a sum with fewer numbers."""


@dataclass(frozen=True)
class Boundary:
    """`total + offset = 0`, where the offset is a number for each combination of states.

    Attributes:
        columns: what the columns are.
        total: of numbers, the largest of whose weights is 1; without a weight where only states matter.
        offset: constants, and where they count.
    """

    columns: tuple[Column, ...]
    total: Linear
    offset: Function

    @property
    def function(self) -> Function:
        """Total and offset together."""
        return (Part((), self.total), *self.offset)

    @cached_property
    def thresholds(self) -> tuple[tuple[Where, Fraction], ...] | None:
        """What the total is compared with in each combination of states; None where the sum is shorter with terms."""
        pieces = by_state(self.columns, [self.offset])
        if pieces is None:
            return None
        found = joined([(where, -offset.constant) for where, (offset,) in pieces])
        one_column = len({test.column for where, _ in found for test in where}) <= 1
        few = len(found) <= max(FEW_THRESHOLDS, len(self.offset))
        return tuple(found) if one_column or few or not self.total.weights else None

    @property
    def terms(self) -> tuple[Term, ...]:
        """The terms of the total, and where no threshold by states is written, those of the offset too."""
        own = self.total.terms(self.columns)
        if self.thresholds is not None:
            return own
        parts = [Term(float(part.linear.constant), None, part.where) for part in self.offset if part.where]
        return (*own, *parts)

    @property
    def constant(self) -> Fraction:
        """The part of the offset that always counts."""
        return sum((part.linear.constant for part in self.offset if not part.where), Fraction(0))


@dataclass(frozen=True)
class Side:
    """A condition as a side of a boundary.

    Attributes:
        boundary: its place among the boundaries.
        above: whether it holds where the function of the boundary is above 0, or below.
        included: whether it holds where that is 0.
    """

    boundary: int
    above: bool
    included: bool


class Boundaries:
    """The distinct boundaries of rules, and the sides of them that the conditions of each rule are.

    Args:
        rules: the rules.
        columns: what the columns are.
        precision: how numbers are rounded; None for all digits.
        domain: where the rules hold; None for all inputs.

    Example:
        >>> from prelu_rules.network.affine import AffineMap
        >>> from prelu_rules.rules.rule import Condition
        >>> conditions = Condition([-2.0], 400.0, True), Condition([1.0], -200.0, False)
        >>> found = Boundaries([Rule(conditions, AffineMap([[1.0]], [0.0]))], (Column("kwh"),), None)
        >>> len(found.all), [(side.above, side.included) for side in found.sides[0]]
        (1, [(False, True), (False, False)])
    """

    def __init__(
        self,
        rules: Sequence[Rule],
        columns: tuple[Column, ...],
        precision: Precision | None,
        domain: Domain | None = None,
    ) -> None:
        bends = Bends(rules, domain)
        spelled = [_spelled(columns, row, precision) for row in bends.rows]
        self.all: list[Boundary] = []
        for boundary, _ in spelled:
            if boundary not in self.all:
                self.all.append(boundary)
        self.sides: list[list[Side]] = []
        for rule, sides in zip(rules, bends.sides, strict=True):
            self.sides.append([])
            for condition, side in zip(rule.conditions, sides, strict=True):
                boundary, forward = spelled[side.bend]
                above = (condition.nonnegative == (side.sign > 0)) == forward
                self.sides[-1].append(Side(self.all.index(boundary), above, condition.nonnegative))


def _spelled(columns: tuple[Column, ...], row: FloatArray, precision: Precision | None) -> tuple[Boundary, bool]:
    """A boundary in the numbers that are printed, and whether its function has the sign of the row."""
    features = features_of(columns)
    is_number = np.array([not feature.is_indicator for feature in features], dtype=bool)
    weights, constant = from_first_levels(columns, row[:-1], float(row[-1]))
    size = np.abs(weights) if not weights[is_number].any() else np.where(is_number, np.abs(weights), 0.0)
    lead = float(weights[int((size >= (1 - CANCELLED) * size.max()).argmax())]) if size.any() else 1.0
    weights, constant = weights / lead, constant / lead
    if precision is not None and weights[is_number].any():
        largest = float((np.abs(weights) * precision.feature_scale)[is_number].max())
        places, last = precision.places(largest, precision.feature_scale)
        weights = np.array([rounded(w, p) for w, p in zip(weights.tolist(), places.tolist(), strict=True)])
        constant = rounded(constant, last)
    total, *_ = function_of(columns, np.where(is_number, weights, 0.0), 0.0)
    offset = function_of(columns, np.where(is_number, 0.0, weights), constant)
    return Boundary(columns, total.linear, offset), lead > 0


def from_first_levels(columns: Sequence[Column], weights: FloatArray, constant: float) -> tuple[FloatArray, float]:
    """An affine function whose weights of first levels are 0, which is the same on rows that have one level each.

    Args:
        columns: what the columns are.
        weights: `(n_features,)`.
        constant: the constant.

    Returns:
        Other weights and constant; what is left of weights that cancel is 0.

    Example:
        >>> from_first_levels([Column("kind", "category", ("farm", "home"))], np.array([0.5, 2.0]), 1.0)
        (array([0. , 1.5]), 1.5)
    """
    found, start = weights.astype(np.float64), 0
    for column in columns:
        end = start + len(column.features)
        if column.kind == "category":
            first, size = float(found[start]), np.abs(found[start:end]).max()
            constant += first
            found[start:end] -= first
            found[start:end][np.abs(found[start:end]) <= CANCELLED * size] = 0.0
        start = end
    return found, constant
