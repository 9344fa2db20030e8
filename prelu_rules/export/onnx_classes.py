"""What the outputs of an ONNX graph mean for a classifier: a class, and probabilities."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from prelu_rules.errors import InvalidValueError, quoted
from prelu_rules.export.holding import as_double, holding_of, unlike
from prelu_rules.export.onnx_answers import named
from prelu_rules.export.onnx_graph import Graph
from prelu_rules.rules.names import ClassLabel
from prelu_rules.values import Array

NO_CLASS = -1
"""Stands for a class that is a whole number or a truth value where there is no answer, unless it is a class."""


@dataclass(frozen=True)
class Labels:
    """How classes are written.

    Attributes:
        values: `(n_classes + 1,)`, the last for no answer.
        dtype: what they are.
    """

    values: Array
    dtype: type[np.generic]


def labels_of(classes: Sequence[ClassLabel]) -> Labels:
    """How classes are written: whole numbers and truth values as int64, other numbers as double, and else as text.

    Args:
        classes: the class labels.

    Returns:
        The labels, and one that is no class: -1 or the next smaller number, NaN, or the empty text (or "no class").

    Raises:
        InvalidValueError: if a number is too long, a text holds NUL or is not Unicode, or two are written alike.

    Example:
        >>> [labels_of(classes).values.tolist() for classes in ((False, True), (0.5, 2), ("a", 1), (-1, 0))]
        [[0, 1, -1], [0.5, 2.0, nan], ['a', '1', ''], [-1, 0, -2]]
    """
    kind = holding_of(classes)
    if kind == "truth" or (kind == "number" and all(isinstance(label, int) for label in classes)):
        return _whole(list(map(int, classes)))
    if kind == "number":
        return Labels(np.array([*map(as_double, classes), np.nan]), np.float64)
    texts: dict[str, ClassLabel] = {}
    for label in classes:
        text = str(label)
        if "\0" in text or any("\ud800" <= letter <= "\udfff" for letter in text):
            raise InvalidValueError(
                f"the class {quoted(text)} holds NUL, where runtimes of ONNX cut texts off, or is not Unicode; rename "
                "it."
            )
        if type(texts.setdefault(text, label)) is not type(label):
            raise InvalidValueError(f"two classes are written {quoted(text)}, but are of two types; rename one.")
    return Labels(np.array([*map(str, classes), unlike(texts, "", "no class")], dtype=object), np.str_)


def _whole(classes: list[int]) -> Labels:
    """Labels that are whole numbers."""
    for label in classes:
        if not -(2**63) <= label < 2**63:
            raise InvalidValueError(f"the class {quoted(label)} is more than 64 bits hold; make it text.")
    none = next(number for number in range(NO_CLASS, NO_CLASS - len(classes) - 1, -1) if number not in classes)
    return Labels(np.array([*classes, none], dtype=np.int64), np.int64)


def add_class(labels: Labels, outputs: str, n_outputs: int, graph: Graph) -> str:
    """Decide for the class of the largest logit, the first of equal ones; of one logit the second where it is above 0.

    Args:
        labels: how classes are written.
        outputs: the name of `(n_rows, n_outputs)` logits.
        n_outputs: how many there are.
        graph: gets nodes.

    Returns:
        The name of `(n_rows,)` classes.
    """
    across = graph.constant("along logits", np.array([1]))
    if n_outputs == 1:
        above = graph.add("Greater", outputs, graph.constant("even", np.array(0.0)), name="above")
        decided = graph.cast(above, np.int64, "decided")
    else:
        decided = graph.add("ArgMax", outputs, name="decided", axis=1, keepdims=1)
    gone = graph.add("IsNaN", graph.add("ReduceSum", outputs, across, name="sum", keepdims=1), name="undecided")
    none = graph.constant("no class", np.array(len(labels.values) - 1))
    place = graph.add("Where", gone, none, decided, name="place of class")
    return named(labels.values, place, "class", graph)


def add_probabilities(outputs: str, n_outputs: int, graph: Graph) -> str:
    """The probabilities of classes.

    Args:
        outputs: the name of `(n_rows, n_outputs)` logits.
        n_outputs: how many there are.
        graph: gets nodes.

    Returns:
        The name of `(n_rows, n_classes)` probabilities, NaN where there is no answer.
    """
    if n_outputs > 1:
        return graph.add("Softmax", outputs, name="probabilities", axis=1)
    # The softmax of 0 and the logit, which is accurate close to 0 as well.
    zero = graph.add("Sub", outputs, outputs, name="zero")
    return graph.add("Softmax", graph.joined([zero, outputs], "logits"), name="probabilities", axis=1)
