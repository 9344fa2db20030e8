"""Rules with the shortest numbers that an error allows; the error is proven.

This changes the rules. How many digits a number needs when unchanged rules are printed is `rounding`'s question.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np
import numpy.typing as npt

from prelu_rules.affine import AffineMap
from prelu_rules.errors import InvalidValueError, RoundingError, ShapeError
from prelu_rules.geometry.domain import Domain
from prelu_rules.geometry.exact import ExactCell
from prelu_rules.rules.certificate import rule_deviation
from prelu_rules.rules.extraction import counted
from prelu_rules.rules.rule import Condition, Rule
from prelu_rules.rules.rule_system import RuleSystem
from prelu_rules.tolerances import SAME_BEND, SAME_JUMP
from prelu_rules.values import FloatArray, exact_array, frozen_array

SHARE_OF_BENDS = 0.3
"""The part of the allowed error that bends may use; outputs have more numbers."""

TRIES = 60
"""How often the budget is changed at most: down until the proven error is below the bound, then up while it is."""

STEP, PATIENCE = 1.2, 3
"""By what factor the budget changes, and how many of the proofs may fail before it grows no further."""


def rounded(
    system: RuleSystem,
    max_error: npt.ArrayLike | None = None,
    decimals: int | None = None,
    domain: Domain | None = None,
    *,
    x: npt.ArrayLike | None = None,
) -> RuleSystem:
    """The rules with shorter numbers, and a proof of how far that takes them from what they were.

    A bend is one number in every rule that names it, so rules meet where they met. Numbers become 0 or 1 where the
    error allows it, else they get as few digits as it does, and of equally many those of quarters are preferred.

    Args:
        system: the rules.
        max_error: the largest difference to the unrounded rules anywhere on the domain, `(n_outputs,)` or one number
            for all, in the outputs' units.
        decimals: instead, how many decimals every number gets; conditions are divided by their largest weight first.
        domain: where the error counts; None for the domain of the rules.
        x: `(n_rows, n_inputs)`, rows to count; without them the rules have no counts.

    Returns:
        Rules with the largest difference, proven in exact arithmetic, in `rounding_error`. They have no network and no
        precision: their numbers are meant to be read as they are.

    Raises:
        InvalidValueError: unless one of `max_error` and `decimals` is given, above 0 and not below 0; if there is no
            domain; if these are decision rules.
        ShapeError: if there are neither as many errors as outputs nor one.
        RoundingError: if so few decimals leave inputs without a rule.

    Example:
        >>> thirds = Rule((), AffineMap([[1 / 3, 0.001]], [2 / 3]))
        >>> from prelu_rules.geometry.box import Box
        >>> rules = rounded(RuleSystem((thirds,), ("a", "b"), ("y",)), max_error=0.05, domain=Box([0, 0], [1, 1]))
        >>> print(rules, end="")
        IF true
        THEN
          y = +0.3*a +0.0*b +0.7
        <BLANKLINE>
        (rounded: y within 0.033333 of the unrounded rules)
    """
    domain = system.domain if domain is None else domain
    if (max_error is None) == (decimals is None):
        raise InvalidValueError(f"max_error is {max_error!r} and decimals is {decimals!r}; give one of them.")
    if domain is None:
        raise InvalidValueError("rules that hold for all inputs cannot be rounded by an error; give a domain.")
    if system.decides:
        raise InvalidValueError("decision rules cannot be rounded; round the rules and ask for theirs.")
    if max_error is None:
        assert decimals is not None
        result = _to_decimals(system, domain, decimals)
    else:
        allowed = frozen_array(np.atleast_1d(max_error), "max_error", (None,))
        if len(allowed) not in (1, len(system.output_names)):
            raise ShapeError(
                f"max_error has shape {allowed.shape}, but there are {len(system.output_names)} outputs; give one each."
            )
        if (allowed <= 0).any():
            raise InvalidValueError(f"max_error is {allowed.min()}; it must be above 0.")
        result = _within(system, domain, np.broadcast_to(allowed, (len(system.output_names),)))
    return result if x is None else counted(result, x)


def reading_cost(system: RuleSystem) -> int:
    """The digits that a reader of the rules reads: those of every output, and of every bend once.

    Args:
        system: the rules.

    Returns:
        The number of significant digits; 0 costs nothing.

    Example:
        >>> reading_cost(RuleSystem((Rule((), AffineMap([[0.25, 0.0]], [-1.0])),), ("a", "b"), ("y",)))
        3
    """
    bends = _Bends(system.rules)
    numbers = [bends.rows, *(np.hstack([r.outputs.coef, r.outputs.intercept[:, None]]) for r in system.rules)]
    return sum(_digits(v) for array in numbers for v in array.ravel())


@dataclass(frozen=True)
class _Side:
    """A condition as a side of a bend: `sign` times its row."""

    bend: int
    sign: float


class _Bends:
    """The distinct hyperplanes of all conditions, normalised, and which one each condition is a side of."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        found: list[FloatArray] = []
        self.sides: list[list[_Side]] = []
        for rule in rules:
            self.sides.append([])
            for condition in rule.conditions:
                normal = condition.normalised()
                row = np.append(normal.coef, normal.intercept).astype(np.float64)
                sign = -1.0 if next((w for w in row if w != 0), 1.0) < 0 else 1.0
                row = sign * row + 0.0
                same = (
                    k for k, other in enumerate(found) if np.abs(row - other).max() <= SAME_BEND * np.abs(row).max()
                )
                bend = next(same, len(found))
                if bend == len(found):
                    found.append(row)
                self.sides[-1].append(_Side(bend, sign))
        n_inputs = rules[0].outputs.coef.shape[1]
        self.rows = np.array(found).reshape(-1, n_inputs + 1)

    def strengths(self, rules: Sequence[Rule]) -> FloatArray:
        """How much outputs change at most, per unit of a bend's function, where one crosses it: `(n_bends, n_outputs)`.

        Outputs have no jumps, so rules that meet at a bend differ by a multiple of its function. Where no two rules do,
        nothing is known.
        """
        strength = np.full((len(self.rows), rules[0].outputs.coef.shape[0]), np.nan)
        outputs = [np.hstack([r.outputs.coef, r.outputs.intercept[:, None]]).astype(np.float64) for r in rules]
        where = [
            {side.bend: (side.sign > 0) == c.nonnegative for side, c in zip(sides, rule.conditions, strict=True)}
            for sides, rule in zip(self.sides, rules, strict=True)
        ]
        for first, second in combinations(range(len(rules)), 2):
            jump = outputs[first] - outputs[second]
            for bend in where[first].keys() | where[second].keys():
                row = self.rows[bend]
                factor = jump @ row / (row @ row)
                apart = where[first].get(bend) is not where[second].get(bend)
                if apart and np.abs(jump - np.outer(factor, row)).max() <= SAME_JUMP * np.abs(jump).max():
                    strength[bend] = np.fmax(strength[bend], np.abs(factor))
        return strength


