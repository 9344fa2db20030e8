"""Overlays rules with a network or other rules, in exact arithmetic, to find differences and gaps."""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction
from typing import NamedTuple

import numpy as np

from prelu_rules.domains.domain import Domain
from prelu_rules.errors import InvalidValueError
from prelu_rules.geometry.proofs.exact import ExactCell
from prelu_rules.rules.cover import cover
from prelu_rules.rules.rule import Condition
from prelu_rules.rules.rule_system import RuleSystem
from prelu_rules.values import FloatArray


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
        >>> from prelu_rules.rules.rule import Rule
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
    return Deviation(np.array([rounded_up(value) for value in upper]), cover(whole, others).uncovered)


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
