"""The pieces into which a network cuts a cell, in floats, with proofs of all that is left out.

Only what is proven to be empty is left out, and every sign is either proven or comes with a bound of what is lost where
it is wrong. That bound and all rounding errors are part of the errors of the outputs. So what is said of the pieces
together holds for the network in exact arithmetic, although no number of it was computed exactly.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from prelu_rules.geometry.proofs.certified import TINY, UNIT
from prelu_rules.geometry.proofs.certified_rows import Coordinates, Rows
from prelu_rules.network.normal_form import NormalForm
from prelu_rules.values import BoolArray, FloatArray

THIN = 1e-12
"""A side that reaches less deep than this, relative to the unit's largest terms, is not cut off: what it changes is
added to the errors.
"""


class PieceSigns(NamedTuple):
    """What is known of the signs of units on a piece.

    Attributes:
        signs: `(n_units,)` bool.
        certain: `(n_units,)` bool, whether it is proven that the unit has this sign all over the piece; elsewhere it
            may be wrong in a thin part.
        splits: the units at which the cell was cut, in order; the piece is where all of these have their signs.
    """

    signs: BoolArray
    certain: BoolArray
    splits: tuple[int, ...]


class Piece(NamedTuple):
    """A part of a cell, and the network there.

    Attributes:
        known: the signs of units.
        cell: the rows of the piece, functions that are non-negative there.
        outputs: the outputs as functions of the coordinates.
        sizes: `(n_outputs,)`, the sizes of the terms of which outputs are sums.
    """

    known: PieceSigns
    cell: Rows
    outputs: Rows
    sizes: FloatArray


class _Node(NamedTuple):
    """A part of a cell, where the signs of the first blocks are known, and some of those of the next block."""

    block: int
    cell: Rows
    splits: tuple[int, ...]
    signs: BoolArray
    depths: FloatArray  # how far a unit may be beyond 0 where its sign is wrong
    is_open: BoolArray  # whether the sign of a unit of the next block is not known yet
    units: Rows
    activations: Rows
    sizes: FloatArray  # of the terms of which units are sums


class CertifiedNetwork:
    """A network that cells are searched for the pieces of.

    Args:
        form: the network.
        coordinates: of a cell that contains all others.

    Example:
        >>> from prelu_rules.domains.box import Box
        >>> from prelu_rules.geometry.proofs.exact import ExactCell
        >>> form = NormalForm.from_layers([[[1.0]], [[2.0]]], [[-1.0], [0.0]], [[0.5]])
        >>> whole = ExactCell.of_domain(Box([0], [4]), 1)
        >>> assert whole is not None
        >>> coordinates = Coordinates.of_cell(whole)
        >>> assert coordinates is not None
        >>> pieces = CertifiedNetwork(form, coordinates).pieces(coordinates.rows(np.empty((0, 2))))
        >>> [piece.known.signs.tolist() for piece in pieces]
        [[False], [True]]
    """

    def __init__(self, form: NormalForm, coordinates: Coordinates) -> None:
        self._coordinates, self._blocks, self._n_units = coordinates, form.blocks, form.n_units
        self._direct = coordinates.rows(np.hstack([form.A, form.b[:, None]]), scaled=False)
        self._direct_outputs = coordinates.rows(np.hstack([form.C, form.e[:, None]]), scaled=False)
        self._weights, self._output_weights = form.B.astype(np.float64), form.D.astype(np.float64)
        self._slopes = form.slopes.astype(np.float64)

    def pieces(self, cell: Rows) -> Iterator[Piece]:
        """Search a cell, depth first, negative sides first.

        Args:
            cell: functions that are non-negative on the cell.

        Yields:
            The pieces, which cover the cell. Some may be empty, if that could not be proven.
        """
        n, width = self._n_units, len(self._coordinates.reach) + 1
        nothing, zeros = np.zeros(n, dtype=bool), np.zeros(n)
        rows = Rows(np.zeros((n, width)), zeros)
        stack = [self._entered(_Node(0, cell, (), nothing, zeros, nothing, rows, rows, zeros))]
        while stack:
            node = self._tested(stack.pop())
            if node is None:
                continue
            if node.block == len(self._blocks):
                yield self._piece(node)
            elif node.is_open.any():
                stack += self._halves(node)
            else:
                stack.append(self._entered(self._left(node)))

    def _entered(self, node: _Node) -> _Node:
        """The units of the next block as functions of the coordinates; all signs are open."""
        if node.block == len(self._blocks):
            return node
        here = self._blocks[node.block]
        units = Rows(node.units.values.copy(), node.units.errors.copy())
        sizes, is_open = node.sizes.copy(), node.is_open.copy()
        direct = self._direct.at(here)
        units.values[here], units.errors[here], sizes[here] = self._sums(
            direct, self._weights[here, : here.start], node.activations.at(slice(here.start)), node.sizes[: here.start]
        )
        is_open[here] = True
        return node._replace(units=units, sizes=sizes, is_open=is_open)

    def _sums(
        self, direct: Rows, weights: FloatArray, activations: Rows, sizes: FloatArray
    ) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Sums of activations: rows, errors, and the sizes of what is added."""
        totals = np.abs(direct.values[:, :-1]) @ self._coordinates.reach + np.abs(direct.values[:, -1])
        totals += np.abs(weights) @ sizes
        # Each weight is rounded once, if it was a fraction, and so are each product and each sum.
        errors = direct.errors + np.abs(weights) @ activations.errors + (len(sizes) + 8) * UNIT * totals
        return direct.values + weights @ activations.values, errors * (1 + (len(sizes) + 8) * UNIT) + TINY, totals

    def _tested(self, node: _Node) -> _Node | None:
        """Close the signs that are known on the cell; None if the cell is proven to be empty."""
        at = np.flatnonzero(node.is_open)
        if not len(at):
            return node
        low, high = self._coordinates.ranges(node.cell, node.units.at(at)).T
        if (high == -np.inf).any():
            return None
        thin = THIN * node.sizes[at]
        positive = (low >= -thin) & ((low >= 0) | (-low <= high))
        closed = positive | (high <= thin)
        signs, depths, is_open = node.signs.copy(), node.depths.copy(), node.is_open.copy()
        signs[at[closed]] = positive[closed]
        depths[at[closed]] = np.maximum(np.where(positive, -low, high), 0)[closed]
        is_open[at[closed]] = False
        return node._replace(signs=signs, depths=depths, is_open=is_open)

    def _halves(self, node: _Node) -> Iterator[_Node]:
        """The two sides of the first open unit; the one to search first comes last."""
        unit = int(node.is_open.argmax())
        is_open, depths = node.is_open.copy(), node.depths.copy()
        is_open[unit], depths[unit] = False, 0.0
        row = node.units.at(slice(unit, unit + 1))
        exponent = -int(np.frexp(np.abs(row.values).max())[1])
        # A power of 2 rounds nothing.
        row = Rows(np.ldexp(row.values, exponent), np.ldexp(row.errors, exponent))
        for side in (True, False):
            signs = node.signs.copy()
            signs[unit] = side
            yield node._replace(
                cell=node.cell.with_rows(row.times(1.0 if side else -1.0)),
                splits=(*node.splits, unit),
                signs=signs,
                depths=depths,
                is_open=is_open,
            )

    def _left(self, node: _Node) -> _Node:
        """The activations of a block whose signs are all known; the units' own sizes become those of activations."""
        here = self._blocks[node.block]
        factors = np.where(node.signs[here], 1.0, self._slopes[here])
        activations = Rows(node.activations.values.copy(), node.activations.errors.copy())
        sizes = node.sizes.copy()
        activations.values[here] = factors[:, None] * node.units.values[here]
        sizes[here] *= np.abs(factors)
        # Where the sign is wrong, the activation is off by the part of the bend that was not taken.
        lost = np.abs(1 - self._slopes[here]) * node.depths[here]
        errors = np.abs(factors) * node.units.errors[here] + lost + 4 * UNIT * sizes[here]
        activations.errors[here] = errors * (1 + 8 * UNIT) + TINY
        return node._replace(block=node.block + 1, activations=activations, sizes=sizes)

    def _piece(self, node: _Node) -> Piece:
        values, errors, sizes = self._sums(self._direct_outputs, self._output_weights, node.activations, node.sizes)
        known = PieceSigns(node.signs, node.depths == 0, node.splits)
        return Piece(known, node.cell, Rows(values, errors), sizes)
