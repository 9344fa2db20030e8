"""Finds the rule that each row falls under, and computes its outputs."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from prelu_rules.domains.domain import Domain
from prelu_rules.errors import OutsideDomainError
from prelu_rules.rules.off_domain import first_met
from prelu_rules.rules.rule import Rule
from prelu_rules.values import Array, BoolArray, FloatArray, IntArray

CHUNK = 8192
"""Rows that are processed together, so that intermediate results fit into the processor's cache."""


def assigned(rules: Sequence[Rule], x: Array, domain: Domain | None) -> IntArray:
    """Find the rule that each row falls under.

    Args:
        rules: the rules, in order.
        x: `(n_rows, n_inputs)`.
        domain: the domain of the rules.

    Returns:
        int, `(n_rows,)`, the index of the first rule whose conditions all hold. If none does, it is the first rule on a
        straight line to the domain's middle; see `prelu_rules.rules.off_domain`.

    Raises:
        OutsideDomainError: if no rule covers a row, and there is none on the line to the domain.

    Example:
        >>> from prelu_rules.network.affine import AffineMap
        >>> from prelu_rules.rules.rule import Condition
        >>> adult, child = (Rule((Condition([1.0], -18.0, side),), AffineMap([[1.0]], [0.0])) for side in (True, False))
        >>> assigned([adult, child], np.array([[17.0], [18.0]]), None)
        array([1, 0])
    """
    index = np.empty(len(x), dtype=np.intp)
    for start in range(0, len(x), CHUNK):
        index[start : start + CHUNK] = _covering(rules, x[start : start + CHUNK])
    if (index < 0).any():
        index[index < 0] = first_met(rules, x[index < 0], domain)
    if (index < 0).any():
        row = int(np.argmax(index < 0))
        raise OutsideDomainError(
            f"row {row} ({x[row].tolist()}) is covered by no rule; extract the rules on a domain that contains it."
        )
    return index


def outputs(rules: Sequence[Rule], x: Array, index: IntArray) -> FloatArray:
    """Compute the outputs of rules for rows.

    Args:
        rules: the rules.
        x: `(n_rows, n_inputs)`.
        index: `(n_rows,)`, the rule of each row.

    Returns:
        float64, `(n_rows, n_outputs)`.
    """
    y = np.empty((len(x), len(rules[0].outputs.intercept)))
    for start in range(0, len(x), CHUNK):
        here = index[start : start + CHUNK]
        for number in np.unique(here):
            covered = start + np.flatnonzero(here == number)
            affine = rules[number].outputs
            y[covered] = x[covered] @ affine.coef.T + affine.intercept
    return y


def _covering(rules: Sequence[Rule], x: Array) -> IntArray:
    """The first rule that covers each row; -1 if none does."""
    index = np.full(len(x), -1, dtype=np.intp)
    # Rules share hyperplanes, so each sign is computed only once.
    signs: dict[bytes, BoolArray] = {}
    for number, rule in enumerate(rules):
        covered = index < 0
        for condition in rule.conditions:
            key = condition.coef.tobytes() + np.float64(condition.intercept).tobytes()
            if key not in signs:
                signs[key] = x @ condition.coef + condition.intercept >= 0
            covered &= signs[key] if condition.nonnegative else ~signs[key]
        index[covered] = number
    return index
