"""Gives hyperplanes that only rounding errors set apart the same numbers.

Rules are compared exactly, so two bends that are meant to be one would have a region between them, and bends that are
meant to be parallel would meet far away. Both come from rounding errors in the weights of networks in float64.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction

import numpy as np

from prelu_rules.domains.domain import Domain, frame_of
from prelu_rules.domains.frame import Frame
from prelu_rules.rules.rule import Condition, Rule
from prelu_rules.rules.simplification import is_solid
from prelu_rules.tolerances import CANCELLED
from prelu_rules.values import Array, FloatArray


def aligned(rules: Sequence[Rule], domain: Domain | None) -> list[Rule]:
    """The same rules, in which hyperplanes that are equal or parallel up to rounding are so exactly.

    Args:
        rules: the rules; those in exact rationals stay as they are.
        domain: where they hold; what is at most `CANCELLED` of its width is a rounding error. None for all inputs: then
            each number is compared with itself.

    Returns:
        Rules whose conditions have the numbers of the first condition that they are equal to, up to sign, or at least
        its weights if they are parallel to it; without those that only rounding errors gave an interior.

    Example:
        >>> from prelu_rules.network.affine import AffineMap
        >>> below = Condition([1.0, 0.1 + 0.2], -1.0, nonnegative=False)
        >>> above = Condition([-2.0, -0.6], 2.0, nonnegative=False)
        >>> _, moved = aligned([Rule((c,), AffineMap([[0.0, 0.0]], [0.0])) for c in (below, above)], None)
        >>> bool((moved.conditions[0].coef == -below.coef).all())
        True
    """
    if not rules:
        return []
    known = _Known(frame_of(domain, rules[0].outputs.coef.shape[1]))
    found = [replace(rule, conditions=tuple(known.aligned(c) for c in rule.conditions)) for rule in rules]
    return [new for new, old in zip(found, rules, strict=True) if new == old or is_solid(new.conditions, domain)]


class _Known:
    """The hyperplanes that have been met."""

    def __init__(self, frame: Frame) -> None:
        self._frame = frame
        self._met: dict[bytes, tuple[FloatArray, float]] = {}
        self._rows: list[FloatArray] = []
        self._framed: list[FloatArray] = []
        self._lengths: list[float] = []

    def aligned(self, condition: Condition) -> Condition:
        """A condition with the numbers of a hyperplane that was met before, if only rounding sets them apart."""
        if condition.coef.dtype == object or not condition.coef.any():
            return condition
        row = np.append(condition.coef, condition.intercept)
        key = row.tobytes()
        if key not in self._met:
            self._met[key] = self._snapped(row)
        coef, intercept = self._met[key]
        return replace(condition, coef=coef, intercept=intercept)

    def _snapped(self, row: FloatArray) -> tuple[FloatArray, float]:
        weights, constant = self._frame.row(row[:-1], float(row[-1]))
        length = float(np.linalg.norm(row[:-1] @ self._frame.basis))
        if not weights.any() or not np.isfinite(length):
            return row[:-1], float(row[-1])
        for there, ends, size in zip(self._rows, self._framed, self._lengths, strict=True):
            sign = 1.0 if weights @ ends[:-1] > 0 else -1.0
            if not self._equal(weights, sign * ends[:-1]):
                continue
            if self._equal(np.append(weights, constant), sign * ends):
                return sign * there[:-1], float(sign * there[-1])
            if not _proportional(row[:-1], there[:-1]):
                # The same value in the middle of the domain: on a flat one, other weights may be parallel too.
                return sign * there[:-1], float(constant * size - sign * there[:-1] @ self._frame.centre)
        self._rows.append(row)
        self._framed.append(np.append(weights, constant))
        self._lengths.append(length)
        return row[:-1], float(row[-1])

    def _equal(self, one: FloatArray, other: FloatArray) -> bool:
        apart = np.abs(one - other)
        if np.isfinite(self._frame.bound):
            return float(apart.sum()) <= CANCELLED
        return bool((apart <= CANCELLED * np.maximum(np.abs(one), np.abs(other))).all())


def _proportional(one: Array, other: Array) -> bool:
    """Whether weights are multiples of one another, exactly."""
    lead = int(np.argmax(np.abs(one)))
    first, second = Fraction(float(one[lead])), Fraction(float(other[lead]))
    return all(Fraction(float(a)) * second == Fraction(float(b)) * first for a, b in zip(one, other, strict=True))
