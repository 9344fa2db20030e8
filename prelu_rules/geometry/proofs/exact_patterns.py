"""The activation patterns of a network in a cell, in exact arithmetic."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from functools import cached_property
from itertools import chain
from typing import NamedTuple

import numpy as np

from prelu_rules.geometry.proofs.certified_patterns import PieceSigns
from prelu_rules.geometry.proofs.exact import ExactCell
from prelu_rules.network.normal_form import NormalForm
from prelu_rules.values import Array, BoolArray


class ExactPart:
    """The part of a cell where functions are non-negative; it is worked out when it is first asked for.

    Args:
        whole: a cell.
        rows: the functions, `(n_inputs + 1,)` fractions each.

    Example:
        >>> from prelu_rules.domains.box import Box
        >>> whole = ExactCell.of_domain(Box([0], [2]), 1)
        >>> assert whole is not None
        >>> part = ExactPart(whole, [np.array([Fraction(1), Fraction(-1)])])
        >>> part.is_known(np.array([Fraction(3), Fraction(-3)])), part.is_known(np.array([Fraction(1), Fraction(0)]))
        (True, False)
    """

    def __init__(self, whole: ExactCell, rows: Sequence[Array]) -> None:
        self._before: ExactPart | ExactCell = whole
        self._added = tuple(rows)
        self._directions = frozenset(map(direction, rows))

    def cut(self, row: Array) -> ExactPart:
        """The part of this one where another function is non-negative, too.

        Args:
            row: the function.

        Returns:
            That part.
        """
        part = ExactPart.__new__(ExactPart)
        part._before, part._added = self, (row,)
        part._directions = self._directions | {direction(row)}
        return part

    def is_known(self, row: Array) -> bool:
        """Whether the part was cut where a function is non-negative, or a positive multiple of it.

        Args:
            row: the function.

        Returns:
            True if it was.
        """
        return direction(row) in self._directions

    @cached_property
    def cell(self) -> ExactCell | None:
        """The part as a cell; None if it is empty."""
        rows, before = [self._added], self._before
        # A loop, because a part may have been cut a thousand times since it was last asked for.
        while isinstance(before, ExactPart) and "cell" not in before.__dict__:
            rows.append(before._added)
            before = before._before
        cell = before.cell if isinstance(before, ExactPart) else before
        for row in chain.from_iterable(reversed(rows)):
            cell = None if cell is None else cell.cut(row)
        return cell

    def exceeds(self, row: Array) -> bool:
        """Whether a function is positive somewhere.

        Args:
            row: the function.

        Returns:
            True if it is; False also if there is nothing.
        """
        return not self.is_known(-row) and self.cell is not None and self.cell.exceeds(row)


class ExactPattern(NamedTuple):
    """An activation pattern of a cell, the part of the cell where it holds, boundary included, and the outputs there.

    Attributes:
        signs: `(n_units,)` bool.
        part: the part of the cell.
        outputs: `(n_outputs, n_inputs + 1)`, constants last.
    """

    signs: BoolArray
    part: ExactPart
    outputs: Array


class _Node(NamedTuple):
    """A part of the cell where the signs of the first units are known, and their activations."""

    part: ExactPart
    activations: tuple[Array, ...]
    signs: tuple[bool, ...]


def exact_patterns(form: NormalForm, part: ExactPart, known: PieceSigns | None = None) -> Iterator[ExactPattern]:
    """The activation patterns whose part of a cell has an interior, without any tolerance.

    Args:
        form: a network in exact rationals, see `NormalForm.exact`.
        part: the cell to look in.
        known: what is known of the patterns to look for. The part is cut where the piece of them was, whether or not
            that leaves an interior; signs that are certain are not looked into.

    Yields:
        Each pattern; the last unit varies fastest, negative side first.

    Example:
        >>> from prelu_rules.domains.box import Box
        >>> B = np.zeros((2, 2))
        >>> form = NormalForm(A=[[1], [1]], B=B, b=[0, -1e-20], C=[[0]], D=[[1, 1]], e=[0], slopes=[0, 0])
        >>> whole = ExactCell.of_domain(Box([-1], [1]), 1)
        >>> assert whole is not None
        >>> [pattern.signs.astype(int).tolist() for pattern in exact_patterns(form.exact(), ExactPart(whole, []))]
        [[0, 0], [1, 0], [1, 1]]
    """
    direct, direct_outputs = np.hstack([form.A, form.b[:, None]]), np.hstack([form.C, form.e[:, None]])
    stack = [_Node(part, (), ())]
    while stack:
        node = stack.pop()
        unit = len(node.signs)
        if unit == form.n_units:
            outputs = [
                _sum(row, weights, node.activations) for row, weights in zip(direct_outputs, form.D, strict=True)
            ]
            yield ExactPattern(np.array(node.signs, dtype=bool), node.part, np.array(outputs, dtype=object))
            continue
        row = _sum(direct[unit], form.B[unit], node.activations)
        sides: tuple[bool, ...]
        parts: tuple[ExactPart, ...]
        if known is not None and known.certain[unit]:
            sides = (bool(known.signs[unit]),)
            parts = (node.part.cut(row if sides[0] else -row) if unit in known.splits else node.part,)
        else:
            below = node.part.exceeds(-row)
            # A unit that is 0 on the whole cell counts as non-negative.
            sides = (True, False) if below and node.part.exceeds(row) else (not below,)
            parts = (node.part,) if len(sides) == 1 else (node.part.cut(row), node.part.cut(-row))
        for side, child in zip(sides, parts, strict=True):
            activation = row if side else form.slopes[unit] * row
            stack.append(_Node(child, (*node.activations, activation), (*node.signs, side)))


def _sum(row: Array, weights: Array, activations: Sequence[Array]) -> Array:
    """A function of the inputs plus a weighted sum of activations."""
    for earlier in np.flatnonzero(weights).tolist():
        row = row + weights[earlier] * activations[earlier]
    return row


def direction(row: Array) -> tuple[Fraction, ...]:
    """A function divided by the absolute value of its first weight, so that positive multiples are equal.

    Args:
        row: weights and constant, in exact rationals.

    Returns:
        The divided row.

    Example:
        >>> direction(np.array([Fraction(-4), Fraction(2)])) == (-1, Fraction(1, 2))
        True
    """
    size = next((abs(v) for v in row if v != 0), 1)
    return tuple(v / size for v in row)
