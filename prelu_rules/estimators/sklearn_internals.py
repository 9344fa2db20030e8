"""Everything that the package uses of scikit-learn without its promise to keep it.

Names that begin with an underscore may move in any version; they stand here and nowhere else, each behind a function
with a test of its own.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.utils.validation import _check_feature_names_in


def feature_names_in(estimator: Any, input_features: npt.ArrayLike | None = None) -> npt.NDArray[np.object_]:
    """The names that a transformer's input columns have, as scikit-learn's own transformers find them.

    Args:
        estimator: fitted, with `n_features_in_`.
        input_features: names that are given instead; they have to be those of the table that it was fitted on.

    Returns:
        `(n_features,)`: the names of that table, or `x0`, `x1`, ... if it had none.

    Raises:
        ValueError: if other names are given, or another number of them.

    Example:
        >>> from types import SimpleNamespace
        >>> feature_names_in(SimpleNamespace(n_features_in_=2)).tolist()
        ['x0', 'x1']
    """
    names: npt.NDArray[np.object_] = _check_feature_names_in(estimator, input_features)
    return names
