"""Whether rules cover a domain, and whether they overlap, proven by growing a decision tree of their conditions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from prelu_rules.geometry.proofs.exact import ExactCell
from prelu_rules.rules.rule import Rule
from prelu_rules.values import Array


class Cover(NamedTuple):
    """What has been proven of rules on a domain.

    Attributes:
        uncovered: `(n_inputs,)`, an input that falls under no rule, None if there is none: float64, or fractions in an
            object array if no float was found that does.
        overlap: `(n_inputs,)`, an input inside two rules, in the same form; None if there is none.
    """

    uncovered: Array | None
    overlap: Array | None


def cover(whole: ExactCell, rules: Sequence[Rule], strict: Sequence[Array] = ()) -> Cover:
    """Whether rules cover a domain, and whether they are disjoint.

    Args:
        whole: the domain.
        rules: the rules, in exact rationals.
        strict: functions that have to be positive, `(n_inputs + 1,)` fractions each; only inputs where they are count.

    Returns:
        Inputs that fall under none of the rules, and inside two of them.

    Example:
        >>> from prelu_rules.domains.box import Box
        >>> from prelu_rules.network.affine import AffineMap
        >>> from prelu_rules.rules.rule import Condition
        >>> whole = ExactCell.of_domain(Box([0], [4]), 1)
        >>> assert whole is not None
        >>> sides = [Rule((Condition([1.0], -1.0, side),), AffineMap([[1.0]], [0.0])).exact() for side in (True, False)]
        >>> cover(whole, sides), cover(whole, sides[:1]).uncovered
        (Cover(uncovered=None, overlap=None), array([0.34375]))
    """
    # Late, since this loads Numba, and many callers find out that there is nothing to prove.
    from prelu_rules.rules.cover_tree import CoverTree

    tree = CoverTree(whole, rules, strict)
    uncovered: Array | None = None
    overlap: Array | None = None
    stack = [tree.root]
    while stack and (uncovered is None or overlap is None):
        node = stack.pop()
        if not len(node.rules):
            uncovered = tree.point(node.signs) if uncovered is None else uncovered
            continue
        covering = tree.covering(node)
        if covering is None:
            stack += tree.parts(node)
            continue
        for rule in node.rules.tolist():
            if rule != covering and overlap is None:
                overlap = tree.shared(node, rule, inner=True)
    return Cover(uncovered, overlap)


def shared(whole: ExactCell, rules: Sequence[Rule]) -> set[tuple[int, int]]:
    """Pairs of rules under which the same inputs fall, be it on a boundary only.

    Args:
        whole: the domain.
        rules: the rules, in exact rationals.

    Returns:
        Numbers of rules. Of three rules that share an input, perhaps not every pair is named; where no rule shares an
        input with another one, there is no pair.

    Example:
        >>> from prelu_rules.domains.box import Box
        >>> from prelu_rules.network.affine import AffineMap
        >>> from prelu_rules.rules.rule import Condition
        >>> whole = ExactCell.of_domain(Box([0], [4]), 1)
        >>> assert whole is not None
        >>> sides = [Rule((Condition([w], -w, True),), AffineMap([[1.0]], [0.0])).exact() for w in (1.0, -1.0)]
        >>> shared(whole, sides), cover(whole, sides).overlap is None
        ({(0, 1)}, True)
    """
    from prelu_rules.rules.cover_tree import CoverTree

    tree = CoverTree(whole, rules)
    pairs = set()
    stack = [tree.root]
    while stack:
        node = stack.pop()
        if len(node.rules) < 2:
            continue
        covering = tree.covering(node)
        if covering is None:
            stack += tree.parts(node)
            continue
        for rule in node.rules.tolist():
            if rule != covering and tree.shared(node, rule, inner=False) is not None:
                pairs.add((min(rule, covering), max(rule, covering)))
    return pairs
