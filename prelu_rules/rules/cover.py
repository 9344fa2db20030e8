"""Proves that rules cover a domain and that no two overlap, by growing a decision tree of their conditions.

A node of the tree is the part of the domain on certain sides of some boundaries. It is known which rules may have a
point there, and of each rule which conditions are not decided yet. A node is done when one rule has no open condition;
otherwise it is divided by one of the open ones. Where rules come from a tree, as those of a network do, the one that
is found is hardly larger. Floats decide which rules can be left out of a node, with proven bounds, and exact arithmetic
where a boundary is touched.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from prelu_rules.geometry.certified import ranges_on_parts
from prelu_rules.geometry.certified_rows import Coordinates, Rows
from prelu_rules.geometry.exact import ExactCell
from prelu_rules.geometry.representable import inner_input
from prelu_rules.rules.boundary_signs import NEGATIVE, POSITIVE, ZERO, BoundarySigns
from prelu_rules.rules.rule import Rule
from prelu_rules.values import Array, BoolArray, IntArray

CLEAR = 1e-9
"""A function that exceeds this somewhere, where its largest value on the domain is about 1, is taken to be positive
there: if it is not, some nodes are looked at in vain.
"""


class Cover(NamedTuple):
    """What has been proven of rules on a domain.

    Attributes:
        uncovered: `(n_inputs,)`, an input that falls under no rule, None if there is none: float64, or fractions in an
            object array if no float was found that does.
        overlap: `(n_inputs,)`, an input inside two rules, in the same form; None if there is none.
    """

    uncovered: Array | None
    overlap: Array | None


class _Node(NamedTuple):
    """A part of the domain: which signs it has at some boundaries, and the rules that may have a point there."""

    signs: dict[int, int]
    rules: IntArray


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
        (Cover(uncovered=None, overlap=None), array([0.5]))
    """
    return _Search(whole, rules, strict).found()


