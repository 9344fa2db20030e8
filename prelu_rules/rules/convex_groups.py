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

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import NamedTuple

import numpy as np

from prelu_rules.domains.domain import Domain
from prelu_rules.domains.sampling import sampled
from prelu_rules.geometry.cell import Cell
from prelu_rules.rules.rule import Condition
from prelu_rules.rules.satisfied import Satisfied, Sides
from prelu_rules.rules.simplification import cell_of_rule
from prelu_rules.tolerances import CUT
from prelu_rules.values import BoolArray, FloatArray

Conditions = Sequence[Condition]

FEWEST = 3
"""`merging` has already checked whether the union of two cells is convex."""

WITNESSES = 1000
"""Rows of the domain; one that is inside an envelope and in no cell shows immediately that there is a gap."""


class ConvexGroup(NamedTuple):
    """Cells whose union is convex on a domain.

    Attributes:
        members: the indices of the cells, in order.
        conditions: the conditions that all of them satisfy; on the domain they describe the union, up to boundaries.
    """

    members: tuple[int, ...]
    conditions: tuple[Condition, ...]


def convex_group(cells: Sequence[Conditions], domain: Domain | None, satisfied: Satisfied) -> ConvexGroup | None:
    """Find the first group of three or more cells with a convex union on a domain, if no two of them have one.

    Args:
        cells: the conditions of each cell; the interiors are disjoint on the domain.
        domain: where the cells have to satisfy their conditions; None for all inputs.
        satisfied: which conditions a cell satisfies where it has to satisfy those of the union: on the domain, or
            everywhere.

    Returns:
        A smallest such group, or None if there is none.

    Raises:
        InvalidValueError: if the domain is empty.

    Example:
        >>> wedges = [[Condition([*start], 0.0, True), Condition([*end], 0.0, False)]
        ...           for start, end in [((1, 0), (-1, 1)), ((-1, 1), (-1, -1)), ((-1, -1), (1, 0))]]
        >>> convex_group(wedges, None, Satisfied(None))
        ConvexGroup(members=(0, 1, 2), conditions=())
    """
    if len(cells) < FEWEST or not all(cells):
        return None
    pool = _Pool.of(cells, domain, satisfied)
    refused: set[frozenset[int]] = set()
    for pair in combinations(range(len(cells)), 2):
        group = pool.closure(pair) if satisfied.may_share_facet(*(pool.sides[k] for k in pair)) else None
        if group is not None and group not in refused:
            if pool.covers(group):
                return ConvexGroup(tuple(sorted(group)), tuple(pool.envelope(group)))
            refused.add(group)
    return None


@dataclass(frozen=True)
class _Pool:
    """Cells, their sides and distinct conditions, which cells satisfy which, and rows of the domain outside all."""

    cells: Sequence[Conditions]
    sides: Sequence[Sides]
    conditions: Conditions
    opposite: Sequence[int]
    satisfied: BoolArray
    domain: Domain | None
    gaps: FloatArray

    @classmethod
    def of(cls, cells: Sequence[Conditions], domain: Domain | None, satisfied: Satisfied) -> _Pool:
        distinct = {(*c.coef.tolist(), c.intercept, c.nonnegative): c for cell in cells for c in cell}
        conditions = list(distinct.values())
        n_inputs = len(conditions[0].coef)
        sides = [satisfied.sides(cell) for cell in cells]
        holds = [satisfied.which(cell, conditions) for cell in sides]
        rows = np.empty((0, n_inputs)) if domain is None else sampled(domain, WITNESSES)
        inside = np.any([np.all([_values(c, rows) >= -CUT for c in cell], axis=0) for cell in cells], axis=0)
        opposite = [-satisfied.number(condition) for condition in conditions]
        return cls(cells, sides, conditions, opposite, np.array(holds), domain, rows[~inside])

    def envelope(self, group: frozenset[int]) -> list[Condition]:
        """The conditions that all cells of a group satisfy."""
        return [self.conditions[k] for k in self._shared(group)]

    def _shared(self, group: frozenset[int]) -> list[int]:
        return np.flatnonzero(self.satisfied[sorted(group)].all(axis=0)).tolist()

    def closure(self, pair: tuple[int, int]) -> frozenset[int] | None:
        """The smallest group with two cells whose envelope no other cell reaches into; None if there is a gap."""
        group = frozenset(pair)
        while True:
            envelope = self.envelope(group)
            if np.all([_values(c, self.gaps) > CUT for c in envelope], axis=0).any() and len(self.gaps):
                return None
            outside = {self.opposite[k] for k in self._shared(group)}
            others = [k for k in range(len(self.cells)) if k not in group and self.sides[k].isdisjoint(outside)]
            part = cell_of_rule(envelope, self.domain, len(self.conditions[0].coef))
            reaching = frozenset(k for k in others if _reaches(part, self.cells[k]))
            if not reaching:
                return group
            group |= reaching

    def covers(self, group: frozenset[int]) -> bool:
        """Whether the cells of a group cover their envelope, up to boundaries."""
        part = cell_of_rule(self.envelope(group), self.domain, len(self.conditions[0].coef))
        return not _leaves_gap(part, [self.cells[k] for k in sorted(group)])


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
