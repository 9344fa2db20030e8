"""How a decision tree of rules is grown: which boundary is tested first, and what is left to ask on either side.

The boundary is the one that leaves the fewest rules on both sides together, and of equal ones the one whose sides have
the most equal numbers of them. Finding the smallest of all trees is hopeless already for tests of single yes-or-no
columns (Hyafil and Rivest, "Constructing optimal binary decision trees is NP-complete", 1976).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from prelu_rules.domains.domain import Domain
from prelu_rules.errors import InvalidValueError
from prelu_rules.rules.decision_tree import DecisionTree, Fork, Leaf
from prelu_rules.rules.presentation.boundaries import Boundaries
from prelu_rules.rules.rule import Condition, Rule
from prelu_rules.rules.rule_system import RuleSystem
from prelu_rules.rules.tree_cells import Cell, Side
from prelu_rules.values import FloatArray, IntArray

MOST_NODES = 1000
"""Nodes that a tree may have; nobody reads more."""

LOOKED_AT = 6
"""Boundaries whose sides are worked out before one is chosen; the others were worse on sample rows."""


class _Open(NamedTuple):
    """A rule that may be the first to hold, and what is not yet known of its conditions: sides by boundary."""

    rule: int
    asks: Mapping[int, bool]

    @property
    def sides(self) -> list[Side]:
        return [Side(*item) for item in self.asks.items()]


class _Option(NamedTuple):
    """A boundary that may be tested next, and the rules that are open on either side; better ones compare as less."""

    cost: tuple[int, int, int, int]
    boundary: int
    yes: Sequence[_Open]
    no: Sequence[_Open]


def decision_tree(system: RuleSystem, everywhere: bool = True) -> DecisionTree:
    """Rules as a decision tree.

    Args:
        system: the rules.
        everywhere: whether the tree is right for every row; otherwise it leaves out tests that all rows of the domain
            of the rules pass.

    Returns:
        A tree that leads each row to the first rule that holds. Every test is a condition of a rule and computed as
        there, so that this is so on boundaries too, unless rounding errors put a row on sides that no point is on.
        Equal branches are there once, and a test that leads to the same on both sides is left out.

    Raises:
        InvalidValueError: if it has more than `MOST_NODES` nodes.
        SolverError: if the linear programming solver fails.

    Example:
        >>> from prelu_rules.network.affine import AffineMap
        >>> outputs = AffineMap([[1.0]], [0.0])
        >>> low, high = (Condition([1.0], -kwh, False) for kwh in (200.0, 400.0))
        >>> rules = RuleSystem([Rule((low,), outputs), Rule((high,), outputs), Rule((), outputs)], ["kwh"], ["price"])
        >>> decision_tree(rules).rule_numbers([[0.0], [200.0], [400.0]])
        array([1, 2, 3])
    """
    return _Growth(system, None if everywhere else system.domain).tree()


class _Growth:
    """A tree while it grows; nodes that are equal are there once."""

    def __init__(self, system: RuleSystem, domain: Domain | None) -> None:
        self._system = system
        self._conditions: list[Condition] = []
        self._sides: list[list[Side]] = []
        places: dict[bytes, int] = {}
        for rule in system.rules:
            self._sides.append([])
            for condition in rule.conditions:
                place = places.setdefault(_key(condition), len(places))
                if place == len(self._conditions):
                    self._conditions.append(condition)
                self._sides[-1].append(Side(place, condition.nonnegative))
        self._all = [
            _Open(number, dict(sides))
            for number, sides in enumerate(self._sides)
            if not any(side.opposite in sides for side in sides)
        ]
        rows = [np.append(c.coef, c.intercept).astype(np.float64) for c in self._conditions]
        self._rows: FloatArray = np.array(rows).reshape(-1, system.n_inputs + 1)
        self._cell = Cell(system.columns, domain, self._rows)
        self._first = self._first_of_sample()
        self._upward = self._which_read_upward()
        self._nodes: list[Fork | Leaf] = []
        self._places: dict[tuple[int, ...], int] = {}

    def tree(self) -> DecisionTree:
        """The whole tree."""
        root = self._grown(self._open(self._all))
        order: dict[int, None] = {}
        self._visit(root, order)
        # Each node comes before those that it leads to.
        places = {old: new for new, old in enumerate(reversed(order))}
        nodes = [self._nodes[old] for old in reversed(order)]
        return DecisionTree(
            self._system,
            tuple(n if isinstance(n, Leaf) else n._replace(yes=places[n.yes], no=places[n.no]) for n in nodes),
        )

    def _visit(self, place: int, order: dict[int, None]) -> None:
        """Add a node after all that it leads to, the side that is read first last."""
        if place not in order:
            node = self._nodes[place]
            if isinstance(node, Fork):
                self._visit(node.no, order)
                self._visit(node.yes, order)
            order[place] = None

    def _grown(self, rules: Sequence[_Open]) -> int:
        """The place of the tree of the cell that has been entered."""
        if not rules:
            return self._leaf(self._closest())
        if not rules[0].asks:
            return self._leaf(rules[0].rule)
        best = min(self._options(rules))
        sides = []
        for nonnegative, left in ((True, best.yes), (False, best.no)):
            self._cell.enter(Side(best.boundary, nonnegative))
            sides.append(self._grown(left))
            self._cell.leave()
        yes, no = sides
        return yes if yes == no else self._fork(best.boundary, yes, no)

    def _leaf(self, rule: int | None) -> int:
        return self._node((-1, -1 if rule is None else rule), Leaf(None if rule is None else rule + 1))

    def _fork(self, boundary: int, yes: int, no: int) -> int:
        condition = self._conditions[boundary]
        upward = self._upward[boundary]
        turned = Condition(condition.coef, condition.intercept, upward, condition.label)
        return self._node((boundary, yes, no), Fork(turned, *((yes, no) if upward else (no, yes))))

    def _node(self, key: tuple[int, ...], node: Fork | Leaf) -> int:
        place = self._places.setdefault(key, len(self._nodes))
        if place == len(self._nodes):
            self._nodes.append(node)
            if place >= MOST_NODES:
                raise InvalidValueError(
                    f"{len(self._system)} rules make a decision tree of more than {MOST_NODES} nodes, which nobody can "
                    "read; train on until fewer units are left."
                )
        return place

    def _options(self, rules: Sequence[_Open]) -> list[_Option]:
        """Boundaries that may be tested next, the most promising ones of many."""
        boundaries = list(dict.fromkeys(boundary for rule in rules for boundary in rule.asks))
        guesses = {boundary: self._guess(boundary, rules) for boundary in boundaries}
        found = []
        for boundary in sorted(boundaries, key=lambda one: guesses[one])[:LOOKED_AT]:
            sides = []
            for nonnegative in (True, False):
                self._cell.enter(Side(boundary, nonnegative))
                sides.append(self._open(_given(rules, Side(boundary, nonnegative))))
                self._cell.leave()
            yes, no = sides
            sizes = len(yes), len(no)
            n_terms = int(np.count_nonzero(self._rows[boundary, :-1]))
            found.append(_Option((sum(sizes), max(sizes), n_terms, boundary), boundary, yes, no))
        return found

    def _guess(self, boundary: int, rules: Sequence[_Open]) -> tuple[int, int, int]:
        """How many rules there may be on the sides of a boundary, by sample rows and by what the rules ask."""
        sizes = []
        for nonnegative in (True, False):
            side = Side(boundary, nonnegative)
            seen = set(np.unique(self._first[self._cell.sample & self._cell.on(side)]).tolist())
            sizes.append(sum(one.rule in seen or one.asks.get(boundary) is nonnegative for one in rules))
        return sum(sizes), max(sizes), int(np.count_nonzero(self._rows[boundary, :-1]))

    def _open(self, rules: Sequence[_Open]) -> list[_Open]:
        """What is left to ask in the cell: no condition that holds there anyway, and no rule that nothing is under."""
        forced: dict[int, bool | None] = {}
        found: list[_Open] = []
        for rule in rules:
            for side in rule.sides:
                if side.boundary not in forced:
                    forced[side.boundary] = self._forced(side.boundary)
            if any(forced[side.boundary] is (not side.nonnegative) for side in rule.sides):
                continue
            left = _Open(rule.rule, {b: side for b, side in rule.asks.items() if forced[b] is None})
            if not left.asks:
                return [*found, left]
            if self._is_met(left):
                found.append(left)
        return found

    def _forced(self, boundary: int) -> bool | None:
        """The side of a boundary that all of the cell is on; None if there are two."""
        if not self._cell.reaches(Side(boundary, True)):
            return False
        return None if self._cell.reaches(Side(boundary, False)) else True

    def _is_met(self, rule: _Open) -> bool:
        """Whether all that a rule asks is met somewhere in the cell."""
        if (self._first[self._cell.sample] == rule.rule).any():
            return True
        entered = 0
        for side in rule.sides:
            if not self._cell.reaches(side):
                break
            self._cell.enter(side)
            entered += 1
        for _ in range(entered):
            self._cell.leave()
        return entered == len(rule.sides)

    def _closest(self) -> int | None:
        """The first rule that touches the cell, in which none holds; None where that is not the same all over it."""
        for rule, sides in enumerate(self._sides):
            if all(self._cell.is_within(side) for side in sides):
                return rule
            if all(self._cell.touches(side) for side in sides):
                break
        return None

    def _first_of_sample(self) -> IntArray:
        """The first rule that holds for each sample row; -1 where there is none, or a boundary is too close to tell."""
        found = np.full(len(self._cell.sample), -1)
        for rule in reversed(self._all):
            holds = np.ones(len(found), dtype=bool)
            for side in rule.sides:
                holds &= self._cell.on(side)
            found[holds] = rule.rule
        return found

    def _which_read_upward(self) -> list[bool]:
        """Whether each boundary reads as a lower bound where it is at least 0."""
        together = Rule(tuple(self._conditions), self._system.rules[0].outputs)
        [sides] = Boundaries([together], self._system.columns, None, self._system.domain).sides
        return [side.above == c.nonnegative for side, c in zip(sides, self._conditions, strict=True)]


def _key(condition: Condition) -> bytes:
    """The same of all conditions at the same boundary, and of no others."""
    return condition.coef.tobytes() + np.float64(condition.intercept).tobytes()


def _given(rules: Sequence[_Open], known: Side) -> list[_Open]:
    """The rules that may hold on a side, without asking for it."""
    return [
        _Open(rule.rule, {b: side for b, side in rule.asks.items() if b != known.boundary})
        for rule in rules
        if rule.asks.get(known.boundary, known.nonnegative) is known.nonnegative
    ]
