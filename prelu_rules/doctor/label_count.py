"""Counts the labels of a training: how many of each class, and which ones must be wrong."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from prelu_rules.doctor.task import Task
from prelu_rules.values import Array, IntArray

ONE_HOT_SUM = 1e-3
"""A one-hot row may sum to something that differs from 1 by this much; float16 has 3 digits."""


@dataclass(frozen=True)
class LabelCount:
    """Counts of labels.

    Attributes:
        task: as in `Outputs`.
        seen: the number of labels, including wrong ones.
        counts: `(n_classes,)`, the number of labels of each class; empty for multilabel and regression.
        out_of_range: how many are not classes: negative, too large, fractions, or one-hot rows that do not sum to 1.
        examples: up to five of these values, each once.
        all_seen: whether these are all labels of the data, or of an epoch, rather than the first few.
    """

    task: Task
    seen: int
    counts: tuple[int, ...]
    out_of_range: int = 0
    examples: tuple[float, ...] = ()
    all_seen: bool = False

    def __add__(self, other: LabelCount) -> LabelCount:
        return replace(
            self,
            seen=self.seen + other.seen,
            counts=tuple(one + two for one, two in zip(self.counts, other.counts, strict=True)),
            out_of_range=self.out_of_range + other.out_of_range,
            examples=tuple(dict.fromkeys((*self.examples, *other.examples)))[:5],
            all_seen=self.all_seen or other.all_seen,
        )


def count_labels(labels: npt.ArrayLike, task: Task, n_outputs: int) -> LabelCount:
    """Counts labels.

    Args:
        labels: `(...)` or `(..., 1)` classes, or `(..., N)` one-hot rows (smoothed ones too), or targets.
        task: the task that they are for.
        n_outputs: the N of the model; 1 for binary, where classes are 0 and 1, or fractions between them.

    Returns:
        The counts. NaN is only included in `seen`; another check reports it.

    Example:
        >>> count_labels([0, 2, 2, 7], "multiclass", 3)
        LabelCount(task='multiclass', seen=4, counts=(1, 0, 2), out_of_range=1, examples=(7.0,), all_seen=False)
    """
    values = np.asarray(labels, dtype=np.float64)
    if task == "regression":
        return LabelCount(task, values.size, ())
    if task == "multiclass" and values.ndim > 1 and values.shape[-1] == n_outputs:
        rows = values.reshape(-1, n_outputs)
        finite = rows[np.isfinite(rows).all(axis=1)]
        sums = finite.sum(axis=1)
        bad = (np.abs(sums - 1) > ONE_HOT_SUM) | (finite < 0).any(axis=1)
        counts = np.bincount(finite[~bad].argmax(axis=1), minlength=n_outputs)
        return _count(task, len(rows), counts, sums[bad])
    flat = values.ravel()
    finite = flat[np.isfinite(flat)]
    if task == "multiclass":
        bad = (finite < 0) | (finite >= n_outputs) | (finite != np.floor(finite))
        counts = np.bincount(finite[~bad].astype(np.intp), minlength=n_outputs)
        return _count(task, len(flat), counts, finite[bad])
    bad = (finite < 0) | (finite > 1)
    counts = np.bincount((finite[~bad] > 0.5).astype(np.intp), minlength=2)
    return _count(task, len(flat), counts if task == "binary" else np.zeros(0, dtype=np.intp), finite[bad])


def class_of(labels: Array, n_outputs: int) -> IntArray:
    """The class of each row.

    Args:
        labels: `(rows, 1)` classes, or `(rows, N)` one-hot.
        n_outputs: N.

    Returns:
        `(rows,)`; -1 where the label is not an integer.

    Example:
        >>> class_of(np.array([[0.0, 1.0], [1.0, 0.0]]), 2), class_of(np.array([[1.0], [0.5]]), 2)
        (array([1, 0]), array([ 1, -1]))
    """
    if labels.shape[1] == n_outputs and n_outputs > 1:
        return labels.argmax(axis=1)
    if n_outputs == 1:
        return (labels[:, 0] > 0.5).astype(np.intp)
    flat = np.nan_to_num(labels[:, 0].astype(np.float64), nan=-1.0, posinf=-1.0, neginf=-1.0)
    return np.where(flat == np.floor(flat), flat, -1).astype(np.intp)


def _count(task: Task, seen: int, counts: Array, bad: Array) -> LabelCount:
    return LabelCount(task, seen, tuple(counts.tolist()), len(bad), tuple(dict.fromkeys(bad.tolist()))[:5])
