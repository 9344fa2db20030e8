"""Makes overlapping rules disjoint: what an earlier rule covers is removed from the later ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from prelu_rules.geometry.proofs.exact import ExactCell
from prelu_rules.geometry.proofs.exact_patterns import direction
from prelu_rules.rules.overlay import cell_of
from prelu_rules.rules.rule import Condition, Rule


def disjoint(rules: Sequence[Rule], whole: ExactCell) -> tuple[Rule, ...]:
    """Rules that agree with the first rule that covers each input, but whose interiors are disjoint.

    A rule that overlaps an earlier one is cut along its conditions, as often as necessary. All of this is exact.

    Args:
        rules: the rules; the first one that covers an input counts.
        whole: the domain.

    Returns:
        The rules that cover an input of the domain, or their remaining pieces, in the same order.

    Example:
        >>> from prelu_rules.domains.box import Box
        >>> from prelu_rules.network.affine import AffineMap
        >>> outputs = AffineMap([[1.0]], [0.0])
        >>> young, adult = (Condition([1.0], -age, side) for age, side in ((30.0, False), (18.0, True)))
        >>> whole = ExactCell.of_domain(Box([0], [100]), 1)
        >>> assert whole is not None
        >>> young_first = disjoint([Rule((young,), outputs), Rule((adult,), outputs)], whole)
        >>> [rule.conditions[-1].intercept for rule in young_first]
        [-30.0, -30.0]
    """
    found: list[Rule] = []
    exact = [[c.exact().row() for c in rule.conditions] for rule in rules]
    sides = [{direction(row) for row in rows} for rows in exact]
    opposite = [{direction(-row) for row in rows} for rows in exact]
    for number, rule in enumerate(rules):
        pieces = [rule] if _covers_something(whole, rule.conditions) else []
        for earlier in range(number):
            # No point is inside two rules on opposite sides of a hyperplane.
            if not sides[number] & opposite[earlier]:
                pieces = [part for piece in pieces for part in _without(piece, rules[earlier], whole)]
        found += pieces
    return tuple(found)


def has_interior(whole: ExactCell, conditions: Sequence[Condition]) -> bool:
    """Whether conditions leave an interior of a domain.

    Args:
        whole: the domain.
        conditions: the conditions.

    Returns:
        True if some points of the domain satisfy all of them and lie on no boundary.

    Example:
        >>> from prelu_rules.domains.box import Box
        >>> whole = ExactCell.of_domain(Box([0], [1]), 1)
        >>> assert whole is not None
        >>> [has_interior(whole, [Condition([1.0], -bend, True)]) for bend in (0.5, 1.0)]
        [True, False]
    """
    rows = [condition.exact() for condition in conditions]
    # A function that is 0 on the whole domain has no sides: it counts as non-negative.
    flat = [c for c in rows if not whole.exceeds(c.row()) and not whole.exceeds(-c.row())]
    cell = cell_of(whole, rows)
    # A convex set on which each of several functions is positive somewhere has points where all of them are.
    return cell is not None and all(c.nonnegative if c in flat else cell.exceeds(c.row()) for c in rows)


def closed(rules: Sequence[Rule]) -> tuple[Rule, ...]:
    """Add boundaries that only strict conditions have: otherwise `x < 0` and `x > 0` would leave 0 uncovered.

    Args:
        rules: the rules.

    Returns:
        Rules whose conditions are strict only if the boundary belongs to another condition.

    Example:
        >>> from prelu_rules.network.affine import AffineMap
        >>> outputs = AffineMap([[1.0]], [0.0])
        >>> [rule] = closed([Rule((Condition([2.0], -1.0, nonnegative=False),), outputs)])
        >>> rule.conditions[0].holds([[0.4], [0.5], [0.6]])
        array([ True,  True, False])
    """
    held = {direction(c.exact().row()) for rule in rules for c in rule.conditions if c.nonnegative}

    def at_least(condition: Condition) -> Condition:
        if condition.nonnegative or direction(-condition.exact().row()) in held:
            return condition
        return replace(condition, coef=-condition.coef, intercept=-condition.intercept, nonnegative=True)

    return tuple(replace(rule, conditions=tuple(at_least(c) for c in rule.conditions)) for rule in rules)


def _covers_something(whole: ExactCell, conditions: Sequence[Condition]) -> bool:
    rows = [condition.exact() for condition in conditions]
    cell = cell_of(whole, rows)
    return cell is not None and all(c.nonnegative or cell.exceeds(c.row()) for c in rows)


def _without(rule: Rule, other: Rule, whole: ExactCell) -> list[Rule]:
    """The pieces of a rule that another one does not cover; the rule itself if they share no interior."""
    if not has_interior(whole, (*rule.conditions, *other.conditions)):
        return [rule]
    pieces: list[Rule] = []
    inside = rule.conditions
    for condition in other.conditions:
        beyond = (*inside, replace(condition, nonnegative=not condition.nonnegative))
        if _covers_something(whole, beyond):
            pieces.append(replace(rule.without_evidence(), conditions=beyond))
        inside = (*inside, condition)
    return pieces
