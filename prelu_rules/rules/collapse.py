"""The collapse: linear units vanish from a network (paper, section on extraction)."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from prelu_rules.errors import InvalidValueError
from prelu_rules.normal_form import NormalForm
from prelu_rules.tolerances import LINEAR_SLOPE
from prelu_rules.values import BoolArray


def is_linear(slopes: npt.ArrayLike, threshold: float = LINEAR_SLOPE) -> BoolArray:
    """Which slopes count as the identity.

    Args:
        slopes: any shape.
        threshold: a slope `a` counts as 1 if `threshold < a < 2 - threshold`. The paper's slopes never exceed 1;
            those of other networks may, and 1.5 is not linear.

    Returns:
        bool, the shape of `slopes`.

    Raises:
        InvalidValueError: if the threshold is not in [0, 1).

    Example:
        >>> is_linear([0.25, 0.9995, 0.9996, 1.0, 1.5])
        array([False, False,  True,  True, False])
    """
    if not 0 <= threshold < 1:
        raise InvalidValueError(f"threshold is {threshold}; it must be at least 0 and below 1.")
    values = np.asarray(slopes)
    return np.asarray((values > threshold) & (values < 2 - threshold), dtype=bool)


def collapse_form(form: NormalForm, threshold: float = LINEAR_SLOPE) -> NormalForm:
    """Eliminate every unit whose slope counts as 1, and then those that no output depends on.

    Args:
        form: the network.
        threshold: slopes above it are replaced by the identity.

    Returns:
        The form of the nonlinear units alone. It is the same function where the eliminated slopes are exactly 1.

    Raises:
        InvalidValueError: if the threshold is not in [0, 1).

    Example:
        >>> form = NormalForm.from_layers([[[1.0, 2.0]], [[1.0], [1.0]]], [[0, 0], [0]], [[1.0, 0.25]])
        >>> collapse_form(form).n_units
        1
    """
    return without_unused(form.eliminate(np.flatnonzero(is_linear(form.slopes, threshold)), 1))


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
    used = np.ones(form.n_units, dtype=bool)
    for unit in reversed(range(form.n_units)):
        used[unit] = (form.B[used, unit] != 0).any() or (form.D[:, unit] != 0).any()
    return form.eliminate(np.flatnonzero(~used), 0)
