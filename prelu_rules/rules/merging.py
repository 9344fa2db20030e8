"""Merges rules with the same outputs whose union is convex."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import combinations
from typing import NamedTuple

import numpy as np
from scipy.sparse.csgraph import connected_components

from prelu_rules.domains.domain import Domain
from prelu_rules.domains.sampling import sampled
from prelu_rules.network.affine import AffineMap
from prelu_rules.rules.alignment import aligned
from prelu_rules.rules.convex_groups import FEWEST, convex_group
from prelu_rules.rules.rule import Condition, Rule
from prelu_rules.rules.satisfied import Satisfied, Sides
from prelu_rules.rules.simplification import cell_of_rule, everywhere, needed
from prelu_rules.tolerances import CANCELLED
from prelu_rules.values import Array, FloatArray

WITNESSES, OF_EACH = 1000, 30
"""Inputs of the whole domain, and of each rule, which show without linear programs that the union of rules is not
convex."""


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
    found, alike_ones = [], _alike(left, domain)
    rows = _inside(left, domain) if max(map(len, alike_ones), default=0) >= FEWEST else np.empty((0, 0))
    for alike in alike_ones:
        parts = [(place, left[place]) for place in alike]
        if domain is None:
            parts = _merged_alike(parts, _Where(far, Satisfied(far), rows))
        else:
            on_domain = Satisfied(domain)
            for satisfied in (Satisfied(far, on_domain), on_domain):
                parts = _merged_alike(parts, _Where(domain, satisfied, rows))
        found += parts
    return tuple(rule for _, rule in sorted(found, key=lambda part: part[0]))


class _Part(NamedTuple):
    """A rule, its place among all rules, which is that of its first part, and on which sides of hyperplanes it is."""

    place: int
    rule: Rule
    sides: Sides


class _Where(NamedTuple):
    """Where rules have to hold, which conditions they satisfy where a union has to, and inputs that show where not."""

    domain: Domain | None
    satisfied: Satisfied
    rows: FloatArray

    def part(self, place: int, rule: Rule) -> _Part:
        """A rule with its sides."""
        return _Part(place, rule, self.satisfied.sides(rule.conditions))


def _merged_alike(rules: Sequence[tuple[int, Rule]], where: _Where) -> list[tuple[int, Rule]]:
    """Merge rules with the same outputs, given with their places."""
    parts = [where.part(place, rule) for place, rule in rules]
    _merge_pairs(parts, where)
    while _merge_group(parts, where):
        # A larger rule may now be merged with a single one.
        _merge_pairs(parts, where)
    return [(part.place, part.rule) for part in parts]


def _inside(rules: Sequence[Rule], domain: Domain | None) -> FloatArray:
    """Inputs of a domain: random ones, and some in each rule."""
    n_inputs = rules[0].outputs.coef.shape[1]
    if domain is None:
        return np.empty((0, n_inputs))
    rng = np.random.default_rng(0)
    inner = [cell_of_rule(rule.conditions, domain, n_inputs).spread(OF_EACH, rng) for rule in rules]
    return np.vstack([sampled(domain, WITNESSES), *inner])


def _alike(rules: Sequence[Rule], domain: Domain | None) -> list[list[int]]:
    """The places of rules with the same decisions and outputs."""
    found: list[list[int]] = []
    for place, rule in enumerate(rules):
        for alike in found:
            first = rules[alike[0]]
            if first.decision == rule.decision and same_outputs(first.outputs, rule.outputs, domain):
                alike.append(place)
                break
        else:
            found.append([place])
    return found


def _merge_pairs(parts: list[_Part], where: _Where) -> None:
    """Merge pairs of rules whose union has the conditions that either satisfies."""
    k = 0
    refused: set[tuple[Sides, Sides]] = set()
    while k < len(parts):
        for other in range(k + 1, len(parts)):
            pair = parts[k].sides, parts[other].sides
            if pair in refused:
                continue
            conditions = _union(parts[k], parts[other], where) if where.satisfied.may_share_facet(*pair) else None
            if conditions is not None:
                # A larger rule may now be merged with one that was skipped before.
                _join(parts, (k, other), conditions, where)
                k = -1
                break
            refused.add(pair)
        k += 1


def _merge_group(parts: list[_Part], where: _Where) -> bool:
    """Merge the first three or more rules whose union is convex; returns False if there are none."""
    if len(parts) < FEWEST:
        return False
    for near in _neighbours(parts, where.satisfied):
        group = convex_group(
            [parts[number].rule.conditions for number in near], where.domain, where.satisfied, where.rows
        )
        if group is not None:
            _join(parts, [near[number] for number in group.members], needed(group.conditions, where.domain), where)
            return True
    return False


def _neighbours(parts: Sequence[_Part], satisfied: Satisfied) -> list[list[int]]:
    """Groups of rules between which no facet is shared: the parts of a convex set are all in one of them."""
    touching = np.zeros((len(parts), len(parts)), dtype=bool)
    for one, other in combinations(range(len(parts)), 2):
        touching[one, other] = satisfied.may_share_facet(parts[one].sides, parts[other].sides)
    n_groups, group_of = connected_components(touching, directed=False)
    return [np.flatnonzero(group_of == group).tolist() for group in range(n_groups)]


def _join(parts: list[_Part], numbers: Sequence[int], conditions: tuple[Condition, ...], where: _Where) -> None:
    """Put one rule in place of several, at the position of the first."""
    first = parts[numbers[0]]
    counts = [count for number in numbers if (count := parts[number].rule.count) is not None]
    larger = replace(first.rule.without_evidence(), conditions=conditions)
    parts[numbers[0]] = where.part(first.place, replace(larger, count=sum(counts) if counts else None))
    for number in reversed(numbers[1:]):
        del parts[number]


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


def _union(left: _Part, right: _Part, where: _Where) -> tuple[Condition, ...] | None:
    """The conditions of the union of two rules that share a facet, if it is convex.

    Each of their other facets is one of the union then, so both satisfy its condition. If they do, the union is where
    these conditions hold, since each input is on one side of the hyperplane between the rules.
    """
    satisfied = where.satisfied
    envelope, alien = [], []
    for one, other in ((left, right), (right, left)):
        own = []
        for condition in one.rule.conditions:
            if satisfied.everywhere(other.sides, condition):
                envelope.append(condition)
                continue
            own.append(condition)
            is_between = -satisfied.number(condition) in other.sides
            if satisfied.told_by_numbers and not is_between and satisfied.is_facet(one.sides, condition):
                return None
        alien.append(own)
    is_convex = satisfied.told_by_numbers and max(map(len, alien)) == 1
    if not is_convex and _leave_gap(envelope, alien[0], alien[1], where.domain):
        return None
    return needed(envelope, where.domain)


def _leave_gap(
    envelope: Sequence[Condition], alien: Sequence[Condition], strange: Sequence[Condition], domain: Domain | None
) -> bool:
    """Whether inputs that satisfy what two rules share lie in neither, given the other conditions of each."""
    cell = cell_of_rule(envelope, domain, len(alien[0].coef))
    for first in alien:
        if cell.exceeds(-first.row()):
            cell.push(-first.row())
            if any(cell.exceeds(-second.row()) for second in strange):
                return True
            cell.pop()
    return False
