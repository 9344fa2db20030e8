"""Rows that do not fit into memory, in TensorFlow datasets and large memory-mapped arrays of numbers, read in parts."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from prelu_rules.errors import InvalidValueError
from prelu_rules.rows.dataset import is_dataset
from prelu_rules.values import FloatArray

LARGE = 2**28
"""From this number of bytes on, a memory-mapped array is not copied, and its rows are not merged and sorted."""


def is_large(X: Any) -> bool:
    """Whether rows should be read in parts.

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
    """Find the class labels of a dataset in one pass.

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
    """Replace the labels in a dataset by class indices.

    Args:
        dataset: batches `(x, y)` or `(x, y, weights)`.
        classes: `(n_classes,)`, the class labels.

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
    """Draw rows with a positive weight at random, for counting rules and choosing printed digits.

    Args:
        X: a dataset or an array.
        y: the targets; None for a dataset, which contains them.
        weights: `(n_rows,)`; None for equal weights, or for a dataset, which may contain them.
        most: the largest number of rows.
        seed: the seed of the draw.

    Returns:
        Rows, `(n_rows, n_features)`, targets and weights, float64, in their original order.

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
    """Refuse targets or weights in addition to a dataset, which contains its own.

    Args:
        y: the targets given to `fit`.
        sample_weight: the weights given to `fit`.

    Raises:
        InvalidValueError: if either is given.
    """
    if y is not None or sample_weight is not None:
        raise InvalidValueError("a dataset contains its own targets and weights; leave out y and sample_weight.")
