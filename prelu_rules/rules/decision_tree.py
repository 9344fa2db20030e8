"""Rules as a decision tree: one test after another, until it is known which rule a row falls under."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from prelu_rules.columns.tables import TableLike
from prelu_rules.errors import InvalidValueError
from prelu_rules.rules.evaluation import CHUNK
from prelu_rules.rules.rule import Condition
from prelu_rules.rules.rule_system import RuleSystem
from prelu_rules.rules.weighted_sums import weighted_sums
from prelu_rules.values import Array, BoolArray, IntArray, Value


class Leaf(NamedTuple):
    """The end of a path.

    Attributes:
        rule: the number of the rule, counted from 1; None where no rule holds.
    """

    rule: int | None


class Fork(NamedTuple):
    """A test.

    Attributes:
        condition: what is tested; one of the system's, or its opposite.
        yes: the place of the node that comes next where it holds.
        no: the place of the node that comes next elsewhere.
    """

    condition: Condition
    yes: int
    no: int


@dataclass(frozen=True, eq=False)
class DecisionTree(Value):
    """Tests that lead to the first rule that holds.

    What several paths lead to is there once, so that this is a graph whose branches meet again; each rule is one leaf.

    Attributes:
        system: the rules.
        nodes: tests and leaves; the first is the root, and each comes before those that it leads to.

    Example:
        >>> from prelu_rules.network.affine import AffineMap
        >>> from prelu_rules.rules.rule import Rule
        >>> sides = [Rule((Condition([1.0], -200.0, side),), AffineMap([[1.0]], [0.0])) for side in (False, True)]
        >>> tree = RuleSystem(sides, ("kwh",), ("price",)).tree()
        >>> [(node.yes, node.no) if isinstance(node, Fork) else node for node in tree.nodes]
        [(1, 2), Leaf(rule=2), Leaf(rule=1)]
        >>> tree.rule_numbers({"kwh": [199.0, 200.0]})
        array([1, 2])
    """

    system: RuleSystem
    nodes: tuple[Fork | Leaf, ...]

    def __post_init__(self) -> None:
        for place, node in enumerate(self.nodes):
            if isinstance(node, Fork) and not place < min(node.yes, node.no) <= max(node.yes, node.no) < len(
                self.nodes
            ):
                raise InvalidValueError(
                    f"node {place} of {len(self.nodes)} leads to {node.yes} and {node.no}; let it lead to later ones."
                )

    def _summary(self) -> str:
        return f"{len(self.nodes)} nodes, depth {self.depth}"

    @property
    def depth(self) -> int:
        """The largest number of tests from the root to a leaf."""
        depths = [0] * len(self.nodes)
        for place in reversed(range(len(self.nodes))):
            node = self.nodes[place]
            if isinstance(node, Fork):
                depths[place] = 1 + max(depths[node.yes], depths[node.no])
        return depths[0]

    def rule_numbers(self, x: TableLike) -> IntArray:
        """Follow the tests to the rule that each row falls under; the numbers are those of the system.

        Args:
            x: rows, as for `RuleSystem`.

        Returns:
            int, `(n_rows,)`, counted from 1.

        Raises:
            DataError: if a table lacks a column.
            ShapeError: if an array has the wrong number of features.
            InvalidValueError: if a cell is not allowed; see `RuleSystem.encoded`.
            OutsideDomainError: if no rule covers a row, and there is none on the line to the domain.
        """
        rows = self.system.encoded(x)
        numbers = np.zeros(len(rows), dtype=np.intp)
        for start in range(0, len(rows), CHUNK):
            numbers[start : start + CHUNK] = self._followed(rows[start : start + CHUNK])
        left = numbers == 0
        if left.any():
            numbers[left] = self.system.rule_numbers(rows[left])
        return numbers

    def _followed(self, rows: Array) -> IntArray:
        """The numbers of the rules that rows are led to; 0 where there is none."""
        numbers = np.zeros(len(rows), dtype=np.intp)
        here: dict[int, BoolArray] = {0: np.ones(len(rows), dtype=bool)}
        for place, node in enumerate(self.nodes):
            at = here.pop(place, np.zeros(len(rows), dtype=bool))
            if isinstance(node, Leaf):
                numbers[at] = node.rule or 0
                continue
            # Added as where rules are looked up, so that both have the same rounding errors.
            condition = node.condition
            weights = np.append(condition.coef, condition.intercept)[:, None, None]
            holds = (weighted_sums(rows.T, weights)[0] >= 0) == condition.nonnegative
            for child, mask in ((node.yes, at & holds), (node.no, at & ~holds)):
                here[child] = here[child] | mask if child in here else mask
        return numbers
