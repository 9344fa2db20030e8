"""Rounds rules to the shortest numbers that an error allows; the error is proven.

This changes the rules. How many digits the numbers of unchanged rules need is decided in `printed`.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from prelu_rules.domains.domain import Domain
from prelu_rules.errors import InvalidValueError, RoundingError, ShapeError
from prelu_rules.geometry.proofs.exact import ExactCell
from prelu_rules.network.affine import AffineMap
from prelu_rules.rules.bends import Bends
from prelu_rules.rules.extraction import counted
from prelu_rules.rules.order import ordered
from prelu_rules.rules.overlay import Deviation
from prelu_rules.rules.proven import proven
from prelu_rules.rules.rule import Condition, Rule
from prelu_rules.rules.rule_system import RuleSystem
from prelu_rules.rules.short_numbers import digits, short_row
from prelu_rules.values import FloatArray, exact_array, frozen_array

SHARE_OF_BENDS = 0.3
"""The share of the allowed error that bends may use; outputs have more numbers."""

TRIES = 30
"""How often the budget is changed at most: down until the proven error is below the bound, then up as long as it is."""

DOWN, UP, PATIENCE = 2.0, 1.2, 3
"""The factors by which the budget changes, and how many proofs may fail before it stops growing."""


def rounded(
    system: RuleSystem,
    max_error: npt.ArrayLike | None = None,
    decimals: int | None = None,
    domain: Domain | None = None,
    *,
    x: npt.ArrayLike | None = None,
) -> RuleSystem:
    """Shorten the numbers of rules, and prove how much that changes them.

    A bend has the same numbers in all rules that use it, so that rules still meet at the same bends. Numbers become 0
    or 1 if the error allows it, otherwise decimals or fractions such as 1/3 with as few digits as possible; among those
    with equally many digits, halves to sixths are preferred. A fraction is stored, and proven, as the closest float.
    Rules that now have the same function are merged, and conditions that no longer matter are removed; see `proven`.

    Args:
        system: the rules.
        max_error: the largest difference from the unrounded rules anywhere on the domain, `(n_outputs,)` or one number
            for all, in the outputs' units.
        decimals: how many decimals every number gets, instead of max_error; conditions are divided by their largest
            weight first.
        domain: where the error counts; None for the domain of the rules.
        x: `(n_rows, n_inputs)`, rows to count; without them the rules have no counts.

    Returns:
        Rules with the largest difference, proven in exact arithmetic, in `rounding_error`. They cover the domain and
        are disjoint there. They have no network and no precision, since their numbers should be read as they are.

    Raises:
        InvalidValueError: unless exactly one of `max_error` and `decimals` is given and in range; if there is no
            domain; if these are decision rules.
        ShapeError: if the number of errors is neither the number of outputs nor one.
        RoundingError: if so few decimals leave inputs without a rule, or nothing shorter is within the error.

    Example:
        >>> thirds = Rule((), AffineMap([[1 / 3, 0.001]], [2 / 3]))
        >>> from prelu_rules.domains.box import Box
        >>> rules = rounded(RuleSystem((thirds,), ("a", "b"), ("y",)), max_error=0.05, domain=Box([0, 0], [1, 1]))
        >>> print(rules.export("paper"), end="")
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
        raise InvalidValueError("rules that hold for all inputs cannot be rounded with an error bound; give a domain.")
    if system.decides:
        raise InvalidValueError(
            "decision rules cannot be rounded; round the rules first, and then use their decision_rules()."
        )
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
            raise InvalidValueError(f"max_error is {allowed.min()}; it must be positive.")
        result = _within(system, domain, np.broadcast_to(allowed, (len(system.output_names),)))
    return ordered(result) if x is None else counted(result, x)


def reading_cost(system: RuleSystem) -> int:
    """Count the digits that a reader of the rules reads: those of every output, and of every bend once.

    Args:
        system: the rules.

    Returns:
        The number of significant digits; a 0 has none.

    Example:
        >>> reading_cost(RuleSystem((Rule((), AffineMap([[0.25, 0.0]], [-1.0])),), ("a", "b"), ("y",)))
        3
    """
    bends = Bends(system.rules, system.domain)
    numbers = [bends.rows, *(np.hstack([r.outputs.coef, r.outputs.intercept[:, None]]) for r in system.rules)]
    return sum(digits(v) for array in numbers for v in array.ravel())


