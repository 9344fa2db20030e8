"""Rows from a `tf.data.Dataset` that does not fit into memory: one pass to inspect them, then batches.

Copies of a row in different batches cannot be merged. But whether a row is held out, and whether it is kept for the
refits, depends on its contents, so copies are treated alike, and those that are kept are merged.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import prelu_rules.training  # noqa: F401

# isort: split
import numpy as np
import tensorflow as tf

from prelu_rules.domains.box import Box
from prelu_rules.errors import InvalidValueError, ShapeError
from prelu_rules.losses.loss import Loss
from prelu_rules.rows.distinct import Hashes, distinct_rows, mixed, row_hashes
from prelu_rules.rows.rows import Block, Rows, Split, checked_share
from prelu_rules.rows.scale import Moments, Scale
from prelu_rules.values import BoolArray, FloatArray, IntArray

SHUFFLED = 4
"""How many blocks are shuffled together; a sorted dataset should shuffle itself as well."""


@dataclass(frozen=True)
class DatasetRows:
    """The rows of a dataset that are not held out, standardised.

    Attributes:
        dataset: batches `(x, y)` or `(x, y, weights)`.
        share: the share of rows that are held out.
        scale: the scale of all rows.
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
        """Yield the rows in their order, pass after pass, shuffled locally.

        Args:
            n_rows: the number of rows in a block.
            seed: the seed of the shuffles.

        Yields:
            Blocks, endlessly.
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
    """Read every row of a dataset once, and split the rows.

    Which rows are held out depends on their contents, not on their position, so that a dataset may shuffle itself in
    each pass; equal rows stay together.

    Args:
        dataset: batches `(x, y)` or `(x, y, weights)` of numbers: `(n, n_inputs)`, `(n,)` or `(n, n_outputs)`, `(n,)`.
        loss: the loss that is minimised; classes are given by their indices.
        validation: the share of rows to hold out.
        most: the largest number of rows for refits, and for validation, drawn at random.
        rng: the generator that draws them.

    Returns:
        The split.

    Raises:
        ShapeError: if the batches have the wrong form.
        InvalidValueError: if there are no rows, the dataset never ends, or a number is not allowed.

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
        raise InvalidValueError("the dataset has no row with a positive weight; add rows.")
    scale, weight = Scale.of(moments, targets, loss), moments.weight / everything.n_rows
    if not held.n_rows or not train.n_rows:
        # There are so few rows that by chance one side got none.
        share, held, train = 0.0, everything, everything

    def rows(reservoir: Reservoir) -> Rows:
        x, y, weights = reservoir.kept()
        return Rows(*distinct_rows(x, y, weights))

    population, box = DatasetRows(dataset, share, scale, weight), Box(moments.lower, moments.upper)
    return Split(scale, population, rows(train), rows(everything), rows(held), box)


def held_out(x: FloatArray, y: FloatArray | None, share: float) -> BoolArray:
    """Decide which rows are held out, by a hash of their contents.

    Args:
        x: `(n_rows, n_inputs)`.
        y: `(n_rows,)` or `(n_rows, n_outputs)` targets; None for classes, where inputs alone decide.
        share: the approximate share of rows.

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
    """Samples a number of rows from a stream with equal chances: those with the smallest random keys.

    Args:
        most: the number of rows.
        rng: the generator that draws keys if none are given.

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
        """Add further rows.

        Args:
            rows: arrays with the same number of rows.
            keys: one per row; None to draw them.
        """
        self._parts.append((self._rng.random(len(rows[0])) if keys is None else keys, rows))
        self.n_rows += len(rows[0])
        if sum(len(keys) for keys, _ in self._parts) > 2 * self._most:
            self._parts = [self._smallest()]

    def kept(self) -> Block:
        """The sample of the rows so far.

        Returns:
            Arrays like those that were added, in that order.
        """
        return self._smallest()[1]

    def _smallest(self) -> tuple[FloatArray | Hashes, Block]:
        keys = np.concatenate([keys for keys, _ in self._parts])
        rows = tuple(np.concatenate(parts) for parts in zip(*(rows for _, rows in self._parts), strict=True))
        kept: IntArray = np.sort(np.argsort(keys)[: self._most])
        return keys[kept], tuple(part[kept] for part in rows)


def _batches(dataset: tf.data.Dataset, loss: Loss) -> Iterator[Block]:
    """The rows with a positive weight, in float64."""
    for x, y, *weights in dataset.as_numpy_iterator():
        if not len(x):
            continue
        targets = loss.targets(np.asarray(y, dtype=np.float64))
        given = np.asarray(weights[0], dtype=np.float64) if weights else np.ones(len(x))
        if not (np.isfinite(given) & (given >= 0)).all():
            raise InvalidValueError(
                "the weights of the dataset must be finite and not negative; fix or drop those rows."
            )
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
        raise InvalidValueError("the dataset never ends; remove repeat(), since it is repeated as often as needed.")
