"""Rows that do not fit into memory, in TensorFlow datasets and large memory-mapped arrays: numbers, read in parts."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from prelu_rules.errors import InvalidValueError
from prelu_rules.values import FloatArray

LARGE = 2**28
"""Bytes of a memory-mapped array from which on it is not copied, nor its rows repeated and put in order."""


def is_dataset(X: Any) -> bool:
    """Whether something is a `tf.data.Dataset`; TensorFlow need not be loaded to say so.

    Args:
        X: anything.

    Returns:
        Whether it is.

    Example:
        >>> is_dataset([[1.0]])
        False
    """
    return hasattr(X, "element_spec") and hasattr(X, "as_numpy_iterator")


def is_large(X: Any) -> bool:
    """Whether rows are to be read in parts.

    Args:
        X: what `fit` was given.

    Returns:
        True for datasets and memory-mapped arrays above `LARGE`.

    Example:
        >>> is_large(np.zeros((2, 2)))
        False
    """
    return is_dataset(X) or (isinstance(X, np.memmap) and X.nbytes > LARGE)


def class_labels(dataset: Any) -> npt.NDArray[Any]:
    """The labels of a dataset, found in one pass.

    Args:
        dataset: batches `(x, y)` or `(x, y, weights)`; text is in UTF-8.

    Returns:
        `(n_classes,)`, sorted.

    Raises:
        InvalidValueError: if a label is NaN.
    """
    found: set[Any] = set()
    for _, y, *_ in dataset.as_numpy_iterator():
        labels = np.unique(y)
        if labels.dtype.kind == "f" and np.isnan(labels).any():
            raise InvalidValueError("y is NaN in a row of the dataset; leave out the rows without a class.")
        found.update(labels.tolist())
    return np.array(sorted(label.decode() if isinstance(label, bytes) else label for label in found))


def with_class_indices(dataset: Any, classes: npt.NDArray[Any]) -> Any:
    """A dataset with the places of labels in a list in the place of the labels.

    Args:
        dataset: batches `(x, y)` or `(x, y, weights)`.
        classes: `(n_classes,)`.

    Returns:
        A dataset.
    """
    import tensorflow as tf

    known = tf.constant(classes, dtype=dataset.element_spec[1].dtype)

    def indexed(x: Any, y: Any, *weights: Any) -> tuple[Any, ...]:
        return (x, tf.argmax(tf.equal(tf.reshape(y, (-1, 1)), known), axis=1), *weights)

    return dataset.map(indexed)


def some_rows(
    X: Any, y: Any, weights: npt.ArrayLike | None, most: int, seed: int
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Rows drawn at random of those with a weight, to count rules and to choose printed digits by.

    Args:
        X: a dataset or an array.
        y: the targets; None beside a dataset, which has them.
        weights: `(n_rows,)`; None for equal ones, or beside a dataset, which may have them.
        most: how many.
        seed: draws them.

    Returns:
        Rows, `(n_rows, n_features)`, targets and weights, float64, in their order.

    Example:
        >>> x, y, weights = some_rows(np.arange(10.0)[:, None], np.arange(10), None, 3, seed=0)
        >>> x.shape, y.shape, weights
        ((3, 1), (3,), array([1., 1., 1.]))
    """
    rng = np.random.default_rng([seed, 3])
    if not is_dataset(X):
        given = np.ones(len(X)) if weights is None else np.asarray(weights, dtype=np.float64)
        there = np.flatnonzero(given)
        chosen = np.sort(rng.choice(there, min(most, len(there)), replace=False))
        targets = np.asarray(y)[chosen]
        return np.asarray(X[chosen], dtype=np.float64), np.asarray(targets, dtype=np.float64), given[chosen]
    from prelu_rules.population.stream import Reservoir

    reservoir = Reservoir(most, rng)
    for x, labels, *rest in X.as_numpy_iterator():
        given = np.asarray(rest[0] if rest else np.ones(len(x)), dtype=np.float64)
        parts = (np.asarray(x, dtype=np.float64), np.asarray(labels, dtype=np.float64), given)
        reservoir.add(tuple(part[given > 0] for part in parts))
    rows, targets, given = reservoir.kept()
    return rows, targets, given


def check_alone(y: Any, sample_weight: Any) -> None:
    """Refuse targets beside a dataset, which brings its own.

    Args:
        y: what `fit` was given for targets.
        sample_weight: and for weights.

    Raises:
        InvalidValueError: if there is one.
    """
    if y is not None or sample_weight is not None:
        raise InvalidValueError("a dataset brings targets and weights of its own; give neither y nor sample_weight.")
