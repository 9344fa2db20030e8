"""The difference of two networks in the form that compiled functions take, and its values."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from prelu_rules.geometry.comparison.affine_forms import Sums, sums_of, value_at
from prelu_rules.geometry.compiled import compiled
from prelu_rules.geometry.difference import Difference
from prelu_rules.geometry.propagation import in_differences
from prelu_rules.values import FloatArray, IntArray


class Pair(NamedTuple):
    """A difference of two networks as compiled functions take it."""

    arguments: Sums  # of all units
    outputs: Sums
    paired_arguments: Sums  # the same in differences from partners
    paired_outputs: Sums
    slopes: FloatArray
    partners: IntArray
    alone: IntArray  # as if no unit had a partner


def compiled_pair(parts: Difference) -> Pair:
    """Convert a difference of two networks to plain arrays.

    Args:
        parts: the difference; here partners may have different slopes.

    Returns:
        The arrays.
    """
    alone = np.full(parts.form.n_units, -1)
    plain, paired = (in_differences(parts.form, partners) for partners in (alone, parts.partners))
    return Pair(
        sums_of(plain.A, plain.B, plain.b),
        sums_of(plain.C, plain.D, plain.e),
        sums_of(paired.A, paired.B, paired.b),
        sums_of(paired.C, paired.D, paired.e),
        np.array(plain.slopes),
        np.array(parts.partners),
        alone,
    )


def differences_at(pair: Pair, rows: FloatArray) -> FloatArray:
    """The outputs of a difference of networks at some inputs, up to rounding errors.

    For a few rows at a time this is much faster than products of matrices that are mostly 0.

    Args:
        pair: the difference.
        rows: `(n_rows, n_inputs)`.

    Returns:
        `(n_rows, n_outputs)`.

    Example:
        >>> from prelu_rules.geometry.difference import difference
        >>> from prelu_rules.network.normal_form import NormalForm
        >>> form, other = (NormalForm([[1]], [[0]], [0], [[0]], [[w]], [0], slopes=[0]) for w in (1, 1.5))
        >>> differences_at(compiled_pair(difference(form, other)), np.array([[-2.0], [2.0]])).tolist()
        [[0.0], [1.0]]
    """
    found = np.empty((len(rows), len(pair.outputs.constant)))
    _at_rows(pair, np.ascontiguousarray(rows), np.empty(len(pair.slopes)), found)
    return found


@compiled
def _at_rows(pair: Pair, rows: FloatArray, values: FloatArray, found: FloatArray) -> None:
    for number in range(len(rows)):
        for unit in range(len(values)):
            z = value_at(pair.arguments, unit, rows[number], values)
            values[unit] = z if z >= 0 else pair.slopes[unit] * z
        for output in range(found.shape[1]):
            found[number, output] = value_at(pair.outputs, output, rows[number], values)
