"""Decision rules: the rules of a classifier, cut along the ties of its logits, so that each names a class."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from prelu_rules.domains.domain import Domain
from prelu_rules.errors import InvalidValueError
from prelu_rules.geometry.cell import Cell
from prelu_rules.network.affine import AffineMap
from prelu_rules.rules.extraction import counted, rows_of_every_rule
from prelu_rules.rules.one_rule_each import one_rule_each
from prelu_rules.rules.order import ordered
from prelu_rules.rules.printed import with_honest_precision
from prelu_rules.rules.rule import Condition, Rule
from prelu_rules.rules.rule_system import RuleSystem
from prelu_rules.rules.simplification import everywhere, implied, needed
from prelu_rules.tolerances import CANCELLED
from prelu_rules.values import Array

GRID_DIGITS = 51
"""Binary digits of the largest weight or constant that are kept: the difference of two such numbers is a float."""


def decision_rules(system: RuleSystem, domain: Domain | None = None, *, x: npt.ArrayLike | None = None) -> RuleSystem:
    """The rules of a classifier, cut into convex pieces in each of which one class has the largest logit.

    Pieces without an interior are left out, as are conditions that the others and the domain imply. Pieces with the
    same class and the same logits are merged where their union is convex. On a tie of logits the first one wins, as in
    `classify`, so every input of the domain has exactly one decision rule, on boundaries too.
    If a class only ties and wins nowhere nearby, the decision is another one of the tied classes.

    Args:
        system: rules with classes.
        domain: the box or polytope to search; None for the domain of the rules.
        x: `(n_rows, n_inputs)`, rows to count and to choose the printed digits by. Without them there are no counts,
            and a system with a precision gets the digits that rows drawn from the domain need.

    Returns:
        Rules with decisions, and the logits still in them; they ascend where one sum carries all thresholds, and
        otherwise those first that cover most rows, or without rows in the order of the rules and then of the classes.

    Raises:
        InvalidValueError: if the rules predict numbers, not classes.
        ShapeError: if the domain has another dimension, or `x` another number of columns.
        OutsideDomainError: if no rule covers a row.
        RoundingError: if no number of printed digits gives each row its class.
        SolverError: if the linear programming solver fails.

    Example:
        >>> rule = Rule((), AffineMap([[1.0], [-1.0]], [0.0, 1.0]))
        >>> adults = RuleSystem((rule,), ("x",), ("high", "low"), classes=("high", "low"))
        >>> print(decision_rules(adults).export("paper"), end="")
        IF x < 0.5
        THEN class = low
          high = +1.0*x +0.0
          low = -1.0*x +1.0
        <BLANKLINE>
        IF x >= 0.5
        THEN class = high
          high = +1.0*x +0.0
          low = -1.0*x +1.0
    """
    if system.classes is None:
        raise InvalidValueError(f"{system!r} predicts numbers, not classes; it has no decision rules.")
    domain = system.domain if domain is None else domain
    precise = system.precision is not None
    system = replace(system, domain=domain, precision=None)
    conditions = [c for rule in system.rules for c in (*rule.conditions, *_ties(rule.outputs))]
    where = everywhere(conditions) if domain is None else domain
    pieces = tuple(piece for rule in system.rules for piece in _pieces(rule, where))
    # Where rules with the same outputs have no convex union, parts of them may; and rules may share a corner.
    system = ordered(replace(system, rules=one_rule_each(pieces, domain)))
    if x is not None:
        return with_honest_precision(counted(system, x), x)
    if precise and domain is not None:
        return with_honest_precision(system, rows_of_every_rule(system, domain))
    return system


def _pieces(rule: Rule, domain: Domain | None) -> Iterator[Rule]:
    """One rule for each class that wins somewhere inside the cell of a rule."""
    cell = Cell(domain, rule.outputs.coef.shape[1])
    own = _entered(cell, rule.conditions)
    if own is None:
        return
    margins = _margins(rule.outputs)
    classes = range(len(margins))
    winners = [k for k in classes if _has_interior(cell, (margins[k][j] for j in classes if j != k))]
    # In a cell thinner than `CUT` no class may be found to win: that counts as a tie, so the first one wins.
    for k in winners or [0]:
        # Only winners are compared, so that a tie with a class that has no rule belongs to one that has.
        conditions = [*own, *(margins[k][j] for j in winners if j != k)]
        yield Rule(needed(conditions, domain, _implied), rule.outputs, decision=k)


def _margins(outputs: AffineMap) -> list[dict[int, Condition]]:
    """For each class, the conditions under which it is preferred to each other class."""
    rows = np.hstack([outputs.coef, outputs.intercept[:, None]])
    if len(rows) == 1:
        # One logit is that of the second class; the first has 0.
        rows = np.vstack([0 * rows, rows])
    rows = _comparable(rows)
    margins: list[dict[int, Condition]] = [{} for _ in rows]
    for high, second in enumerate(rows):
        for low, first in enumerate(rows[:high]):
            row = first - second
            # On a tie the first logit wins. Both sides have the same row, so that they are exact complements.
            margins[low][high] = Condition(row[:-1], row[-1], nonnegative=True)
            margins[high][low] = Condition(row[:-1], row[-1], nonnegative=False)
    return margins


def _ties(outputs: AffineMap) -> Iterator[Condition]:
    for margins in _margins(outputs):
        yield from margins.values()


def _comparable(rows: Array) -> Array:
    """Logits whose differences are exact, so that where three classes meet one of them wins, and only one.

    Each difference rounded by itself, the first class could win against the second, that against the third, and that
    against the first, in a tiny triangle. Numbers that are equal but for rounding errors become equal.
    """
    if rows.dtype == object:
        return rows
    found = rows.copy()
    for column in found.T:
        order = np.argsort(column)
        for before, here in pairwise(order):
            if abs(column[here] - column[before]) <= CANCELLED * (abs(column[here]) + abs(column[before])):
                column[here] = column[before]
    exponents = np.frexp(np.abs(found).max(axis=0))[1] - GRID_DIGITS
    return np.ldexp(np.round(np.ldexp(found, -exponents)), exponents)


def _sides(cell: Cell, condition: Condition) -> tuple[bool, bool]:
    """Whether the cell has an interior where a condition holds, and where it does not; one of the two is true."""
    row = condition.row()
    holds, fails = cell.exceeds(row), cell.exceeds(-row)
    # A sum that is 0 on the whole cell counts as non-negative.
    return (holds, fails) if holds or fails else (condition.nonnegative, not condition.nonnegative)


def _entered(cell: Cell, conditions: Iterable[Condition]) -> list[Condition] | None:
    """Cut a cell by conditions; returns those that do not hold already, or None if they leave no interior.

    Rules are the leaves of a decision tree, with their conditions in the order of its path. So the rules of one branch
    agree on which conditions are left out, and the remaining ones are the leaves of a smaller tree.
    """
    entered: list[Condition] = []
    for condition in conditions:
        holds, fails = _sides(cell, condition)
        if not holds:
            for _ in entered:
                cell.pop()
            return None
        if fails:
            cell.push(condition.row())
            entered.append(condition)
    return entered


def _has_interior(cell: Cell, conditions: Iterable[Condition]) -> bool:
    entered = _entered(cell, conditions)
    for _ in entered or ():
        cell.pop()
    return entered is not None


def _implied(cell: Cell, condition: Condition) -> bool:
    """Whether no input of the cell violates a condition; one with `< 0` is violated even where the sum is 0."""
    return implied(cell, condition) if condition.nonnegative else not cell.touches(-condition.row())