def _to_decimals(system: RuleSystem, domain: Domain, decimals: int) -> RuleSystem:
    if decimals < 0:
        raise InvalidValueError(f"decimals is {decimals}; it must be at least 0.")
    bends = Bends(system.rules, domain)
    outputs = [
        AffineMap(
            np.round(r.outputs.coef.astype(np.float64), decimals),
            np.round(r.outputs.intercept.astype(np.float64), decimals),
        )
        for r in system.rules
    ]
    found = proven(system, _rebuilt(system, bends, np.round(bends.rows, decimals), outputs), domain)
    if isinstance(found, Deviation):
        assert found.uncovered is not None
        raise RoundingError(
            f"{decimals} decimals leave the input {found.uncovered.tolist()} without a rule; use more decimals."
        )
    return found


def _within(system: RuleSystem, domain: Domain, allowed: FloatArray) -> RuleSystem:
    """The shortest of several attempts, each proven to be within the error."""
    bends = Bends(system.rules, domain)
    strengths = bends.strengths(system.rules)
    boxes = [_bounding_box(rule, domain) for rule in system.rules]
    best: tuple[int, RuleSystem] | None = None
    # Where bends are moved, several that met in one place may leave a gap; where they stay, nothing can go wrong.
    kept = [Rule(r.conditions, o) for r, o in zip(system.rules, _short_outputs(system, boxes, allowed), strict=True)]
    found = proven(system, kept, domain, allowed)
    if not isinstance(found, Deviation):
        best = reading_cost(found), found
    factor, failures, succeeded = 1.0, 0, False
    # The budget is a cautious estimate, so that a larger one may still keep within the error.
    for _ in range(TRIES):
        found = proven(system, _shortened(system, domain, bends, strengths, boxes, factor * allowed), domain, allowed)
        if isinstance(found, Deviation):
            failures += succeeded
        else:
            succeeded = True
            cost = reading_cost(found)
            if best is None or cost < best[0]:
                best = cost, found
        if failures == PATIENCE:
            break
        factor *= UP if succeeded else 1 / DOWN
    if best is None:
        raise RoundingError(
            f"no shorter numbers within {allowed.tolist()} were found; allow a larger error, or give decimals."
        )
    return best[1]


def _shortened(
    system: RuleSystem,
    domain: Domain,
    bends: Bends,
    strengths: FloatArray,
    boxes: Sequence[tuple[FloatArray, FloatArray]],
    budget: FloatArray,
) -> list[Rule]:
    """The rules with the shortest numbers that change no output by more than a budget, as an estimate."""
    rows = bends.rows.copy()
    centre, radius = (domain.lower + domain.upper) / 2, (domain.upper - domain.lower) / 2
    numbers = np.array([not feature.is_indicator for feature in system.features])
    for bend, row in enumerate(bends.rows):
        # A reader meets the bend with a weight of 1 on a number, and so are its digits counted.
        weights = np.abs(row[:-1]) * numbers if (row[:-1] * numbers).any() else np.abs(row[:-1])
        unit, size = int(np.argmax(weights)), float(weights.max())
        # A bend whose effect is unknown is not moved; one without effect may be moved anywhere.
        if not np.isnan(strengths[bend]).any():
            parts = SHARE_OF_BENDS * budget / len(rows)
            moves = np.divide(parts, strengths[bend], out=np.full_like(parts, np.inf), where=strengths[bend] > 0)
            rows[bend] = short_row(row / size, centre, radius, float(moves.min()) / size, keep=unit)
    share = (1 - SHARE_OF_BENDS) if len(rows) else 1.0
    return _rebuilt(system, bends, rows, _short_outputs(system, boxes, share * budget))


def _short_outputs(
    system: RuleSystem, boxes: Sequence[tuple[FloatArray, FloatArray]], budget: FloatArray
) -> list[AffineMap]:
    """The outputs of each rule with the shortest numbers that change them by at most a budget in the rule's box."""
    outputs = []
    for rule, (middle, half) in zip(system.rules, boxes, strict=True):
        affine = np.hstack([rule.outputs.coef, rule.outputs.intercept[:, None]]).astype(np.float64)
        short = np.array([short_row(row, middle, half, error) for row, error in zip(affine, budget, strict=True)])
        outputs.append(AffineMap(short[:, :-1], short[:, -1]))
    return outputs


def _bounding_box(rule: Rule, domain: Domain) -> tuple[FloatArray, FloatArray]:
    """The centre and the half-widths of the smallest box around a rule's cell."""
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


def _rebuilt(system: RuleSystem, bends: Bends, rows: FloatArray, outputs: Sequence[AffineMap]) -> list[Rule]:
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
    return rules
