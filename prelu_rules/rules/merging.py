"""Merges rules with the same outputs whose union is convex."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from prelu_rules.domains.domain import Domain
from prelu_rules.network.affine import AffineMap
from prelu_rules.rules.alignment import aligned
from prelu_rules.rules.convex_groups import convex_group
from prelu_rules.rules.rule import Condition, Rule
from prelu_rules.rules.simplification import cell_of_rule, everywhere, implied, needed
from prelu_rules.tolerances import CANCELLED
from prelu_rules.values import Array


def merged(rules: Sequence[Rule], domain: Domain | None) -> tuple[Rule, ...]:
    """Merge rules with the same outputs whose union is convex, until no more can be merged.

    The union of two polyhedra is convex if, and only if, it is the set of inputs that satisfy those conditions of
    either that the other satisfies too (Bemporad, Fukuda and Torrisi, "Convexity recognition of the union of
    polyhedra", 2001). These are the conditions of the merged rule. If no two rules can be merged, three or more may
    still have a convex union together, such as the wedges of a pinwheel; see `convex_groups`. First those rules are
    merged that satisfy the conditions off the domain as well, so that an input that a rule covered stays covered
    wherever it is; then those that do so on the domain only. An input off the domain that is no longer covered by its
    rule nearly always falls under another; `off_domain` says which rule applies if it does not.

    Args:
        rules: rules whose interiors are disjoint on the domain.
        domain: where the rules have to hold; None for all inputs.

    Returns:
        The rules. No two or more of them with the same outputs have a union that is convex on the domain; a merged rule
        takes the position of its first part.

    Raises:
        InvalidValueError: if the domain is empty.

    Example:
        >>> outputs = AffineMap([[1.0]], [0.0])
        >>> young, old = (Rule((Condition([1.0], -65.0, side),), outputs) for side in (False, True))
        >>> merged([young, old], None) == (Rule((), outputs),)
        True
    """
    left = aligned(rules, domain)
    far = everywhere([condition for rule in left for condition in rule.conditions], domain)
    for within in (far,) if domain is None else (far, domain):
        where = _Where(domain, far if domain is None else domain, within)
        _merge_pairs(left, where)
        while _merge_group(left, where):
            # A larger rule may now be merged with a single one.
            _merge_pairs(left, where)
    return tuple(left)


class _Where(NamedTuple):
    """Where rules have to have the same outputs, have to hold, and have to satisfy the conditions of the union."""

    compared: Domain | None
    domain: Domain | None
    within: Domain | None


def _merge_pairs(left: list[Rule], where: _Where) -> None:
    """Merge pairs of rules whose union has the conditions that either satisfies."""
    k = 0
    # The rules of each pair are stored with it, so that no new rule can get the identity of a deleted one.
    refused: dict[tuple[int, int], tuple[Rule, Rule]] = {}
    while k < len(left):
        for other in range(k + 1, len(left)):
            pair = left[k], left[other]
            if (id(pair[0]), id(pair[1])) in refused:
                continue
            conditions = _union(*pair, where)
            if conditions is not None:
                # A larger rule may now be merged with one that was skipped before.
                _join(left, (k, other), conditions)
                k = -1
                break
            refused[id(pair[0]), id(pair[1])] = pair
        k += 1


def _merge_group(left: list[Rule], where: _Where) -> bool:
    """Merge the first three or more rules whose union is convex; returns False if there are none."""
    seen: set[int] = set()
    for k, rule in enumerate(left):
        if k in seen:
            continue
        alike = [k, *(other for other in range(k + 1, len(left)) if _alike(rule, left[other], where.compared))]
        seen.update(alike)
        group = convex_group([left[number].conditions for number in alike], where.domain, where.within)
        if group is not None:
            _join(left, [alike[number] for number in group.members], needed(group.conditions, where.domain))
            return True
    return False


def _join(left: list[Rule], numbers: Sequence[int], conditions: tuple[Condition, ...]) -> None:
    """Put one rule in place of several, at the position of the first."""
    counts = [count for number in numbers if (count := left[number].count) is not None]
    larger = replace(left[numbers[0]].without_evidence(), conditions=conditions)
    left[numbers[0]] = replace(larger, count=sum(counts) if counts else None)
    for number in reversed(numbers[1:]):
        del left[number]


def _alike(left: Rule, right: Rule, domain: Domain | None) -> bool:
    return left.decision == right.decision and same_outputs(left.outputs, right.outputs, domain)


def same_outputs(left: AffineMap, right: AffineMap, domain: Domain | None = None) -> bool:
    """Whether two affine maps are equal up to rounding errors; exact rationals must be equal.

    Args:
        left: an affine map.
        right: another of the same shape.
        domain: where they are compared; None for all inputs.

    Returns:
        True if they differ nowhere on the domain by more than `CANCELLED` of the size of their terms; for all inputs,
        if no number differs by more than that, relative to itself. So the units of the inputs do not matter.

    Example:
        >>> same_outputs(AffineMap([[0.1 + 0.2]], [0.0]), AffineMap([[0.3]], [0.0]))
        True
        >>> from prelu_rules.domains.box import Box
        >>> steep, flat = AffineMap([[1e-7]], [1e6]), AffineMap([[0.0]], [1e6])
        >>> [same_outputs(steep, flat, Box([0], [width])) for width in (1e-7, 1e8)]
        [True, False]
    """
    if left.coef.dtype == object or right.coef.dtype == object:
        return bool((left.coef == right.coef).all() and (left.intercept == right.intercept).all())
    if domain is not None and _differ_at_centre(left, right, domain):
        return False
    rows = [np.hstack([affine.coef, affine.intercept[:, None]]) for affine in (left, right)]
    difference, size = np.abs(rows[0] - rows[1]), np.maximum(np.abs(rows[0]), np.abs(rows[1]))
    if domain is None:
        return bool((difference <= CANCELLED * size).all())
    largest = np.append(np.maximum(np.abs(domain.lower), np.abs(domain.upper)), 1.0)
    ends = _largest(rows[0] - rows[1], domain)
    return bool((ends <= CANCELLED * (size @ largest)).all())


def _differ_at_centre(left: AffineMap, right: AffineMap, domain: Domain) -> bool:
    """Whether affine maps differ in the centre of a domain by twice what may be a rounding error."""
    centre = (domain.lower + domain.upper) / 2
    largest = np.maximum(np.abs(domain.lower), np.abs(domain.upper))
    apart = np.abs((left.coef - right.coef) @ centre + (left.intercept - right.intercept))
    sizes = np.maximum(np.abs(left.coef), np.abs(right.coef)) @ largest
    sizes = sizes + np.maximum(np.abs(left.intercept), np.abs(right.intercept))
    return bool((apart > 2 * CANCELLED * sizes).any())


def _largest(rows: Array, domain: Domain) -> Array:
    """The largest absolute values of functions in the bounds of a domain."""
    centre, half = (domain.lower + domain.upper) / 2, (domain.upper - domain.lower) / 2
    return np.asarray(np.abs(rows[:, :-1] @ centre + rows[:, -1]) + np.abs(rows[:, :-1]) @ half)


def _union(left: Rule, right: Rule, where: _Where) -> tuple[Condition, ...] | None:
    """The conditions of the union, if it is convex and the rules have the same outputs."""
    if not _alike(left, right, where.compared):
        return None
    mine, alien = _split(left.conditions, right.conditions, where.within)
    theirs, strange = _split(right.conditions, left.conditions, where.within)
    envelope = [*mine, *theirs]
    cell = cell_of_rule(envelope, where.domain, left.outputs.coef.shape[1])
    for first in alien:
        if not cell.exceeds(-first.row()):
            continue
        cell.push(-first.row())
        # These inputs satisfy what both share, but lie in neither.
        if any(cell.exceeds(-second.row()) for second in strange):
            return None
        cell.pop()
    return needed(envelope, where.domain)


def _split(
    conditions: Sequence[Condition], others: Sequence[Condition], within: Domain | None
) -> tuple[list[Condition], list[Condition]]:
    """The conditions that all inputs of a domain that satisfy the others satisfy too, and the remaining ones."""
    shared: list[Condition] = []
    own: list[Condition] = []
    if conditions:
        cell = cell_of_rule(others, within, len(conditions[0].coef))
        for condition in conditions:
            (shared if implied(cell, condition) else own).append(condition)
    return shared, own
