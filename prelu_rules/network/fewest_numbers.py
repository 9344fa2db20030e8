"""Compact forms with as few numbers as possible, by choosing the side of each unit.

The weights of a compact form are one array: a row for each unit `max(0, z)` and then for each output, and a column for
each input, each unit and the constant 1.
"""

from __future__ import annotations

import numpy as np

from prelu_rules.network.collapse import used_units
from prelu_rules.network.normal_form import NormalForm, UnitLabel
from prelu_rules.network.precision import Precision, rounded
from prelu_rules.values import Array, BoolArray, FloatArray


def compact_form(form: NormalForm, precision: Precision | None = None) -> NormalForm:
    """The same function with slopes of 0, written with as few numbers as the choice of sides allows.

    `PReLU_a(z) = a z + (1 - a) max(0, z)`, so every network can be written in this way. Since `max(0, z) = z + max(0,
    -z)`, every unit is turned to the side that leaves fewer numbers to read, and then divided by its largest weight.
    Units that no output depends on are removed. So are units that use other units only, with weights of a single sign:
    their pre-activations have one sign everywhere, so they never bend.

    Args:
        form: the network, in float64.
        precision: how its numbers will be printed; numbers that print as 0 do not count. None for all digits.

    Returns:
        A form of the same function, up to float64 rounding errors, with `slopes` 0 and the labels of its units.

    Example:
        >>> form = NormalForm.from_layers([[[-2.0], [-2.0]], [[1.0]]], [[2.0], [0.0]], [[0.5]])
        >>> small = compact_form(form)
        >>> small.A, small.b, small.C, small.D
        (array([[1., 1.]]), array([-1.]), array([[-2., -2.]]), array([[1.]]))
    """
    return turned_compact_form(form, precision)[0]


def turned_compact_form(form: NormalForm, precision: Precision | None = None) -> tuple[NormalForm, BoolArray]:
    """`compact_form`, and which of its units are turned.

    Args:
        form: the network, in float64.
        precision: how its numbers will be printed.

    Returns:
        The form; and for each of its units whether it is `max(0, -z)` of the network's `z`, so that it holds where
        `z < 0`, and not where `z = 0`.

    Example:
        >>> turned_compact_form(NormalForm(A=[[-1.0]], B=[[0]], b=[0], C=[[1]], D=[[1]], e=[0], slopes=[0]))[1]
        array([ True])
    """
    return turned_compact_weights(_with_bends(form), form.labels, precision)


def turned_compact_weights(
    weights: Array, labels: tuple[UnitLabel, ...], precision: Precision | None = None
) -> tuple[NormalForm, BoolArray]:
    """`turned_compact_form` of a network that is given by the weights of a compact form.

    Args:
        weights: `(n_units + n_outputs, n_inputs + n_units + 1)`.
        labels: one for each unit.
        precision: how its numbers will be printed.

    Returns:
        The form, and which of its units are turned.

    Example:
        >>> turned_compact_weights(np.array([[-1.0, 0.0, 0.0], [1.0, 1.0, 0.0]]), (UnitLabel(1, 1),))[0].C
        array([[0.]])
    """
    n_units = len(labels)
    n_inputs = weights.shape[1] - n_units - 1
    weights = _without_one_sided(weights, n_inputs)
    is_turned = np.zeros(n_units, dtype=bool)
    for unit in range(n_units):
        turned = _turned(weights, unit, n_inputs)
        if _reading_cost(turned, n_inputs, unit, precision) < _reading_cost(weights, n_inputs, unit, precision):
            weights, is_turned[unit] = turned, True
    for unit in range(n_units):
        largest = np.abs(weights[unit, :n_inputs]).max(initial=0) or np.abs(weights[unit]).max()
        if largest > 0:
            weights[unit] /= largest
            weights[:, n_inputs + unit] *= largest
    stacked = unstacked(weights, n_inputs, labels)
    used = used_units(stacked)
    if used.all():
        return stacked, is_turned
    return stacked.eliminate(np.flatnonzero(~used), 0), is_turned[used]


