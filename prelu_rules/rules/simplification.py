"""Finds the fewest conditions that are equivalent on a domain (the paper's future work on dependent inequalities)."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from prelu_rules.domains.domain import Domain, frame_of
from prelu_rules.domains.frame import Frame
from prelu_rules.domains.linear_program import CellProgram
from prelu_rules.geometry.exact import ExactCell
from prelu_rules.rules.rule import Condition
from prelu_rules.tolerances import CUT

Conditions = Sequence[Condition]


def cell_program(conditions: Conditions, frame: Frame) -> CellProgram:
    """The cell of a rule as a linear program.

    Args:
        conditions: the conditions of the rule.
        frame: the domain.

    Returns:
        The domain, cut by the conditions in their order.

    Example:
        >>> adult = Condition([1.0], -18.0, nonnegative=True)
        >>> cell_program([adult], frame_of(None, 1)).reach(np.array([-1.0]), 0.0)
        -18.0
    """
    cell = CellProgram(frame)
    for condition in conditions:
        cell.push(*condition.halfspace())
    return cell


def implied(cell: CellProgram, condition: Condition, others: Conditions, domain: Domain | None) -> bool:
    """Whether a condition follows from others on a domain; where floats leave a doubt, exact arithmetic decides.

    Args:
        cell: the domain, cut by the others.
        condition: the condition.
        others: the others.
        domain: the domain; None for all inputs.

    Returns:
        True if it holds wherever the others do, up to boundaries.

    Raises:
        SolverError: if the linear programming solver fails.

    Example:
        >>> from prelu_rules.domains.box import Box
        >>> working = Box([0], [65])
        >>> cell = CellProgram(frame_of(working, 1))
        >>> [implied(cell, Condition([1.0], -age, True), [], working) for age in (0.0, 18.0)]
        [True, False]
    """
    coef, intercept = condition.halfspace()
    beyond = cell.reach(-coef, -intercept)
    if abs(beyond) > CUT:
        return beyond < 0
    exact = ExactCell.of_domain(domain, len(coef))
    for other in others:
        exact = None if exact is None else exact.cut(other.exact().row())
    return exact is None or not exact.exceeds(-condition.exact().row())


def needed(
    conditions: Conditions,
    domain: Domain | None,
    is_implied: Callable[[CellProgram, Condition, Conditions, Domain | None], bool] = implied,
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
        SolverError: if the linear programming solver fails.

    Example:
        >>> adult, senior = (Condition([1.0], -age, nonnegative=True) for age in (18.0, 65.0))
        >>> needed([adult, senior], None) == (senior,)
        True
    """
    if not conditions:
        return ()
    cell = cell_program(conditions, frame_of(domain, len(conditions[0].coef)))
    kept = list(range(len(conditions)))
    for k in sorted(kept, key=lambda k: (np.count_nonzero(conditions[k].coef), k), reverse=True):
        cell.relax(k)
        if is_implied(cell, conditions[k], [conditions[other] for other in kept if other != k], domain):
            kept.remove(k)
        else:
            cell.restore(k)
    return tuple(conditions[k] for k in kept)
