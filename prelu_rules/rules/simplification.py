"""Finds the fewest conditions that are equivalent on a domain (the paper's future work on dependent inequalities)."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from prelu_rules.domains.domain import Domain
from prelu_rules.geometry.cell import Cell
from prelu_rules.rules.rule import Condition

Conditions = Sequence[Condition]


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
