"""Turns rules whose numbers were changed into a complete, disjoint and short system, and proves the change."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from prelu_rules.domains.domain import Domain
from prelu_rules.geometry.proofs.exact import ExactCell
from prelu_rules.network.affine import AffineMap
from prelu_rules.rules.cover import cover
from prelu_rules.rules.disjoint import closed, disjoint, has_interior
from prelu_rules.rules.merging import merged, same_outputs
from prelu_rules.rules.overlay import Deviation, rule_deviation, whole_domain
from prelu_rules.rules.rule import Rule
from prelu_rules.rules.rule_system import RuleSystem
from prelu_rules.rules.simplification import needed
from prelu_rules.values import FloatArray


def proven(
    system: RuleSystem, rules: Sequence[Rule], domain: Domain, allowed: FloatArray | None = None
) -> RuleSystem | Deviation:
    """The simplest system of changed rules that is proven to be complete, disjoint, and within the allowed differences.

    Args:
        system: the original rules.
        rules: the same rules with other numbers; the first one that covers an input counts.
        domain: where they are compared.
        allowed: `(n_outputs,)`, the largest allowed differences; None for no limit.

    Returns:
        The system, with its `rounding_error`; no two or more of its rules with the same outputs have a convex union on
        the domain, and no condition follows from the others there. If no system is good enough, what the proof found
        instead.

    Raises:
        InvalidValueError: if no point satisfies the constraints of the domain exactly.
        SolverError: if the linear programming solver fails.

    Example:
        >>> from prelu_rules.domains.box import Box
        >>> from prelu_rules.network.affine import AffineMap
        >>> from prelu_rules.rules.rule import Condition
        >>> cells = [(Condition([1.0], -0.5, side),) for side in (False, True)]
        >>> before = [Rule(cell, AffineMap([[w]], [0.0])) for cell, w in zip(cells, (0.99, 1.01), strict=True)]
        >>> after = [Rule(cell, AffineMap([[1.0]], [0.0])) for cell in cells]
        >>> shorter = proven(RuleSystem(before, ("x",), ("y",)), after, Box([0], [1]))
        >>> assert isinstance(shorter, RuleSystem)
        >>> print(shorter.export("paper"), end="")
        IF true
        THEN
          y = +1.0*x +0.0
        <BLANKLINE>
        (rounded: y within 0.01 of the unrounded rules)
    """
    whole = whole_domain(domain, system.n_inputs)
    for candidate in _candidates(system, rules, domain, whole):
        result = replace(system, rules=candidate, form=None, precision=None, domain=domain)
        found = rule_deviation(system, result, domain)
        if allowed is not None and (found.upper > allowed).any():
            # The other candidates only differ on boundaries.
            return found
        exact = [rule.exact() for rule in candidate]
        if found.uncovered is None and cover(whole, exact).overlap is None:
            return replace(result, rounding_error=tuple(found.upper.tolist()))
    return found


def _candidates(
    system: RuleSystem, rules: Sequence[Rule], domain: Domain, whole: ExactCell
) -> Iterator[tuple[Rule, ...]]:
    """Systems of rounded rules, the simplest first; the last one is disjoint, and covers what the rules cover."""
    if all(same_outputs(rule.outputs, rules[0].outputs, domain) for rule in rules):
        # Nothing of where the bends are now matters.
        if cover(whole, [rule.exact() for rule in system.rules]).uncovered is None:
            yield (Rule((), rules[0].outputs),)
    parts = disjoint(rules, whole)
    solid = [rule for rule in parts if has_interior(whole, rule.conditions)]
    fewest = _fewest(solid, domain)
    yield from filter(None, (fewest, closed(fewest)))
    # In floats, hyperplanes that are parallel on the domain are given the same weights, and corners may be lost.
    fewest = tuple(map(_in_floats, _fewest([rule.exact() for rule in solid], domain)))
    # Where no rule is left on the domain, the proof finds an input without one.
    yield from filter(None, (fewest, closed(fewest), parts or tuple(rules)))


def _fewest(rules: Sequence[Rule], domain: Domain) -> tuple[Rule, ...]:
    """Rules merged, without conditions that others imply."""
    return tuple(replace(rule, conditions=needed(rule.conditions, domain)) for rule in merged(rules, domain))


def _in_floats(rule: Rule) -> Rule:
    """A rule whose exact numbers are those of floats, as floats."""
    conditions = [
        replace(one, coef=one.coef.astype(np.float64), intercept=float(one.intercept)) for one in rule.conditions
    ]
    outputs = AffineMap(rule.outputs.coef.astype(np.float64), rule.outputs.intercept.astype(np.float64))
    return replace(rule, conditions=tuple(conditions), outputs=outputs)
