"""What a model is trained for."""

from __future__ import annotations

from typing import Literal

import numpy as np
import numpy.typing as npt

Task = Literal["multiclass", "binary", "multilabel", "regression"]
"""One of N classes; one of two classes by one output; N times yes or no; or numbers."""


def guess_task(labels: npt.ArrayLike, n_outputs: int) -> Task:
    """Guesses the task from the labels.

    Args:
        labels: `(...)` or `(..., 1)` classes, or `(..., N)` one-hot rows, or targets.
        n_outputs: the number of outputs per row.

    Returns:
        "multiclass" for integers, one per row with N > 1 outputs, or one-hot rows; "binary" for 0 and 1 with one
        output; otherwise "regression".

    Example:
        >>> guess_task([0, 1, 1], 1), guess_task([[0, 1], [1, 0]], 2), guess_task([0.5, 2.5], 1)
        ('binary', 'multiclass', 'regression')
    """
    values = np.asarray(labels, dtype=np.float64)
    finite = values[np.isfinite(values)]
    if n_outputs == 1:
        return "binary" if np.isin(finite, (0.0, 1.0)).all() else "regression"
    if values.ndim > 1 and values.shape[-1] == n_outputs:
        rows = values.reshape(-1, n_outputs)
        one_hot = np.isin(rows, (0.0, 1.0)).all() and (rows.sum(axis=1) == 1).all()
        return "multiclass" if one_hot else "regression"
    return "multiclass" if (finite == np.floor(finite)).all() else "regression"
