"""Which activation patterns some input of the domain has."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from prelu_rules.domains.domain import Domain, frame_of
from prelu_rules.domains.linear_program import CellProgram
from prelu_rules.network.normal_form import NormalForm
from prelu_rules.tolerances import CANCELLED, CUT
from prelu_rules.values import Array, BoolArray, FloatArray


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

    Units are decided in order, negative side first, so that the last unit varies fastest. A side is entered only if the
    cell reaches further than `CUT` into it, so every region is full-dimensional: patterns that occur only on a boundary
    are not listed, and the function there is that of the neighbouring regions.

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
    cell = CellProgram(frame_of(domain, form.n_inputs))
    signs = np.zeros(form.n_units, dtype=bool)
    decides = np.zeros(form.n_units, dtype=bool)
    # Each unit as an affine function of the input, on the current cell.
    direct = np.hstack([form.A, form.b[:, None]])
    pre_activations, activations = np.zeros_like(direct), np.zeros_like(direct)

    def decide(unit: int) -> Iterator[ReachablePattern]:
        if unit == form.n_units:
            yield ReachablePattern(signs.copy(), decides.copy(), pre_activations.copy())
            return
        row = _pre_activation(direct[unit], form.B[unit, :unit], activations[:unit])
        pre_activations[unit] = row
        coef, intercept = row[:-1].astype(np.float64), float(row[-1])
        sides = _sides(cell, coef, intercept)
        is_open = len(sides) == 2
        for side in sides if at is None or not is_open else (at @ row[:-1] + row[-1] >= 0,):
            signs[unit], decides[unit] = side, is_open
            activations[unit] = row if side else row * form.slopes[unit]
            if decides[unit]:
                sign = 1.0 if side else -1.0
                cell.push(sign * coef, sign * intercept)
            yield from decide(unit + 1)
            if is_open:
                cell.pop()

    return decide(0)


def count_patterns(form: NormalForm, domain: Domain | None = None) -> int:
    """Count the activation patterns whose region has an interior: the linear regions, or rules before any are merged.

    Args:
        form: the network.
        domain: the box or polytope to search, or None for all of R^n.

    Returns:
        The number of `reachable_patterns`, which documents the errors.

    Example:
        >>> count_patterns(NormalForm.from_layers([[[2.0]], [[1.0]]], [[3.0], [0.0]], [[0.5]]))
        2
    """
    return sum(1 for _ in reachable_patterns(form, domain))


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
        pre_activations[unit] = _pre_activation(direct[unit], form.B[unit, :unit], activations)
    return pre_activations


def _pre_activation(direct: Array, weights: Array, activations: Array) -> Array:
    """One unit's pre-activation as an affine function, `(n_inputs + 1,)`, with cancelled weights exactly 0."""
    row = direct + weights @ activations
    if row.dtype == object:
        return np.asarray(row)
    size = np.abs(direct) + np.abs(weights) @ np.abs(activations)
    return np.where(np.abs(row) <= CANCELLED * size, 0.0, row)


def _sides(cell: CellProgram, coef: FloatArray, intercept: float) -> tuple[bool, ...]:
    """The sides of a hyperplane on which the cell has an interior, negative first."""
    if not coef.any():
        return (intercept >= 0,)
    above, below = cell.reach(coef, intercept) > CUT, cell.reach(-coef, -intercept) > CUT
    # If neither holds, the unit is 0 on the whole cell.
    return (False, True) if above and below else (not below,)
