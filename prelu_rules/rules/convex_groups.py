"""Three or more cells whose union is convex, although that of no two is, such as the wedges of a pinwheel.

A convex union of cells is an intersection of half-spaces, each of which is a condition of one of the cells that all of
them satisfy (Bemporad, Fukuda and Torrisi, "Convexity recognition of the union of polyhedra", 2001). So every convex
union that contains two cells contains their envelope: the set where all those conditions hold, of any cell, that both
satisfy. A cell that reaches into the envelope belongs to the group as well, which makes the envelope larger. Once no
further cell reaches into it, either the cells cover the envelope, which is then the smallest convex union with the two
cells, or there is none. So it suffices to check each pair of cells that share a facet once, and no choices have to be
made.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations
from typing import NamedTuple

import numpy as np

from prelu_rules.domains.domain import Domain
from prelu_rules.geometry.cell import Cell
from prelu_rules.rules.rule import Condition
from prelu_rules.rules.satisfied import Satisfied
from prelu_rules.rules.simplification import cell_of_rule
from prelu_rules.tolerances import CUT
from prelu_rules.values import FloatArray, IntArray

Conditions = Sequence[Condition]

FEWEST = 3
"""`merging` has already checked whether the union of two cells is convex."""

NONE = -1
"""In place of a number: that there is none."""

FULL = np.uint8(255)
"""All bits of a byte."""


class ConvexGroup(NamedTuple):
    """Cells whose union is convex on a domain.

    Attributes:
        members: the indices of the cells, in order.
        conditions: the conditions that all of them satisfy; on the domain they describe the union, up to boundaries.
    """

    members: tuple[int, ...]
    conditions: tuple[Condition, ...]


def convex_group(
    cells: Sequence[Conditions], domain: Domain | None, satisfied: Satisfied, rows: FloatArray
) -> ConvexGroup | None:
    """Find the first group of three or more cells with a convex union on a domain, if no two of them have one.

    Args:
        cells: the conditions of each cell; the interiors are disjoint on the domain.
        domain: where the cells have to satisfy their conditions; None for all inputs.
        satisfied: which conditions a cell satisfies where it has to satisfy those of the union: on the domain, or
            everywhere.
        rows: `(n_rows, n_inputs)`, inputs in the domain; those inside cells show that these reach into an envelope, and
            all others that it has a gap.

    Returns:
        A smallest such group, or None if there is none.

    Raises:
        InvalidValueError: if the domain is empty.

    Example:
        >>> wedges = [[Condition([*start], 0.0, True), Condition([*end], 0.0, False)]
        ...           for start, end in [((1, 0), (-1, 1)), ((-1, 1), (-1, -1)), ((-1, -1), (1, 0))]]
        >>> convex_group(wedges, None, Satisfied(None), np.empty((0, 2)))
        ConvexGroup(members=(0, 1, 2), conditions=())
    """
    if len(cells) < FEWEST or not all(cells):
        return None
    pool = _Pool(cells, domain, satisfied, rows)
    refused: set[frozenset[int]] = set()
    for pair in pool.near():
        group = pool.closure(pair)
        if group is not None and group not in refused:
            if pool.covers(group):
                return ConvexGroup(tuple(sorted(group)), tuple(pool.envelope(group)))
            refused.add(group)
    return None


class _Pool:
    """Cells, and what is known of them by inputs of the domain and, where these leave a doubt, by linear programs.

    Args:
        cells: the conditions of each cell.
        domain: where the cells have to satisfy them.
        satisfied: as for `convex_group`.
        rows: likewise.
    """

    def __init__(
        self, cells: Sequence[Conditions], domain: Domain | None, satisfied: Satisfied, rows: FloatArray
    ) -> None:
        self.cells, self._domain, self._satisfied = cells, domain, satisfied
        self._sides = [satisfied.sides(cell) for cell in cells]
        distinct = {_key(condition): condition for cell in cells for condition in cell}
        self._conditions = list(distinct.values())
        places = {key: place for place, key in enumerate(distinct)}
        # Conditions that are written differently may have one number.
        self._numbers = list(map(satisfied.number, self._conditions))
        place_of = {number: place for place, number in enumerate(self._numbers)}
        # Where the opposite of each condition is, or `NONE`.
        self._opposite = np.array([place_of.get(-number, NONE) for number in self._numbers])
        values = np.array([_values(condition, rows) for condition in self._conditions])
        inside, doubtful = np.zeros((len(cells), len(rows)), dtype=bool), np.zeros(len(rows), dtype=bool)
        for number, cell in enumerate(cells):
            least = values[[places[_key(condition)] for condition in cell]].min(axis=0)
            inside[number] = least > CUT
            doubtful |= np.abs(least) <= CUT
        # Which conditions each cell may satisfy: all that no row inside it fails; once checked, those that it does.
        self._may = np.array([(values[:, some] >= -CUT).all(axis=1) for some in inside])
        self._checked = False
        # A bit for each row: those that surely satisfy each condition, are inside each cell, and are inside of none.
        self._surely = np.packbits(values > CUT, axis=1)
        self._inside = np.packbits(inside, axis=1)
        self._gaps = np.packbits(~inside.any(axis=0) & ~doubtful)

    def near(self) -> Iterator[tuple[int, int]]:
        """The pairs of cells that may share a facet, in whose envelopes no row shows a gap."""
        for pair in combinations(range(len(self.cells)), 2):
            if self._satisfied.may_share_facet(*(self._sides[k] for k in pair)) and self._grown(frozenset(pair)):
                self._check()
                if not self._satisfied.told_by_numbers or self._n_between[pair] <= 1:
                    yield pair

    def envelope(self, group: frozenset[int]) -> list[Condition]:
        """The conditions that all cells of a group satisfy."""
        self._check()
        return [self._conditions[place] for place in self._shared(group)]

    def closure(self, pair: tuple[int, int]) -> frozenset[int] | None:
        """The smallest group with two cells whose envelope no other cell reaches into; None if there is a gap."""
        self._check()
        group = self._grown(frozenset(pair))
        while group is not None and (reaching := self._reaching(group)):
            group = self._grown(group | reaching)
        return group

    def _grown(self, group: frozenset[int]) -> frozenset[int] | None:
        """A group with the cells that rows show to reach into its envelope; None if one shows a gap.

        An envelope has at least the inputs that satisfy all conditions that the cells of the group may satisfy.
        """
        while True:
            met = np.bitwise_and.reduce(self._surely[self._shared(group)], axis=0, initial=FULL)
            if (met & self._gaps).any():
                return None
            larger = group.union(np.flatnonzero((self._inside & met).any(axis=1)).tolist())
            if larger == group:
                return group
            group = larger

    def _shared(self, group: frozenset[int]) -> IntArray:
        """The places of the conditions that all cells of a group may satisfy."""
        return np.flatnonzero(self._may[sorted(group)].all(axis=0))

    def _check(self) -> None:
        """Ask which of the conditions that cells may satisfy they do satisfy."""
        if self._checked:
            return
        for may, sides in zip(self._may, self._sides, strict=True):
            may[may] = self._satisfied.which(sides, [self._conditions[place] for place in np.flatnonzero(may)])
        _, first = np.unique(self._numbers, return_index=True)
        there = first[self._opposite[first] != NONE]
        one, other = self._may[:, there].astype(np.int64), self._may[:, self._opposite[there]].astype(np.int64)
        # A facet is in every hyperplane between two cells, so there is only one between those that share one.
        self._n_between = one @ other.T
        self._checked = True

    def _reaching(self, group: frozenset[int]) -> frozenset[int]:
        """The other cells that reach into the envelope of a group."""
        shared = self._shared(group)
        opposite = self._opposite[shared]
        # A cell that satisfies the opposite of a condition of the envelope is outside.
        apart = self._may[:, opposite[opposite != NONE]].any(axis=1)
        part = cell_of_rule(self.envelope(group), self._domain, len(self._conditions[0].coef))
        others = (k for k in np.flatnonzero(~apart).tolist() if k not in group)
        return frozenset(k for k in others if _reaches(part, self.cells[k]))

    def covers(self, group: frozenset[int]) -> bool:
        """Whether the cells of a group cover their envelope, up to boundaries."""
        part = cell_of_rule(self.envelope(group), self._domain, len(self._conditions[0].coef))
        return not _leaves_gap(part, [self.cells[k] for k in sorted(group)])


def _key(condition: Condition) -> tuple[object, ...]:
    """What the same conditions have in common."""
    return (*condition.coef.tolist(), condition.intercept, condition.nonnegative)


def _values(condition: Condition, rows: FloatArray) -> FloatArray:
    coef, intercept = condition.halfspace()
    return np.asarray(rows @ coef + intercept)


def _reaches(part: Cell, cell: Conditions) -> bool:
    """Whether a cell has an interior within another."""
    entered = 0
    for condition in cell:
        if not part.exceeds(condition.row()):
            break
        part.push(condition.row())
        entered += 1
    for _ in range(entered):
        part.pop()
    return entered == len(cell)


def _leaves_gap(part: Cell, cells: Sequence[Conditions]) -> bool:
    """Whether some part of a cell that has an interior is outside all others; if so, the cell cannot be reused."""
    if not cells:
        return True
    entered = 0
    for condition in cells[0]:
        row = condition.row()
        if part.exceeds(-row):
            part.push(-row)
            if _leaves_gap(part, cells[1:]):
                return True
            part.pop()
        if not part.exceeds(row):
            break
        part.push(row)
        entered += 1
    for _ in range(entered):
        part.pop()
    return False
