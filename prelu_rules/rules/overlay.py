"""Overlays rules with a network or other rules, in exact arithmetic, to find differences and gaps."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import combinations
from typing import NamedTuple

import numpy as np

from prelu_rules.domains.domain import Domain
from prelu_rules.errors import InvalidValueError
from prelu_rules.geometry.exact import ExactCell, exact_patterns
from prelu_rules.network.normal_form import NormalForm
from prelu_rules.rules.rule import Condition, Rule
from prelu_rules.rules.rule_system import RuleSystem
from prelu_rules.values import Array, FloatArray


def overlaid(
    form: NormalForm, rules: Sequence[Rule], cells: Sequence[ExactCell | None], domain: Domain | None, max_cells: int
) -> Overlay | None:
    """The overlay of all rules; None if it has too many pieces."""
    overlay = Overlay(form, rules, domain)
    for rule, cell in zip(rules, cells, strict=True):
        if cell is not None and not overlay.add(rule, cell, max_cells):
            return None
    return overlay


class Deviation(NamedTuple):
    """The largest differences of two rule systems, and an input that falls under no rule of the second one.

    Attributes:
        upper: `(n_outputs,)`, rounded up.
        uncovered: `(n_inputs,)`, or None if every input falls under a rule.
    """

    upper: FloatArray
    uncovered: FloatArray | None


def rule_deviation(system: RuleSystem, other: RuleSystem, domain: Domain | None) -> Deviation:
    """Prove how much two rule systems can differ.

    Args:
        system: rules.
        other: other rules for the same inputs and outputs; if an input falls under several, all of them count.
        domain: where to compare them; None for all inputs.

    Returns:
        The bounds, and whether the second system covers the domain.

    Raises:
        InvalidValueError: if no point satisfies the constraints of the domain exactly.

    Example:
        >>> from prelu_rules.network.affine import AffineMap
        >>> from prelu_rules.domains.box import Box
        >>> one, two = (RuleSystem((Rule((), AffineMap([[w]], [0.0])),), ("x",), ("y",)) for w in (1.0, 1.5))
        >>> rule_deviation(one, two, Box([-4], [2])).upper
        array([2.])
    """
    whole = whole_domain(domain, system.n_inputs)
    others = [rule.exact() for rule in other.rules]
    upper: list[Fraction | None] = [Fraction(0)] * len(system.output_names)
    for rule in (rule.exact() for rule in system.rules):
        mine = cell_of(whole, rule.conditions)
        for alien in others:
            both = cell_of(mine, alien.conditions)
            if both is None:
                continue
            coef = rule.outputs.coef - alien.outputs.coef
            for k, row in enumerate(np.hstack([coef, (rule.outputs.intercept - alien.outputs.intercept)[:, None]])):
                for side in (row, -row):
                    upper[k] = _larger(upper[k], both.maximum(side).value)
    return Deviation(np.array([rounded_up(value) for value in upper]), next(uncovered(whole, [], others), None))


def whole_domain(domain: Domain | None, n_inputs: int) -> ExactCell:
    """Convert a domain to an exact cell.

    Args:
        domain: the domain; None for all inputs.
        n_inputs: the number of inputs.

    Returns:
        The cell.

    Raises:
        InvalidValueError: if no point satisfies the constraints of the domain exactly.
    """
    whole = ExactCell.of_domain(domain, n_inputs)
    if whole is None:
        raise InvalidValueError("no point satisfies the constraints of the domain exactly; widen them a little.")
    return whole


class Overlay:
    """The largest differences so far, and the inputs where they are attained."""

    def __init__(self, form: NormalForm, rules: Sequence[Rule], domain: Domain | None) -> None:
        self._form, self._rules, self._domain = form, rules, domain
        self.n_cells = 0
        self.upper: list[Fraction | None] = [Fraction(0)] * form.n_outputs
        self.lower = [Fraction(0)] * form.n_outputs
        self.largest: list[Fraction | None] = [Fraction(0)] * form.n_outputs
        self.at = [[0.0] * form.n_inputs for _ in range(form.n_outputs)]

    def restart(self, form: NormalForm, points: FloatArray) -> None:
        """Search for attained differences to another network, starting with one point for each output."""
        self._form, self.lower = form, [Fraction(0)] * form.n_outputs
        for k, point in enumerate([*self.at, *points]):
            self._attain(k % form.n_outputs, np.asarray(point))

    def add(self, rule: Rule, cell: ExactCell, max_cells: int) -> bool:
        """Overlay one rule; returns False if there are too many pieces."""
        for k, row in enumerate(np.hstack([rule.outputs.coef, rule.outputs.intercept[:, None]])):
            for side in (row, -row):
                self.largest[k] = _larger(self.largest[k], cell.maximum(side).value)
        for pattern in exact_patterns(self._form, cell):
            self.n_cells += 1
            if self.n_cells > max_cells:
                return False
            outputs = self._form.affine_on(pattern.signs)[1]
            coef, intercept = outputs.coef - rule.outputs.coef, outputs.intercept - rule.outputs.intercept
            for k in range(len(coef)):
                row = np.append(coef[k], intercept[k])
                if row.any():
                    self._compare(k, row, pattern.cell)
        return True

    def _compare(self, k: int, row: Array, cell: ExactCell) -> None:
        for side in (row, -row):
            value, corner = cell.maximum(side)
            before, self.upper[k] = self.upper[k], _larger(self.upper[k], value)
            if self.upper[k] == before:
                continue
            # At a corner another rule may apply; just inside it is this one.
            inner = corner + (cell.inner_point - corner) * Fraction(1, 2**30)
            for point in (corner, inner):
                self._attain(k, point)

    def _attain(self, k: int, point: Array) -> None:
        """Compare at the float that is closest to a point, within the box of the domain."""
        x = point.astype(np.float64)
        if self._domain is not None:
            x = np.clip(x, self._domain.lower, self._domain.upper)
            if not self._domain.contains(x)[0]:
                return
        exact = np.array([Fraction(v) for v in x], dtype=object)
        rule = next((rule for rule in self._rules if rule.covers(exact)[0]), None)
        if rule is not None:
            difference = abs(self._form.predict(exact)[k] - rule.outputs(exact)[k])
            if difference > self.lower[k]:
                self.lower[k], self.at[k] = difference, x.tolist()


def cell_of(cell: ExactCell | None, conditions: Sequence[Condition]) -> ExactCell | None:
    """The part of a cell where conditions hold, boundaries included.

    Args:
        cell: the cell; None if there is none.
        conditions: the conditions, in exact rationals.

    Returns:
        That part, or None if it is empty.
    """
    for condition in conditions:
        cell = None if cell is None else cell.cut(condition.row())
    return cell


def uncovered(cell: ExactCell, strict: list[Array], rules: Sequence[Rule]) -> Iterator[FloatArray]:
    """Yield inputs of a cell that fall under none of the rules; `strict` functions have to be positive there.

    A convex set on which several functions are non-negative, and each is positive somewhere, has a point where all of
    them are positive.
    """
    if not all(cell.exceeds(row) for row in strict):
        return
    if not rules:
        points = [cell.maximum(row).point for row in strict] or [cell.corner]
        yield np.asarray(sum(points) / Fraction(len(points))).astype(np.float64)
        return
    for condition in rules[0].conditions:
        row = condition.row()
        outside = cell.cut(-row)
        if outside is not None:
            # The complement of `z >= 0` is `z < 0`, and the other way round.
            yield from uncovered(outside, [*strict, -row] if condition.nonnegative else strict, rules[1:])
        inside = cell.cut(row)
        if inside is None:
            return
        cell, strict = inside, strict if condition.nonnegative else [*strict, row]


def overlap(rules: Sequence[Rule], cells: Sequence[ExactCell | None]) -> FloatArray | None:
    """A point inside two rules, if there is one."""
    sides = [{direction(condition.row()) for condition in rule.conditions} for rule in rules]
    opposite = [{direction(-condition.row()) for condition in rule.conditions} for rule in rules]
    for one, other in combinations(range(len(rules)), 2):
        # No point is inside two rules on opposite sides of a hyperplane.
        if cells[other] is None or sides[one] & opposite[other]:
            continue
        both = cell_of(cells[one], rules[other].conditions)
        # A convex set on which several functions are non-negative, and each is positive somewhere, has a point where
        # all are positive.
        if both is not None and all(both.exceeds(c.row()) for c in (*rules[one].conditions, *rules[other].conditions)):
            return np.asarray(both.inner_point.astype(np.float64))
    return None


def direction(row: Array) -> tuple[Fraction, ...]:
    """A function divided by the absolute value of its first weight, so that positive multiples are equal.

    Args:
        row: weights and constant, in exact rationals.

    Returns:
        The divided row.

    Example:
        >>> direction(np.array([Fraction(-4), Fraction(2)])) == (-1, Fraction(1, 2))
        True
    """
    size = next((abs(v) for v in row if v != 0), 1)
    return tuple(v / size for v in row)


def _larger(one: Fraction | None, other: Fraction | None) -> Fraction | None:
    """The larger of two bounds; None means unbounded."""
    return None if one is None or other is None else max(one, other)


def rounded_up(value: Fraction | None) -> float:
    """The smallest float that is at least a fraction.

    Args:
        value: the fraction; None means unbounded.

    Returns:
        The float.

    Example:
        >>> Fraction(rounded_up(Fraction(1, 3))) > Fraction(1, 3)
        True
    """
    if value is None:
        return math.inf
    near = float(value)
    return near if Fraction(near) >= value else math.nextafter(near, math.inf)


def rounded_down(value: Fraction) -> float:
    """The largest float that is at most a fraction, which is non-negative.

    Args:
        value: the fraction.

    Returns:
        The float.

    Example:
        >>> Fraction(rounded_down(Fraction(1, 3))) < Fraction(1, 3)
        True
    """
    near = float(value)
    return near if Fraction(near) <= value else math.nextafter(near, 0.0)
