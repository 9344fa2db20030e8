"""What tests leave of a domain of encoded rows, each of which has one state in each cell.

Where a sample row shows that there is something on a side of a boundary, nothing needs to be computed. Otherwise a
linear program decides, and where floats leave a doubt, exact arithmetic.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product
from math import prod
from typing import NamedTuple

import numpy as np

from prelu_rules.columns.column import Column, features_of
from prelu_rules.domains.domain import Domain
from prelu_rules.domains.linear_program import CellProgram
from prelu_rules.errors import InvalidValueError, SolverError
from prelu_rules.geometry.proofs.exact import ExactCell
from prelu_rules.rules.presentation.by_state import Where
from prelu_rules.rules.presentation.ground import Ground, Part
from prelu_rules.rules.presentation.statements import Test, states_of
from prelu_rules.tolerances import CUT
from prelu_rules.values import BoolArray, FloatArray, IntArray, exact_array

MOST_WORLDS = 96
"""Combinations of states up to which each is looked at; of columns that would make more, levels are taken as shares."""

MOST_ASKED = 30_000
"""Questions that sample rows do not answer, about a minute of linear programs."""

SAMPLE = 4096
"""Sample rows, of all combinations of states together."""

CLEAR = 1e-9
"""A sample row counts only where it is this far from a boundary, relative to the terms that are summed."""


class Side(NamedTuple):
    """A side of a boundary: where it is at least 0, or below."""

    boundary: int
    nonnegative: bool

    @property
    def opposite(self) -> Side:
        """The other side."""
        return Side(self.boundary, not self.nonnegative)


class Cell:
    """The part of a domain that some sides of boundaries share; sides are entered, and left in turn.

    Args:
        columns: what the columns are.
        domain: of features; None for all inputs.
        boundaries: `(n_boundaries, n_features + 1)`, weights and constants.

    Example:
        >>> cell = Cell((Column("kwh"),), None, np.array([[1.0, -200.0], [1.0, -400.0]]))
        >>> cell.enter(Side(0, False))
        >>> cell.reaches(Side(1, False)), cell.reaches(Side(1, True))
        (True, False)
    """

    def __init__(self, columns: tuple[Column, ...], domain: Domain | None, boundaries: FloatArray) -> None:
        self.boundaries = boundaries
        ground = Ground(columns, domain)
        split = _told_apart(columns, boundaries)
        shares = _shares([column for column in columns if column not in split], columns)
        parts = [part for where in _combinations(split) if (part := ground.part(where)) is not None]
        if not parts:
            raise InvalidValueError("no row is in the domain of the rules; give rules that hold somewhere.")
        self._worlds = [_World(part, boundaries, shares) for part in parts]
        points = [_points(part, boundaries, max(1, SAMPLE // len(parts)), k) for k, part in enumerate(parts)]
        self._world_of = np.repeat(np.arange(len(parts)), [len(some) for some in points])
        sample = np.concatenate(points)
        self._signs = _signs(sample, boundaries)
        start = np.all([sample @ row[:-1] + row[-1] >= 0 for row in shares] or np.ones((1, len(sample))), axis=0)
        self._alive: list[BoolArray] = [start]
        self._entered: list[Side] = []
        self._asked = 0

    @property
    def sample(self) -> BoolArray:
        """Which sample rows are in the cell, bool."""
        return self._alive[-1]

    def on(self, side: Side) -> BoolArray:
        """Which sample rows are clearly on a side, in the cell or not, bool."""
        return np.asarray(self._signs[:, side.boundary] == (1 if side.nonnegative else -1))

    def reaches(self, side: Side) -> bool:
        """Whether something of the cell is on a side."""
        if side in self._entered:
            return True
        if side.opposite in self._entered:
            return False
        if (self.sample & self.on(side)).any():
            return True
        return any(world.reaches(side) for world in self._reached())

    def touches(self, side: Side) -> bool:
        """Whether something of the cell is on a side or on its boundary."""
        return self.reaches(side) or any(world.touches(side) for world in self._reached())

    def is_within(self, side: Side) -> bool:
        """Whether all of the cell is on a side or on its boundary."""
        if (self.sample & self.on(side.opposite)).any():
            return False
        return all(world.is_within(side) for world in self._reached())

    def enter(self, side: Side) -> None:
        """Take the part of the cell on a side."""
        self._alive.append(self.sample & self.on(side))
        self._entered.append(side)

    def leave(self) -> None:
        """Undo what was entered last."""
        self._alive.pop()
        self._entered.pop()
        for world in self._worlds:
            world.leave(len(self._entered))

    def _reached(self) -> Iterator[_World]:
        """The combinations of states in which there is something of the cell."""
        for number, world in enumerate(self._worlds):
            self._asked += 1
            if self._asked > MOST_ASKED:
                raise InvalidValueError(
                    f"it takes more than {MOST_ASKED} linear programs to see which tests a decision tree of "
                    f"{len(self.boundaries)} boundaries needs; train on until fewer units are left."
                )
            mine = self._world_of == number
            seen = [bool((alive & mine).any()) for alive in self._alive[1:]]
            if world.follow(self._entered, seen):
                yield world


class _World:
    """The cell where columns are in certain states."""

    def __init__(self, part: Part, boundaries: FloatArray, shares: Sequence[FloatArray]) -> None:
        self._part, self._boundaries = part, boundaries
        self._shares = shares
        self._program = CellProgram(part.frame)
        for row in shares:
            self._program.push(row[:-1], float(row[-1]))
        self._entered: list[Side] = []
        self._cells: list[ExactCell | None] = []
        self._is_empty = False

    def reaches(self, side: Side) -> bool:
        """Whether something is on a side."""
        return self._reaches(self._row(side), strict=not side.nonnegative)

    def touches(self, side: Side) -> bool:
        """Whether something is on a side or on its boundary."""
        return self._reaches(self._row(side), strict=False)

    def is_within(self, side: Side) -> bool:
        """Whether nothing is beyond the boundary of a side."""
        return not self._reaches(-self._row(side), strict=True)

    def follow(self, sides: Sequence[Side], seen: Sequence[bool]) -> bool:
        """Take what is on the sides that were not entered yet, of which rows may have been seen; False for nothing."""
        for side, is_seen in zip(sides[len(self._entered) :], seen[len(self._entered) :], strict=True):
            if self._is_empty:
                break
            there, row = is_seen or self.reaches(side), self._row(side)
            self._program.push(row[:-1], float(row[-1]))
            self._entered.append(side)
            self._is_empty = not there
        return not self._is_empty

    def leave(self, n_sides: int) -> None:
        """Undo what was entered after a number of sides."""
        while len(self._entered) > n_sides:
            self._program.pop()
            self._entered.pop()
            self._is_empty = False
        del self._cells[n_sides + 1 :]

    def _row(self, side: Side) -> FloatArray:
        row = self._boundaries[side.boundary]
        return row if side.nonnegative else -row

    def _reaches(self, row: FloatArray, strict: bool) -> bool:
        """Whether a function is at least 0 somewhere, or above 0."""
        try:
            reach = self._program.reach(row[:-1], float(row[-1]))
        except SolverError:
            return self._is_exactly(row, strict)
        # Between a point on all sides that were entered and one far above 0 there are points where all of that is so.
        return reach > CUT or (reach >= -CUT and self._is_exactly(row, strict))

    def _is_exactly(self, row: FloatArray, strict: bool) -> bool:
        """Whether a function is at least 0 somewhere, or above 0, in exact arithmetic.

        A convex set where each of several functions is positive somewhere, and none is negative, has points where all
        are.
        """
        cell = self._exact()
        cell = None if cell is None else cell.cut(exact_array(row))
        if cell is None:
            return False
        rows = [self._row(side) for side in self._entered if not side.nonnegative] + ([row] if strict else [])
        return all(cell.exceeds(exact_array(one)) for one in rows)

    def _exact(self) -> ExactCell | None:
        """The closure of what has been entered; what is before a side is kept for the next one."""
        if not self._cells:
            cell = self._part.exact()
            for row in self._shares:
                cell = None if cell is None else cell.cut(exact_array(row))
            self._cells.append(cell)
        for side in self._entered[len(self._cells) - 1 :]:
            before = self._cells[-1]
            self._cells.append(None if before is None else before.cut(exact_array(self._row(side))))
        return self._cells[-1]


def _told_apart(columns: Sequence[Column], boundaries: FloatArray) -> tuple[Column, ...]:
    """The columns whose states are told apart: those that boundaries use, but for the widest where these are too many.

    Where a number is missing it counts as 0, so that the state says something of the number, too.
    """
    used = dict(zip(features_of(columns), np.any(boundaries[:, :-1] != 0, axis=0).tolist(), strict=True))
    found = [c for c in columns if len(states_of(c)) > 1 and any(used[feature] for feature in c.features)]
    while prod(len(states_of(column)) for column in found) > MOST_WORLDS:
        found.remove(max(found, key=lambda column: len(states_of(column))))
    return tuple(found)


def _combinations(columns: Sequence[Column]) -> Iterator[Where]:
    for states in product(*map(states_of, columns)):
        yield tuple(Test(column, (state,)) for column, state in zip(columns, states, strict=True))


def _shares(columns: Sequence[Column], all_columns: Sequence[Column]) -> list[FloatArray]:
    """Half-spaces that indicators of columns are in if they are taken as shares: none below 0, together at most 1."""
    features = features_of(all_columns)
    found = []
    for column in columns:
        mine = np.array([f.column == column.name and f.is_indicator for f in features] + [False], dtype=float)
        if mine.any():
            found += [np.eye(len(mine))[k] for k in np.flatnonzero(mine)]
            found.append(np.append(-mine[:-1], 1.0))
    return found


def _points(part: Part, boundaries: FloatArray, n_rows: int, seed: int) -> FloatArray:
    """Sample rows of a part."""
    frame, rng = part.frame, np.random.default_rng(seed)
    if np.isinf(frame.bound):
        sizes = np.abs(boundaries)
        with np.errstate(divide="ignore", invalid="ignore"):
            each = np.where(sizes[:, :-1] > 0, sizes[:, -1:] / sizes[:, :-1], np.nan)
        known = np.where(np.isfinite(each) & (each > 0), each, np.nan)
        scales = np.array([np.nanmedian(row) if np.isfinite(row).any() else 1.0 for row in known.T])
        spread = rng.normal(size=(n_rows, frame.n_coordinates)) * 4.0 ** rng.uniform(-1, 2, (n_rows, 1))
        moved = spread @ frame.basis.T * scales
        return np.asarray(frame.centre + moved)
    t = rng.uniform(-frame.bound, frame.bound, (n_rows, frame.n_coordinates))
    inside = (t @ frame.rows[:, :-1].T + frame.rows[:, -1] >= 0).all(axis=1)
    return np.asarray(frame.centre + t[inside] @ frame.basis.T)


def _signs(points: FloatArray, boundaries: FloatArray) -> IntArray:
    """The side of each boundary that each row is on, 1 or -1; 0 where it is too close to tell."""
    totals = points @ boundaries[:, :-1].T + boundaries[:, -1]
    sizes = np.abs(points) @ np.abs(boundaries[:, :-1]).T + np.abs(boundaries[:, -1])
    return np.where(np.abs(totals) > CLEAR * sizes, np.sign(totals), 0).astype(np.intp)
