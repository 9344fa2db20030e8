"""The compact form: one linear function per output plus a `max(0, ...)` term per unit.

`PReLU_a(z) = a z + (1 - a) max(0, z)`, so every normal form can be written with slopes of 0. What a reader has to
read then grows with the units, not with the `2^n` rules that they make.
"""

from __future__ import annotations

import numpy as np

from prelu_rules.network.collapse import without_unused
from prelu_rules.network.normal_form import NormalForm
from prelu_rules.network.precision import Precision, rounded
from prelu_rules.values import Array, FloatArray

# A system is an array of rows over the inputs, the bends max(0, z) and the constant 1: the units, then the outputs.


def compact_form(form: NormalForm, precision: Precision | None = None) -> NormalForm:
    """The same function with slopes of 0, written with as few numbers as the choice of sides allows.

    Since `max(0, z) = z + max(0, -z)`, every unit is turned to the side that leaves fewer numbers to read, and then
    divided by its largest weight. Units that no output depends on vanish, and so do those that use nothing but other
    units, all of them added or all subtracted, and so have one sign: they never bend.

    Args:
        form: the network, in float64.
        precision: how its numbers will be printed; those that print as 0 do not count. None for all digits.

    Returns:
        A form of the same function, up to rounding errors of float64, with `slopes` 0.

    Example:
        >>> form = NormalForm.from_layers([[[-2.0], [-2.0]], [[1.0]]], [[2.0], [0.0]], [[0.5]])
        >>> small = compact_form(form)
        >>> small.A, small.b, small.C, small.D
        (array([[1., 1.]]), array([-1.]), array([[-2., -2.]]), array([[1.]]))
    """
    n_inputs, n_units = form.n_inputs, form.n_units
    system = _without_one_sided(_with_bends(form), n_inputs, n_units)
    for unit in range(n_units):
        turned = _turned(system, unit, n_inputs)
        if _reading_cost(turned, n_inputs, n_units, unit, precision) < _reading_cost(
            system, n_inputs, n_units, unit, precision
        ):
            system = turned
    for unit in range(n_units):
        largest = np.abs(system[unit, :n_inputs]).max(initial=0) or np.abs(system[unit]).max()
        if largest > 0:
            system[unit] /= largest
            system[:, n_inputs + unit] *= largest
    return without_unused(_form(system, form))


def rounded_compact_form(form: NormalForm, precision: Precision) -> NormalForm:
    """The compact form as it reads once it has been printed.

    Args:
        form: the network, in float64.
        precision: how its numbers are printed.

    Returns:
        The form whose numbers are exactly those of the printed text.

    Example:
        >>> form = NormalForm(A=[[1.001]], B=[[0]], b=[-2], C=[[0]], D=[[1 / 3]], e=[0], slopes=[0])
        >>> rounded_compact_form(form, Precision(2, [3.0], [1.0])).D
        array([[0.33]])
    """
    small = compact_form(form, precision)
    return without_unused(_form(_rounded(_stacked(small), small.n_inputs, small.n_units, precision), small))


def _with_bends(form: NormalForm) -> Array:
    """The system in terms of `max(0, z)` instead of `PReLU(z)`."""
    bend = 1 - form.slopes
    z = np.hstack([form.A, form.B * bend, form.b[:, None]])
    for unit in range(form.n_units):
        z[unit] += (form.B[unit, :unit] * form.slopes[:unit]) @ z[:unit]
    y = np.hstack([form.C, form.D * bend, form.e[:, None]]) + (form.D * form.slopes) @ z
    return np.vstack([z, y])


def _without_one_sided(system: Array, n_inputs: int, n_units: int) -> Array:
    """The system in which no row uses a unit whose weights say that it never bends: bends are never below 0."""
    system = system.copy()
    for unit in range(n_units):
        row, uses = system[unit], system[:, n_inputs + unit]
        if not row[:n_inputs].any() and ((row >= 0).all() or (row <= 0).all()):
            if row.sum() > 0:
                system += np.outer(uses, row)
            uses[:] = 0
    return system


def _turned(system: Array, unit: int, n_inputs: int) -> Array:
    """The system with one unit on its other side: `max(0, z) = z + max(0, -z)`."""
    turned = system + np.outer(system[:, n_inputs + unit], system[unit])
    turned[unit] = -system[unit]
    return turned


def _reading_cost(
    system: Array, n_inputs: int, n_units: int, unit: int, precision: Precision | None
) -> tuple[int, bool]:
    """Numbers to read; of equal ones, a unit whose first weight is positive is easier to read."""
    if precision is not None:
        system = _rounded(system, n_inputs, n_units, precision)
    weights = system[unit, :n_inputs]
    return int(np.count_nonzero(system)), bool(weights[np.argmax(weights != 0)] < 0) if weights.size else False


def _rounded(system: Array, n_inputs: int, n_units: int, precision: Precision) -> FloatArray:
    scales = np.concatenate([precision.feature_scale, np.ones(n_units)])
    result = np.empty_like(system)
    for number, row in enumerate(system):
        is_unit = number < n_units
        size = np.abs(row[:-1] * scales).max(initial=0) if is_unit else precision.output_scale[number - n_units]
        size = float(size) or 1.0
        weights, constant = precision.places(size, scales)
        result[number] = [rounded(v, p) for v, p in zip(row.tolist(), [*weights.tolist(), constant], strict=True)]
        if is_unit:
            scales[n_inputs + number] = size
    return result


def _stacked(form: NormalForm) -> Array:
    return np.vstack([np.hstack([form.A, form.B, form.b[:, None]]), np.hstack([form.C, form.D, form.e[:, None]])])


def _form(system: Array, like: NormalForm) -> NormalForm:
    d, k = like.n_inputs, like.n_units
    return NormalForm(
        A=system[:k, :d],
        B=system[:k, d:-1],
        b=system[:k, -1],
        C=system[k:, :d],
        D=system[k:, d:-1],
        e=system[k:, -1],
        slopes=np.zeros(k),
        labels=like.labels,
    )
