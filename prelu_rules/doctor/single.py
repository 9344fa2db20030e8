"""A single look at logits, labels and a loss, for custom training loops."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from prelu_rules.doctor.case import Case
from prelu_rules.doctor.finding import Place
from prelu_rules.doctor.label_count import count_labels
from prelu_rules.doctor.look import Look
from prelu_rules.doctor.outputs import outputs_of
from prelu_rules.doctor.record import NotFinite
from prelu_rules.doctor.report import Report
from prelu_rules.doctor.task import Task, guess_task


def check(
    logits: npt.ArrayLike,
    labels: npt.ArrayLike,
    loss: npt.ArrayLike | None = None,
    *,
    task: Task | None = None,
    from_logits: bool | None = None,
    weights: npt.ArrayLike | None = None,
) -> Report:
    """Examines the outputs of a model once, without a history.

    A fall of the accuracy to chance can then only be recognised by logits that are nearly equal and large.
    `TrainingDoctor.check` takes the same arguments and remembers what it saw.

    Args:
        logits: `(..., N)` logits, probabilities, or predictions for regression; NumPy arrays or tensors.
        labels: `(...)` or `(..., 1)` classes, `(..., N)` one-hot rows, or targets.
        loss: a number, or one per row; None if unknown.
        task: "multiclass", "binary", "multilabel" or "regression"; None to infer it from the labels.
        from_logits: whether `logits` are logits; None to treat them as logits unless they look like probabilities.
        weights: `(...)`, the weights of rows; rows with weight 0 are left out.

    Returns:
        The report.

    Raises:
        ShapeError: if the labels do not fit the logits.
        InvalidValueError: if the task is unknown.

    Example:
        >>> report = check([[900.0, 901.0], [901.0, 900.0]] * 20, [0, 0, 1, 1] * 10, 1.2)
        >>> report[0].kind, report[0].level, report[0].numbers["logit_spread"], report[0].numbers["logit_size"]
        ('accuracy at chance', 'warning', 1.0, 901.0)
    """
    case = Case()
    see_batch(case, logits, labels, loss, Place(), task, from_logits, weights)
    case.all_labels_seen()
    case.examine()
    return case.report()


def see_batch(
    case: Case,
    logits: npt.ArrayLike,
    labels: npt.ArrayLike,
    loss: npt.ArrayLike | None,
    where: Place,
    task: Task | None = None,
    from_logits: bool | None = None,
    weights: npt.ArrayLike | None = None,
) -> None:
    """Adds a batch to a case.

    Args:
        case: the case to add to.
        logits: as for `check`.
        labels: as for `check`.
        loss: as for `check`.
        where: the batch.
        task: as for `check`.
        from_logits: as for `check`.
        weights: as for `check`.
    """
    out, truth = np.asarray(logits, dtype=np.float64), np.asarray(labels)
    n_outputs = out.shape[-1] if out.ndim > 1 else 1
    task = task or guess_task(truth, n_outputs)
    mean = None if loss is None else float(np.mean(np.asarray(loss, dtype=np.float64)))
    seen = outputs_of(out, truth, task=task, from_logits=from_logits, weights=weights)
    case.see_labels(count_labels(truth, task, n_outputs))
    if mean is not None:
        case.see_loss(mean, where)
    candidates: Sequence[tuple[str, Any]] = (
        ("labels", truth.astype(np.float64)),
        ("activations", out),
        ("loss", np.zeros(1) if mean is None else np.array([mean])),
    )
    for cause, values in candidates:
        bad = np.argwhere(~np.isfinite(values))
        if len(bad):
            examples = tuple(tuple(index) for index in bad[:5].tolist()) if cause == "labels" else ()
            layer = "logits" if cause == "activations" else None
            place = Place(where.step, where.epoch, where.batch, layer)
            case.see_not_finite(NotFinite(place, cause, len(bad), values.size, examples))
            break
    case.see(Look(where, mean, seen))
