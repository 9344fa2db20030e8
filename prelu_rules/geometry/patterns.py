"""Which activation patterns some input of the domain has."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import NamedTuple

import numpy as np

from prelu_rules.domains.domain import Domain
from prelu_rules.geometry.cell import Cell
from prelu_rules.geometry.negligible import negligible
from prelu_rules.network.normal_form import NormalForm
from prelu_rules.tolerances import CANCELLED
from prelu_rules.values import Array, BoolArray


class ReachablePattern(NamedTuple):
    """An activation pattern that some inputs of the domain have.

    Attributes:
        signs: `(n_units,)` bool, True where the unit's pre-activation is non-negative.
        decides: `(n_units,)` bool, True where the domain and the earlier units leave the unit's sign open. The other
            signs need no condition. The open ones form a decision tree, so every input has exactly one leaf.
        pre_activations: `(n_units, n_inputs + 1)`, each unit's pre-activation where this pattern holds, as the weights
            of an affine function of the input with the constant last. Patterns that share decisions share rows.
    """

    signs: BoolArray
    decides: BoolArray
    pre_activations: Array


def reachable_patterns(
    form: NormalForm, domain: Domain | None = None, at: Array | None = None
) -> Iterator[ReachablePattern]:
    """The activation patterns whose region has an interior, one by one.

    Units are decided in order, negative side first, so that the last unit varies fastest. Every region is
    full-dimensional: patterns that occur only on a boundary are not listed, and the function there is that of the
    neighbouring regions. For a network in exact rationals that is decided without any tolerance. Of a network in
    float64, the side of a unit is entered only if the cell reaches further than `CUT` into it, or so far that an output
    shows it (see `negligible`): bends that differ by rounding errors only make no regions.

    Args:
        form: the network; the cost grows with the regions found times the units, not with `2^n_units`.
        domain: the box or polytope to search, or None for all of R^n.
        at: `(n_inputs,)`, an input, to find only its pattern, or a neighbouring one if it lies on a boundary; None for
            all patterns.

    Yields:
        Each pattern, with the units whose sign is an open decision there.

    Raises:
        ShapeError: if the dimension of the domain is not the number of inputs.
        InvalidValueError: if the domain is empty.
        SolverError: if the linear programming solver fails.

    Example:
        Two units that bend at 0 and at 1 have three patterns, not four:

        >>> form = NormalForm(A=[[1], [1]], B=np.zeros((2, 2)), b=[0, -1], C=[[0]], D=[[1, 1]], e=[0], slopes=[0, 0])
        >>> [pattern.signs.astype(int).tolist() for pattern in reachable_patterns(form)]
        [[0, 0], [1, 0], [1, 1]]
    """
    search = _Search(form, domain, at)
    while search.next():
        yield search.found()


class _Search:
    """A depth-first search, without recursion: networks may have thousands of units.

    Attributes of the current cell are those of the units before `unit`.
    """

    def __init__(self, form: NormalForm, domain: Domain | None, at: Array | None) -> None:
        self._is_exact, self._at = form.A.dtype == object, at
        self._cell = Cell(domain, form.n_inputs)
        if at is not None:
            self._cell.know(at)
        self._negligible = negligible(form, domain)
        # Without a domain, bends that are parallel would meet far away if their weights were rounded.
        self._form = form.exact() if domain is None and at is None else form
        self._direct = np.hstack([self._form.A, self._form.b[:, None]])
        # Each unit as an affine function of the input, on the current cell.
        self._pre_activations, self._activations = np.zeros_like(self._direct), np.zeros_like(self._direct)
        self._signs = np.zeros(form.n_units, dtype=bool)
        self._decides = np.zeros(form.n_units, dtype=bool)
        # Units whose positive side is still to be searched.
        self._put_off: list[int] = []
        self._started = False

    def found(self) -> ReachablePattern:
        """The pattern that the search is at."""
        rows = self._pre_activations.astype(object if self._is_exact else np.float64)
        return ReachablePattern(self._signs.copy(), self._decides.copy(), rows)

    def next(self) -> bool:
        """Go to the next pattern; returns False if there is none."""
        unit = 0
        if self._started:
            if not self._put_off:
                return False
            unit = self._put_off.pop()
            # The last cut of the cell is the negative side of this unit, once those of later units are undone.
            for _ in range(np.count_nonzero(self._decides[unit:])):
                self._cell.pop()
            self._enter(unit, True, True)
            unit += 1
        self._started = True
        for later in range(unit, self._form.n_units):
            self._decide(later)
        return True

    def _decide(self, unit: int) -> None:
        row = pre_activation(self._direct[unit], self._form.B[unit, :unit], self._activations[:unit], self._is_exact)
        self._pre_activations[unit] = row
        sides = self._sides(row, self._negligible[unit])
        is_open = len(sides) == 2
        if is_open and self._at is None:
            self._put_off.append(unit)
        self._enter(unit, sides[0] if self._at is None or not is_open else self._at @ row[:-1] + row[-1] >= 0, is_open)

    def _enter(self, unit: int, side: bool, is_open: bool) -> None:
        row = self._pre_activations[unit]
        self._signs[unit], self._decides[unit] = side, is_open
        self._activations[unit] = row if side else row * self._form.slopes[unit]
        if is_open:
            self._cell.push(row if side else -row)

    def _sides(self, row: Array, negligible: float) -> tuple[bool, ...]:
        """The sides of a hyperplane on which the cell has an interior that matters, negative first."""
        if not row[:-1].any():
            return (bool(row[-1] >= 0),)
        # Of an exact network every sign matters.
        by = 0.0 if self._is_exact else min(self._cell.thin(row), negligible)
        above, below = self._cell.exceeds(row, by), self._cell.exceeds(-row, by)
        # If neither holds, the unit is 0 on the whole cell.
        return (False, True) if above and below else (not below,)


def pre_activations_on(form: NormalForm, signs: BoolArray) -> Array:
    """The pre-activations as functions of the input where a pattern holds, with cancelled weights exactly 0.

    Args:
        form: the network.
        signs: `(n_units,)` bool.

    Returns:
        `(n_units, n_inputs + 1)`, constants last.

    Example:
        >>> form = NormalForm.from_layers([[[2.0]], [[1.0]]], [[3.0], [0.0]], [[0.5]])
        >>> pre_activations_on(form, np.array([True]))
        array([[2., 3.]])
    """
    direct = np.hstack([form.A, form.b[:, None]])
    pre_activations = np.empty_like(direct)
    factors = np.where(signs, 1, form.slopes)
    for unit in range(form.n_units):
        activations = factors[:unit, None] * pre_activations[:unit]
        pre_activations[unit] = pre_activation(
            direct[unit], form.B[unit, :unit], activations, exact=form.A.dtype == object
        )
    return pre_activations


def pre_activation(direct: Array, weights: Array, activations: Array, exact: bool = False) -> Array:
    """One unit's pre-activation as an affine function of the input, with cancelled weights exactly 0.

    Args:
        direct: `(n_inputs + 1,)`, the unit's weights of the inputs, the constant last.
        weights: `(n_earlier,)`, its weights of the earlier units.
        activations: `(n_earlier, n_inputs + 1)`, their activations as affine functions, constants last.
        exact: whether to keep every weight, however small.

    Returns:
        `(n_inputs + 1,)`, the constant last.

    Example:
        >>> pre_activation(np.array([-0.3, 1.0]), np.array([3.0]), np.array([[0.1, 0.0]]))
        array([0., 1.])
    """
    row = direct + weights @ activations
    if exact:
        return np.asarray(row)
    size = np.abs(direct) + np.abs(weights) @ np.abs(activations)
    tiny = CANCELLED if row.dtype != object else Fraction(CANCELLED)
    return np.where((np.abs(row) <= tiny * size).astype(bool), 0 * row, row)
