"""Bounds of a regressor's outputs, so that a row far outside of what training saw cannot get any number at all."""

from __future__ import annotations

import math
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from prelu_rules.errors import InvalidValueError, PReLURulesError
from prelu_rules.rows.dataset import is_dataset
from prelu_rules.rules.output_bounds import OutputBounds
from prelu_rules.tolerances import OUTPUT_MARGIN
from prelu_rules.values import FloatArray

Clip = Literal["training"] | tuple[float | None, float | None] | None
"""The range of the training targets, widened; the smallest and the largest output; or no bounds."""

STEPS = 100
"""Bounds are numbers of at most so many steps a range, rounded outwards, since they are there to be read."""


def check_clip(clip: Clip) -> None:
    """Refuse what does not say how outputs are bounded.

    Args:
        clip: "training", the smallest and the largest output, or None.

    Raises:
        InvalidValueError: if it is something else, or the numbers are no bounds.

    Example:
        >>> check_clip((0.0, None))
    """
    if clip is None or (isinstance(clip, str) and clip == "training"):
        return
    if not (isinstance(clip, (tuple, list)) and len(clip) == 2):
        raise InvalidValueError(
            f"clip is {clip!r}; it must be 'training', the smallest and the largest output, such as (0, None), or None."
        )
    try:
        OutputBounds(clip[:1], clip[1:])
    except PReLURulesError as problem:
        raise InvalidValueError(f"clip is {clip!r}: {problem}") from None


def output_bounds(clip: Clip, extremes: FloatArray) -> OutputBounds | None:
    """The bounds of outputs.

    Args:
        clip: how they are bounded; checked.
        extremes: `(2, n_outputs)`, the smallest and the largest target of each output.

    Returns:
        The bounds; None if there are none.

    Example:
        >>> output_bounds("training", np.array([[67.5], [2460.0]]))
        OutputBounds(lower=(-180.0,), upper=(2700.0,))
    """
    if clip is None:
        return None
    if not isinstance(clip, str):
        n_outputs = extremes.shape[1]
        return OutputBounds(clip[:1] * n_outputs, clip[1:] * n_outputs)
    pairs = [_widened(low, high) for low, high in extremes.T.tolist()]
    return OutputBounds([low for low, _ in pairs], [high for _, high in pairs])


def _widened(low: float, high: float) -> tuple[float, float]:
    """A range and a margin, in numbers of few digits."""
    margin = OUTPUT_MARGIN * (high - low)
    # A range that no step of a decimal fits into, such as that of equal targets, is kept as it is.
    if not (math.isfinite(margin) and high - low > 1e-12 * max(abs(low), abs(high)) and high - low > 1e-280):
        return low, high
    places = -math.floor(math.log10((high - low) / STEPS))
    lower, upper = round(low - margin, places), round(high + margin, places)
    step = 10.0**-places
    lower = lower if lower <= low - margin else round(lower - step, places)
    return lower, upper if upper >= high + margin else round(upper + step, places)


def extremes_of(X: Any, y: Any, weights: npt.ArrayLike | None = None) -> FloatArray:
    """The smallest and the largest target of each output.

    Args:
        X: rows, or a dataset of batches, which is read once.
        y: their targets; None for a dataset, which contains them.
        weights: `(n_rows,)`; None for equal ones. Rows without a weight do not count.

    Returns:
        `(2, n_outputs)`.

    Example:
        >>> extremes_of([[0.0], [0.0]], [3.0, 5.0])
        array([[3.],
               [5.]])
    """
    parts = X.as_numpy_iterator() if is_dataset(X) else [(None, y, *([] if weights is None else [weights]))]
    found = [_of_part(*part[1:]) for part in parts]
    lower, upper = zip(*(one for one in found if one is not None), strict=True)
    return np.array([np.min(lower, axis=0), np.max(upper, axis=0)])


def _of_part(y: Any, weights: Any = None) -> tuple[FloatArray, FloatArray] | None:
    """The extremes of a batch; None where no row counts."""
    targets = np.asarray(y, dtype=np.float64)
    targets = targets.reshape(len(targets), -1)
    targets = targets if weights is None else targets[np.asarray(weights) > 0]
    return (targets.min(axis=0), targets.max(axis=0)) if len(targets) else None
