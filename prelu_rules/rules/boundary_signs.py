"""Rules as the signs that they allow at boundaries, each of which is there once."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from prelu_rules.geometry.proofs.exact_patterns import direction
from prelu_rules.rules.rule import Rule
from prelu_rules.values import Array, BoolArray, FloatArray, IntArray

NEGATIVE, ZERO, POSITIVE = 1, 2, 4
"""The signs of a function; sets of signs are sums."""

ALL_SIGNS = NEGATIVE | ZERO | POSITIVE


class BoundarySigns:
    """The boundaries of rules, and for each rule the signs that it allows there.

    Args:
        rules: the rules, in exact rationals.

    Attributes:
        rows: `(n_boundaries, n_inputs + 1)` fractions, functions that are 0 on the boundaries.
        which: the boundaries of all rules, one after another.
        signs: the signs that are allowed there.
        possible: the rules that do not contradict themselves.

    Example:
        >>> from prelu_rules.network.affine import AffineMap
        >>> from prelu_rules.rules.rule import Condition
        >>> sides = (Condition([2.0], -2.0, nonnegative=True), Condition([-1.0], 1.0, nonnegative=False))
        >>> rules = BoundarySigns([Rule((side,), AffineMap([[1.0]], [0.0])).exact() for side in sides])
        >>> rules.which.tolist(), rules.signs.tolist()
        ([0, 0], [6, 4])
    """

    def __init__(self, rules: Sequence[Rule]) -> None:
        self._places: dict[tuple[object, ...], int] = {}
        self._seen: dict[tuple[object, ...], tuple[int, bool]] = {}
        self._rows: list[Array] = []
        found = [self._signs(rule) for rule in rules]
        self._starts = np.concatenate([[0], np.cumsum([len(signs) for signs in found], dtype=np.intp)])
        self.which: IntArray = np.array([b for signs in found for b in signs], dtype=np.intp)
        self.signs: IntArray = np.array([s for signs in found for s in signs.values()], dtype=np.intp)
        self.possible: IntArray = np.array([k for k, signs in enumerate(found) if all(signs.values())], dtype=np.intp)
        n_inputs = rules[0].outputs.coef.shape[1] if rules else 0
        self.rows: Array = np.array(self._rows, dtype=object).reshape(-1, n_inputs + 1)

    def _signs(self, rule: Rule) -> dict[int, int]:
        """The signs that a rule allows at its boundaries."""
        found: dict[int, int] = {}
        for condition in rule.conditions:
            place, turned = self._place(np.append(condition.coef, condition.intercept))
            # Where the sum is 0 the condition holds if it is `>= 0`.
            sign = NEGATIVE if condition.nonnegative == turned else POSITIVE
            allowed = sign | (ZERO if condition.nonnegative else 0)
            found[place] = found.get(place, ALL_SIGNS) & allowed
        return found

    def _place(self, row: Array) -> tuple[int, bool]:
        """The number of the boundary where a function is 0, and whether its function there has the opposite sign."""
        key = tuple(row)
        if key not in self._seen:
            one = direction(row)
            turned = next((v < 0 for v in one if v != 0), False)
            line = tuple(-v for v in one) if turned else one
            place = self._places.setdefault(line, len(self._places))
            if place == len(self._rows):
                self._rows.append(-row if turned else row)
            self._seen[key] = place, turned
        return self._seen[key]

    def of_rules(self, rules: IntArray, known: BoolArray) -> tuple[IntArray, IntArray]:
        """Where rules have boundaries that are not known.

        Args:
            rules: the numbers of rules.
            known: `(n_boundaries,)`.

        Returns:
            `(n_rules + 1,)`, where those of each rule begin; and places in `which` and `signs`.
        """
        lengths = self._starts[rules + 1] - self._starts[rules]
        ends = np.cumsum(lengths)
        places = np.arange(ends[-1]) - np.repeat(ends - lengths - self._starts[rules], lengths)
        left = ~known[self.which[places]]
        counts = np.concatenate([[0], np.cumsum(left)])
        return counts[np.concatenate([[0], ends])], places[left]

    def all_of(self, rule: int) -> dict[int, int]:
        """The signs that a rule allows at its boundaries.

        Args:
            rule: its number.

        Returns:
            Signs by boundary.
        """
        mine = slice(self._starts[rule], self._starts[rule + 1])
        return dict(zip(self.which[mine].tolist(), self.signs[mine].tolist(), strict=True))

    @staticmethod
    def sides(signs: IntArray) -> FloatArray:
        """On which side of its boundary a set of signs is: 1, -1, or 0 for on it.

        Args:
            signs: sets of signs, none of them all of them.

        Returns:
            The sides.
        """
        return np.where(signs & POSITIVE, 1.0, np.where(signs & NEGATIVE, -1.0, 0.0))

    @staticmethod
    def parts(signs: IntArray) -> tuple[int, ...]:
        """How to divide a node at a boundary, so that no set of signs is divided.

        Args:
            signs: sets of signs that rules allow there.

        Returns:
            Sets of signs that together are all signs.
        """
        given = set(signs.tolist())
        for two in ((NEGATIVE, ZERO | POSITIVE), (NEGATIVE | ZERO, POSITIVE)):
            if given <= set(two):
                return two
        return NEGATIVE, ZERO, POSITIVE