def _to_decimals(system: RuleSystem, domain: Domain, decimals: int) -> RuleSystem:
    if decimals < 0:
        raise InvalidValueError(f"decimals is {decimals}; it must be at least 0.")
    bends = _Bends(system.rules)
    outputs = [
        AffineMap(
            np.round(r.outputs.coef.astype(np.float64), decimals),
            np.round(r.outputs.intercept.astype(np.float64), decimals),
        )
        for r in system.rules
    ]
    candidate = _rebuilt(system, domain, bends, np.round(bends.rows, decimals), outputs)
    proven = rule_deviation(system, candidate, domain)
    if proven.uncovered is not None:
        raise RoundingError(
            f"{decimals} decimals leave the input {proven.uncovered.tolist()} without a rule; take more decimals."
        )
    return replace(candidate, rounding_error=tuple(proven.upper.tolist()))


def _within(system: RuleSystem, domain: Domain, allowed: FloatArray) -> RuleSystem:
    """The shortest of several tries, each proven to be within the error."""
    bends = _Bends(system.rules)
    strengths = bends.strengths(system.rules)
    boxes = [_bounding_box(rule, domain) for rule in system.rules]
    best: tuple[int, RuleSystem] | None = None
    factor, failures = 1.0, 0
    # The budget is spent with care, so more than the error allows may still be within it.
    for _ in range(TRIES):
        candidate = _shortened(system, domain, bends, strengths, boxes, factor * allowed)
        proven = rule_deviation(system, candidate, domain)
        if proven.uncovered is None and (proven.upper <= allowed).all():
            cost = reading_cost(candidate)
            if best is None or cost < best[0]:
                best = cost, replace(candidate, rounding_error=tuple(proven.upper.tolist()))
        else:
            failures += 1
        if failures == PATIENCE and best is not None:
            break
        factor *= STEP if best is not None else 1 / STEP
    if best is None:
        raise RoundingError(
            f"no shorter numbers within {allowed.tolist()} were found; allow a larger error, or give decimals."
        )
    return best[1]


