"""The decision tree by which it is proven what rules cover.

A node of the tree is the part of the domain with certain signs at some boundaries. It is known which rules may have a
point there, and of each rule which conditions are not decided yet. A node is done when one rule has no open condition;
otherwise it is divided by one of the open ones. Where rules come from a tree, as those of a network do, the one that
is found is hardly larger. Floats decide which rules can be left out of a node, with proven bounds, and exact arithmetic
where a boundary is touched.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from prelu_rules.geometry.proofs.certified import ranges_on_parts
from prelu_rules.geometry.proofs.certified_rows import Coordinates, Rows
from prelu_rules.geometry.proofs.exact import ExactCell
from prelu_rules.geometry.proofs.representable import inner_input
from prelu_rules.rules.boundary_signs import NEGATIVE, POSITIVE, ZERO, BoundarySigns
from prelu_rules.rules.rule import Rule
from prelu_rules.values import Array, BoolArray, IntArray

CLEAR = 1e-9
"""A function that exceeds this somewhere, where its largest value on the domain is about 1, is taken to be positive
there: if it is not, some nodes are looked at in vain.
"""


class CoverNode(NamedTuple):
    """A part of the domain: which signs it has at some boundaries, and the rules that may have a point there."""

    signs: dict[int, int]
    rules: IntArray


class CoverTree:
    """Rules, and the parts of a domain that their boundaries cut it into.

    Args:
        whole: the domain.
        rules: the rules, in exact rationals.
        strict: functions that have to be positive, `(n_inputs + 1,)` fractions each; only inputs where they are count.
    """

    def __init__(self, whole: ExactCell, rules: Sequence[Rule], strict: Sequence[Array] = ()) -> None:
        self._whole, self._boundaries, self._strict = whole, BoundarySigns(rules), strict
        self._coordinates = Coordinates.of_cell(whole)
        self._known = np.zeros(len(self._boundaries.rows), dtype=bool)
        if self._coordinates is not None:
            domain = [row for row in whole.rows if np.count_nonzero(row[:-1]) > 1]
            width = len(whole.to_input) + 1
            self._domain = self._coordinates.rows(np.array(domain, dtype=object).reshape(-1, width))
            self._cuts = self._coordinates.rows(self._boundaries.rows)

    @property
    def root(self) -> CoverNode:
        """The whole domain."""
        return CoverNode({}, self._boundaries.possible)

    def covering(self, node: CoverNode) -> int | None:
        """A rule that covers all of a node.

        Args:
            node: the node.

        Returns:
            Its number; None if there is none, or a condition of it holds on the node but has not been tested.
        """
        starts, _ = self._open(node)
        done = np.flatnonzero(np.diff(starts) == 0)
        return int(node.rules[done[0]]) if len(done) else None

    def parts(self, node: CoverNode) -> Iterator[CoverNode]:
        """Divide a node that no rule covers.

        Args:
            node: the node, with some rules.

        Yields:
            Its parts. Some may be empty, where that was not easy to see.
        """
        starts, places = self._open(node)
        # A boundary that as many rules as possible have.
        boundary = int(np.bincount(self._boundaries.which[places]).argmax())
        own = self._boundaries.which[places] == boundary
        signs = np.full(len(node.rules), -1)
        signs[np.searchsorted(starts, np.flatnonzero(own), side="right") - 1] = self._boundaries.signs[places[own]]
        others = np.flatnonzero(signs < 0)
        signs[others] = self._signs_of(node, boundary, others, starts, places)
        for part in self._boundaries.parts(self._boundaries.signs[places[own]]):
            yield CoverNode({**node.signs, boundary: part}, node.rules[(signs & part) != 0])

    def shared(self, node: CoverNode, rule: int, inner: bool) -> Array | None:
        """A point of a node that a rule covers.

        Args:
            node: the node.
            rule: the number of the rule.
            inner: whether only points count that are on no boundary of the node or the rule.

        Returns:
            `(n_inputs,)`, see `inner_input`; None if there is no such point.
        """
        # Where the node has signs, the rule allows all of them.
        signs = {**self._boundaries.all_of(rule), **node.signs}
        if inner:
            signs = {boundary: mask & ~ZERO for boundary, mask in signs.items()}
        return self.point(signs) if all(signs.values()) else None

    def _open(self, node: CoverNode) -> tuple[IntArray, IntArray]:
        """The conditions of the rules of a node that are not decided; see `BoundarySigns.of_rules`."""
        decided = list(node.signs)
        self._known[decided] = True
        found = self._boundaries.of_rules(node.rules, self._known)
        self._known[decided] = False
        return found

    def _signs_of(
        self, node: CoverNode, boundary: int, others: IntArray, starts: IntArray, places: IntArray
    ) -> IntArray:
        """The signs that a boundary has on parts of a node that fall under rules without it."""
        sections = [places[starts[k] : starts[k + 1]] for k in others]
        if self._coordinates is None:
            in_doubt = np.ones(len(others), dtype=bool)
            found = np.zeros(len(others), dtype=np.intp)
        else:
            cell, cut = self._rows(node.signs), self._cuts.at(slice(boundary, boundary + 1))
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
            rows = rows.with_rows(self._cuts.at(which[sides != -sign]).times(sign))
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

    def point(self, signs: dict[int, int]) -> Array | None:
        """A point of the domain with given signs at boundaries.

        Args:
            signs: by boundary.

        Returns:
            `(n_inputs,)`, see `inner_input`; None if there is no such point.
        """
        if self._coordinates is not None and signs:
            boundary, mask = list(signs.items())[-1]
            before = {one: sign for one, sign in signs.items() if one != boundary}
            cut = self._cuts.at(slice(boundary, boundary + 1))
            for sign, side in ((NEGATIVE, 1.0), (POSITIVE, -1.0)):
                if not mask & sign and self._coordinates.highest(self._rows(before), cut.times(side)) < 0:
                    return None
        cell, strict = self._exact(signs)
        return None if cell is None else inner_input(cell, strict)


def _signs_in(low: Array, high: Array) -> tuple[IntArray, BoolArray]:
    """The signs of functions with given bounds, and where they are not known."""
    above, below = high > CLEAR, low < -CLEAR
    found = np.where(above, POSITIVE, 0) | np.where(below, NEGATIVE, 0) | np.where(above & below, ZERO, 0)
    # Where one side is proven not to be reached, not even the boundary, the other one is.
    known = (above & below) | (above & (low > 0)) | (below & (high < 0)) | (high == -np.inf)
    return np.where(high == -np.inf, 0, found), ~known
