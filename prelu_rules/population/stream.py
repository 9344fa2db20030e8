"""Rows that come from a `tf.data.Dataset`, more than fit into memory: one pass to look at them, then batches.

Copies of a row are not found where they come in different batches. But whether a row is held out, and whether it is
kept for the refits, depends on what it holds, so copies share their fate, and those that are kept are put together.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import tensorflow as tf

from prelu_rules.domains.box import Box
from prelu_rules.errors import InvalidValueError, ShapeError
from prelu_rules.losses.loss import Loss
from prelu_rules.population.distinct import Hashes, distinct_rows, mixed, row_hashes
from prelu_rules.population.rows import Block, Rows, Split, checked_share
from prelu_rules.population.scale import Moments, Scale
from prelu_rules.values import BoolArray, FloatArray, IntArray

SHUFFLED = 4
"""Blocks that are shuffled together; a dataset that is sorted should shuffle itself as well."""


@dataclass(frozen=True)
class DatasetRows:
    """The rows of a dataset that are not held out, standardised.

    Attributes:
        dataset: batches `(x, y)` or `(x, y, weights)`.
        share: of the rows that are held out.
        scale: of all rows.
        weight: the mean weight of all rows.
    """

    dataset: tf.data.Dataset
    share: float
    scale: Scale
    weight: float

    @property
    def row_shapes(self) -> tuple[tuple[int, ...], ...]:
        """The shapes of one row of inputs, targets and weights."""
        y = () if self.scale.loss.of_classes else (self.scale.n_outputs,)
        return (len(self.scale.x_mean),), y, ()

    def blocks(self, n_rows: int, seed: int) -> Iterator[Block]:
        """The rows in their order, pass after pass, but for a shuffle of those that are near one another.

        Args:
            n_rows: of a block.
            seed: of the shuffles.

        Yields:
            Blocks without end.
        """
        rng = np.random.default_rng([seed, 1])
        waiting: list[Block] = []
        while True:
            for x, y, weights in _batches(self.dataset, self.scale.loss):
                train = ~held_out(x, _targets(y, self.scale.loss), self.share)
                rows = self.scale.inputs(x[train]), self.scale.targets(y[train]), weights[train] / self.weight
                waiting.append(rows)
                if sum(len(part[0]) for part in waiting) >= SHUFFLED * n_rows:
                    together = tuple(np.concatenate(parts) for parts in zip(*waiting, strict=True))
                    order = rng.permutation(len(together[0]))
                    for start in range(0, len(order) - n_rows + 1, n_rows):
                        yield tuple(part[order[start : start + n_rows]] for part in together)
                    left = order[len(order) - len(order) % n_rows :]
                    waiting = [tuple(part[left] for part in together)]


def split_dataset(
    dataset: tf.data.Dataset, loss: Loss, validation: float, most: int, rng: np.random.Generator
) -> Split:
    """Look at every row of a dataset once, and share them out.

    Which rows are held out depends on what they hold, not on their place, so that a dataset may shuffle itself anew in
    each pass; equal rows go together.

    Args:
        dataset: batches `(x, y)` or `(x, y, weights)` of numbers: `(n, n_inputs)`, `(n,)` or `(n, n_outputs)`, `(n,)`.
        loss: what is minimised; classes are given by their indices.
        validation: the share of rows to hold out.
        most: rows that refits look at, and that choose; they are drawn at random.
        rng: draws them.

    Returns:
        Who gets which rows.

    Raises:
        ShapeError: if the batches have another form.
        InvalidValueError: if there are no rows, the dataset never ends, or a number cannot be used.

    Example:
        >>> x = np.linspace(0, 1, 1000)[:, None]
        >>> from prelu_rules.losses.squared import Squared
        >>> split = split_dataset(tf.data.Dataset.from_tensor_slices((x, x)).batch(64), Squared(), 0.2, 100,
        ...                       np.random.default_rng(0))
        >>> len(split.train.y), bool(80 < len(split.held.y) <= 100), split.box.upper
        (100, True, array([1.]))
    """
    share = checked_share(validation)
    _check(dataset)
    moments, targets = Moments("x"), Moments("y")
    train, everything, held = (Reservoir(most, rng) for _ in range(3))
    salt = rng.integers(2**64, dtype=np.uint64)
    for x, y, weights in _batches(dataset, loss):
        moments.add(x, weights)
        targets.add(y.reshape(len(y), -1), weights)
        keys, apart = mixed(row_hashes(y, row_hashes(x)) ^ salt), held_out(x, _targets(y, loss), share)
        everything.add((x, y, weights), keys)
        for reservoir, part in ((held, apart), (train, ~apart)):
            reservoir.add((x[part], y[part], weights[part]), keys[part])
    if not everything.n_rows:
        raise InvalidValueError("the dataset has no row with a weight above 0; give it rows.")
    scale, weight = Scale.of(moments, targets, loss), moments.weight / everything.n_rows
    if not held.n_rows or not train.n_rows:
        # So few rows that chance gave one side none.
        share, held, train = 0.0, everything, everything

    def rows(reservoir: Reservoir) -> Rows:
        x, y, weights = reservoir.kept()
        return Rows(*distinct_rows(x, y, weights))

    population, box = DatasetRows(dataset, share, scale, weight), Box(moments.lower, moments.upper)
    return Split(scale, population, rows(train), rows(everything), rows(held), box)


def held_out(x: FloatArray, y: FloatArray | None, share: float) -> BoolArray:
    """Which rows are held out, by a hash of what they hold.

    Args:
        x: `(n_rows, n_inputs)`.
        y: `(n_rows,)` or `(n_rows, n_outputs)` targets; None for classes, where inputs alone decide.
        share: of the rows, about.

    Returns:
        `(n_rows,)`.

    Example:
        >>> x = np.arange(1000.0)[:, None]
        >>> bool(150 < held_out(x, x, 0.2).sum() < 250)
        True
    """
    hashes = row_hashes(x)
    return np.asarray((hashes if y is None else row_hashes(y, hashes)) < share * 2.0**64)


def _targets(y: FloatArray, loss: Loss) -> FloatArray | None:
    return None if loss.of_classes else y


class Reservoir:
    """So many rows of a stream, each with the same chance: those with the smallest of random keys.

    Args:
        most: how many.
        rng: draws the keys that are not given.

    Example:
        >>> reservoir = Reservoir(2, np.random.default_rng(0))
        >>> reservoir.add((np.arange(5.0),))
        >>> reservoir.n_rows, reservoir.kept()[0].shape
        (5, (2,))
    """

    def __init__(self, most: int, rng: np.random.Generator) -> None:
        self._most, self._rng = most, rng
        self._parts: list[tuple[FloatArray | Hashes, Block]] = []
        self.n_rows = 0

    def add(self, rows: Block, keys: Hashes | None = None) -> None:
        """Look at further rows.

        Args:
            rows: arrays of as many rows each.
            keys: as many; None to draw them.
        """
        self._parts.append((self._rng.random(len(rows[0])) if keys is None else keys, rows))
        self.n_rows += len(rows[0])
        if sum(len(keys) for keys, _ in self._parts) > 2 * self._most:
            self._parts = [self._smallest()]

    def kept(self) -> Block:
        """The rows that were drawn of those so far.

        Returns:
            Arrays as they were added, in that order.
        """
        return self._smallest()[1]

    def _smallest(self) -> tuple[FloatArray | Hashes, Block]:
        keys = np.concatenate([keys for keys, _ in self._parts])
        rows = tuple(np.concatenate(parts) for parts in zip(*(rows for _, rows in self._parts), strict=True))
        kept: IntArray = np.sort(np.argsort(keys)[: self._most])
        return keys[kept], tuple(part[kept] for part in rows)


def _batches(dataset: tf.data.Dataset, loss: Loss) -> Iterator[Block]:
    """The rows that have a weight, in float64."""
    for x, y, *weights in dataset.as_numpy_iterator():
        if not len(x):
            continue
        targets = loss.targets(np.asarray(y, dtype=np.float64))
        given = np.asarray(weights[0], dtype=np.float64) if weights else np.ones(len(x))
        if not (np.isfinite(given) & (given >= 0)).all():
            raise InvalidValueError("the weights of a dataset must be finite and not negative; fix them.")
        there = given > 0
        if there.any():
            yield np.asarray(x, dtype=np.float64)[there], targets[there], given[there]


def _check(dataset: tf.data.Dataset) -> None:
    form = dataset.element_spec
    right = isinstance(form, tuple) and len(form) in (2, 3) and all(hasattr(part, "shape") for part in form)
    if (
        not right
        or form[0].shape.rank != 2
        or not form[0].shape[1]
        or not form[0].dtype.is_floating | form[0].dtype.is_integer
    ):
        raise ShapeError(
            f"the dataset holds {form}; give batches (x, y) or (x, y, weights), x of numbers with a known number of "
            "columns, as dataset.batch(...) makes them."
        )
    if dataset.cardinality() == tf.data.INFINITE_CARDINALITY:
        raise InvalidValueError("the dataset never ends; give it without repeat(), which is done as often as needed.")
