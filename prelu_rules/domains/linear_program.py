"""The solver of linear and mixed-integer programs, HiGHS (Huangfu and Hall, 2018); no other file uses it."""

from __future__ import annotations

from typing import NamedTuple

import highspy
import numpy as np

from prelu_rules.domains.frame import Frame
from prelu_rules.errors import SolverError
from prelu_rules.values import BoolArray, FloatArray

LP_FEASIBILITY = 1e-10
"""Feasibility tolerance of the linear programming solver, tighter than `CUT`; the smallest that HiGHS accepts."""


OTHER_WAYS = (("simplex_strategy", 4), ("simplex_scale_strategy", 0))
"""HiGHS options to try one at a time if its defaults fail: the primal simplex method, and unscaled rows."""


class _QuietHighs(highspy.Highs):
    """HiGHS without the banner that its constructor prints."""

    def enableCallbacks(self) -> None:
        self.silent()
        super().enableCallbacks()


class Optimum(NamedTuple):
    """Where a function is largest on a cell.

    Attributes:
        reach: its largest signed distance from the hyperplane where it is 0, in the frame, at most 1.
        point: `(n_inputs,)`, an input where it is attained.
        of_domain: `(n_rows,)`, multipliers of the rows of the frame, in the frame. The function plus its multiples of
            all rows is constant but for the bounds, so it is nowhere larger.
        of_cuts: `(n_cuts,)`, multipliers of the cuts, each as a row of the frame of length 1.
    """

    reach: float
    point: FloatArray
    of_domain: FloatArray
    of_cuts: FloatArray


