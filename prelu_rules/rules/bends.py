"""The bends of rules: the distinct hyperplanes of their conditions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from prelu_rules.domains.domain import Domain
from prelu_rules.rules.rule import Rule
from prelu_rules.tolerances import CANCELLED
from prelu_rules.values import FloatArray

SAME_JUMP = 1e-6
"""The difference of two rules counts as a multiple of a bend's function if the remainder is smaller, relatively."""


@dataclass(frozen=True)
class Side:
    """A condition as a side of a bend: `sign` times its row."""

    bend: int
    sign: float


class Bends:
    """The distinct hyperplanes of all conditions, normalised, and the side of one that each condition is.

    Two hyperplanes are the same if their functions differ by rounding errors only, which are at most `CANCELLED` of
    their terms: of the sum of the terms on the domain or, where there is none, of each term.

    Args:
        rules: the rules.
        domain: where they hold; None for all inputs.
    """

    def __init__(self, rules: Sequence[Rule], domain: Domain | None = None) -> None:
        largest = None if domain is None else np.append(np.maximum(np.abs(domain.lower), np.abs(domain.upper)), 1.0)
        found: list[FloatArray] = []
        self.sides: list[list[Side]] = []
        for rule in rules:
            self.sides.append([])
            for condition in rule.conditions:
                normal = condition.normalised()
                row = np.append(normal.coef, normal.intercept).astype(np.float64)
                sign = -1.0 if next((w for w in row if w != 0), 1.0) < 0 else 1.0
                row = sign * row + 0.0
                same = (k for k, other in enumerate(found) if _same(row, other, largest))
                bend = next(same, len(found))
                if bend == len(found):
                    found.append(row)
                self.sides[-1].append(Side(bend, sign))
        n_inputs = rules[0].outputs.coef.shape[1]
        self.rows = np.array(found).reshape(-1, n_inputs + 1)

    def strengths(self, rules: Sequence[Rule]) -> FloatArray:
        """The largest change of each output when a bend is crossed, per unit of its function, `(n_bends, n_outputs)`.

        Outputs are continuous, so rules on both sides of a bend differ by a multiple of its function. NaN for a bend
        without such rules.
        """
        strength = np.full((len(self.rows), rules[0].outputs.coef.shape[0]), np.nan)
        outputs = [np.hstack([r.outputs.coef, r.outputs.intercept[:, None]]).astype(np.float64) for r in rules]
        where = [
            {side.bend: (side.sign > 0) == c.nonnegative for side, c in zip(sides, rule.conditions, strict=True)}
            for sides, rule in zip(self.sides, rules, strict=True)
        ]
        for first, second in combinations(range(len(rules)), 2):
            jump = outputs[first] - outputs[second]
            for bend in where[first].keys() | where[second].keys():
                row = self.rows[bend]
                factor = jump @ row / (row @ row)
                apart = where[first].get(bend) is not where[second].get(bend)
                if apart and np.abs(jump - np.outer(factor, row)).max() <= SAME_JUMP * np.abs(jump).max():
                    strength[bend] = np.fmax(strength[bend], np.abs(factor))
        return strength


def _same(row: FloatArray, other: FloatArray, largest: FloatArray | None) -> bool:
    """Whether two functions differ by rounding errors only, where inputs are at most so large."""
    apart, terms = np.abs(row - other), np.maximum(np.abs(row), np.abs(other))
    if largest is None:
        return bool((apart <= CANCELLED * terms).all())
    return bool(apart @ largest <= CANCELLED * (terms @ largest))
