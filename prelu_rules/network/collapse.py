"""The collapse: eliminating the linear units of a network (paper, section on extraction)."""

from __future__ import annotations

from typing import Literal, get_args

import numpy as np

from prelu_rules.errors import InvalidValueError
from prelu_rules.network.normal_form import NormalForm
from prelu_rules.network.slopes import is_linear
from prelu_rules.tolerances import LINEAR_SLOPE
from prelu_rules.values import Array, BoolArray, FloatArray

ReplacementKind = Literal["identity", "midslope", "best"]
"""What a linear unit is replaced by; see `replacing_lines`."""


def collapse_form(
    form: NormalForm,
    threshold: float = LINEAR_SLOPE,
    replacement: ReplacementKind = "identity",
    ranges: tuple[FloatArray, FloatArray] | None = None,
) -> NormalForm:
    """Replace every unit whose slope counts as 1 by an affine function, and drop units that no output depends on.

    Args:
        form: the network.
        threshold: units with slopes above this are replaced.
        replacement: what they are replaced by; see `replacing_lines`.
        ranges: the smallest and the largest pre-activation of each unit, `(n_units,)` each; for "best".

    Returns:
        A form with the nonlinear units only. It is the same function if the eliminated slopes are exactly 1.

    Raises:
        InvalidValueError: if the threshold is not in [0, 1), `replacement` is not one of these, or "best" lacks ranges.

    Example:
        >>> form = NormalForm.from_layers([[[1.0, 2.0]], [[1.0], [1.0]]], [[0, 0], [0]], [[1.0, 0.25]])
        >>> collapse_form(form).n_units
        1
    """
    units = np.flatnonzero(is_linear(form.slopes, threshold))
    slopes, offsets = replacing_lines(form.slopes, replacement, *(ranges or (None, None)))
    return without_unused(form.eliminate(units, slopes[units], offsets[units]))


def replacing_lines(
    slopes: Array,
    kind: ReplacementKind,
    lower: FloatArray | None = None,
    upper: FloatArray | None = None,
) -> tuple[Array, Array]:
    """The affine functions that replace units.

    "identity" is `f(z) = z`, "midslope" the paper's `f(z) = (a + 1) / 2 z`. "best" minimises the largest error on the
    unit's range `[l, u]`: if `l < 0 < u`, the slope is that of the chord and the offset is half of the gap at 0, so
    that the error is `|1 - a| u (-l) / (u - l) / 2`, at both ends and at 0; otherwise the unit is linear on its range
    anyway.

    Args:
        slopes: `(n_units,)`, the slopes `a` where `z` is negative.
        kind: which kind of function.
        lower: `(n_units,)`, the smallest pre-activations; for "best".
        upper: `(n_units,)`, the largest.

    Returns:
        `(n_units,)` slopes and `(n_units,)` offsets.

    Raises:
        InvalidValueError: if `kind` is not one of these, or "best" is asked for without ranges.

    Example:
        >>> replacing_lines(np.array([0.0]), "best", lower=np.array([-1.0]), upper=np.array([3.0]))
        (array([0.75]), array([0.375]))
    """
    if kind not in get_args(ReplacementKind):
        raise InvalidValueError(f"replacement is {kind!r}; it must be one of {', '.join(get_args(ReplacementKind))}.")
    none = np.zeros(len(slopes), dtype=int)
    if kind == "identity":
        return none + 1, none
    if kind == "midslope":
        return (slopes + 1) / 2, none
    if lower is None or upper is None:
        raise InvalidValueError("replacement 'best' needs the ranges of the units; give a domain.")
    lower, upper = np.minimum(lower, 0), np.maximum(upper, 0)
    width = np.where(upper > lower, upper - lower, 1)
    lines = (upper - slopes * lower) / width
    return np.where(upper > lower, lines, 1), np.where(upper > lower, upper * (1 - lines) / 2, 0)


def without_unused(form: NormalForm) -> NormalForm:
    """The form without the units that no output depends on, directly or through later units.

    Args:
        form: the network.

    Returns:
        The same function.

    Example:
        >>> form = NormalForm(A=[[1], [2]], B=[[0, 0], [3, 0]], b=[0, 0], C=[[1]], D=[[0, 0]], e=[0], slopes=[0, 0])
        >>> without_unused(form).n_units
        0
    """
    return form.eliminate(np.flatnonzero(~used_units(form)), 0)


def used_units(form: NormalForm) -> BoolArray:
    """Which units an output depends on, directly or through later units.

    Args:
        form: the network.

    Returns:
        bool, `(n_units,)`.

    Example:
        >>> form = NormalForm(A=[[1], [2]], B=[[0, 0], [3, 0]], b=[0, 0], C=[[1]], D=[[4, 0]], e=[0], slopes=[0, 0])
        >>> used_units(form)
        array([ True, False])
    """
    used = np.ones(form.n_units, dtype=bool)
    for unit in reversed(range(form.n_units)):
        used[unit] = (form.B[used, unit] != 0).any() or (form.D[:, unit] != 0).any()
    return used
