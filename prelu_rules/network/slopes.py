"""Which slopes count as the identity."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from prelu_rules.errors import InvalidValueError
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