class CellProgram:
    """A cell of input space, and how far it reaches to either side of a hyperplane.

    The cell is a domain cut by a stack of half-spaces `coef x + intercept >= 0`. A depth-first search pushes and pops
    rows, and the solver starts each program from where the last one ended.

    Args:
        frame: the domain to start from, in its own coordinates.

    Example:
        >>> from prelu_rules.domains.box import Box
        >>> cell = CellProgram(Frame.of_box(Box([0, 0], [1, 1])))
        >>> cell.push(np.array([1.0, 1.0]), -1.5)
        >>> bool(cell.reach(np.array([1.0, 0.0]), -0.4) > 0), bool(cell.reach(np.array([-1.0, 0.0]), 0.4) > 0)
        (True, False)
    """

    def __init__(self, frame: Frame) -> None:
        n = frame.n_coordinates
        self._frame = frame
        self._bounds: list[float] = []
        self._columns = np.arange(n + 1, dtype=np.int32)
        self._solver = _QuietHighs()
        self._solver.setOptionValue("primal_feasibility_tolerance", LP_FEASIBILITY)
        self._solver.setOptionValue("dual_feasibility_tolerance", LP_FEASIBILITY)
        # Column 0 is the distance to be maximised, with an upper limit, so that there is an optimum for unbounded cells
        # too.
        self._solver.addVars(
            n + 1,
            np.array([-highspy.kHighsInf, *np.full(n, -frame.bound)]),
            np.array([1.0, *np.full(n, frame.bound)]),
        )
        self._solver.changeColCost(0, -1.0)
        for row in frame.rows:
            self._add_row(-row[-1], 0.0, row[:-1])

    def _add_row(self, lower: float, distance: float, row: FloatArray) -> None:
        values = np.concatenate([[distance], row])
        used = np.flatnonzero(values)
        self._solver.addRow(lower, highspy.kHighsInf, len(used), self._columns[used], values[used])

    def _delete_last_row(self) -> None:
        self._solver.deleteRows(1, np.array([self._solver.getNumRow() - 1], dtype=np.int32))

    def push(self, coef: FloatArray, intercept: float) -> None:
        """Cut the cell by `coef x + intercept >= 0`.

        Args:
            coef: `(n_inputs,)` float64.
            intercept: the constant.
        """
        row, constant = self._frame.row(coef, intercept)
        self._bounds.append(-constant)
        self._add_row(-constant, 0.0, row)

    def pop(self) -> None:
        """Undo the last cut."""
        self._bounds.pop()
        self._delete_last_row()

    def relax(self, cut: int) -> None:
        """Ignore a cut until it is restored.

        Args:
            cut: its position on the stack, counted from 0.
        """
        self._solver.changeRowBounds(len(self._frame.rows) + cut, -highspy.kHighsInf, highspy.kHighsInf)

    def restore(self, cut: int) -> None:
        """Enforce a relaxed cut again.

        Args:
            cut: its position on the stack, counted from 0.
        """
        self._solver.changeRowBounds(len(self._frame.rows) + cut, self._bounds[cut], highspy.kHighsInf)

    def inner_point(self) -> tuple[float, FloatArray]:
        """The point of the domain that is deepest inside its rows, and its distance from the nearest of them.

        Returns:
            The distance, at most 1, and negative if no point satisfies all rows; and the coordinates in the frame,
            `(n_coordinates,)`. Cuts are ignored.

        Raises:
            SolverError: if HiGHS stops without an optimum.
        """
        return self._deepest(len(self._frame.rows))

    def inner_point_of_cell(self) -> tuple[float, FloatArray]:
        """The input that is deepest inside the rows of the domain and all cuts, and its distance from the nearest.

        Returns:
            The distance, at most 1, negative if the cell is empty; and the input, `(n_inputs,)`.

        Raises:
            SolverError: if HiGHS stops without an optimum.
        """
        depth, point = self._deepest(len(self._frame.rows) + len(self._bounds))
        return depth, self._frame.centre + self._frame.basis @ point

    def _deepest(self, n_rows: int) -> tuple[float, FloatArray]:
        """The point that is deepest inside the first rows."""
        for number in range(n_rows):
            self._solver.changeCoeff(number, 0, -1.0)
        try:
            value = self._optimum()
            point = np.array(self._solver.getSolution().col_value)[1:]
        finally:
            for number in range(n_rows):
                self._solver.changeCoeff(number, 0, 0.0)
        return value, point

    def reach(self, coef: FloatArray, intercept: float) -> float:
        """How far the cell reaches into `coef x + intercept >= 0`.

        Args:
            coef: `(n_inputs,)` float64.
            intercept: the constant.

        Returns:
            The largest signed distance from the hyperplane, at most 1, in units of half the domain's width (in the
            units of the inputs if there is no domain). If `coef` is 0, the intercept.

        Raises:
            SolverError: if HiGHS stops without an optimum.
        """
        row, constant = self._frame.row(coef, intercept)
        return self.reach_in_frame(row, constant) if row.any() else constant

    def reach_in_frame(self, row: FloatArray, constant: float) -> float:
        """`reach` for a function of the frame's coordinates.

        Args:
            row: `(n_coordinates,)` float64, of length 1.
            constant: the constant.

        Returns:
            The largest signed distance, at most 1.

        Raises:
            SolverError: if HiGHS stops without an optimum.
        """
        self._add_row(-constant, -1.0, row)
        try:
            return self._optimum()
        finally:
            self._delete_last_row()

    def optimum(self, coef: FloatArray, intercept: float) -> Optimum:
        """`reach`, with the point where it is attained and a proof that it is not exceeded.

        Args:
            coef: `(n_inputs,)` float64, not constant on the domain.
            intercept: the constant.

        Returns:
            The optimum, as accurate as the solver is.

        Raises:
            SolverError: if HiGHS stops without an optimum.
        """
        row, constant = self._frame.row(coef, intercept)
        self._add_row(-constant, -1.0, row)
        try:
            value = self._optimum()
            solution = self._solver.getSolution()
            point, multipliers = np.array(solution.col_value)[1:], np.array(solution.row_dual)
        finally:
            self._delete_last_row()
        n_rows = len(self._frame.rows)
        return Optimum(
            value, self._frame.centre + self._frame.basis @ point, multipliers[:n_rows], multipliers[n_rows:-1]
        )

    def _optimum(self) -> float:
        status = self._status()
        # A warm start from a nearly singular basis can fail where a cold start succeeds. In a cell that is hardly more
        # than a point, the dual simplex method with scaled rows can fail, and the primal method or unscaled rows
        # succeed.
        for option in (None, *OTHER_WAYS):
            if status == highspy.HighsModelStatus.kOptimal:
                break
            self._solver.clearSolver()
            status = self._status(option)
        if status != highspy.HighsModelStatus.kOptimal:
            raise SolverError(
                f"HiGHS stopped with {status.name[1:]}; rescale the inputs to similar sizes and try again."
            )
        return float(-self._solver.getInfo().objective_function_value)

    def _status(self, option: tuple[str, int] | None = None) -> highspy.HighsModelStatus:
        """The status after a run, optionally with one option changed."""
        if option is None:
            self._solver.run()
            return self._solver.getModelStatus()
        name, value = option
        _, before = self._solver.getOptionValue(name)
        self._solver.setOptionValue(name, value)
        self._solver.run()
        self._solver.setOptionValue(name, before)
        return self._solver.getModelStatus()


