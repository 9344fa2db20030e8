"""The bends of rules: the distinct hyperplanes of their conditions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from prelu_rules.domains.domain import Domain, frame_of
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

    Hyperplanes are the same if they are nowhere on the domain further apart than `CANCELLED` of its width; without a
    domain, if all their numbers are equal up to rounding.
    """

    def __init__(self, rules: Sequence[Rule], domain: Domain | None = None) -> None:
        n_inputs = rules[0].outputs.coef.shape[1]
        frame = frame_of(domain, n_inputs)
        found: list[FloatArray] = []
        framed: list[FloatArray] = []
        self.sides: list[list[Side]] = []
        for rule in rules:
            self.sides.append([])
            for condition in rule.conditions:
                normal = condition.normalised()
                row = np.append(normal.coef, normal.intercept).astype(np.float64)
                sign = -1.0 if next((w for w in row if w != 0), 1.0) < 0 else 1.0
                row = sign * row + 0.0
                here = np.append(*frame.row(row[:-1], float(row[-1])))
                bend = next((k for k, other in enumerate(framed) if _same(here, other, frame.bound)), len(found))
                if bend == len(found):
                    found.append(row)
                    framed.append(here)
                self.sides[-1].append(Side(bend, sign))
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


def _same(row: FloatArray, other: FloatArray, bound: float) -> bool:
    """Whether two functions with gradients of length 1 are equal wherever no coordinate exceeds a bound."""
    apart = np.abs(row - other)
    if not np.isfinite(bound):
        return bool((apart <= CANCELLED * np.maximum(np.abs(row), np.abs(other))).all())
    return float(apart[:-1].sum() * bound + apart[-1]) <= CANCELLED
