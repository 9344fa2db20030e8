"""A cell of a domain, and on which sides of a hyperplane it has points, answered exactly.

There are three steps, and the next one is taken only if a doubt is left. First, an input that is known to lie in the
cell may lie beyond the hyperplane. Then a linear program is solved in floats. Its solution is not trusted but checked:
either its point lies in the cell in spite of rounding errors, or its multipliers prove that there is no such point.
Last comes the simplex method in integers.
"""

from __future__ import annotations

from fractions import Fraction
from typing import NamedTuple

import numpy as np

from prelu_rules.domains.box import Box
from prelu_rules.domains.domain import Domain, frame_of
from prelu_rules.domains.linear_program import CellProgram, Optimum
from prelu_rules.domains.polytope import Polytope
from prelu_rules.domains.remembered import remembered
from prelu_rules.errors import SolverError
from prelu_rules.geometry.proofs.exact import ExactCell
from prelu_rules.geometry.witnesses import ROUNDING, Witnesses, off_domain
from prelu_rules.tolerances import CUT
from prelu_rules.values import Array, BoolArray, FloatArray, exact_array

LEAST_LENGTH = 1e-140
"""The square of a shorter gradient is not an accurate float; exact arithmetic takes such functions."""


class _Framed(NamedTuple):
    """A function in the coordinates of the frame, divided by the length of its gradient there."""

    weights: FloatArray
    constant: float
    length: float
    error: float  # the largest rounding error of a value on the domain


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
        >>> cell = Cell(Box([0, 0], [1, 1]), 2)
        >>> cell.push(np.array([1.0, 1.0, -1.5]))
        >>> cell.exceeds(np.array([1.0, 0.0, -0.4])), cell.exceeds(np.array([-1.0, 0.0, 0.5]))
        (True, False)
    """

    def __init__(self, domain: Domain | None, n_inputs: int) -> None:
        self._domain, self._frame = domain, frame_of(domain, n_inputs)
        self._program = CellProgram(self._frame)
        self._witnesses = Witnesses(domain, self._frame)
        self._rows: list[Array] = []
        self._framed: list[_Framed] = []
        self._active: list[bool] = []
        # The cuts of the cell in which an inner point was searched for last.
        self._looked: tuple[bool, ...] | None = None
        self._exact = _ExactStack(domain, n_inputs)
        width = np.abs(self._frame.basis).sum(axis=1) * self._frame.bound if self._frame.n_coordinates else 0.0
        self._size = np.abs(self._frame.centre) + width
        # How far coordinates may be beyond the bounds because centre and width of the domain are rounded.
        ends = np.abs(self._frame.centre) @ (self._frame.basis != 0)
        self._bound = self._frame.bound + 4 * ROUNDING * ends / np.abs(self._frame.basis).max(axis=0, initial=0)
        self._off_domain = off_domain(domain, self._frame)

    def push(self, row: Array) -> None:
        """Cut the cell by `row (x, 1) >= 0`.

        Args:
            row: `(n_inputs + 1,)`, weights and constant.
        """
        given = row.astype(np.float64)
        # A copy, since searches write the next row into the same array.
        self._rows.append(row.copy())
        self._framed.append(self._in_frame(given))
        self._active.append(True)
        self._program.push(given[:-1], float(given[-1]))
        self._witnesses.push(given)

    def pop(self) -> None:
        """Undo the last cut."""
        self._looked = None
        for stack in (self._rows, self._framed, self._active):
            stack.pop()
        self._program.pop()
        self._witnesses.pop()

    def clear(self) -> None:
        """Undo all cuts, but keep what is known of the domain."""
        while self._rows:
            self.pop()
        self._witnesses.keep_few()
        self._exact = _ExactStack(self._domain, len(self._frame.centre))

    def relax(self, cut: int) -> None:
        """Ignore a cut until it is restored.

        Args:
            cut: its position on the stack, counted from 0.
        """
        self._active[cut] = False
        self._program.relax(cut)
        self._witnesses.set_active(cut, False)

    def restore(self, cut: int) -> None:
        """Enforce a relaxed cut again.

        Args:
            cut: its position on the stack, counted from 0.
        """
        self._active[cut] = True
        self._program.restore(cut)
        self._witnesses.set_active(cut, True)

    def thin(self, row: Array) -> float:
        """The largest value of a function in the part of the domain within `CUT` of the hyperplane where it is 0.

        Args:
            row: `(n_inputs + 1,)`, weights and constant.

        Returns:
            The value, 0 if the function is constant.
        """
        return CUT * self._in_frame(row.astype(np.float64)).length

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
            >>> cell = Cell(Box([0], [1]), 1)
            >>> [(cell.touches(row), cell.exceeds(row)) for row in np.array([[1.0, -1.0], [1.0, -2.0]])]
            [(True, False), (False, False)]
        """
        known = self._by_floats(row, 0.0)
        return self._exactly(row, 0.0, closed=True) if known is None else known

    def _by_floats(self, row: Array, by: float) -> bool | None:
        """Whether a function exceeds a number somewhere, or is below it everywhere; None if floats leave a doubt."""
        given = row.astype(np.float64)
        framed = self._in_frame(given)
        if not np.isfinite(given).all() or framed.length == 0:
            return None
        if self._witnesses.show(given, by):
            return True
        if self._cannot(framed, by, np.zeros(0), np.zeros(0)):
            return False
        optimum = self._optimum(given)
        if optimum is None:
            return None
        if optimum.reach > 0 and self._is_found(optimum.point, given, by):
            return True
        return False if self._cannot(framed, by, optimum.of_domain, optimum.of_cuts) else None

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
        try:
            depth, inner = self._program.inner_point_of_cell()
        except SolverError:
            return False
        if depth > 0:
            self._witnesses.add(inner)
        return self._witnesses.found(point, row, by)

    def _in_frame(self, row: FloatArray) -> _Framed:
        weights, constant = self._frame.row(row[:-1], float(row[-1]))
        length = float(np.linalg.norm(row[:-1] @ self._frame.basis)) if weights.any() else 0.0
        if length < LEAST_LENGTH:
            return _Framed(weights, constant, 0.0, np.inf)
        size = float(np.abs(row[:-1]) @ np.where(np.abs(row[:-1]) > 0, self._size, 0.0)) + abs(float(row[-1]))
        return _Framed(weights, constant, length, ROUNDING * (len(row) + 8) * size / length)

    def _optimum(self, row: FloatArray) -> Optimum | None:
        try:
            return self._program.optimum(row[:-1], float(row[-1]))
        except SolverError:
            return None

    def _cannot(self, framed: _Framed, by: float, of_domain: FloatArray, of_cuts: FloatArray) -> bool:
        """Whether a sum with multiples of the half-spaces proves that a function does not exceed a number."""
        if not np.isfinite(self._frame.bound):
            # Only weights that cancel to exactly 0 would be a proof.
            return False
        n_terms = len(framed.weights) + len(of_domain) + len(of_cuts) + 8
        parts = [(1.0, framed.weights, framed.constant, framed.error)]
        off = ROUNDING * 8 * len(framed.weights) * (self._frame.bound + 1)
        parts += [(m, row[:-1], row[-1], off) for m, row in zip(of_domain, self._frame.rows, strict=False) if m > 0]
        cuts = zip(of_cuts, self._framed, self._active, strict=False)
        parts += [(m, cut.weights, cut.constant, cut.error) for m, cut, active in cuts if m > 0 and active]
        factors, weights, constants, errors = (np.array(column) for column in zip(*parts, strict=True))
        largest = np.abs(factors @ weights) @ self._bound + factors @ constants
        size = factors @ (np.abs(weights) @ self._bound + np.abs(constants))
        error = factors @ (errors + self._off_domain) + ROUNDING * n_terms * size
        return bool(largest + error <= by / framed.length * (1 - ROUNDING))

    def _exactly(self, row: Array, by: float, closed: bool) -> bool:
        rows = [cut for cut, active in zip(self._rows, self._active, strict=True) if active]
        exact = exact_array(row)
        exact[-1] -= Fraction(by)
        cell = self._exact.cell(rows, exact)
        if cell is None and self._exact.has_points:
            return False
        if cell is None:
            given = row.astype(np.float64)
            beyond = self._program.reach(given[:-1], float(given[-1])) - by / max(self._in_frame(given).length, CUT)
            return beyond > (-CUT if closed else CUT)
        part = self._exact.part(exact)
        return cell.cut(part) is not None if closed else cell.exceeds(part)