class MixedIntegerOptimum(NamedTuple):
    """What branch and bound found of the smallest value.

    Attributes:
        bound: the value is nowhere smaller, up to the tolerances of the solver; minus infinity if nothing is known.
        x: `(n_variables,)`, the best point that was found; None if there was no time to find one.
    """

    bound: float
    x: FloatArray | None


def mixed_integer_minimum(
    cost: FloatArray, rows: FloatArray, lower: FloatArray, upper: FloatArray, integral: BoolArray, time_limit: float
) -> MixedIntegerOptimum:
    """The smallest value of a linear function on a polytope, some of whose variables are integers.

    Args:
        cost: `(n_variables,)`, the function.
        rows: `(n_rows, n_variables + 1)`, weights and constants of functions that must not be negative.
        lower: `(n_variables,)`, the lower bounds.
        upper: `(n_variables,)`, the upper bounds.
        integral: `(n_variables,)`, which variables are integers.
        time_limit: in seconds.

    Returns:
        The bound and the best point; branch and bound stops early when the time is over.

    Example:
        >>> cost, rows, zeros, ones = np.array([-1.0, -1.0]), np.array([[-2.0, -2.0, 3.0]]), np.zeros(2), np.ones(2)
        >>> mixed_integer_minimum(cost, rows, zeros, ones, np.array([True, True]), 10.0).bound
        -1.0
    """
    solver = _QuietHighs()
    solver.setOptionValue("time_limit", time_limit)
    solver.addVars(len(cost), lower, upper)
    columns = np.arange(len(cost), dtype=np.int32)
    solver.changeColsCost(len(cost), columns, cost)
    whole = columns[integral]
    solver.changeColsIntegrality(len(whole), whole, np.full(len(whole), highspy.HighsVarType.kInteger))
    at, entries = np.nonzero(rows[:, :-1])
    starts = np.searchsorted(at, np.arange(len(rows))).astype(np.int32)
    without_end = np.full(len(rows), highspy.kHighsInf)
    values = rows[at, entries]
    solver.addRows(len(rows), -rows[:, -1], without_end, len(values), starts, entries.astype(np.int32), values)
    solver.run()
    info, solution = solver.getInfo(), solver.getSolution()
    # Only an optimum and a search that ran out of time leave a bound.
    statuses = (highspy.HighsModelStatus.kOptimal, highspy.HighsModelStatus.kTimeLimit)
    known = solver.getModelStatus() in statuses and np.isfinite(info.mip_dual_bound)
    return MixedIntegerOptimum(
        float(info.mip_dual_bound) if known else -np.inf,
        np.array(solution.col_value) if info.primal_solution_status == _FEASIBLE else None,
    )


_FEASIBLE = int(highspy.SolutionStatus.kSolutionStatusFeasible)
