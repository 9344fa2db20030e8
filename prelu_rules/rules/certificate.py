"""The certificate: how far rules can be from a network on a domain, proven in exact rational arithmetic.

Rules and network are overlaid: each rule's cell is cut into the linear regions that the network has there. On each
piece the difference is one affine function, whose largest value a linear program in whole numbers finds. No tolerance
and no rounding enters, so the bounds hold for the numbers that rules and network really have.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import combinations
from typing import NamedTuple

import numpy as np

from prelu_rules.errors import InvalidValueError, LimitError, ShapeError
from prelu_rules.geometry.box import Box
from prelu_rules.geometry.deviation import deviation_bounds
from prelu_rules.geometry.domain import Domain
from prelu_rules.geometry.exact import ExactCell, exact_patterns
from prelu_rules.normal_form import NormalForm
from prelu_rules.rules.collapse import without_unused
from prelu_rules.rules.rule import Condition, Rule
from prelu_rules.rules.rule_system import RuleSystem
from prelu_rules.values import Array, FloatArray, Value

MAX_CELLS = 500
"""Pieces of the overlay; in few dimensions so many take a second, in ten about half a minute."""


@dataclass(frozen=True, eq=False)
class Certificate(Value):
    """What has been proven about rules and a network on a domain.

    Attributes:
        output_names: the outputs.
        upper: `(n_outputs,)`, no input of the domain has a larger difference; infinite where it grows without end.
        lower: `(n_outputs,)`, a difference that is attained.
        at: `(n_outputs, n_inputs)`, the inputs where it is.
        largest: `(n_outputs,)`, no input of the domain has a larger absolute output by the rules; infinite where it
            grows without end.
        uncovered: `(n_inputs,)`, an input of the domain that falls under no rule; None if every input falls under one,
            boundaries included.
        overlap: `(n_inputs,)`, an input inside two rules; None if the interiors of all rules are disjoint.
        n_cells: the pieces of the overlay.
        exact: whether the upper bounds come from the overlay alone; otherwise part of them comes from bound propagation
            or branch and bound, which are sound but not tight.
        domain: where all this holds; None for all inputs.
    """

    output_names: tuple[str, ...]
    upper: FloatArray
    lower: FloatArray
    at: FloatArray
    largest: FloatArray
    uncovered: FloatArray | None
    overlap: FloatArray | None
    n_cells: int
    exact: bool = True
    domain: Domain | None = None

    @property
    def equal(self) -> bool:
        """Whether rules and network are proven to be equal, with one rule for each input but boundaries."""
        return not self.upper.any() and self.covered and self.disjoint

    @property
    def covered(self) -> bool:
        """Whether every input of the domain falls under a rule."""
        return self.uncovered is None

    @property
    def disjoint(self) -> bool:
        """Whether no two rules share more than a boundary."""
        return self.overlap is None

    def __str__(self) -> str:
        where = "all inputs" if self.domain is None else "the domain"
        how = f"in exact arithmetic ({self.n_cells} pieces)" if self.exact else "by bounds"
        lines = [f"Rules against network on {where}, {how}:"]
        for name, upper, lower, at in zip(self.output_names, self.upper, self.lower, self.at, strict=True):
            if upper == 0:
                lines.append(f"  {name}: equal, proven")
            else:
                place = ", ".join(f"{v:.6g}" for v in at)
                bounds = f"by at most {upper:.6g}, and by {lower:.6g} at ({place})"
                lines.append(f"  {name}: differ {bounds}; gap {upper - lower:.1g}")
        for holds, good, point, bad in (
            (self.covered, "every input falls under a rule, proven", self.uncovered, "no rule covers"),
            (self.disjoint, "no two rules overlap, proven", self.overlap, "two rules overlap at"),
        ):
            lines.append(f"  {good}" if holds else f"  {bad} ({', '.join(f'{v:.6g}' for v in np.asarray(point))})")
        return "\n".join(lines) + "\n"


def certify(
    system: RuleSystem, network: NormalForm, domain: Domain | None = None, *, max_cells: int = MAX_CELLS
) -> Certificate:
    """Prove how far rules are from a network.

    Args:
        system: the rules; where an input falls under several, all of them count.
        network: the network, collapsed or not; units whose slope is exactly 1 cost nothing.
        domain: where to compare; None for the domain of the rules, or all inputs if they have none.
        max_cells: the most pieces of the overlay. Where a network has more, the rules are overlaid with the collapsed
            network that they were read from, and the difference of the two networks is bounded by bound propagation and
            branch and bound.

    Returns:
        The bounds, and whether the rules cover the domain and are disjoint.

    Raises:
        ShapeError: if the network has other inputs or outputs than the rules.
        InvalidValueError: if no point satisfies the constraints of the domain exactly.
        LimitError: if the overlay has more pieces than `max_cells`, and the rules have no network or no domain.

    Example:
        >>> from prelu_rules.rules.extraction import extract_rules
        >>> form = NormalForm.from_layers([[[1.0]], [[2.0]]], [[-1.0], [0.0]], [[0.5]])
        >>> print(certify(extract_rules(form), form), end="")
        Rules against network on all inputs, in exact arithmetic (2 pieces):
          out1: equal, proven
          every input falls under a rule, proven
          no two rules overlap, proven
    """
    if (network.n_inputs, network.n_outputs) != (system.n_inputs, len(system.output_names)):
        raise ShapeError(
            f"the network has {network.n_inputs} inputs and {network.n_outputs} outputs, but the rules have "
            f"{system.n_inputs} and {len(system.output_names)}; certify them against the network they came from."
        )
    domain = system.domain if domain is None else domain
    whole = _whole(domain, system.n_inputs)
    rules = [rule.exact() for rule in system.rules]
    form = network.exact()
    form = without_unused(form.eliminate(np.flatnonzero(form.slopes == 1), 1))
    cells = [_cell_of(whole, rule.conditions) for rule in rules]
    overlay = _overlaid(form, rules, cells, domain, max_cells)
    exact, extra = overlay is not None, np.zeros(network.n_outputs)
    if overlay is None and system.form is not None and domain is not None:
        overlay = _overlaid(system.form.exact(), rules, cells, domain, max_cells)
        box = domain if isinstance(domain, Box) else domain.box
        between = deviation_bounds(system.form, network, box)
        extra = between.upper
        if overlay is not None:
            overlay.restart(form, between.at)
    if overlay is None:
        raise LimitError(
            f"rules and network cut the domain into more than max_cells={max_cells} pieces; raise it, take a smaller "
            "domain, or a network with fewer nonlinear units."
        )
    return Certificate(
        output_names=system.output_names,
        upper=np.array(
            [_rounded_up(v if v is None else v + Fraction(e)) for v, e in zip(overlay.upper, extra, strict=True)]
        ),
        lower=np.array([_rounded_down(value) for value in overlay.lower]),
        at=np.array(overlay.at, dtype=np.float64).reshape(network.n_outputs, system.n_inputs),
        largest=np.array([_rounded_up(value) for value in overlay.largest]),
        uncovered=next(_uncovered(whole, [], rules), None),
        overlap=_overlap(rules, cells),
        n_cells=overlay.n_cells,
        exact=exact,
        domain=domain,
    )


def _overlaid(
    form: NormalForm, rules: Sequence[Rule], cells: Sequence[ExactCell | None], domain: Domain | None, max_cells: int
) -> _Overlay | None:
    """The overlay of all rules; None if it has too many pieces."""
    overlay = _Overlay(form, rules, domain)
    for rule, cell in zip(rules, cells, strict=True):
        if cell is not None and not overlay.add(rule, cell, max_cells):
            return None
    return overlay


class Deviation(NamedTuple):
    """The largest differences of two rule systems, and an input that falls under no rule of the second.

    Attributes:
        upper: `(n_outputs,)`, rounded up.
        uncovered: `(n_inputs,)`, or None if every input falls under one.
    """

    upper: FloatArray
    uncovered: FloatArray | None


def rule_deviation(system: RuleSystem, other: RuleSystem, domain: Domain | None) -> Deviation:
    """Prove how far two rule systems can be apart.

    Args:
        system: rules.
        other: other rules for the same inputs and outputs; where an input falls under several, all of them count.
        domain: where to compare; None for all inputs.

    Returns:
        The bounds, and whether the second system covers the domain.

    Raises:
        InvalidValueError: if no point satisfies the constraints of the domain exactly.

    Example:
        >>> from prelu_rules.affine import AffineMap
        >>> from prelu_rules.geometry.box import Box
        >>> one, two = (RuleSystem((Rule((), AffineMap([[w]], [0.0])),), ("x",), ("y",)) for w in (1.0, 1.5))
        >>> rule_deviation(one, two, Box([-4], [2])).upper
        array([2.])
    """
    whole = _whole(domain, system.n_inputs)
    others = [rule.exact() for rule in other.rules]
    upper: list[Fraction | None] = [Fraction(0)] * len(system.output_names)
    for rule in (rule.exact() for rule in system.rules):
        mine = _cell_of(whole, rule.conditions)
        for alien in others:
            both = _cell_of(mine, alien.conditions)
            if both is None:
                continue
            coef = rule.outputs.coef - alien.outputs.coef
            for k, row in enumerate(np.hstack([coef, (rule.outputs.intercept - alien.outputs.intercept)[:, None]])):
                for side in (row, -row):
                    upper[k] = _larger(upper[k], both.maximum(side).value)
    return Deviation(np.array([_rounded_up(value) for value in upper]), next(_uncovered(whole, [], others), None))


def _whole(domain: Domain | None, n_inputs: int) -> ExactCell:
    whole = ExactCell.of_domain(domain, n_inputs)
    if whole is None:
        raise InvalidValueError("no point satisfies the constraints of the domain exactly; widen them a little.")
    return whole


class _Overlay:
    """The largest differences met so far, and the inputs where they are."""

    def __init__(self, form: NormalForm, rules: Sequence[Rule], domain: Domain | None) -> None:
        self._form, self._rules, self._domain = form, rules, domain
        self.n_cells = 0
        self.upper: list[Fraction | None] = [Fraction(0)] * form.n_outputs
        self.lower = [Fraction(0)] * form.n_outputs
        self.largest: list[Fraction | None] = [Fraction(0)] * form.n_outputs
        self.at = [[0.0] * form.n_inputs for _ in range(form.n_outputs)]

    def restart(self, form: NormalForm, points: FloatArray) -> None:
        """Look for attained differences to another network, at one point for each output."""
        self._form, self.lower = form, [Fraction(0)] * form.n_outputs
        for k, point in enumerate([*self.at, *points]):
            self._attain(k % form.n_outputs, np.asarray(point))

    def add(self, rule: Rule, cell: ExactCell, max_cells: int) -> bool:
        """Overlay one rule; False if there are too many pieces by then."""
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
            # At a corner another rule may apply, just inside it is this one.
            inner = corner + (_inner_point(cell) - corner) * Fraction(1, 2**30)
            for point in (corner, inner):
                self._attain(k, point)

    def _attain(self, k: int, point: Array) -> None:
        """Compare at the float that is nearest to a point, in the box of the domain."""
        x = point.astype(np.float64)
        if self._domain is not None:
            x = np.clip(x, self._domain.lower, self._domain.upper)
            if not self._domain.contains(x)[0]:
                return
        exact = np.array([Fraction(v) for v in x], dtype=object)
        rule = next((rule for rule in self._rules if rule.covers(exact)[0]), None)
        if rule is not None:
            difference = abs(self._form.evaluate(exact)[k] - rule.outputs(exact)[k])
            if difference > self.lower[k]:
                self.lower[k], self.at[k] = difference, x.tolist()


def _cell_of(cell: ExactCell | None, conditions: Sequence[Condition]) -> ExactCell | None:
    for condition in conditions:
        cell = None if cell is None else cell.cut(condition.row())
    return cell


def _inner_point(cell: ExactCell) -> Array:
    """A point away from those boundaries that not all of the cell lies on: the mean of corners in all directions."""
    n_inputs = len(cell.to_input)
    corners = [cell.corner]
    for k in range(n_inputs):
        direction = np.array([Fraction(int(i == k)) for i in range(n_inputs + 1)], dtype=object)
        corners += [cell.maximum(direction).point, cell.maximum(-direction).point]
    return np.asarray(sum(corners) / Fraction(len(corners)))


def _uncovered(cell: ExactCell, strict: list[Array], rules: Sequence[Rule]) -> Iterator[FloatArray]:
    """Inputs of a cell that fall under none of the rules; `strict` functions have to be above 0 there.

    A convex set where each of several functions is positive somewhere, and none is negative, has points where all are.
    """
    points = []
    for row in strict:
        if not cell.exceeds(row):
            return
        points.append(cell.maximum(row).point)
    if not rules:
        points = points or [cell.corner]
        yield np.asarray(sum(points) / Fraction(len(points))).astype(np.float64)
        return
    for condition in rules[0].conditions:
        row = condition.row()
        outside = cell.cut(-row)
        if outside is not None:
            # Beyond `z >= 0` it is `z < 0`, beyond `z < 0` it is `z >= 0`.
            yield from _uncovered(outside, [*strict, -row] if condition.nonnegative else strict, rules[1:])
        inside = cell.cut(row)
        if inside is None:
            return
        cell, strict = inside, strict if condition.nonnegative else [*strict, row]


def _overlap(rules: Sequence[Rule], cells: Sequence[ExactCell | None]) -> FloatArray | None:
    """A point inside two rules, if there is one."""
    for (one, first), (other, second) in combinations(zip(rules, cells, strict=True), 2):
        both = None if second is None else _cell_of(first, other.conditions)
        # A convex set where each of several functions is positive somewhere has points where all are.
        if both is not None and all(both.exceeds(c.row()) for c in (*one.conditions, *other.conditions)):
            return np.asarray(_inner_point(both).astype(np.float64))
    return None


def _larger(one: Fraction | None, other: Fraction | None) -> Fraction | None:
    """The larger of two bounds; None is that of what grows without end."""
    return None if one is None or other is None else max(one, other)


def _rounded_up(value: Fraction | None) -> float:
    if value is None:
        return math.inf
    near = float(value)
    return near if Fraction(near) >= value else math.nextafter(near, math.inf)


def _rounded_down(value: Fraction) -> float:
    near = float(value)
    return near if Fraction(near) <= value else math.nextafter(near, 0.0)
