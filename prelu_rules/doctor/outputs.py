"""A model's outputs in numbers: how often they are right, how large they are, and how much they differ."""

from __future__ import annotations

from dataclasses import dataclass
from typing import get_args

import numpy as np
import numpy.typing as npt

from prelu_rules.doctor.label_count import class_of
from prelu_rules.doctor.task import Task, guess_task
from prelu_rules.errors import InvalidValueError, ShapeError
from prelu_rules.tolerances import ROUNDED_PROBABILITY
from prelu_rules.values import Array


@dataclass(frozen=True)
class Outputs:
    """Outputs for some rows, compared with the labels; rows with unusable outputs or labels are left out.

    Attributes:
        task: "multiclass" (one of N), "binary" (one output), "multilabel" (N times yes or no) or "regression".
        rows: the number of rows used.
        n_outputs: N.
        correct: how many rows have the right class; None except for multiclass and binary.
        chance: the share of the most frequent class, which is the accuracy of the best guess that ignores the inputs;
            1/N for balanced classes. None if `correct` is.
        logit_spread: the median over rows of the largest minus the smallest logit; None if logits are unknown, or just
            one.
        logit_size: the median over rows of the largest absolute logit; None in the same cases.
        rounded: the share of rows whose largest probability is 1 in float32; None for regression.
        lost: the share of rows whose true class has a probability of 0 in float32; None for regression.
        deviation: how much outputs differ between rows: the largest standard deviation of an output, relative to the
            largest absolute output; if there are probabilities, their absolute deviation.
    """

    task: Task
    rows: int
    n_outputs: int
    deviation: float
    correct: int | None = None
    chance: float | None = None
    logit_spread: float | None = None
    logit_size: float | None = None
    rounded: float | None = None
    lost: float | None = None

    @property
    def accuracy(self) -> float | None:
        """The share of rows with the right class; None except for multiclass and binary."""
        return None if self.correct is None else self.correct / self.rows


def outputs_of(
    outputs: npt.ArrayLike,
    labels: npt.ArrayLike,
    *,
    task: Task | None = None,
    from_logits: bool | None = None,
    logits: npt.ArrayLike | None = None,
    weights: npt.ArrayLike | None = None,
) -> Outputs | None:
    """Summarises the outputs for some rows.

    Args:
        outputs: `(..., N)` logits, probabilities, or predictions; leading axes count as rows.
        labels: `(...)` or `(..., 1)` classes, `(..., N)` one-hot rows, or targets.
        task: the task; None to infer it from the labels.
        from_logits: whether outputs are logits; None to treat them as logits unless they look like probabilities.
        logits: with the shape of `outputs`, if these are probabilities and their logits are known.
        weights: `(...)`, the weights of rows; rows with weight 0 are left out.

    Returns:
        The summary; None if no row can be used.

    Raises:
        ShapeError: if the labels do not fit the outputs.
        InvalidValueError: if the task is unknown.

    Example:
        >>> seen = outputs_of([[9.0, 1.0], [3.0, 5.0], [2.0, 0.0]], [0, 1, 1])
        >>> assert seen is not None
        >>> seen.correct, seen.chance, seen.logit_spread
        (2, 0.6666666666666666, 2.0)
    """
    out = np.asarray(outputs, dtype=np.float64)
    out = out.reshape(-1, out.shape[-1]) if out.ndim > 1 else out.reshape(-1, 1)
    task = task or guess_task(labels, out.shape[1])
    if task not in get_args(Task):
        raise InvalidValueError(f"task is {task!r}; it must be one of {', '.join(get_args(Task))}.")
    rows = len(out)
    truth = np.asarray(labels)
    if truth.size not in {rows, out.size}:
        raise ShapeError(
            f"labels have the shape {truth.shape}; {rows} rows of {out.shape[1]} outputs need one label each."
        )
    truth = truth.reshape(rows, -1)
    with np.errstate(invalid="ignore"):
        usable = np.isfinite(out).all(axis=1) & np.isfinite(truth.astype(np.float64)).all(axis=1)
    if weights is not None:
        usable &= np.asarray(weights, dtype=np.float64).reshape(rows, -1).any(axis=1)
    if task in {"multiclass", "binary"}:
        classes = class_of(truth, out.shape[1])
        usable &= (classes >= 0) & (classes < max(2, out.shape[1]))
    if not usable.any():
        return None
    out, truth = out[usable], truth[usable]
    if task == "regression":
        return Outputs(task, len(out), out.shape[1], _relative_deviation(out))
    if from_logits is None:
        from_logits = logits is None and not _look_like_probabilities(out, task)
    raw = None if logits is None else np.asarray(logits, dtype=np.float64).reshape(rows, -1)[usable]
    raw = out if from_logits else raw
    probabilities = _probabilities(out, task) if from_logits else out.astype(np.float32)
    deviation = float(probabilities.std(axis=0).max())
    if task == "multilabel":
        far = (probabilities < ROUNDED_PROBABILITY) | (probabilities > 1 - ROUNDED_PROBABILITY)
        wrong = far & ((probabilities > 0.5) != (truth > 0.5))
        return Outputs(
            task, len(out), out.shape[1], deviation, rounded=float(far.mean()), lost=float(wrong.any(axis=1).mean())
        )
    if out.shape[1] == 1:
        probabilities = np.concatenate([1 - probabilities, probabilities], axis=1)
    classes = classes[usable]
    spread = size = None
    if raw is not None and raw.shape[1] > 1:
        spread = float(np.median(raw.max(axis=1) - raw.min(axis=1)))
        size = float(np.median(np.abs(raw).max(axis=1)))
    return Outputs(
        task,
        len(out),
        out.shape[1],
        deviation,
        correct=int((probabilities.argmax(axis=1) == classes).sum()),
        chance=float(np.bincount(classes).max() / len(classes)),
        logit_spread=spread,
        logit_size=size,
        rounded=float((probabilities.max(axis=1) > 1 - ROUNDED_PROBABILITY).mean()),
        lost=float((probabilities[np.arange(len(out)), classes] < ROUNDED_PROBABILITY).mean()),
    )


def _relative_deviation(out: Array) -> float:
    largest = float(np.abs(out).max())
    return float(out.std(axis=0).max() / largest) if largest else 0.0


def _look_like_probabilities(out: Array, task: Task) -> bool:
    in_range = bool(((out >= 0) & (out <= 1)).all())
    # A row of probabilities sums to 1, up to float32 rounding.
    return in_range and (task != "multiclass" or bool(np.allclose(out.sum(axis=1), 1, atol=1e-3)))


def _probabilities(logits: Array, task: Task) -> Array:
    """Probabilities in float32, as in training."""
    if task == "multiclass":
        shifted = (logits - logits.max(axis=1, keepdims=True)).astype(np.float32)
        exponentials = np.exp(shifted)
        return exponentials / exponentials.sum(axis=1, keepdims=True)
    # The exponential of more than 88 overflows in float32.
    return (1 / (1 + np.exp(-np.clip(logits, -80, 80)))).astype(np.float32)
