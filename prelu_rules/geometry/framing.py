"""Functions of the input in the coordinates of a domain's frame, and what rounding errors leave certain about them."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from prelu_rules.domains.domain import Domain, frame_of
from prelu_rules.domains.remembered import remembered
from prelu_rules.geometry.witnesses import ROUNDING, off_domain
from prelu_rules.values import FloatArray

LEAST_LENGTH = 1e-140
"""The square of a shorter gradient is not an accurate float; exact arithmetic takes such functions."""

KEPT = 1000
"""How many functions are kept: the rules of one network share their hyperplanes."""


class Framed(NamedTuple):
    """A function in the coordinates of the frame, divided by the length of its gradient there.

    Attributes:
        row: `(n_coordinates + 1,)`, weights and constant.
        length: that of the gradient; 0 if it is too short for floats, or the function is constant on the domain.
        error: the largest rounding error of a value on the domain.
    """

    row: FloatArray
    length: float
    error: float


class Framing:
    """The frame of a domain, and functions in it.

    Args:
        domain: the domain; None for all inputs.
        n_inputs: the number of inputs.

    Example:
        >>> from prelu_rules.domains.box import Box
        >>> framing = Framing(Box([0.0], [4.0]), 1)
        >>> framing.of(np.array([1.0, -3.0]))[:2]
        (array([ 1. , -0.5]), 2.0)
    """

    def __init__(self, domain: Domain | None, n_inputs: int) -> None:
        frame = self.frame = frame_of(domain, n_inputs)
        width = np.abs(frame.basis).sum(axis=1) * frame.bound if frame.n_coordinates else 0.0
        self._size = np.abs(frame.centre) + width
        # How far coordinates may be beyond the bounds because centre and width of the domain are rounded.
        ends = np.abs(frame.centre) @ (frame.basis != 0)
        self._bound = frame.bound + 4 * ROUNDING * ends / np.abs(frame.basis).max(axis=0, initial=0)
        self._off_domain = off_domain(domain, frame)
        # The largest rounding error of a value of the frame's own rows.
        self.off_rows = ROUNDING * 8 * frame.n_coordinates * (frame.bound + 1) if np.isfinite(frame.bound) else np.inf
        self._known: Callable[[bytes], Framed] = lru_cache(KEPT)(self._of)

    @classmethod
    def shared(cls, domain: Domain | None, n_inputs: int) -> Framing:
        """The framing of a domain, made only once.

        Args:
            domain: the domain; None for all inputs.
            n_inputs: the number of inputs.

        Returns:
            The same object each time, unless the domain is all inputs.
        """
        if domain is None:
            return cls(domain, n_inputs)
        found: Framing = remembered(domain, ("framing", n_inputs), lambda: cls(domain, n_inputs))
        return found

    def of(self, row: FloatArray) -> Framed:
        """A function in the frame.

        Args:
            row: `(n_inputs + 1,)` float64, weights and constant.

        Returns:
            The function, which must not be changed.
        """
        return self._known(row.tobytes())

    def _of(self, numbers: bytes) -> Framed:
        row = np.frombuffer(numbers)
        weights, constant = self.frame.row(row[:-1], float(row[-1]))
        framed = np.append(weights, constant)
        length = float(np.linalg.norm(row[:-1] @ self.frame.basis)) if weights.any() else 0.0
        if length < LEAST_LENGTH:
            return Framed(framed, 0.0, np.inf)
        size = float(np.abs(row[:-1]) @ np.where(np.abs(row[:-1]) > 0, self._size, 0.0)) + abs(float(row[-1]))
        return Framed(framed, length, ROUNDING * (len(row) + 8) * size / length)

    def cannot(
        self, function: Framed, by: float, multipliers: FloatArray, rows: FloatArray, errors: FloatArray
    ) -> bool:
        """Whether a sum with multiples of half-spaces proves that a function does not exceed a number.

        Args:
            function: the function.
            by: the number, not negative.
            multipliers: `(n_rows,)`, not negative.
            rows: `(n_rows, n_coordinates + 1)`, the half-spaces `rows (t, 1) >= 0`.
            errors: `(n_rows,)`, the largest rounding errors of their values on the domain.

        Returns:
            True if it is proven.
        """
        if not np.isfinite(self.frame.bound):
            # Only weights that cancel to exactly 0 would be a proof.
            return False
        used = multipliers > 0
        factors, rows, errors = multipliers[used], rows[used], errors[used]
        total = function.row + factors @ rows
        sizes = np.abs(function.row) + factors @ np.abs(rows)
        largest = np.abs(total[:-1]) @ self._bound + total[-1]
        size = sizes[:-1] @ self._bound + sizes[-1]
        error = function.error + factors @ errors + self._off_domain * (1 + factors.sum())
        n_terms = len(function.row) + len(multipliers) + 8
        return bool(largest + error + ROUNDING * n_terms * size <= by / function.length * (1 - ROUNDING))
