"""Merges units that compute positive multiples of one another, so that networks that differ only in form become equal.

Units of one slope whose arguments are `z` and `s z` with `s > 0` have values `p` and `s p`. Found from the first unit
to the last, in exact arithmetic, this sees through permuted, scaled, repeated and unused units.
"""

from __future__ import annotations

from collections.abc import Hashable
from fractions import Fraction

import numpy as np

from prelu_rules.network.collapse import without_unused
from prelu_rules.network.normal_form import NormalForm
from prelu_rules.values import Array

Row = dict[Hashable, Fraction]
"""An affine function: weights of inputs ("x", number) and of units, and the constant, `CONSTANT`."""

CONSTANT = "constant"


def without_duplicates(form: NormalForm) -> NormalForm:
    """Merge units that are positive multiples of one another, and drop those that nothing depends on.

    Args:
        form: a network.

    Returns:
        The same function in exact rationals. Where all weights of an output cancel, they are 0.

    Example:
        >>> form = NormalForm(A=[[1], [3]], B=np.zeros((2, 2)), b=[1, 3], C=[[0]], D=[[3, -1]], e=[0], slopes=[0, 0])
        >>> smaller = without_duplicates(form)
        >>> smaller.n_units, smaller.D.size
        (0, 0)
    """
    form = form.exact()
    # For each unit its value as a row: a multiple of a unit that is kept, or a constant.
    values: list[Row] = []
    kept: list[int] = []
    rows: list[Row] = []
    known: dict[Hashable, tuple[int, Fraction]] = {}
    for unit in range(form.n_units):
        row = _row(form.A[unit], form.B[unit, :unit], form.b[unit], values)
        slope = form.slopes[unit]
        first = next((weight for term, weight in row.items() if term != CONSTANT), None)
        if first is None:
            constant = row[CONSTANT]
            values.append({CONSTANT: constant if constant >= 0 else slope * constant})
            continue
        size = abs(first)
        key = (slope, frozenset((term, weight / size) for term, weight in row.items()))
        if key not in known:
            known[key] = len(kept), size
            kept.append(unit)
            rows.append(row)
        place, own_size = known[key]
        values.append({place: size / own_size})
    outputs = [_row(*given, values) for given in zip(form.C, form.D, form.e, strict=True)]
    d, n = form.n_inputs, len(kept)
    A, B, b = _arrays(rows, d, n)
    C, D, e = _arrays(outputs, d, n)
    labels = tuple(form.labels[unit] for unit in kept)
    return without_unused(NormalForm(A, B, b, C, D, e, form.slopes[kept], labels))


def _row(inputs: Array, units: Array, constant: Fraction, values: list[Row]) -> Row:
    """A sum of inputs and units as a row without zeros, inputs first; the constant is always there."""
    found: Row = {("x", q): inputs[q] for q in range(len(inputs)) if inputs[q] != 0}
    total = constant
    for unit in np.flatnonzero(units):
        for term, factor in values[unit].items():
            if term == CONSTANT:
                total = total + units[unit] * factor
            else:
                found[term] = found.get(term, Fraction(0)) + units[unit] * factor
    # In order of the units that are kept, so that the first weight of equal functions is the same one.
    inner = sorted((term for term in found if isinstance(term, int) and found[term] != 0), key=int)
    ordered: Row = {term: weight for term, weight in found.items() if not isinstance(term, int)}
    return ordered | {term: found[term] for term in inner} | {CONSTANT: total}


def _arrays(rows: list[Row], n_inputs: int, n_units: int) -> tuple[Array, Array, Array]:
    """Rows as arrays: the weights of the inputs, those of the units, and the constants."""
    inputs, units, constants = (
        np.full(shape, Fraction(0), dtype=object)
        for shape in ((len(rows), n_inputs), (len(rows), n_units), (len(rows),))
    )
    for number, row in enumerate(rows):
        for term, weight in row.items():
            if isinstance(term, int):
                units[number, term] = weight
            elif isinstance(term, tuple):
                inputs[number, term[1]] = weight
            else:
                constants[number] = weight
    return inputs, units, constants
