"""A cell of a domain, and on which sides of a hyperplane it has points, answered exactly.

There are three steps, and the next one is taken only if a doubt is left. First, an input that is known to lie in the
cell may lie beyond the hyperplane. Then a linear program is solved in floats. Its solution is not trusted but checked:
either its point lies in the cell in spite of rounding errors, or its multipliers prove that there is no such point.
Last comes the simplex method in integers.
"""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from prelu_rules.domains.domain import Domain
from prelu_rules.domains.linear_program import CellProgram, Optimum
from prelu_rules.domains.sampling import chord
from prelu_rules.errors import SolverError
from prelu_rules.geometry.dual_simplex import Maximum, maximum
from prelu_rules.geometry.exact_stack import ExactStack
from prelu_rules.geometry.framing import LEAST_LENGTH, Framed, Framing
from prelu_rules.geometry.witnesses import Witnesses
from prelu_rules.tolerances import CUT
from prelu_rules.values import Array, BoolArray, FloatArray, exact_array

SMALL = 20_000
"""Numbers of the table of a linear program that is solved anew for each question; HiGHS goes on where it ended last."""

NEAR_END = 0.01
"""Where inputs are taken on a line through the cell: so near to either end, as a share of the length."""

FEW = 16
"""Cuts for which there is room at first."""


