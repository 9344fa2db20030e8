"""All uses of scikit-learn internals, which may change in any version.

These are names that begin with an underscore; they are used in this file only, each in a function with its own test.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.utils.validation import _check_feature_names_in


def feature_names_in(estimator: Any, input_features: npt.ArrayLike | None = None) -> npt.NDArray[np.object_]:
    """The names of a transformer's input columns, determined in the same way as in scikit-learn's own transformers.

    Args:
        estimator: a fitted estimator with `n_features_in_`.
        input_features: the names to use; they must be those of the table that it was fitted to.

    Returns:
        `(n_features,)`: the names of that table, or `x0`, `x1`, ... if it had none.

    Raises:
        ValueError: if other names, or the wrong number of names, are given.

    Example:
        >>> from types import SimpleNamespace
        >>> feature_names_in(SimpleNamespace(n_features_in_=2)).tolist()
        ['x0', 'x1']
    """
    names: npt.NDArray[np.object_] = _check_feature_names_in(estimator, input_features)
    return names
