"""The one file that knows the linear programming solver, HiGHS (Huangfu and Hall, 2018)."""

from __future__ import annotations

import highspy
import numpy as np

from prelu_rules.errors import SolverError
from prelu_rules.geometry.box import Box
from prelu_rules.tolerances import LP_FEASIBILITY
from prelu_rules.values import FloatArray


class _QuietHighs(highspy.Highs):
    """HiGHS without the banner that its constructor prints when it sets up its callbacks."""

    def enableCallbacks(self) -> None:
        self.silent()
        super().enableCallbacks()


class CellProgram:
    """A cell of input space, and how far it reaches to either side of a hyperplane.

    The cell is a domain cut by a stack of half-spaces `coef x + intercept >= 0`. Rows are pushed and popped as a
    depth-first search walks, and the solver starts each question from where the last one ended.

    Args:
        domain: the box to start from, or None for all of R^n.
        n_inputs: the dimension.

    Example:
        >>> cell = CellProgram(Box([0, 0], [1, 1]), n_inputs=2)
        >>> cell.push(np.array([1.0, 1.0]), -1.5)
        >>> bool(cell.reach(np.array([1.0, 0.0]), -0.4) > 0), bool(cell.reach(np.array([-1.0, 0.0]), 0.4) > 0)
        (True, False)
    """

    def __init__(self, domain: Box | None, n_inputs: int) -> None:
        bound = highspy.kHighsInf if domain is None else 1.0
        self._centre = np.zeros(n_inputs) if domain is None else (domain.lower + domain.upper) / 2
        self._half_width = np.ones(n_inputs) if domain is None else (domain.upper - domain.lower) / 2
        self._bounds: list[float] = []
        self._columns = np.arange(n_inputs + 1, dtype=np.int32)
        self._solver = _QuietHighs()
        self._solver.setOptionValue("primal_feasibility_tolerance", LP_FEASIBILITY)
        self._solver.setOptionValue("dual_feasibility_tolerance", LP_FEASIBILITY)
        # Column 0 is the distance to be maximised; capped, so that unbounded cells have an answer too.
        self._solver.addVars(
            n_inputs + 1,
            np.array([-highspy.kHighsInf, *np.full(n_inputs, -bound)]),
            np.array([1.0, *np.full(n_inputs, bound)]),
        )
        self._solver.changeColCost(0, -1.0)

    def _scaled(self, coef: FloatArray, intercept: float) -> tuple[FloatArray, float]:
        """The row in coordinates where the domain is `[-1, 1]^n`, with a gradient of length 1."""
        row, constant = coef * self._half_width, float(intercept + coef @ self._centre)
        length = float(np.linalg.norm(row))
        return (row / length, constant / length) if length > 0 else (row, constant)

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
        row, constant = self._scaled(coef, intercept)
        self._bounds.append(-constant)
        self._add_row(-constant, 0.0, row)

    def pop(self) -> None:
        """Take the last cut back."""
        self._bounds.pop()
        self._delete_last_row()

    def relax(self, cut: int) -> None:
        """Let a cut bind no longer, until it is restored.

        Args:
            cut: its place on the stack, counted from 0.
        """
        self._solver.changeRowBounds(cut, -highspy.kHighsInf, highspy.kHighsInf)

    def restore(self, cut: int) -> None:
        """Let a cut that was relaxed bind again.

        Args:
            cut: its place on the stack, counted from 0.
        """
        self._solver.changeRowBounds(cut, self._bounds[cut], highspy.kHighsInf)

    def reach(self, coef: FloatArray, intercept: float) -> float:
        """How far the cell reaches into `coef x + intercept >= 0`.

        Args:
            coef: `(n_inputs,)` float64.
            intercept: the constant.

        Returns:
            The largest signed distance from the hyperplane, at most 1, in units of half the domain's width
            (in the units of the inputs where there is no domain). Where `coef` is 0 it is the constant itself.

        Raises:
            SolverError: if HiGHS stops without an optimum.
        """
        row, constant = self._scaled(coef, intercept)
        if not row.any():
            return constant
        self._add_row(-constant, -1.0, row)
        self._solver.run()
        status = self._solver.getModelStatus()
        value = -self._solver.getInfo().objective_function_value
        self._delete_last_row()
        if status != highspy.HighsModelStatus.kOptimal:
            raise SolverError(
                f"HiGHS stopped with {status.name[1:]}; rescale the inputs to similar sizes and try again."
            )
        return float(value)