class _ExactStack:
    """The same cell in integers, made only when it is needed, and only of the inputs that count."""

    def __init__(self, domain: Domain | None, n_inputs: int) -> None:
        self._domain = domain
        self._used = np.zeros(n_inputs, dtype=bool)
        if isinstance(domain, Polytope):
            self._used |= (domain.coef != 0).any(axis=0)
        self._whole: ExactCell | None = None
        self._stack: list[tuple[Array, ExactCell | None]] = []

    def cell(self, rows: list[Array], asked: Array) -> ExactCell | None:
        """The cell in the inputs that it uses and that a question about it uses; None if it is empty."""
        used = self._used.copy()
        for given in (*rows, asked):
            used |= (given[:-1] != 0).astype(bool)
        if self._whole is None or (used & ~self._used).any():
            self._used, self._stack = used, []
            self._whole = self._whole_of(used)
        # Rows of an earlier question are the same objects.
        known = 0
        while known < min(len(rows), len(self._stack)) and self._stack[known][0] is rows[known]:
            known += 1
        del self._stack[known:]
        for given in rows[known:]:
            before = self._stack[-1][1] if self._stack else self._whole
            self._stack.append((given, None if before is None else before.cut(self.part(exact_array(given)))))
        return self._stack[-1][1] if self._stack else self._whole

    def _whole_of(self, used: BoolArray) -> ExactCell | None:
        """The whole domain in some of its inputs."""

        def whole() -> ExactCell | None:
            return ExactCell.of_domain(_restricted(self._domain, used), int(used.sum()))

        return whole() if self._domain is None else remembered(self._domain, ("exact", used.tobytes()), whole)

    @property
    def has_points(self) -> bool:
        """Whether some point satisfies the constraints of the domain exactly."""
        return self._whole is not None

    def part(self, row: Array) -> Array:
        """A function of all inputs as one of those that count."""
        return row[np.append(self._used, True)]


def _restricted(domain: Domain | None, used: BoolArray) -> Domain | None:
    """A domain in some of its inputs; the others have no constraint but their bounds."""
    if domain is None:
        return None
    box = Box(domain.lower[used], domain.upper[used])
    if isinstance(domain, Box):
        return box
    return Polytope(box, domain.coef[:, used], domain.limit, domain.equal)