class _Search:
    """The nodes that are left to look at, and what has been found so far."""

    def __init__(self, whole: ExactCell, rules: Sequence[Rule], strict: Sequence[Array]) -> None:
        self._whole, self._boundaries, self._strict = whole, BoundarySigns(rules), strict
        self._coordinates = Coordinates.of_cell(whole)
        self._known = np.zeros(len(self._boundaries.rows), dtype=bool)
        self._uncovered: Array | None = None
        self._overlap: Array | None = None
        if self._coordinates is not None:
            domain = [row for row in whole.rows if np.count_nonzero(row[:-1]) > 1]
            width = len(whole.to_input) + 1
            self._domain = self._coordinates.rows(np.array(domain, dtype=object).reshape(-1, width))
            self._cuts = self._coordinates.rows(self._boundaries.rows)

    def found(self) -> Cover:
        """Look at all nodes."""
        stack = [_Node({}, self._boundaries.possible)]
        while stack and (self._uncovered is None or self._overlap is None):
            stack += self._looked_at(stack.pop())
        return Cover(self._uncovered, self._overlap)

    def _looked_at(self, node: _Node) -> Iterator[_Node]:
        """The parts of a node, none if it is done."""
        if not len(node.rules):
            if self._uncovered is None:
                self._uncovered = self._point(node.signs)
            return
        self._known[list(node.signs)] = True
        starts, places = self._boundaries.of_rules(node.rules, self._known)
        self._known[list(node.signs)] = False
        n_open = np.diff(starts)
        if (n_open == 0).any():
            self._look_for_overlap(node, int(n_open.argmin()))
            return
        boundary = self._chosen(places)
        own = self._boundaries.which[places] == boundary
        signs = np.full(len(node.rules), -1)
        signs[np.searchsorted(starts, np.flatnonzero(own), side="right") - 1] = self._boundaries.signs[places[own]]
        others = np.flatnonzero(signs < 0)
        signs[others] = self._signs_of(node, boundary, others, starts, places)
        for part in self._boundaries.parts(self._boundaries.signs[places[own]]):
            here = node.rules[(signs & part) != 0]
            yield _Node({**node.signs, boundary: part}, here)

    def _chosen(self, places: IntArray) -> int:
        """The boundary by which to divide a node: one that as many rules as possible have."""
        return int(np.bincount(self._boundaries.which[places]).argmax())

    def _signs_of(self, node: _Node, boundary: int, others: IntArray, starts: IntArray, places: IntArray) -> IntArray:
        """The signs that a boundary has on parts of a node that fall under rules without it."""
        sections = [places[starts[k] : starts[k + 1]] for k in others]
        if self._coordinates is None:
            in_doubt = np.ones(len(others), dtype=bool)
            found = np.zeros(len(others), dtype=np.intp)
        else:
            cell, cut = self._rows(node.signs), self._cuts[boundary : boundary + 1]
            joined = np.concatenate([*sections, np.empty(0, dtype=np.intp)])
            ranges = ranges_on_parts(
                np.ascontiguousarray(cell.values),
                cell.errors,
                *self._cuts,
                np.concatenate([[0], np.cumsum([len(section) for section in sections], dtype=np.intp)]),
                self._boundaries.which[joined],
                self._boundaries.sides(self._boundaries.signs[joined]),
                cut.values[0],
                cut.errors[0],
                self._coordinates.reach,
            )
            found, in_doubt = _signs_in(*ranges.T)
        for number in np.flatnonzero(in_doubt):
            mine = sections[number]
            more = zip(self._boundaries.which[mine].tolist(), self._boundaries.signs[mine].tolist(), strict=True)
            found[number] = self._exact_signs({**node.signs, **dict(more)}, boundary)
        return found

    def _rows(self, signs: dict[int, int]) -> Rows:
        """The rows of a node."""
        which = np.fromiter(signs, dtype=np.intp, count=len(signs))
        sides = self._boundaries.sides(np.fromiter(signs.values(), dtype=np.intp, count=len(signs)))
        rows = self._domain
        for sign in (1.0, -1.0):
            rows = rows.with_rows(self._cuts[which[sides != -sign]].times(sign))
        return rows

    def _exact(self, signs: dict[int, int]) -> tuple[ExactCell | None, list[Array]]:
        """The closure of a part of the domain, None if it is empty, and the functions that must be positive."""
        cell: ExactCell | None = self._whole
        strict = list(self._strict)
        for boundary, mask in signs.items():
            row = self._boundaries.rows[boundary]
            for side, sign in ((row, NEGATIVE), (-row, POSITIVE)):
                if not mask & sign:
                    cell = None if cell is None else cell.cut(side)
                    if not mask & ZERO:
                        strict.append(side)
        # A convex set on which several functions are non-negative, and each is positive somewhere, has a point where
        # all are positive.
        if cell is not None and all(cell.exceeds(row) for row in strict):
            return cell, strict
        return None, strict

    def _exact_signs(self, signs: dict[int, int], boundary: int) -> int:
        """The signs that a boundary has on a part of the domain."""
        cell, strict = self._exact(signs)
        if cell is None:
            return 0
        row = self._boundaries.rows[boundary]
        above, below = cell.exceeds(row), cell.exceeds(-row)
        found = POSITIVE * above | NEGATIVE * below
        if above and below:
            return found | ZERO
        flat = cell.cut(-row if above else row)
        flat = None if flat is None else flat.cut(row if above else -row)
        return found | (ZERO if flat is not None and all(flat.exceeds(one) for one in strict) else 0)

    def _point(self, signs: dict[int, int]) -> Array | None:
        """An input with given signs; None if there is none."""
        if self._coordinates is not None and signs:
            boundary, mask = list(signs.items())[-1]
            before = {one: sign for one, sign in signs.items() if one != boundary}
            cut = self._cuts[boundary : boundary + 1]
            for sign, side in ((NEGATIVE, 1.0), (POSITIVE, -1.0)):
                if not mask & sign and self._coordinates.highest(self._rows(before), cut.times(side)) < 0:
                    return None
        cell, strict = self._exact(signs)
        return None if cell is None else inner_input(cell, strict)

    def _look_for_overlap(self, node: _Node, covering: int) -> None:
        """Whether another rule shares more than a boundary with the rule that covers a node."""
        if self._overlap is not None:
            return
        for number, rule in enumerate(node.rules):
            if number == covering:
                continue
            mine = self._boundaries.all_of(rule)
            # Without boundaries.
            inner = {b: sign & ~ZERO for b, sign in {**node.signs, **mine}.items()}
            if all(inner.values()):
                self._overlap = self._point(inner)
            if self._overlap is not None:
                return


def _signs_in(low: Array, high: Array) -> tuple[IntArray, BoolArray]:
    """The signs of functions with given bounds, and where they are not known."""
    above, below = high > CLEAR, low < -CLEAR
    found = np.where(above, POSITIVE, 0) | np.where(below, NEGATIVE, 0) | np.where(above & below, ZERO, 0)
    # Where one side is proven not to be reached, not even the boundary, the other one is.
    known = (above & below) | (above & (low > 0)) | (below & (high < 0)) | (high == -np.inf)
    return np.where(high == -np.inf, 0, found), ~known
