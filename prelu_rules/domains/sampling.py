"""Random points of a domain."""

from __future__ import annotations

import numpy as np

from prelu_rules.domains.box import Box
from prelu_rules.domains.domain import Domain, frame_of
from prelu_rules.domains.linear_program import CellProgram
from prelu_rules.values import FloatArray


def sampled(domain: Domain, n_rows: int, seed: int = 0) -> FloatArray:
    """Draw random points from a domain.

    In a box they are independent and uniform. In a polytope they are the steps of a random walk along random lines
    (hit-and-run, Smith 1984), whose distribution tends to the uniform one.

    Args:
        domain: a box or a polytope.
        n_rows: the number of points.
        seed: the seed of the generator.

    Returns:
        `(n_rows, n_inputs)` float64.

    Raises:
        InvalidValueError: if the domain is empty.
        SolverError: if the linear programming solver fails.

    Example:
        >>> domain = Box([0, 5], [1, 5])
        >>> sampled(domain, 3).shape, bool(domain.contains(sampled(domain, 3)).all())
        ((3, 2), True)
    """
    rng = np.random.default_rng(seed)
    if isinstance(domain, Box):
        return rng.uniform(domain.lower, domain.upper, (n_rows, domain.n_inputs))
    frame = frame_of(domain, domain.n_inputs)
    rows = frame.halfspaces
    point = CellProgram(frame).inner_point()[1]
    points = np.empty((n_rows, frame.n_coordinates))
    for number in range(n_rows):
        direction = rng.normal(size=frame.n_coordinates)
        start, stop = chord(rows, point, direction)
        if frame.n_coordinates:
            point = point + rng.uniform(start, stop) * direction
        points[number] = point
    return points @ frame.basis.T + frame.centre


def chord(rows: FloatArray, point: FloatArray, direction: FloatArray) -> tuple[float, float]:
    """Where a line through a point is inside half-spaces.

    Args:
        rows: `(n_rows, n + 1)`, weights and constants of sums that are not negative inside.
        point: `(n,)`.
        direction: `(n,)`, of the line.

    Returns:
        Multiples of the direction between which it is, infinite where the line does not end. If the point is outside,
        the first may be larger than the second.

    Example:
        >>> chord(np.array([[1.0, 1.0], [-1.0, 1.0]]), np.array([0.5]), np.array([2.0]))
        (-0.75, 0.25)
    """
    rates, slack = rows[:, :-1] @ direction, rows[:, :-1] @ point + rows[:, -1]
    start = np.max(-slack[rates > 0] / rates[rates > 0], initial=-np.inf)
    stop = np.min(-slack[rates < 0] / rates[rates < 0], initial=np.inf)
    return float(start), float(stop)
