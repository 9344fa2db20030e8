"""Rows that do not fit into memory, in TensorFlow datasets and large memory-mapped arrays of numbers, read in parts."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from prelu_rules.errors import InvalidValueError
from prelu_rules.values import FloatArray

LARGE = 2**28
"""From this number of bytes on, a memory-mapped array is not copied, and its rows are not merged and sorted."""


def is_dataset(X: Any) -> bool:
    """Whether an object is a `tf.data.Dataset`; does not load TensorFlow.

    Args:
        X: any object.

    Returns:
        True if it is.

    Example:
        >>> is_dataset([[1.0]])
        False
    """
    return hasattr(X, "element_spec") and hasattr(X, "as_numpy_iterator")


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


def some_rows(X: Any, most: int, seed: int) -> FloatArray:
    """Draw rows at random, for counting rules and choosing printed digits.

    Args:
        X: a dataset or an array.
        most: the largest number of rows.
        seed: the seed of the draw.

    Returns:
        `(n_rows, n_features)` float64, in their original order.

    Example:
        >>> some_rows(np.arange(10.0)[:, None], 3, seed=0).shape
        (3, 1)
    """
    rng = np.random.default_rng([seed, 3])
    if not is_dataset(X):
        chosen = np.sort(rng.choice(len(X), min(most, len(X)), replace=False))
        return np.asarray(X[chosen], dtype=np.float64)
    from prelu_rules.population.stream import Reservoir

    reservoir = Reservoir(most, rng)
    for x, *_ in X.as_numpy_iterator():
        reservoir.add((np.asarray(x, dtype=np.float64),))
    return reservoir.kept()[0]


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
