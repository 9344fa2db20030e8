"""Merges rules with the same outputs whose union is convex."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from prelu_rules.domains.domain import Domain, frame_of
from prelu_rules.network.affine import AffineMap
from prelu_rules.rules.convex_groups import convex_group
from prelu_rules.rules.rule import Condition, Rule
from prelu_rules.rules.simplification import cell_program, implied, needed
from prelu_rules.tolerances import CANCELLED, CUT


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
        SolverError: if the linear programming solver fails.

    Example:
        >>> outputs = AffineMap([[1.0]], [0.0])
        >>> young, old = (Rule((Condition([1.0], -65.0, side),), outputs) for side in (False, True))
        >>> merged([young, old], None) == (Rule((), outputs),)
        True
    """
    left = list(rules)
    for within in (None,) if domain is None else (None, domain):
        _merge_pairs(left, domain, within)
        while _merge_group(left, domain, within):
            # A larger rule may now be merged with a single one.
            _merge_pairs(left, domain, within)
    return tuple(left)


def _merge_pairs(left: list[Rule], domain: Domain | None, within: Domain | None) -> None:
    """Merge pairs of rules whose union has the conditions that either satisfies within a domain."""
    k = 0
    # The rules of each pair are stored with it, so that no new rule can get the identity of a deleted one.
    refused: dict[tuple[int, int], tuple[Rule, Rule]] = {}
    while k < len(left):
        for other in range(k + 1, len(left)):
            pair = left[k], left[other]
            if (id(pair[0]), id(pair[1])) in refused:
                continue
            conditions = _union(*pair, domain, within)
            if conditions is not None:
                # A larger rule may now be merged with one that was skipped before.
                _join(left, (k, other), conditions)
                k = -1
                break
            refused[id(pair[0]), id(pair[1])] = pair
        k += 1


def _merge_group(left: list[Rule], domain: Domain | None, within: Domain | None) -> bool:
    """Merge the first three or more rules whose union is convex; returns False if there are none."""
    seen: set[int] = set()
    for k, rule in enumerate(left):
        if k in seen:
            continue
        alike = [k, *(other for other in range(k + 1, len(left)) if _alike(rule, left[other]))]
        seen.update(alike)
        group = convex_group([left[number].conditions for number in alike], domain, within)
        if group is not None:
            _join(left, [alike[number] for number in group.members], needed(group.conditions, domain))
            return True
    return False


def _join(left: list[Rule], numbers: Sequence[int], conditions: tuple[Condition, ...]) -> None:
    """Put one rule in place of several, at the position of the first."""
    counts = [count for number in numbers if (count := left[number].count) is not None]
    larger = replace(left[numbers[0]].without_evidence(), conditions=conditions)
    left[numbers[0]] = replace(larger, count=sum(counts) if counts else None)
    for number in reversed(numbers[1:]):
        del left[number]


def _alike(left: Rule, right: Rule) -> bool:
    return left.decision == right.decision and same_outputs(left.outputs, right.outputs)


def same_outputs(left: AffineMap, right: AffineMap) -> bool:
    """Whether two affine maps are equal up to rounding errors; exact rationals must be equal.

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


def _union(left: Rule, right: Rule, domain: Domain | None, within: Domain | None) -> tuple[Condition, ...] | None:
    """The conditions of the union, if it is convex and the rules have the same outputs."""
    if not _alike(left, right):
        return None
    mine, alien = _split(left.conditions, right.conditions, within)
    theirs, strange = _split(right.conditions, left.conditions, within)
    envelope = [*mine, *theirs]
    cell = cell_program(envelope, frame_of(domain, left.outputs.coef.shape[1]))
    for first in alien:
        coef, intercept = first.halfspace()
        if cell.reach(-coef, -intercept) <= CUT:
            continue
        cell.push(-coef, -intercept)
        for second in strange:
            coef, intercept = second.halfspace()
            # These inputs satisfy what both share, but lie in neither.
            if cell.reach(-coef, -intercept) > CUT:
                return None
        cell.pop()
    return needed(envelope, domain)


def _split(
    conditions: Sequence[Condition], others: Sequence[Condition], within: Domain | None
) -> tuple[list[Condition], list[Condition]]:
    """The conditions that all inputs of a domain that satisfy the others satisfy too, and the remaining ones."""
    shared: list[Condition] = []
    own: list[Condition] = []
    if conditions:
        cell = cell_program(others, frame_of(within, len(conditions[0].coef)))
        for condition in conditions:
            (shared if implied(cell, condition, others, within) else own).append(condition)
    return shared, own
