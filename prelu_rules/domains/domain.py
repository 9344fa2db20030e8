"""Domains of either kind, and their frames."""

from __future__ import annotations

import numpy as np
from scipy.linalg import null_space

from prelu_rules.domains.box import Box
from prelu_rules.domains.frame import Frame
from prelu_rules.domains.linear_program import CellProgram
from prelu_rules.domains.polytope import Polytope
from prelu_rules.domains.remembered import remembered
from prelu_rules.errors import InvalidValueError, ShapeError
from prelu_rules.tolerances import CUT, ON_DOMAIN
from prelu_rules.values import BoolArray, FloatArray

Domain = Box | Polytope
"""Where a domain is optional, None stands for all of R^n."""


def frame_of(domain: Domain | None, n_inputs: int) -> Frame:
    """Coordinates in which a domain has an interior.

    Args:
        domain: a box, a polytope, or None for all of R^n.
        n_inputs: the number of inputs of the network.

    Returns:
        The frame. Each equation of a polytope costs it a dimension, and so does each inequality that only holds with
        equality.

    Raises:
        ShapeError: if the domain has the wrong dimension.
        InvalidValueError: if no point satisfies the constraints of the domain, or it is not a domain.
        SolverError: if the linear programming solver fails.

    Example:
        Two shares that sum to 1 are one coordinate:

        >>> frame_of(Polytope.one_hot(Box([0, 0], [1, 1]), [[0, 1]]), 2).n_coordinates
        1
    """
    given: object = domain
    if not isinstance(given, Domain | None):
        kind = type(given).__name__
        raise InvalidValueError(
            f"the domain is of type {kind}; give a Box, such as Box.from_data(rows), or a Polytope."
        )
    if domain is not None and domain.n_inputs != n_inputs:
        raise ShapeError(f"the domain has {domain.n_inputs} dimensions, but the network has {n_inputs} inputs.")
    if domain is None:
        return Frame.of_everything(n_inputs)
    if isinstance(domain, Box):
        return Frame.of_box(domain)
    return remembered(domain, "frame", lambda: _frame_of_polytope(domain))


def _frame_of_polytope(domain: Polytope) -> Frame:
    box = Frame.of_box(domain.box)
    constraints = [box.row(-coef, limit) for coef, limit in zip(domain.coef, domain.limit, strict=True)]
    n = box.n_coordinates
    rows = np.array([[*weights, constant] for weights, constant in constraints]).reshape(-1, n + 1)
    bounds = np.vstack([np.eye(n), -np.eye(n)])
    rows = np.vstack([rows, np.hstack([bounds, np.ones((2 * n, 1))])])
    return _full_dimensional(box, rows, np.append(domain.equal, np.zeros(2 * n, dtype=bool)))


def _full_dimensional(box: Frame, rows: FloatArray, equal: BoolArray) -> Frame:
    """The frame of `rows (u, 1) >= 0`, or `= 0` where `equal`, for the coordinates `u` of a box."""
    while True:
        weights, constants = rows[equal, :-1], rows[equal, -1]
        # The shortest solution is orthogonal to the basis, so no `t` of the box is longer than the corners of the box.
        origin = np.linalg.lstsq(weights, -constants)[0] if equal.any() else np.zeros(box.n_coordinates)
        basis = null_space(weights, rcond=ON_DOMAIN) if equal.any() else np.eye(box.n_coordinates)
        if (np.abs(weights @ origin + constants) > ON_DOMAIN).any():
            raise InvalidValueError(
                "no point of the box satisfies the equations of the domain; fix or drop some of them."
            )
        turned, slack = rows[~equal, :-1] @ basis, rows[~equal, :-1] @ origin + rows[~equal, -1]
        lengths = np.linalg.norm(turned, axis=1)
        moves = lengths > ON_DOMAIN
        if (slack[~moves] < -ON_DOMAIN).any():
            raise InvalidValueError(
                "no point of the box satisfies the constraints of the domain; fix or drop some of them."
            )
        inner = np.hstack([turned, slack[:, None]])[moves] / lengths[moves, None]
        frame = Frame(box.centre + box.basis @ origin, box.basis @ basis, 1.0 + np.sqrt(box.n_coordinates), inner)
        cell = CellProgram(frame)
        radius, _ = cell.inner_point()
        if radius > CUT:
            return frame
        if radius < -CUT:
            raise InvalidValueError(
                "no point of the box satisfies the constraints of the domain; fix or drop some of them."
            )
        reaches = np.array([cell.reach_in_frame(row[:-1], float(row[-1])) for row in inner])
        equal = equal.copy()
        # Constraints that the domain only satisfies with equality; if the domain is very thin, at least the tightest.
        equal[np.flatnonzero(~equal)[moves][reaches <= max(CUT, reaches.min())]] = True
