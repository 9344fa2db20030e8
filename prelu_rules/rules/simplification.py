"""Finds the fewest conditions that are equivalent on a domain (the paper's future work on dependent inequalities)."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from prelu_rules.domains.box import Box
from prelu_rules.domains.domain import Domain
from prelu_rules.geometry.cell import Cell
from prelu_rules.rules.rule import Condition

Conditions = Sequence[Condition]

FAR = 1e9
"""All inputs are those up to so many times as far as the bends: further away, bends that only rounding errors keep from
being parallel meet."""

LEAST_WEIGHT = 1e-9
"""A smaller weight, as a share of the largest weight of its input, may be a rounding error, and says nothing of where
bends are."""


def cell_of_rule(conditions: Conditions, domain: Domain | None, n_inputs: int) -> Cell:
    """The cell of a rule.

    Args:
        conditions: the conditions of the rule; they have to leave it an interior on the domain.
        domain: the domain; None for all inputs.
        n_inputs: the number of inputs.

    Returns:
        The domain, cut by the conditions in their order.

    Raises:
        InvalidValueError: if the domain is empty.

    Example:
        >>> adult = Condition([1.0], -18.0, nonnegative=True)
        >>> cell_of_rule([adult], None, 1).exceeds(np.array([-1.0, 18.0]))
        False
    """
    cell = Cell(domain, n_inputs)
    for condition in conditions:
        cell.push(condition.row())
    return cell


def is_solid(conditions: Conditions, domain: Domain | None) -> bool:
    """Whether some input of a domain satisfies conditions without lying on a boundary.

    Args:
        conditions: the conditions.
        domain: the domain; None for all inputs.

    Returns:
        True if there is one.

    Example:
        >>> adult, minor = (Condition([1.0], -18.0, side) for side in (True, False))
        >>> is_solid([adult], None), is_solid([adult, minor], None)
        (True, False)
    """
    if not conditions:
        return True
    cell = Cell(domain, len(conditions[0].coef))
    for condition in conditions:
        row = condition.row()
        if cell.exceeds(row):
            cell.push(row)
        # A sum that is 0 everywhere counts as non-negative.
        elif not condition.nonnegative or cell.exceeds(-row):
            return False
    return True


def implied(cell: Cell, condition: Condition) -> bool:
    """Whether a condition holds everywhere in a cell, up to boundaries.

    Args:
        cell: the cell.
        condition: the condition.

    Returns:
        True if it does; exact for the numbers of the condition.

    Example:
        >>> from prelu_rules.domains.box import Box
        >>> cell = Cell(Box([0], [65]), 1)
        >>> [implied(cell, Condition([1.0], -age, True)) for age in (0.0, 18.0)]
        [True, False]
    """
    return not cell.exceeds(-condition.row())


def everywhere(conditions: Conditions, domain: Domain | None = None) -> Domain | None:
    """All inputs, as far as conditions in float64 say anything about them.

    Args:
        conditions: the conditions of all rules.
        domain: a domain to include.

    Returns:
        A box that reaches `FAR` times as far as the bends and the domain; None, which means all inputs, for conditions
        in exact rationals.

    Example:
        >>> box = everywhere([Condition([2.0, 0.0], -8.0, True)])
        >>> assert box is not None
        >>> box.upper
        array([4.e+09, 1.e+09])
    """
    if not conditions or any(condition.coef.dtype == object for condition in conditions):
        return None
    weights = np.abs([condition.coef for condition in conditions])
    constants = np.abs([condition.intercept for condition in conditions])[:, None]
    counts = weights > LEAST_WEIGHT * weights.max(axis=0)
    distances = np.divide(constants, weights, out=np.zeros_like(weights), where=counts).max(axis=0)
    if domain is not None:
        distances = np.maximum(distances, np.maximum(np.abs(domain.lower), np.abs(domain.upper)))
    reach = FAR * np.maximum(distances, 1.0)
    return Box(-reach, reach) if np.isfinite(reach).all() else None


def needed(
    conditions: Conditions,
    domain: Domain | None,
    is_implied: Callable[[Cell, Condition], bool] = implied,
) -> tuple[Condition, ...]:
    """Remove conditions that the others and the domain imply.

    Of conditions that imply one another, the one with the fewest features remains, and among those the first. The
    remaining conditions cover everything that all of them covered and, on the domain, nothing more except boundaries.

    Args:
        conditions: conditions of one rule.
        domain: where the conditions have to hold; None for all inputs.
        is_implied: decides what counts as implied; called like `implied`.

    Returns:
        The conditions that are needed, in the same order.

    Raises:
        InvalidValueError: if the domain is empty.

    Example:
        >>> adult, senior = (Condition([1.0], -age, nonnegative=True) for age in (18.0, 65.0))
        >>> needed([adult, senior], None) == (senior,)
        True
    """
    if not conditions:
        return ()
    cell = cell_of_rule(conditions, domain, len(conditions[0].coef))
    kept = list(range(len(conditions)))
    for k in sorted(kept, key=lambda k: (np.count_nonzero(conditions[k].coef), k), reverse=True):
        cell.relax(k)
        if is_implied(cell, conditions[k]):
            kept.remove(k)
        else:
            cell.restore(k)
    return tuple(conditions[k] for k in kept)
