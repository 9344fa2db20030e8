"""Rules with the same outputs become one where their union is convex."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from prelu_rules.domains.domain import Domain, frame_of
from prelu_rules.domains.frame import Frame
from prelu_rules.domains.linear_program import CellProgram
from prelu_rules.network.affine import AffineMap
from prelu_rules.rules.rule import Condition, Rule
from prelu_rules.rules.simplification import implied, needed
from prelu_rules.tolerances import CANCELLED, CUT


def merged(rules: Sequence[Rule], domain: Domain | None) -> tuple[Rule, ...]:
    """Merge rules with the same outputs whose union is convex, until no two are left that can be merged so.

    The union of two polyhedra is convex if, and only if, it is the set of inputs that satisfy those conditions of
    either that the other satisfies too (Bemporad, Fukuda and Torrisi, "Convexity recognition of the union of
    polyhedra", 2001). They are the conditions of the merged rule. First those merge that satisfy them off the domain as
    well, so that an input that a rule covered stays covered wherever it is; then those that do so on the domain only.
    An input off the domain that a rule loses nearly always falls under another; `off_domain` says what counts where
    it does not.

    Args:
        rules: rules whose interiors are disjoint on the domain.
        domain: what they are asked to hold on; None for all inputs.

    Returns:
        Rules of which no two have a union that is convex on the domain; where two have become one, it stands in the
        place of the first.

    Raises:
        InvalidValueError: if the domain is empty.
        SolverError: if the linear programming solver fails.

    Example:
        >>> outputs = AffineMap([[1.0]], [0.0])
        >>> young, old = (Rule((Condition([1.0], -65.0, side),), outputs) for side in (False, True))
        >>> merged([young, old], None) == (Rule((), outputs),)
        True
    """
    left = list(rules)
    for within in (None,) if domain is None else (None, domain):
        _merge(left, domain, within)
    return tuple(left)


def _merge(left: list[Rule], domain: Domain | None, within: Domain | None) -> None:
    """Merge rules until no two are left whose union has the conditions that either satisfies within a domain."""
    k = 0
    while k < len(left):
        for other in range(k + 1, len(left)):
            union = _union(left[k], left[other], domain, within)
            if union is not None:
                # A larger rule may now be merged with one that was passed before.
                left[k : k + 1], left[other : other + 1] = [union], []
                k = -1
                break
        k += 1


def same_outputs(left: AffineMap, right: AffineMap) -> bool:
    """Whether two affine maps are equal up to rounding errors; exact rationals have to be equal.

    Args:
        left: an affine map.
        right: another of the same shape.

    Returns:
        True if no number differs by more than `CANCELLED`, relative to the largest of its output.

    Example:
        >>> same_outputs(AffineMap([[0.1 + 0.2]], [0.0]), AffineMap([[0.3]], [0.0]))
        True
    """
    rows = [np.hstack([affine.coef, affine.intercept[:, None]]) for affine in (left, right)]
    difference = np.abs(rows[0] - rows[1])
    if difference.dtype == object:
        return not difference.any()
    size = np.maximum(np.abs(rows[0]), np.abs(rows[1])).max(axis=1, initial=0)
    return bool((difference <= CANCELLED * size[:, None]).all())


def _union(left: Rule, right: Rule, domain: Domain | None, within: Domain | None) -> Rule | None:
    """The rule of the union, if there is one."""
    if left.decision != right.decision or not same_outputs(left.outputs, right.outputs):
        return None
    mine, alien = _split(left.conditions, right.conditions, within)
    theirs, strange = _split(right.conditions, left.conditions, within)
    envelope = [*mine, *theirs]
    cell = _cell(envelope, frame_of(domain, left.outputs.coef.shape[1]))
    for first in alien:
        coef, intercept = first.halfspace()
        if cell.reach(-coef, -intercept) <= CUT:
            continue
        cell.push(-coef, -intercept)
        for second in strange:
            coef, intercept = second.halfspace()
            # Inputs that satisfy what both share, and yet lie in neither.
            if cell.reach(-coef, -intercept) > CUT:
                return None
        cell.pop()
    counts = [rule.count for rule in (left, right) if rule.count is not None]
    return replace(left, conditions=needed(envelope, domain), count=sum(counts) if counts else None)


def _split(
    conditions: Sequence[Condition], others: Sequence[Condition], within: Domain | None
) -> tuple[list[Condition], list[Condition]]:
    """The conditions that inputs of a domain satisfying the others satisfy too, and those that they need not."""
    shared: list[Condition] = []
    own: list[Condition] = []
    if conditions:
        cell = _cell(others, frame_of(within, len(conditions[0].coef)))
        for condition in conditions:
            (shared if implied(cell, condition, others, within) else own).append(condition)
    return shared, own


def _cell(conditions: Sequence[Condition], frame: Frame) -> CellProgram:
    cell = CellProgram(frame)
    for condition in conditions:
        cell.push(*condition.halfspace())
    return cell
