"""Which rule applies to an input that falls under none, outside the domain or on a boundary.

Rules cover their domain, and nearly always all of R^n: outside the domain an input falls under no rule only if the
rules form a ring, each behind the next as seen from there. What separates the input from a rule is a facet, and the
rule behind that facet is nearer. In the plane convex cells never form such a ring (Guibas and Yao, "On translating a
set of rectangles", 1983), and neither do the leaves of a decision tree; in space, merging leaves can create one. An
input on a boundary falls under no rule if two units have the same hyperplane with opposite signs, and the rules on both
sides have only the `< 0` condition of either.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from prelu_rules.domains.domain import Domain, frame_of
from prelu_rules.domains.linear_program import CellProgram
from prelu_rules.rules.rule import Rule
from prelu_rules.rules.weighted_sums import weighted_sums
from prelu_rules.values import Array, FloatArray, IntArray


def first_met(rules: Sequence[Rule], x: Array, domain: Domain | None) -> IntArray:
    """Find the first rule, boundary included, on a straight line to the middle of a domain.

    The result does not depend on the units of the inputs, and inputs near the domain get the rule that applies there.

    Args:
        rules: the rules.
        x: `(n_rows, n_inputs)`.
        domain: the domain; None to check the boundaries only.

    Returns:
        int, `(n_rows,)`, the index of the rule, the first one of several; -1 if there is none.

    Raises:
        SolverError: if the linear programming solver fails.

    Example:
        >>> from prelu_rules.network.affine import AffineMap
        >>> from prelu_rules.domains.box import Box
        >>> from prelu_rules.rules.rule import Condition
        >>> zero = AffineMap([[0.0]], [0.0])
        >>> inner = Rule((Condition([1.0], 5.0, True), Condition([1.0], -5.0, False)), zero)
        >>> left = Rule((Condition([1.0], 7.0, True), Condition([1.0], 5.0, False)), zero)
        >>> first_met([inner, left], np.array([[-9.0], [9.0]]), Box([-5], [5]))
        array([1, 0])
    """
    middle = None if domain is None else _middle(domain)
    found, way = np.full(len(x), -1, dtype=np.intp), np.full(len(x), np.inf)
    for number, rule in enumerate(rules):
        start, end = np.zeros(len(x)), np.ones(len(x))
        for condition in rule.conditions:
            coef, intercept = condition.halfspace()
            here = weighted_sums(x.T, np.append(coef, intercept)[:, None, None])[0]
            there = here if middle is None else middle @ coef + intercept
            with np.errstate(divide="ignore", invalid="ignore"):
                crossing = here / (here - there)
            start = np.where((here < 0) & (there > here), np.maximum(start, crossing), start)
            end = np.where((here >= 0) & (there < 0), np.minimum(end, crossing), end)
            end = np.where((here < 0) & (there <= here), -np.inf, end)
        nearer = (start <= end) & (start < way)
        found[nearer], way[nearer] = number, start[nearer]
    return found


def _middle(domain: Domain) -> FloatArray:
    """The middle of a box; for a polytope, the point that is deepest inside."""
    frame = frame_of(domain, domain.n_inputs)
    if not len(frame.rows):
        return frame.centre
    return np.asarray(frame.centre + frame.basis @ CellProgram(frame).inner_point()[1])