class Cell:
    """A domain, cut by a stack of closed half-spaces.

    Every answer is exact, for the numbers as they are given: floats, or `fractions.Fraction`. The cell has to keep an
    interior (on the domain), so only half-spaces that it `exceeds` may be pushed. If no point at all satisfies the
    constraints of the domain exactly, answers are those of floats, up to `CUT`.

    Args:
        domain: where to start; None for all inputs.
        n_inputs: the number of inputs.

    Raises:
        ShapeError: if the domain has another dimension.
        InvalidValueError: if the domain is empty.

    Example:
        >>> from prelu_rules.domains.box import Box
        >>> cell = Cell(Box([0, 0], [1, 1]), 2)
        >>> cell.push(np.array([1.0, 1.0, -1.5]))
        >>> cell.exceeds(np.array([1.0, 0.0, -0.4])), cell.exceeds(np.array([-1.0, 0.0, 0.5]))
        (True, False)
    """

    def __init__(self, domain: Domain | None, n_inputs: int) -> None:
        self._domain, self._framing = domain, Framing.shared(domain, n_inputs)
        self._frame = self._framing.frame
        self._witnesses = Witnesses(domain, self._frame)
        self._rows: list[Array] = []
        self._active: list[bool] = []
        n_rows, n = len(self._frame.rows), self._frame.n_coordinates
        # The rows of the domain, and then the cuts, with the largest rounding error of each; with room for more cuts.
        self._framed, self._errors = np.empty((n_rows + FEW, n + 1)), np.empty(n_rows + FEW)
        self._framed[:n_rows], self._errors[:n_rows] = self._frame.rows, self._framing.off_rows
        # Made when it is needed.
        self._solver: CellProgram | None = None
        # The cuts of the cell in which an inner point was searched for last.
        self._looked: tuple[bool, ...] | None = None
        self._exact = ExactStack(domain, n_inputs)

    def push(self, row: Array) -> None:
        """Cut the cell by `row (x, 1) >= 0`.

        Args:
            row: `(n_inputs + 1,)`, weights and constant.
        """
        given = row.astype(np.float64)
        framed, place = self._framing.of(given), len(self._frame.rows) + len(self._rows)
        if place == len(self._framed):
            self._framed = np.concatenate([self._framed, np.empty_like(self._framed)])
            self._errors = np.concatenate([self._errors, np.empty_like(self._errors)])
        self._framed[place], self._errors[place] = framed.row, framed.error
        # A copy, since searches write the next row into the same array.
        self._rows.append(row.copy())
        self._active.append(True)
        if self._solver is not None:
            self._solver.push(given[:-1], float(given[-1]))
        self._witnesses.push(given)

    def pop(self) -> None:
        """Undo the last cut."""
        self._looked = None
        self._rows.pop()
        self._active.pop()
        if self._solver is not None:
            self._solver.pop()
        self._witnesses.pop()

    def clear(self) -> None:
        """Undo all cuts, but keep what is known of the domain."""
        while self._rows:
            self.pop()
        self._witnesses.keep_few()
        self._exact = ExactStack(self._domain, len(self._frame.centre))

    def relax(self, cut: int) -> None:
        """Ignore a cut until it is restored.

        Args:
            cut: its position on the stack, counted from 0.
        """
        self._active[cut] = False
        if self._solver is not None:
            self._solver.relax(cut)
        self._witnesses.set_active(cut, False)

    def restore(self, cut: int) -> None:
        """Enforce a relaxed cut again.

        Args:
            cut: its position on the stack, counted from 0.
        """
        self._active[cut] = True
        if self._solver is not None:
            self._solver.restore(cut)
        self._witnesses.set_active(cut, True)

    def thin(self, row: Array) -> float:
        """The largest value of a function in the part of the domain within `CUT` of the hyperplane where it is 0.

        Args:
            row: `(n_inputs + 1,)`, weights and constant.

        Returns:
            The value, 0 if the function is constant.
        """
        return CUT * self._framing.of(row.astype(np.float64)).length

    def exceeds(self, row: Array, by: float = 0.0) -> bool:
        """Whether a function is larger than a number somewhere in the cell.

        Args:
            row: `(n_inputs + 1,)`, weights and constant.
            by: the number, not negative.

        Returns:
            True if `row (x, 1) > by` somewhere.
        """
        if self._is_cut_off(row):
            return False
        known = self._by_floats(row, by)
        return self._exactly(row, by, closed=False) if known is None else known

    def shown(self, rows: Array) -> BoolArray:
        """Which functions are positive at an input that is known to lie in the cell.

        Args:
            rows: `(n_rows, n_inputs + 1)`, weights and constants.

        Returns:
            `(n_rows,)`, True only where `exceeds` would say so, too; much faster than asking it for each row.

        Example:
            >>> from prelu_rules.domains.box import Box
            >>> cell = Cell(Box([0], [1]), 1)
            >>> cell.shown(np.array([[1.0, -0.5], [1.0, -2.0]]))
            array([ True, False])
        """
        given = rows.astype(np.float64)
        found = np.asarray(np.isfinite(given).all(axis=1))
        found[found] = np.linalg.norm(given[found, :-1] @ self._frame.basis, axis=1) >= LEAST_LENGTH
        found[found] = self._witnesses.shown(given[found])
        return found

    def touches(self, row: Array) -> bool:
        """Whether a function is non-negative somewhere in the cell or on its boundary.

        Args:
            row: `(n_inputs + 1,)`, weights and constant.

        Returns:
            True if `row (x, 1) >= 0` somewhere.

        Example:
            >>> from prelu_rules.domains.box import Box
            >>> cell = Cell(Box([0], [1]), 1)
            >>> [(cell.touches(row), cell.exceeds(row)) for row in np.array([[1.0, -1.0], [1.0, -2.0]])]
            [(True, False), (False, False)]
        """
        known = self._by_floats(row, 0.0)
        return self._exactly(row, 0.0, closed=True) if known is None else known

    def spread(self, n_rows: int, rng: np.random.Generator) -> FloatArray:
        """Inputs all over the cell, most of them near its boundary, where they say most about it.

        A walk from the deepest input goes along random lines (Smith, "Efficient Monte Carlo procedures for generating
        points uniformly distributed over bounded regions", 1984), and takes what is near both ends of each.

        Args:
            n_rows: how many are wanted.
            rng: the generator of the lines.

        Returns:
            `(n_rows, n_inputs)`, in floats; fewer if the cell is large, or a line does not end.

        Example:
            >>> from prelu_rules.domains.box import Box
            >>> Cell(Box([0], [1]), 1).spread(2, np.random.default_rng(0)).round(2)
            array([[0.01],
                   [0.99]])
        """
        n = self._frame.n_coordinates
        cuts = self._framed[len(self._frame.rows) :][: len(self._rows)][np.array(self._active, dtype=bool)]
        rows, found = np.vstack([self._frame.halfspaces, cuts]), np.empty((n_rows, n))
        deepest = self._deepest_inside(rows)
        point = None if deepest is None or deepest.point[-1] <= 0 else deepest.point[:-1]
        place = 0
        while point is not None and place < n_rows:
            direction = rng.normal(size=n)
            start, stop = chord(rows, point, direction)
            if not -np.inf < start < stop < np.inf:
                break
            ends = start + (stop - start) * np.array([NEAR_END, 1 - NEAR_END])
            found[place : place + 2] = (point + ends[:, None] * direction)[: n_rows - place]
            point = point + rng.uniform(start, stop) * direction
            place += 2
        return found[:place] @ self._frame.basis.T + self._frame.centre

    def _by_floats(self, row: Array, by: float) -> bool | None:
        """Whether a function exceeds a number somewhere, or is below it everywhere; None if floats leave a doubt."""
        given = row.astype(np.float64)
        framed = self._framing.of(given)
        if not np.isfinite(given).all() or framed.length == 0:
            return None
        if self._witnesses.show(given, by):
            return True
        if self._cannot(framed, by, None):
            return False
        optimum = self._optimum(given, framed)
        if optimum is None:
            return None
        if optimum.reach > 0 and self._is_found(optimum.point, given, by):
            return True
        multipliers = np.concatenate([optimum.of_domain, optimum.of_cuts])
        return False if self._cannot(framed, by, multipliers) else None

    def _is_cut_off(self, row: Array) -> bool:
        """Whether a cut says that a function is not positive in the cell, in the very same numbers."""
        cuts = (cut for cut, active in zip(self._rows, self._active, strict=True) if active)
        return any(cut[-1] == -row[-1] and np.array_equal(cut, -row) for cut in cuts)

    def know(self, point: FloatArray) -> None:
        """Name an input that may lie inside the cell, which saves the search for one.

        Args:
            point: `(n_inputs,)`; it may also lie outside.
        """
        self._witnesses.add(point)

    def _is_found(self, point: FloatArray, row: FloatArray, by: float) -> bool:
        """Whether the solution of a linear program, moved inside, proves that a function exceeds a number."""
        if self._witnesses.found(point, row, by):
            return True
        if self._looked == tuple(self._active):
            return False
        # The known inputs are too close to the boundary, or there is none.
        self._looked = tuple(self._active)
        inner = self._deepest()
        if inner is not None:
            self._witnesses.add(inner)
        return self._witnesses.found(point, row, by)

    def _deepest(self) -> FloatArray | None:
        """The input that is deepest inside the rows of the domain and all cuts, in floats; None if none is inside."""
        found = self._deepest_inside(self._counting())
        if found is not None:
            depth, point = found.point[-1], found.point[:-1]
            return self._frame.centre + self._frame.basis @ point if depth > 0 else None
        try:
            depth, inner = self._program().inner_point_of_cell()
        except SolverError:
            return None
        return inner if depth > 0 else None

    def _deepest_inside(self, rows: FloatArray) -> Maximum | None:
        """What is deepest inside half-spaces of the frame, and its depth; None if that is left to HiGHS."""
        n = self._frame.n_coordinates
        # The depth is one more coordinate.
        return self._maximum(np.insert(rows, n, -1.0, axis=1), np.append(np.zeros(n), 1.0))

    def _counting(self) -> FloatArray:
        """The rows of the domain and of the cuts that count."""
        return self._framed[: len(self._frame.rows) + len(self._rows)][self._counts()]

    def _counts(self) -> BoolArray:
        """Which rows, of the domain and of the cuts, count."""
        return np.array([True] * len(self._frame.rows) + self._active, dtype=bool)

    def _maximum(self, rows: FloatArray, weights: FloatArray) -> Maximum | None:
        """Where a function is largest, in the frame; None if that is left to HiGHS."""
        n = len(weights)
        if not np.isfinite(self._frame.bound) or (2 * n + len(rows)) * n > SMALL:
            return None
        return maximum(rows, weights, np.full(n, self._frame.bound))

    def _optimum(self, row: FloatArray, framed: Framed) -> Optimum | None:
        """Where a function is largest, in floats; None if no method finds it."""
        n_rows = len(self._frame.rows)
        found = self._maximum(self._counting(), framed.row[:-1])
        if found is not None:
            reach = float(framed.row[:-1] @ found.point + framed.row[-1])
            point, multipliers = (
                self._frame.centre + self._frame.basis @ found.point,
                np.zeros(n_rows + len(self._rows)),
            )
            multipliers[self._counts()] = found.multipliers
            return Optimum(reach, point, multipliers[:n_rows], multipliers[n_rows:])
        try:
            return self._program().optimum(row[:-1], float(row[-1]))
        except SolverError:
            return None

    def _program(self) -> CellProgram:
        """The cell for HiGHS."""
        if self._solver is None:
            self._solver = CellProgram(self._frame)
            for cut, (row, active) in enumerate(zip(self._rows, self._active, strict=True)):
                given = row.astype(np.float64)
                self._solver.push(given[:-1], float(given[-1]))
                if not active:
                    self._solver.relax(cut)
        return self._solver

    def _cannot(self, framed: Framed, by: float, multipliers: FloatArray | None) -> bool:
        """Whether multiples of the half-spaces prove that a function does not exceed a number; None for no multiples.

        HiGHS may give a multiplier to a row that does not count.
        """
        if multipliers is None:
            return self._framing.cannot(framed, by, self._errors[:0], self._framed[:0], self._errors[:0])
        end = len(multipliers)
        multipliers = np.where(self._counts(), multipliers, 0.0)
        return self._framing.cannot(framed, by, multipliers, self._framed[:end], self._errors[:end])

    def _exactly(self, row: Array, by: float, closed: bool) -> bool:
        rows = [cut for cut, active in zip(self._rows, self._active, strict=True) if active]
        exact = exact_array(row)
        exact[-1] -= Fraction(by)
        cell = self._exact.cell(rows, exact)
        if cell is None and self._exact.has_points:
            return False
        if cell is None:
            given = row.astype(np.float64)
            reach = self._program().reach(given[:-1], float(given[-1]))
            beyond = reach - by / max(self._framing.of(given).length, CUT)
            return beyond > (-CUT if closed else CUT)
        part = self._exact.part(exact)
        return cell.cut(part) is not None if closed else cell.exceeds(part)
