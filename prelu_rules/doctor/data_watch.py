"""Finds the first batch that is not finite when several steps run in one execution and batches cannot be kept.

This is computed within the training step, by one pass over the batch's numbers, and read only when it is needed.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import tensorflow as tf

from prelu_rules.doctor.finding import Place
from prelu_rules.doctor.record import NotFinite
from prelu_rules.doctor.rows import rows_of

_NONE = (-1, 0, 0, 0, 0)


class DataWatch:
    """Counts steps, and remembers the first batch with a number that is not finite.

    Example:
        >>> watch = DataWatch()
        >>> for value in (1.0, np.nan):
        ...     watch.see((tf.fill((2, 3), value), tf.ones(2)), (True, True))
        >>> found = watch.first(Place)
        >>> assert found is not None
        >>> found.where.step, found.cause, found.count, found.of, found.examples
        (2, 'inputs', 6, 6, ((0, 0),))
    """

    def __init__(self) -> None:
        self._steps = tf.Variable(0, dtype=tf.int64, trainable=False)
        # Step, index of the tensor, how many of its numbers are not finite, how many there are, index of the first one.
        self._first = tf.Variable(_NONE, dtype=tf.int64, trainable=False)
        self._shapes: list[tuple[int | None, ...]] = []
        self._structure: Any = None

    @property
    def steps(self) -> int:
        """The number of steps seen."""
        return int(self._steps)

    def see(self, tensors: tuple[Any, ...], structure: Any) -> None:
        """Checks a batch; runs in the graph of the training step.

        Args:
            tensors: the tensors of the batch, inputs first.
            structure: the nest that they come from, with False in place of None.
        """
        self._shapes = [tuple(tensor.shape[1:]) for tensor in tensors]
        self._structure = structure
        self._steps.assign_add(1)
        for number, tensor in enumerate(tensors):
            if not tensor.dtype.is_floating:
                continue
            bad = tf.reshape(tf.cast(~tf.math.is_finite(tensor), tf.int64), (-1,))
            count = tf.reduce_sum(bad)
            seen = tf.stack([self._steps, tf.constant(number, tf.int64), count, tf.size(bad, tf.int64), tf.argmax(bad)])
            self._first.assign(tf.where((count > 0) & (self._first[0] < 0), seen, self._first))

    def forget(self) -> None:
        """Forgets the batch, since the weights are finite after it."""
        self._first.assign(_NONE)

    def first(self, place: Callable[[int], Place]) -> NotFinite | None:
        """The first batch that was not finite.

        Args:
            place: maps a step, counted from 1, to a `Place`.

        Returns:
            The batch, or None if there was none.
        """
        step, number, count, size, index = (int(value) for value in self._first.numpy())
        if step < 0:
            return None
        leaves = iter(range(len(self._shapes)))
        rows = rows_of(tf.nest.map_structure(lambda there: next(leaves) if there else None, self._structure))
        causes = (("inputs", rows.x), ("labels", rows.y), ("sample weights", rows.weights))
        cause = next(name for name, part in causes if number in tf.nest.flatten(part))
        inner = [length for length in self._shapes[number] if length is not None]
        if len(inner) < len(self._shapes[number]):
            return NotFinite(place(step), cause, count, size)
        shape = (size // max(1, math.prod(inner)), *inner)
        example = tuple(int(one) for one in np.unravel_index(index, shape))
        return NotFinite(place(step), cause, count, size, (example,))
