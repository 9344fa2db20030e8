"""Inputs that surely lie inside a cell: each of them proves what is true somewhere in it."""

from __future__ import annotations

import numpy as np

from prelu_rules.domains.domain import Domain
from prelu_rules.domains.frame import Frame
from prelu_rules.domains.remembered import remembered
from prelu_rules.domains.sampling import sampled
from prelu_rules.tolerances import ON_DOMAIN
from prelu_rules.values import BoolArray, FloatArray

N_DRAWN = 128
"""Inputs drawn from the domain; in few dimensions they show most of what is true in a cell."""

KEPT = 4 * N_DRAWN
"""How many inputs are kept from one search to the next."""

SCALES = (1.0, 1e3)
"""How far from the origin inputs are drawn if there is no domain."""

ROUNDING = 2.0**-52
"""Twice the largest relative error of one operation; the other half covers products of errors."""

LEAST_SIZE = 1e-280
"""Errors of smaller terms are too small for a float."""

TOWARDS_INSIDE = np.array([0.0, 1e-14, 1e-11, 1e-8, 1e-5, 1e-2, 0.1, 0.3, 0.6])
"""How far a point on a boundary is moved towards an inner one, so that it lies inside in spite of rounding."""


class Witnesses:
    """Inputs of a domain, and in which of the half-spaces of a cell each of them surely lies.

    Args:
        domain: the domain; None for all inputs.
        frame: the frame of the domain.

    Example:
        >>> from prelu_rules.domains.box import Box
        >>> box = Box([0], [1])
        >>> witnesses = Witnesses(box, Frame.of_box(box))
        >>> witnesses.push(np.array([1.0, -0.5]))
        >>> witnesses.show(np.array([1.0, -0.9]), 0.0), witnesses.show(np.array([-1.0, 0.5]), 0.0)
        (True, False)
    """

    def __init__(self, domain: Domain | None, frame: Frame) -> None:
        if domain is None:
            drawn = np.random.default_rng(0).normal(size=(N_DRAWN, len(frame.centre)))
            points = np.vstack([scale * drawn[k :: len(SCALES)] for k, scale in enumerate(SCALES)])
        else:
            drawn = remembered(domain, "witnesses", lambda: sampled(domain, N_DRAWN))
            points = np.clip(drawn, domain.lower, domain.upper)
        self._off_domain = off_domain(domain, frame)
        self._domain, self._frame = domain, frame
        self._points = points[self._within(points)]
        self._rows: list[FloatArray] = []
        self._inside: list[BoolArray] = []
        self._active: list[bool] = []

    def _within(self, points: FloatArray) -> BoolArray:
        """Which points lie in the domain, in spite of rounding."""
        if self._domain is None or not len(self._frame.rows):
            return np.ones(len(points), dtype=bool)
        return self._frame.contains(points)

    def push(self, row: FloatArray) -> None:
        """Cut the cell by `row (x, 1) >= 0`, for weights and constant of a function of the input."""
        self._rows.append(row)
        self._inside.append(self._surely_above(row, self._points, 0.0))
        self._active.append(True)

    def pop(self) -> None:
        """Undo the last cut."""
        self._rows.pop()
        self._inside.pop()
        self._active.pop()

    def set_active(self, cut: int, active: bool) -> None:
        """Ignore a cut, or enforce it again."""
        self._active[cut] = active

    def add(self, point: FloatArray) -> None:
        """Know one more input, if it lies in the domain in spite of rounding."""
        if self._domain is not None:
            point = np.clip(point, self._domain.lower, self._domain.upper)
        new = point[None]
        if not self._within(new)[0]:
            return
        self._points = np.vstack([self._points, new])
        if self._rows:
            above = self._surely_above(np.array(self._rows), new, 0.0)[0]
            self._inside = [np.append(known, one) for known, one in zip(self._inside, above, strict=True)]

    def keep_few(self) -> None:
        """Of inputs that no cut asks about any more, keep the latest, since each question looks at all of them."""
        self._points = self._points[-KEPT:]

    def show(self, row: FloatArray, by: float) -> bool:
        """Whether some known input of the cell proves that a function exceeds a number there."""
        return bool((self._surely_above(row, self._points, by) & self._in_cell()).any())

    def shown(self, rows: FloatArray) -> BoolArray:
        """For each row, whether some known input of the cell proves that the function is positive there."""
        return np.asarray(self._surely_above(rows, self._points[self._in_cell()], 0.0).any(axis=0))

    def found(self, point: FloatArray, row: FloatArray, by: float) -> bool:
        """Whether an input on the boundary of the cell, moved a little inside, proves it; if so, it is kept."""
        inside = self._points[self._in_cell()]
        if not len(inside):
            return False
        steps = TOWARDS_INSIDE[:, None]
        points = (1 - steps) * point + steps * inside.mean(axis=0)
        if self._domain is not None:
            points = np.clip(points, self._domain.lower, self._domain.upper)
        points = points[self._within(points)]
        rows = [r for r, active in zip(self._rows, self._active, strict=True) if active]
        good = self._surely_above(row, points, by)
        if rows:
            good &= self._surely_above(np.array(rows), points, 0.0).all(axis=1)
        if not good.any():
            return False
        # The deepest of them, since it has to lie inside the parts of this cell, too.
        self.add(points[good][-1])
        return True

    def _in_cell(self) -> BoolArray:
        cuts = [inside for inside, active in zip(self._inside, self._active, strict=True) if active]
        return np.asarray(np.all(cuts, axis=0)) if cuts else np.ones(len(self._points), dtype=bool)

    def _surely_above(self, row: FloatArray, points: FloatArray, by: float) -> BoolArray:
        """Where a function surely exceeds a number, `(n_points,)`; of several, given by rows, `(n_points, n_rows)`."""
        weights, constant = row[..., :-1], row[..., -1]
        values = points @ weights.T + constant
        sizes = np.abs(points) @ np.abs(weights).T + np.abs(constant) + by + LEAST_SIZE
        error = ROUNDING * (row.shape[-1] + 4) * sizes
        if self._off_domain > 0:
            error = error + self._off_domain * np.linalg.norm(weights @ self._frame.basis, axis=-1)
        return np.asarray(values - by > error)


def off_domain(domain: Domain | None, frame: Frame) -> float:
    """How far floats in a domain may be from its exact points, as a share of its width.

    A float rarely satisfies equations exactly, but an input that does is as near as the tolerance of the domain.

    Args:
        domain: the domain; None for all inputs.
        frame: its frame.

    Returns:
        0 for a domain that no equation makes flat; `ON_DOMAIN` for others.

    Example:
        >>> from prelu_rules.domains.box import Box
        >>> box = Box([0, 1], [2, 1])
        >>> off_domain(box, Frame.of_box(box))
        0.0
    """
    solid = domain is None or frame.n_coordinates == np.count_nonzero(domain.lower < domain.upper)
    return 0.0 if solid else ON_DOMAIN
