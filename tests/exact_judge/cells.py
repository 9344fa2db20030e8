"""The activation cells of a network on a polyhedron, by exact search: unit after unit cuts the cells that it has to.

A cell counts if it has as many dimensions as the domain. A unit that is 0 on all of a cell is not negative there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from typing import NamedTuple

from exact_judge.polyhedron import Polyhedron, negative, value

Affine = list[Fraction]
"""Weights of the inputs, then the constant."""


class Network(NamedTuple):
    """`z = A x + B p + b`, `p = max(0, z) + slopes min(0, z)`, `y = C x + D p + e`, in fractions."""

    A: list
    B: list
    b: list
    C: list
    D: list
    e: list
    slopes: list

    @classmethod
    def of(cls, A, B, b, C, D, e, slopes) -> Network:
        """The network of arrays of floats or fractions: every float is the fraction of equal value."""
        return cls(*(fractions(array) for array in (A, B, b, C, D, e, slopes)))

    @property
    def n_inputs(self) -> int:
        return len(self.C[0])

    @property
    def n_units(self) -> int:
        return len(self.slopes)

    @property
    def n_outputs(self) -> int:
        return len(self.e)

    def at(self, point: Sequence[Fraction]) -> list[Fraction]:
        """The outputs at a point: the forward pass."""
        activations: list[Fraction] = []
        for unit in range(self.n_units):
            z = value([*self.A[unit], self.b[unit]], point) + _weighted(self.B[unit], activations)
            activations.append(z if z >= 0 else self.slopes[unit] * z)
        return [
            value([*self.C[k], self.e[k]], point) + _weighted(self.D[k], activations) for k in range(self.n_outputs)
        ]

    def terms(self, sizes: Sequence[Fraction], constant: int = 1) -> list[Fraction]:
        """How large the terms of each output can be where inputs have these absolute values.

        Every product is taken without its sign, through all units, so that a rounding error of a sum of floats is at
        most a few units in the last place of this. With `constant` 0, that of a direction, which constants do not
        enter.
        """
        activations: list[Fraction] = []
        for unit in range(self.n_units):
            z = _size(self.A[unit], sizes) + _size(self.B[unit], activations) + constant * abs(self.b[unit])
            activations.append(max(Fraction(1), abs(self.slopes[unit])) * z)
        return [
            _size(self.C[k], sizes) + _size(self.D[k], activations) + constant * abs(self.e[k])
            for k in range(self.n_outputs)
        ]


class Cell(NamedTuple):
    """A full-dimensional cell: its signs, True for non-negative, and its outputs."""

    polyhedron: Polyhedron
    signs: tuple[bool, ...]
    outputs: list[Affine]


Counts = Callable[[int, Affine, Polyhedron], bool]
"""Whether a unit's positive side counts in a cell, by the unit, what it has to be at least 0, and the cell."""


def cells(network: Network, domain: Polyhedron, counts: Counts | None = None) -> Iterator[Cell]:
    """All activation cells.

    Args:
        network: the network.
        domain: where to search.
        counts: leaves out cuts, for a search that is allowed a tolerance; by default every side of any width counts.
    """
    yield from _below(network, domain, [], (), counts)


def _below(
    network: Network, cell: Polyhedron, activations: list[Affine], signs: tuple[bool, ...], counts: Counts | None
) -> Iterator[Cell]:
    unit = len(signs)
    if unit == network.n_units:
        yield Cell(
            cell, signs, [_row(network.C[k], network.e[k], network.D[k], activations) for k in range(len(network.e))]
        )
        return
    z = _row(network.A[unit], network.b[unit], network.B[unit], activations)
    sides = {True: cell.half(z), False: cell.half(negative(z))}
    if sides[True] is None and sides[False] is None:
        sides[True] = cell
    elif None not in sides.values() and counts is not None:
        there = {sign: counts(unit, z if sign else list(negative(z)), cell) for sign in sides}
        if not all(there.values()):
            # One side does not count, so the other is the whole cell; of two such sides one has to be chosen.
            larger = there[True] or not there[False]
            sides = {larger: cell, not larger: None}
    for sign, part in sorted(sides.items()):
        if part is not None:
            slope = 1 if sign else network.slopes[unit]
            yield from _below(network, part, [*activations, [slope * w for w in z]], (*signs, sign), counts)


def fractions(array) -> list:
    """An array of floats or fractions as nested lists of fractions of equal value."""
    listed = array.tolist() if hasattr(array, "tolist") else array
    return [fractions(entry) if isinstance(entry, (list, tuple)) else Fraction(entry) for entry in listed]


def _row(direct: Sequence[Fraction], constant: Fraction, weights: Sequence[Fraction], activations) -> Affine:
    row = [*direct, constant]
    for weight, activation in zip(weights, activations, strict=False):
        if weight:
            row = [so_far + weight * term for so_far, term in zip(row, activation, strict=True)]
    return row


def _weighted(weights: Sequence[Fraction], activations: Sequence[Fraction]) -> Fraction:
    return sum((w * p for w, p in zip(weights, activations, strict=False)), Fraction(0))


def _size(weights: Sequence[Fraction], sizes: Sequence[Fraction]) -> Fraction:
    return sum((abs(w) * size for w, size in zip(weights, sizes, strict=False)), Fraction(0))
