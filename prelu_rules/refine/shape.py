"""What bends may look like, for those who read them: few columns in each, and none inside another."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from prelu_rules.errors import InvalidValueError
from prelu_rules.network.compact import CompactForm
from prelu_rules.values import FloatArray, Shown


@dataclass(frozen=True)
class Shape(Shown):
    """A limit on what a bend may use. With one column, a bend is a threshold such as `age > 41`.

    A column counts as used by a bend if a change in it alone can move the bend's pre-activation, also through other
    bends inside it. So a network within a limit stays within it when one of its units is taken out and one of its sides
    takes its place.

    Attributes:
        max_columns_per_bend: how many columns a bend may use; None for all.
        nesting: whether bends may use other bends.

    Raises:
        InvalidValueError: if `max_columns_per_bend` is not an integer of at least 1.

    Example:
        >>> weights = np.array([[3.0, 1.0, 0.0, 0.0, 1.0], [0, 2, 4, 0, 1], [1, 1, 1, 1, 0]])
        >>> support = np.array([[1, 1, 0, 0, 1], [1, 1, 1, 0, 1], [1, 1, 1, 1, 1]], dtype=bool)
        >>> system = CompactForm(weights, support, 2)
        >>> Shape(max_columns_per_bend=1).restricted(system).weights
        array([[3., 0., 0., 0., 1.],
               [0., 0., 4., 0., 1.],
               [1., 1., 1., 1., 0.]])
        >>> Shape(nesting=False).restricted(system).weights
        array([[3., 1., 0., 0., 1.],
               [0., 2., 0., 0., 1.],
               [1., 1., 1., 1., 0.]])
    """

    max_columns_per_bend: int | None = None
    nesting: bool = True

    def __post_init__(self) -> None:
        most = self.max_columns_per_bend
        if most is not None and (isinstance(most, bool) or not isinstance(most, int | np.integer) or most < 1):
            raise InvalidValueError(
                f"max_columns_per_bend is {most!r}; it must be an integer of at least 1, or None for no limit."
            )

    def restricted(self, system: CompactForm, spread: FloatArray | None = None) -> CompactForm:
        """The network within these limits: each bend keeps the columns that move it most, and the rest is cut.

        Args:
            system: the network.
            spread: `(n_inputs,)`, the standard deviation of each column; None if all are near 1, as in a `Task`.

        Returns:
            A network with the same units, and with free weights where they were free and are within the limits. It
            computes the same function only if nothing had to be cut.
        """
        kept = system if self.nesting else system.shallow()
        if self.max_columns_per_bend is None:
            return kept
        d, k = kept.n_inputs, kept.n_units
        support = kept.support.copy()
        direct = np.abs(kept.weights[:k, :d]) * (1.0 if spread is None else spread)
        nested = np.abs(kept.weights[:k, d:-1])
        # How far each column moves each bend at most, and whether it may, after the refit, move it at all.
        moves, used = np.zeros((k, d)), np.zeros((k, d), dtype=bool)
        for unit in range(k):
            on, inside = support[unit, :d], support[unit, d:-1]
            reachable = on | used[inside].any(axis=0)
            reach = np.where(reachable, direct[unit] + nested[unit] @ moves, -1.0)
            chosen = np.zeros(d, dtype=bool)
            chosen[np.argsort(-reach, kind="stable")[: self.max_columns_per_bend]] = True
            on &= chosen
            inside &= ~used[:, ~chosen].any(axis=1)
            used[unit] = on | used[inside].any(axis=0)
            moves[unit] = direct[unit] * on + (nested[unit] * inside) @ moves
        return kept.with_support(support)


FREE = Shape()
"""No limit."""

SHALLOW = Shape(nesting=False)
"""Bends of columns only."""