def unstacked(weights: Array, n_inputs: int, labels: tuple[UnitLabel, ...]) -> NormalForm:
    """The normal form of the weights of a compact form.

    Args:
        weights: `(n_units + n_outputs, n_inputs + n_units + 1)`.
        n_inputs: columns of inputs.
        labels: one for each unit.

    Returns:
        A form with `slopes` 0.

    Example:
        >>> unstacked(np.array([[1.0, 0.0, -2.0], [0.0, 3.0, 0.5]]), 1, (UnitLabel(1, 1),)).predict([4.0])
        array([6.5])
    """
    units, outputs = weights[: len(labels)], weights[len(labels) :]
    return NormalForm(
        A=units[:, :n_inputs],
        B=units[:, n_inputs:-1],
        b=units[:, -1],
        C=outputs[:, :n_inputs],
        D=outputs[:, n_inputs:-1],
        e=outputs[:, -1],
        slopes=np.zeros(len(labels)),
        labels=labels,
    )


def rounded_weights(weights: Array, n_inputs: int, precision: Precision) -> FloatArray:
    """The weights after a round trip through printed text.

    Args:
        weights: the weights of a compact form.
        n_inputs: its number of inputs.
        precision: how its numbers are printed.

    Returns:
        Exactly the numbers in the printed text.

    Example:
        >>> rounded_weights(np.array([[1.001, 0.0, -2.0], [0.0, 1 / 3, 0.0]]), 1, Precision(2, [3.0], [1.0]))
        array([[ 1.  ,  0.  , -2.  ],
               [ 0.  ,  0.33,  0.  ]])
    """
    n_units = _n_units(weights, n_inputs)
    scales = np.concatenate([precision.feature_scale, np.ones(n_units)])
    result = np.empty_like(weights)
    for number, row in enumerate(weights):
        is_unit = number < n_units
        size = np.abs(row[:-1] * scales).max(initial=0) if is_unit else precision.output_scale[number - n_units]
        size = float(size) or 1.0
        places, constant = precision.places(size, scales)
        result[number] = [rounded(v, p) for v, p in zip(row.tolist(), [*places.tolist(), constant], strict=True)]
        if is_unit:
            scales[n_inputs + number] = size
    return result


def _n_units(weights: Array, n_inputs: int) -> int:
    return int(weights.shape[1]) - n_inputs - 1


def _with_bends(form: NormalForm) -> Array:
    """The network in terms of `max(0, z)` instead of `PReLU(z)`."""
    bend = 1 - form.slopes
    z = np.hstack([form.A, form.B * bend, form.b[:, None]])
    for unit in range(form.n_units):
        z[unit] += (form.B[unit, :unit] * form.slopes[:unit]) @ z[:unit]
    y = np.hstack([form.C, form.D * bend, form.e[:, None]]) + (form.D * form.slopes) @ z
    return np.vstack([z, y])


def _without_one_sided(weights: Array, n_inputs: int) -> Array:
    """The weights without units that, by the signs of their own weights, never bend: `max(0, z)` is never negative."""
    weights = weights.copy()
    for unit in range(_n_units(weights, n_inputs)):
        row, uses = weights[unit], weights[:, n_inputs + unit]
        if not row[:n_inputs].any() and ((row >= 0).all() or (row <= 0).all()):
            if row.sum() > 0:
                weights += np.outer(uses, row)
            uses[:] = 0
    return weights


def _turned(weights: Array, unit: int, n_inputs: int) -> Array:
    """The weights with one unit on its other side: `max(0, z) = z + max(0, -z)`."""
    turned = weights + np.outer(weights[:, n_inputs + unit], weights[unit])
    turned[unit] = -weights[unit]
    return turned


def _reading_cost(weights: Array, n_inputs: int, unit: int, precision: Precision | None) -> tuple[int, bool]:
    """The count of numbers to read; on a tie, a unit whose first weight is positive is easier to read."""
    if precision is not None:
        weights = rounded_weights(weights, n_inputs, precision)
    own = weights[unit, :n_inputs]
    return int(np.count_nonzero(weights)), bool(own[np.argmax(own != 0)] < 0) if own.size else False
