"""The difference of two networks as one network, in which corresponding units are paired."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from prelu_rules.errors import ShapeError
from prelu_rules.network.normal_form import NormalForm
from prelu_rules.values import Array, IntArray, Value


@dataclass(frozen=True, eq=False)
class Difference(Value):
    """The difference of two networks.

    Attributes:
        form: the difference as a network: first the units of one network, then those of the other that are not the
            same.
        partners: `(n_units,)`, for a unit of the other network the unit with the same label and slope, else -1. If the
            networks are close to each other, so are the pre-activations of partners, and their difference can be
            bounded much better than the two of them.
    """

    form: NormalForm
    partners: IntArray


def difference(form: NormalForm, other: NormalForm) -> Difference:
    """The network `other - form`.

    A unit of `other` with the same row and slope as a unit of `form` is identified with that unit.

    Args:
        form: a network.
        other: a network with as many inputs and outputs; usually `form` with some units replaced and their labels kept.

    Returns:
        The difference and its pairs.

    Raises:
        ShapeError: if the two have different inputs or outputs.

    Example:
        >>> form = NormalForm.from_layers([[[1.0, 2.0]], [[1.0], [1.0]]], [[0, 0], [0]], [[0.5, 0.5]])
        >>> parts = difference(form, form.eliminate([0], 1))
        >>> parts.form.n_units, parts.form.predict([[-2.0], [2.0]]).tolist()
        (2, [[-1.0], [0.0]])
    """
    if other.A.dtype != form.A.dtype:
        form, other = form.exact(), other.exact()
    if (form.n_inputs, form.n_outputs) != (other.n_inputs, other.n_outputs):
        raise ShapeError(
            f"the networks have {form.n_inputs} and {other.n_inputs} inputs, {form.n_outputs} and {other.n_outputs} "
            "outputs; give two networks with equal numbers of both."
        )
    n, by_label = form.n_units, {label: unit for unit, label in enumerate(form.labels)}
    # The index of each unit of the other network among the units of the difference.
    places: list[int] = []
    rows: list[Array] = []
    added: list[int] = []
    partners = [-1] * n
    for unit, label in enumerate(other.labels):
        row = _zeros((n + other.n_units,), other.B)
        row[places] = other.B[unit, :unit]
        # Popped, so that no two units share a partner, even if labels are not unique.
        partner = by_label.pop(label, -1)
        if partner >= 0 and form.slopes[partner] != other.slopes[unit]:
            partner = -1
        same = (
            partner >= 0
            and not row[n:].any()
            and form.b[partner] == other.b[unit]
            and np.array_equal(form.B[partner], row[:n])
            and np.array_equal(form.A[partner], other.A[unit])
        )
        if same:
            places.append(partner)
        else:
            places.append(n + len(added))
            rows.append(row)
            added.append(unit)
            partners.append(partner)
    n_units = n + len(added)
    B = _zeros((n_units, n_units), form.B)
    B[:n, :n] = form.B
    for place, row in enumerate(rows, start=n):
        B[place] = row[:n_units]
    D = _zeros((form.n_outputs, n_units), form.D)
    D[:, places] = other.D
    D[:, :n] -= form.D
    stacked = NormalForm(
        A=np.vstack([form.A, other.A[added]]),
        B=B,
        b=np.concatenate([form.b, other.b[added]]),
        C=other.C - form.C,
        D=D,
        e=other.e - form.e,
        slopes=np.concatenate([form.slopes, other.slopes[added]]),
        labels=form.labels + tuple(other.labels[unit] for unit in added),
    )
    return Difference(stacked, np.array(partners, dtype=np.intp))


def _zeros(shape: tuple[int, ...], like: Array) -> Array:
    return np.full(shape, Fraction(0) if like.dtype == object else 0.0)
