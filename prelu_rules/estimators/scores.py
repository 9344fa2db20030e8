"""Scores of predictions, in units that people understand."""

from __future__ import annotations

import numpy as np
from sklearn.metrics import accuracy_score, log_loss, mean_absolute_error, r2_score, roc_auc_score

from prelu_rules.estimators.target import Target
from prelu_rules.losses.link import class_link
from prelu_rules.values import FloatArray


def scores_of(target: Target, outputs: FloatArray) -> dict[str, float]:
    """Score outputs on rows.

    Args:
        target: the true targets.
        outputs: `(n_rows, n_outputs)`: the predicted number; or logits, one for each class or, for two classes, that of
            the second class.

    Returns:
        The scores, the main one first. For numbers: R2, and the mean absolute error (MAE) in the target's units. For
        classes: accuracy, balanced accuracy (the mean accuracy within each class), log-loss, and for two classes AUC.

    Example:
        >>> scores_of(Target("y", [0.0, 2.0]), np.array([[0.5], [1.5]]))
        {'R2': 0.75, 'MAE': 0.5}
    """
    if target.classes is None:
        several = len(outputs) > 1
        return {
            "R2": float(r2_score(target.values, outputs[:, 0])) if several else float("nan"),
            "MAE": float(mean_absolute_error(target.values, outputs[:, 0])),
        }
    link = class_link(outputs.shape[1])
    probabilities, predicted = link.inverse(outputs), link.decide(outputs)
    labels = target.values.astype(np.intp)
    found = {
        "accuracy": float(accuracy_score(labels, predicted)),
        "balanced accuracy": float(np.mean([(predicted[labels == k] == k).mean() for k in np.unique(labels)])),
        "log-loss": float(log_loss(labels, probabilities, labels=range(len(target.classes)))),
    }
    if len(target.classes) == 2 and len(np.unique(labels)) == 2:
        # Logits, since probabilities near 1 are rounded to 1.
        margin = outputs[:, 0] if outputs.shape[1] == 1 else outputs[:, 1] - outputs[:, 0]
        found["AUC"] = float(roc_auc_score(labels, margin))
    return found
