"""Whether linear inequalities have a solution, by Fourier-Motzkin elimination in fractions: obvious, and slow."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

Inequality = tuple[tuple[Fraction, ...], bool]
"""Weights and constant of a sum, and whether it has to be above 0 rather than at least 0."""


def inequality(row: Sequence[float | Fraction], strict: bool = False) -> Inequality:
    """A row as an inequality in fractions."""
    return tuple(Fraction(value) for value in row), strict


def solvable(inequalities: Sequence[Inequality]) -> bool:
    """Whether some point satisfies all of them."""
    rows = list(inequalities)
    while len(rows[0][0]) > 1:
        above = [(row, strict) for row, strict in rows if row[0] > 0]
        below = [(row, strict) for row, strict in rows if row[0] < 0]
        rows = [(row[1:], strict) for row, strict in rows if row[0] == 0]
        for up, strictly_up in above:
            for down, strictly_down in below:
                summed = tuple(-down[0] * u + up[0] * d for u, d in zip(up[1:], down[1:], strict=True))
                rows.append((summed, strictly_up or strictly_down))
        if not rows:
            return True
    return all(row[0] > 0 or (row[0] == 0 and not strict) for row, strict in rows)
