"""Rules for any number of rows: part by part, in several threads, with memory for a part in each beside the result."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from prelu_rules.columns.feature_rows import FeatureParts
from prelu_rules.rules.evaluation import Evaluation
from prelu_rules.values import FloatArray, IntArray

MOST_THREADS = 8
"""More threads would wait for memory rather than compute."""


def assigned_in_parts(evaluation: Evaluation, parts: FeatureParts) -> IntArray:
    """Find the rule that each row falls under.

    Args:
        evaluation: the rules.
        parts: the rows.

    Returns:
        int, `(n_rows,)`, as `Evaluation.assigned` returns it.

    Raises:
        InvalidValueError: if a cell cannot be used.
        CellTypeError: if a cell is neither text nor a number.
        OutsideDomainError: if no rule covers a row, and there is none on the line to the domain.

    Example:
        >>> from prelu_rules.columns.column import Column
        >>> from prelu_rules.network.affine import AffineMap
        >>> from prelu_rules.rules.rule import Rule
        >>> evaluation = Evaluation([Rule((), AffineMap([[2.0]], [0.0]))], None)
        >>> assigned_in_parts(evaluation, FeatureParts([Column("x")], {"x": [3.0, 4.0]}))
        array([0, 0])
    """
    index = np.empty(parts.n_rows, dtype=np.intp)

    def assign(start: int) -> None:
        index[start : start + parts.size] = evaluation.assigned(parts.checked(start), start)

    _for_each(parts.starts, assign)
    return index


def predicted_in_parts(evaluation: Evaluation, parts: FeatureParts) -> FloatArray:
    """Compute the outputs of the rule that each row falls under.

    Args:
        evaluation: the rules.
        parts: the rows.

    Returns:
        float64, `(n_rows, n_outputs)`.

    Raises:
        InvalidValueError: if a cell cannot be used.
        CellTypeError: if a cell is neither text nor a number.
        OutsideDomainError: if no rule covers a row, and there is none on the line to the domain.

    Example:
        >>> from prelu_rules.columns.column import Column
        >>> from prelu_rules.network.affine import AffineMap
        >>> from prelu_rules.rules.rule import Rule
        >>> evaluation = Evaluation([Rule((), AffineMap([[2.0]], [0.0]))], None)
        >>> predicted_in_parts(evaluation, FeatureParts([Column("x")], {"x": [3.0, 4.0]}))
        array([[6.],
               [8.]])
    """
    y = np.empty((parts.n_rows, evaluation.n_outputs))
    compiled = evaluation.is_worth_compiling(parts.n_rows)

    def predict(start: int) -> None:
        here = y[start : start + parts.size]
        if compiled and evaluation.write_quickly(parts.part(start), here):
            return
        x = parts.checked(start)
        here[:] = evaluation.outputs(x, evaluation.assigned(x, start))

    _for_each(parts.starts, predict)
    return y


def _for_each(starts: range, work: Callable[[int], None]) -> None:
    """Do the work of each part, in threads if there are several; the error of the first part counts."""
    if len(starts) < 2:
        for start in starts:
            work(start)
        return
    import joblib

    with ThreadPoolExecutor(min(MOST_THREADS, joblib.cpu_count(), len(starts))) as threads:
        for _ in threads.map(work, starts):
            pass
