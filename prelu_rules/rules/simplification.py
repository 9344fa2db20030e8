"""The fewest conditions that say the same on a domain (the paper's future work on dependent inequalities)."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from prelu_rules.geometry.domain import Domain, frame_of
from prelu_rules.geometry.linear_program import CellProgram
from prelu_rules.rules.rule import Condition
from prelu_rules.tolerances import CUT

Implied = Callable[[CellProgram, Condition], bool]
"""Whether a condition holds in a cell that it does not cut itself."""


def implied(cell: CellProgram, condition: Condition) -> bool:
    """Whether no input of a cell is further than `CUT` beyond a condition.

    Args:
        cell: the domain, cut by other conditions.
        condition: the condition.

    Returns:
        True if it holds in the whole cell, up to its boundary.

    Raises:
        SolverError: if the linear programming solver fails.

    Example:
        >>> from prelu_rules.geometry.box import Box
        >>> cell = CellProgram(frame_of(Box([0], [65]), 1))
        >>> implied(cell, Condition([1.0], 0.0, nonnegative=True)), implied(cell, Condition([1.0], -18.0, True))
        (True, False)
    """
    coef, intercept = condition.halfspace()
    return cell.reach(-coef, -intercept) <= CUT


def needed(
    conditions: Sequence[Condition], domain: Domain | None, is_implied: Implied = implied
) -> tuple[Condition, ...]:
    """The conditions without those that the others and the domain imply.

    Of conditions that imply one another the one with fewest features stays, and of those the first. What is left
    covers what all of them covered; on the domain it covers nothing more, but boundaries.

    Args:
        conditions: conditions of one rule.
        domain: what they are asked to hold on; None for all inputs.
        is_implied: what counts as implied.

    Returns:
        Those that are needed, in the same order.

    Raises:
        InvalidValueError: if the domain is empty.
        SolverError: if the linear programming solver fails.

    Example:
        >>> adult, senior = (Condition([1.0], -age, nonnegative=True) for age in (18.0, 65.0))
        >>> needed([adult, senior], None) == (senior,)
        True
    """
    if not conditions:
        return ()
    cell = CellProgram(frame_of(domain, len(conditions[0].coef)))
    for condition in conditions:
        cell.push(*condition.halfspace())
    kept = list(range(len(conditions)))
    for k in sorted(kept, key=lambda k: (np.count_nonzero(conditions[k].coef), k), reverse=True):
        cell.relax(k)
        if is_implied(cell, conditions[k]):
            kept.remove(k)
        else:
            cell.restore(k)
    return tuple(conditions[k] for k in kept)
