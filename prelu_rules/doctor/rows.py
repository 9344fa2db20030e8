"""The rows of training data that the doctor uses, kept from the first batches."""

from __future__ import annotations

from typing import Any, NamedTuple

import keras
import numpy as np
import tensorflow as tf

LARGEST_PROBE = 2**20
"""The doctor uses at most this many numbers of input, or one batch; fewer if rows are small."""


class Rows(NamedTuple):
    """Rows of data, in the structure that the model takes.

    Attributes:
        x: inputs: a tensor or array, or a nest of them.
        y: labels; None if there are none.
        weights: the weights of rows; None if there are none.
    """

    x: Any
    y: Any = None
    weights: Any = None

    def __len__(self) -> int:  # the rows, not the fields
        return int(tf.nest.flatten(self.x)[0].shape[0])

    def first(self, number: int) -> Rows:
        """Takes the first rows.

        Args:
            number: the largest number of rows.

        Returns:
            Rows in the same structure.
        """
        return _map(lambda part: part[:number], self)


def rows_of(data: Any) -> Rows:
    """Gets rows from what `fit` takes, or passes to a training step.

    Args:
        data: `x`, `(x, y)` or `(x, y, sample_weight)`.

    Returns:
        The rows, unconverted.
    """
    return Rows(*keras.utils.unpack_x_y_sample_weight(data))


def arrays_of(data: Any) -> Rows:
    """Gets rows from arrays, DataFrames and lists.

    Args:
        data: as for `rows_of`.

    Returns:
        The rows as NumPy arrays.

    Example:
        >>> arrays_of(([[1.0], [2.0]], [0, 1])).y
        array([0, 1])
    """
    x, y, weights = rows_of(data)
    # A list of numbers is one array; a list or dict of arrays is several inputs.
    nested = isinstance(x, dict) or (isinstance(x, list | tuple) and hasattr(x[0], "shape"))
    return Rows(tf.nest.map_structure(np.asarray, x) if nested else np.asarray(x), *map(_array_or_none, (y, weights)))


class Gatherer:
    """Collects rows of batches until there are enough.

    Args:
        wanted: how many; fewer if rows are large, but at least one batch.

    Example:
        >>> gatherer = Gatherer(3)
        >>> for _ in range(2):
        ...     enough = gatherer.add(Rows(tf.ones((2, 4)), tf.ones(2)))
        ...     print(enough, gatherer.rows and len(gatherer.rows))
        False 2
        True 3
    """

    def __init__(self, wanted: int) -> None:
        self.wanted = wanted
        self._batches: list[Rows] = []

    def add(self, rows: Rows) -> bool:
        """Adds a batch.

        Args:
            rows: the rows of the batch. A batch with a different shape than the last one (texts of another length)
                replaces it.

        Returns:
            Whether there are enough rows now.
        """
        if self._batches and _shapes(rows) != _shapes(self._batches[0]):
            self._batches = []
        self._batches.append(rows)
        numbers = sum(int(np.prod(part.shape[1:])) for part in tf.nest.flatten(rows.x))
        self.wanted = min(self.wanted, max(len(rows), LARGEST_PROBE // max(1, numbers)))
        return sum(map(len, self._batches)) >= self.wanted

    @property
    def rows(self) -> Rows | None:
        """The rows so far; None before the first batch."""
        if not self._batches:
            return None
        joined = tf.nest.map_structure(lambda *parts: None if parts[0] is None else tf.concat(parts, 0), *self._batches)
        return joined.first(self.wanted)


def _map(function: Any, rows: Rows) -> Rows:
    return tf.nest.map_structure(lambda part: None if part is None else function(part), rows)


def _shapes(rows: Rows) -> list[tuple[int, ...]]:
    return [tuple(part.shape[1:]) for part in tf.nest.flatten(rows) if part is not None]


def _array_or_none(value: Any) -> Any:
    return None if value is None else np.asarray(value)