def _shortened(
    system: RuleSystem,
    domain: Domain,
    bends: _Bends,
    strengths: FloatArray,
    boxes: Sequence[tuple[FloatArray, FloatArray]],
    budget: FloatArray,
) -> RuleSystem:
    rows = bends.rows.copy()
    centre, radius = (domain.lower + domain.upper) / 2, (domain.upper - domain.lower) / 2
    for bend, row in enumerate(bends.rows):
        # A bend of which nothing is known is left where it is; where nothing changes, it may go anywhere.
        if not np.isnan(strengths[bend]).any():
            parts = SHARE_OF_BENDS * budget / len(rows)
            moves = np.divide(parts, strengths[bend], out=np.full_like(parts, np.inf), where=strengths[bend] > 0)
            rows[bend] = _short_row(row, centre, radius, float(moves.min()), keep=int(np.argmax(np.abs(row[:-1]))))
    outputs = []
    for rule, (middle, half) in zip(system.rules, boxes, strict=True):
        affine = np.hstack([rule.outputs.coef, rule.outputs.intercept[:, None]]).astype(np.float64)
        share = (1 - SHARE_OF_BENDS) if len(rows) else 1.0
        short = np.array(
            [_short_row(row, middle, half, share * error) for row, error in zip(affine, budget, strict=True)]
        )
        outputs.append(AffineMap(short[:, :-1], short[:, -1]))
    return _rebuilt(system, domain, bends, rows, outputs)


def _short_row(
    row: FloatArray, centre: FloatArray, radius: FloatArray, error: float, keep: int | None = None
) -> FloatArray:
    """Shorter weights and constant; within a radius of a centre the affine function changes by at most the error."""
    short = row.copy()
    left = error
    free = [k for k in range(len(row) - 1) if k != keep and row[k] != 0]
    # Weights that matter least take least of the error, and leave more to the others.
    for number, k in enumerate(sorted(free, key=lambda k: abs(row[k]) * radius[k])):
        allowance = left / (len(free) - number + 1)
        reach = radius[k]
        short[k] = _shortest(row[k], allowance / reach if reach > 0 else math.inf)
        left -= abs(short[k] - row[k]) * reach
    # The constant makes up for what the weights change at the centre.
    short[-1] = _shortest(float(row[-1] + (row[:-1] - short[:-1]) @ centre), left)
    return short


def _shortest(value: float, error: float) -> float:
    """The number with the fewest digits that is within an error of a value."""
    if abs(value) <= error:
        return 0.0
    sign, size = math.copysign(1.0, value), abs(value)
    if abs(size - 1) <= error:
        return sign
    if error <= 0:
        return value
    for place in range(math.floor(math.log10(size + error)), -300, -1):
        least, most = math.ceil((size - error) * 10.0**-place), math.floor((size + error) * 10.0**-place)
        candidates = [m for m in (round(size * 10.0**-place), least, most) if least <= m <= most and m > 0]
        # Quarters first, since people know them; then what is nearest.
        candidates.sort(key=lambda m: ((4 * m * 10.0**place) % 1 != 0, abs(m * 10.0**place - size)))
        for whole in candidates:
            # As text, so that it is the float that prints so short.
            short = float(f"{whole}e{place}")
            if abs(short - size) <= error:
                return sign * short
    return value


def _digits(value: float) -> int:
    """The significant digits of the shortest text of a number; 0 has none."""
    mantissa = repr(abs(float(value))).split("e")[0].replace(".", "").strip("0")
    return len(mantissa)


def _bounding_box(rule: Rule, domain: Domain) -> tuple[FloatArray, FloatArray]:
    """The centre and the half widths of the smallest box around a rule's cell."""
    n_inputs = rule.outputs.coef.shape[1]
    cell = ExactCell.of_domain(domain, n_inputs)
    for condition in rule.conditions:
        cell = None if cell is None else cell.cut(condition.exact().row())
    if cell is None:
        return (domain.lower + domain.upper) / 2, (domain.upper - domain.lower) / 2
    unit = np.eye(n_inputs + 1)[:n_inputs]
    upper, lower = (
        np.array([float(cell.maximum(side * row).point[k]) for k, row in enumerate(exact_array(unit))])
        for side in (1, -1)
    )
    return (lower + upper) / 2, (upper - lower) / 2


def _rebuilt(
    system: RuleSystem, domain: Domain, bends: _Bends, rows: FloatArray, outputs: Sequence[AffineMap]
) -> RuleSystem:
    """The same rules with other bends and outputs."""
    rules = []
    for rule, sides, affine in zip(system.rules, bends.sides, outputs, strict=True):
        conditions = tuple(
            Condition(
                side.sign * rows[side.bend, :-1] + 0.0, side.sign * rows[side.bend, -1] + 0.0, c.nonnegative, c.label
            )
            for c, side in zip(rule.conditions, sides, strict=True)
        )
        rules.append(Rule(conditions, affine))
    return replace(system, rules=tuple(rules), form=None, precision=None, domain=domain)
