"""Labels that must be wrong: out of range, or with a class that never occurs."""

from __future__ import annotations

from prelu_rules.doctor.finding import Finding, Place, Remedy
from prelu_rules.doctor.label_count import LabelCount
from prelu_rules.doctor.record import Record
from prelu_rules.doctor.remedies import article

LABELS_PER_CLASS = 20
"""With this many labels per class, a class of average size is missing by chance once in 5e8 cases."""


def labels(record: Record) -> list[Finding]:
    """Checks the labels that were counted.

    Args:
        record: the record of the training.

    Returns:
        A fault if any label is out of range; a warning for missing classes, once enough labels have been seen.

    Example:
        >>> from prelu_rules.doctor.label_count import count_labels
        >>> count = count_labels([0, 1, 2, 3], "multiclass", 3)
        >>> print(labels(Record(labels=count))[0].seen)
        1 of 4 labels is not one of the 3 classes 0 to 2: 3.
    """
    count = record.labels
    if count is None:
        return []
    where = record.newest.where if record.newest else Place()
    found = []
    if count.out_of_range:
        found.append(_out_of_range(count, where))
    n_classes = len(count.counts)
    missing = [label for label, number in enumerate(count.counts) if number == 0]
    if count.all_seen and missing and not count.out_of_range and count.seen >= LABELS_PER_CLASS * n_classes:
        named = ", ".join(map(str, missing[:5])) + (", ..." if len(missing) > 5 else "")
        found.append(
            Finding(
                "labels",
                "warning",
                f"no label of class {named} among {count.seen} labels; the model has outputs for {n_classes} classes.",
                where,
                "The data lack a class, or the labels are shifted by one (1 to N instead of 0 to N - 1), or the model "
                "has more outputs than there are classes."
                if n_classes > 2
                else "All labels are of one class, so that there is nothing to tell apart.",
                (
                    Remedy(
                        "Count the labels, and give the model as many outputs as there are classes.",
                        "classes, y = np.unique(y, return_inverse=True)  # y is 0 to N - 1 now\n"
                        "print(len(classes), np.bincount(y))",
                    ),
                    Remedy("If the data are sorted by class, shuffle them.", "dataset = dataset.shuffle(10_000)"),
                ),
                {"missing": float(len(missing)), "seen": float(count.seen), "classes": float(n_classes)},
            )
        )
    return found


def _out_of_range(count: LabelCount, where: Place) -> Finding:
    n_classes = len(count.counts)
    be = "is" if count.out_of_range == 1 else "are"
    allowed = {
        "multiclass": f"one of the {n_classes} classes 0 to {n_classes - 1}",
        "binary": "0 or 1",
        "multilabel": "0 or 1",
    }[count.task]
    values = ", ".join(f"{value:g}" for value in count.examples)
    return Finding(
        "labels",
        "fault",
        f"{count.out_of_range} of {count.seen} labels {be} not {allowed}: {values}.",
        where,
        "On a CPU this stops the training with an error; on a GPU, or with a binary cross-entropy, it silently makes "
        "the loss NaN or more and more negative.",
        (
            Remedy(
                "Number the classes from 0.",
                "classes, y = np.unique(y, return_inverse=True)  # y is 0 to N - 1 now",
            ),
            Remedy(
                "Give the model one output for each class.",
                "keras.layers.Dense(len(classes))  # the last layer",
            ),
            *article("easy data"),
        ),
        {"out_of_range": float(count.out_of_range), "seen": float(count.seen)},
    )
