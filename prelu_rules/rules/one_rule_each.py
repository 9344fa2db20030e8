"""Merges pieces and parts rules that share a boundary, so that every input still falls under exactly one rule."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from prelu_rules.domains.domain import Domain
from prelu_rules.geometry.proofs.exact import ExactCell
from prelu_rules.geometry.proofs.exact_patterns import direction
from prelu_rules.rules.cover import cover, shared
from prelu_rules.rules.merging import merged
from prelu_rules.rules.overlay import cell_of
from prelu_rules.rules.rule import Condition, Rule


def one_rule_each(rules: Sequence[Rule], domain: Domain | None) -> tuple[Rule, ...]:
    """Merge rules where that leaves no input without a rule, and give inputs on boundaries to one rule only.

    A condition that only a corner of a rule violates may have been left out of it, since nobody minds a corner twice.
    Where each input has to have one rule, the later rule gets a condition back.

    Args:
        rules: rules that cover the domain, and whose interiors are disjoint there.
        domain: the domain; None for all inputs.

    Returns:
        The rules. None of those with the same outputs and the same decision have a convex union that conditions can
        describe, boundaries included.

    Raises:
        SolverError: if the linear programming solver fails.

    Example:
        >>> from prelu_rules.domains.box import Box
        >>> from prelu_rules.network.affine import AffineMap
        >>> outputs = [AffineMap([[weight]], [0.0]) for weight in (1.0, 2.0)]
        >>> twice = [Rule((Condition([w], -w, True),), map) for w, map in zip((1.0, -1.0), outputs, strict=True)]
        >>> once = one_rule_each(twice, Box([0], [4]))
        >>> [rule.covers([[1.0]]).tolist() for rule in once]
        [[True], [False]]
    """
    whole = ExactCell.of_domain(domain, rules[0].outputs.coef.shape[1]) if rules else None
    if whole is None:
        return tuple(rules)
    return _parted(_merged(tuple(rules), domain, whole), whole)


def _merged(rules: tuple[Rule, ...], domain: Domain | None, whole: ExactCell) -> tuple[Rule, ...]:
    """Merge rules; those with equal outputs stay apart if on a boundary, some input would be left without a rule."""
    together = merged(rules, domain)
    if len(together) == len(rules) or _is_complete(together, whole):
        return together
    for rule in together:
        if rule in rules:
            continue
        alike = [one for one in rules if one.decision == rule.decision and one.outputs == rule.outputs]
        joined = merged(alike, domain)
        first = rules.index(alike[0])
        left = [one for one in rules if one not in alike]
        candidate = (*left[:first], *joined, *left[first:])
        if len(joined) < len(alike) and _is_complete(candidate, whole):
            rules = candidate
    return rules


def _is_complete(rules: Sequence[Rule], whole: ExactCell) -> bool:
    return cover(whole, [rule.exact() for rule in rules]).uncovered is None


def _parted(rules: tuple[Rule, ...], whole: ExactCell) -> tuple[Rule, ...]:
    """Rules none of which share an input, as far as their conditions can tell them apart."""
    found = list(rules)
    for pair in sorted(shared(whole, [rule.exact() for rule in rules])):
        for other, mine in (pair, pair[::-1]):
            candidates = _without_shared(found, found[mine], found[other], whole)
            changes = ([one if number == mine else rule for number, rule in enumerate(found)] for one in candidates)
            changed = next((change for change in changes if _is_complete(change, whole)), None)
            if changed is not None:
                found = changed
                break
    return tuple(found)


def _without_shared(rules: Sequence[Rule], mine: Rule, other: Rule, whole: ExactCell) -> Iterator[Rule]:
    """A rule with one more condition, which inputs that it shares with another rule violate, and boundaries at most."""
    exact = mine.exact()
    own, both = cell_of(whole, exact.conditions), cell_of(whole, (*exact.conditions, *other.exact().conditions))
    if own is None or both is None:
        return
    seen = set()
    for condition in (*other.conditions, *(c for rule in rules for c in rule.conditions)):
        for sign in (1, -1):
            beyond = Condition(sign * condition.coef, sign * condition.intercept, False, condition.label)
            row = -beyond.exact().row()
            key = direction(row)
            if key in seen:
                continue
            seen.add(key)
            # It is 0 on all that is shared, and negative elsewhere.
            if not own.exceeds(row) and own.exceeds(-row) and not both.exceeds(-row):
                yield replace(mine, conditions=(*mine.conditions, beyond))
