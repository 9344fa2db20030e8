"""Rows to learn from, in memory or not, split into those for training, for validation and for the refits.

Equal rows are merged (`distinct`), so none is on both sides of a split. For classes, even rows with equal inputs are
kept on one side: otherwise one label would be trained on and the other used for validation. For numeric targets, inputs
that many rows share may be on both sides, since the targets of such rows are new to a network.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

import numpy as np
import numpy.typing as npt
from sklearn.model_selection import train_test_split

from prelu_rules.domains.box import Box
from prelu_rules.errors import InvalidValueError, ShapeError
from prelu_rules.losses.loss import Loss
from prelu_rules.rows.distinct import Hashes, first_of_each, row_hashes, weights_of_first
from prelu_rules.rows.scale import Moments, Scale
from prelu_rules.values import FloatArray, IntArray, frozen_array

FEWEST_TO_SPLIT = 10
"""With fewer distinct rows, none are held out: a choice based on one or two rows would be chance."""

HEAVY, HEAVY_BESIDE_MEAN = 0.5, 5.0
"""A row that weighs more than this share of all weight to be held out, and so many times the mean, is not held out: it
would decide alone, and nothing could be learned without it."""

PART = 500_000
"""How many numbers of a memory-mapped array are read at once."""

Block = tuple[FloatArray, ...]
"""Inputs, targets and weights of the requested number of rows."""


@dataclass(frozen=True, eq=False)
class Standardised:
    """A selection of an array's rows, standardised on access, so that a memory-mapped array is never copied.

    Attributes:
        values: `(n, ...)`.
        chosen: `(n_rows,)`, the indices of the rows.
        mean: the mean of each column.
        deviation: the standard deviation of each column.

    Example:
        >>> rows = Standardised(np.array([[1.0], [5.0], [7.0]]), np.array([0, 2]), np.array([5.0]), np.array([2.0]))
        >>> rows.shape, rows[np.array([1])]
        ((2, 1), array([[1.]]))
    """

    values: FloatArray
    chosen: IntArray
    mean: FloatArray
    deviation: FloatArray

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape, as in NumPy."""
        return (len(self.chosen), *self.values.shape[1:])

    def __len__(self) -> int:
        return len(self.chosen)

    def __getitem__(self, which: IntArray) -> FloatArray:
        return np.asarray((self.values[self.chosen[which]] - self.mean) / self.deviation)


class Rows(NamedTuple):
    """Rows to learn from; standardised if they are for a population.

    Attributes:
        x: `(n_rows, n_inputs)`, an array or `Standardised` rows of one.
        y: `(n_rows, n_outputs)` targets, or `(n_rows,)` classes.
        weights: `(n_rows,)`, with a mean of 1.
    """

    x: Any
    y: FloatArray
    weights: FloatArray

    def taken(self, chosen: IntArray) -> Rows:
        """Select some of the rows.

        Args:
            chosen: their indices.

        Returns:
            A copy of them.
        """
        return Rows(np.asarray(self.x[chosen]), self.y[chosen], self.weights[chosen])

    def blocks(self, n_rows: int, seed: int) -> Iterator[Block]:
        """Yield every row once in each pass, in a new random order each time.

        Args:
            n_rows: the number of rows in a block.
            seed: the seed of the order.

        Yields:
            Blocks, endlessly.
        """
        rng = np.random.default_rng([seed, 1])
        waiting = np.empty(0, dtype=np.intp)
        while True:
            while len(waiting) < n_rows:
                waiting = np.concatenate([waiting, rng.permutation(len(self.y))])
            now, waiting = np.split(waiting, [n_rows])
            yield tuple(np.asarray(part[now]) for part in self)

    @property
    def row_shapes(self) -> tuple[tuple[int, ...], ...]:
        """The shapes of one row of inputs, targets and weights."""
        return tuple(tuple(part.shape[1:]) for part in self)


class RowSource(Protocol):
    """The training data of a population: `Rows`, or the rows of a dataset."""

    @property
    def row_shapes(self) -> tuple[tuple[int, ...], ...]:
        """The shapes of one row of inputs, targets and weights."""

    def blocks(self, n_rows: int, seed: int) -> Iterator[Block]:
        """Yield standardised rows, `n_rows` at a time, endlessly."""


@dataclass(frozen=True)
class Split:
    """The rows of a search, split by purpose.

    Attributes:
        scale: the scale of all rows.
        population: the standardised rows that networks are trained on.
        train: those of them that are used in refits, in the user's units.
        everything: the rows of the whole data that are used in refits.
        held: rows that are not trained on and choose the size.
        box: the smallest box around all rows.
    """

    scale: Scale
    population: RowSource
    train: Rows
    everything: Rows
    held: Rows
    box: Box

    def standardised(self, rows: Rows) -> Rows:
        """Standardise rows.

        Args:
            rows: rows in the user's units.

        Returns:
            Standardised rows, in memory.
        """
        x = np.asarray(rows.x, dtype=np.float64)
        return Rows(self.scale.inputs(x), self.scale.targets(rows.y), rows.weights)


def split_arrays(
    x: npt.ArrayLike,
    y: npt.ArrayLike,
    weights: npt.ArrayLike | None,
    loss: Loss,
    validation: float | tuple[npt.ArrayLike, ...],
    most: int,
    seed: int,
    rng: np.random.Generator,
) -> Split:
    """Check arrays and split their rows.

    Args:
        x: `(n_rows, n_inputs)`; a memory-mapped array stays on disk, and only what is needed is read.
        y: `(n_rows,)` or `(n_rows, n_outputs)`.
        weights: `(n_rows,)`; None for equal weights. Only their ratios matter.
        loss: the loss that is minimised.
        validation: the share of distinct rows to hold out, or the user's validation rows.
        most: the largest number of rows for refits, and for validation.
        seed: the seed of the split.
        rng: the generator that draws the rows for refits.

    Returns:
        The split.

    Raises:
        ShapeError: if rows, targets and weights do not fit together.
        InvalidValueError: if a number is not allowed.

    Example:
        >>> from prelu_rules.losses.squared import Squared
        >>> rows = split_arrays(np.eye(20), np.arange(20), None, Squared(), 0.2, 10, 0, np.random.default_rng(0))
        >>> len(rows.train.y), len(rows.everything.y), len(rows.held.y)
        (10, 10, 4)
    """
    rows, hashes = _checked(x, y, weights, loss)
    everyone = np.flatnonzero(rows.weights)
    if isinstance(validation, tuple):
        chosen = everyone
        held = _validation_rows(validation, loss)
    else:
        chosen, left = _split(rows, hashes, everyone, validation, loss, seed)
        held = rows.taken(_some(left, most, rng))
    moments, targets = Moments("x"), Moments("y")
    step = max(1, PART // rows.x.shape[1]) if isinstance(rows.x, np.memmap) else len(rows.y)
    for start in range(0, len(everyone), step):
        part = everyone[start : start + step]
        moments.add(rows.x[part], rows.weights[part])
    targets.add(rows.y[everyone].reshape(len(everyone), -1), rows.weights[everyone])
    if loss.of_classes and held.y.max() > targets.upper[0]:
        raise InvalidValueError(
            f"validation_data has class {held.y.max():g}, but the largest class in y is {targets.upper[0]:g}; "
            "give rows of that class in y, too."
        )
    scale = Scale.of(moments, targets, loss)
    lazy = Standardised(rows.x, chosen, scale.x_mean, scale.x_deviation)
    population = Rows(lazy, scale.targets(rows.y[chosen]), rows.weights[chosen])
    train, everything = (rows.taken(_some(which, most, rng)) for which in (chosen, everyone))
    return Split(scale, population, train, everything, held, Box(moments.lower, moments.upper))


def _some(rows: IntArray, most: int, rng: np.random.Generator) -> IntArray:
    """The rows, or a random selection of them if there are more than allowed."""
    return rows if len(rows) <= most else np.sort(rng.choice(rows, most, replace=False))


def _validation_rows(given: tuple[npt.ArrayLike, ...], loss: Loss) -> Rows:
    rows, _ = _checked(given[0], given[1], given[2] if len(given) > 2 else None, loss)
    return rows.taken(np.flatnonzero(rows.weights))


def _checked(
    x: npt.ArrayLike, y: npt.ArrayLike, weights: npt.ArrayLike | None, loss: Loss
) -> tuple[Rows, tuple[Hashes, Hashes]]:
    """The rows, with a weight of 0 for copies of others; and the hashes of the inputs and of the whole rows."""
    # Memory-mapped arrays stay on disk.
    inputs = x if isinstance(x, np.memmap) else frozen_array(x, "x", (None, None))
    targets = frozen_array(y, "y", (None,) if np.ndim(y) == 1 else (None, None))
    if inputs.ndim != 2 or not len(inputs) or not inputs.shape[1]:
        raise ShapeError(f"x has shape {np.shape(x)}; it must have at least one row and one column.")
    if len(targets) != len(inputs):
        raise ShapeError(f"x has {len(inputs)} rows, but y has {len(targets)}; give a target for each row.")
    targets = loss.targets(targets)
    given = np.ones(len(inputs)) if weights is None else frozen_array(weights, "sample_weight", (len(inputs),))
    if (given < 0).any() or not given.any():
        raise InvalidValueError(
            "sample_weight must not be negative, nor all 0; give a weight of at least 0 for each row."
        )
    step = max(1, PART // inputs.shape[1]) if isinstance(inputs, np.memmap) else len(inputs)
    of_inputs = np.concatenate([row_hashes(inputs[k : k + step]) for k in range(0, len(inputs), step)])
    of_rows = row_hashes(targets, of_inputs)
    return Rows(inputs, targets, weights_of_first(of_rows, given)), (of_inputs, of_rows)


def checked_share(validation: float) -> float:
    """Refuse a share that leaves no rows on one side.

    Args:
        validation: the share of rows to hold out.

    Returns:
        The share.

    Raises:
        InvalidValueError: if it is not between 0 and 1.

    Example:
        >>> checked_share(0.2)
        0.2
    """
    if not 0 < validation < 1:
        raise InvalidValueError(f"validation_fraction is {validation}; it must be between 0 and 1.")
    return validation


def _split(
    rows: Rows, hashes: tuple[Hashes, Hashes], which: IntArray, validation: float, loss: Loss, seed: int
) -> tuple[IntArray, IntArray]:
    """Split distinct rows into those for training and those that are held out."""
    share, weights = checked_share(validation), rows.weights[which]
    _, group = first_of_each(hashes[0 if loss.of_classes else 1][which])
    light, labels = light_groups(group, rows.y[which] if loss.of_classes else None, weights, share)
    if len(light) < FEWEST_TO_SPLIT:
        return which, which
    # At least one row trains.
    held = min(int(np.ceil(share * len(light))), len(light) - 1)
    if labels is not None:
        counts = np.unique(labels, return_counts=True)[1]
        # A class with a single row cannot be split; nor can more classes than there are rows on a side.
        labels = labels if counts.min() > 1 and min(held, len(light) - held) >= len(counts) else None
    _, held_out = train_test_split(light, test_size=held, random_state=seed, stratify=labels)
    apart = np.isin(group, held_out)
    return which[~apart], which[apart]


def light_groups(
    group: IntArray, classes: FloatArray | None, weights: FloatArray, share: float
) -> tuple[IntArray, FloatArray | None]:
    """Find the groups of rows that may be held out: those that do not have too much of the weight.

    Args:
        group: `(n_rows,)`, the group of each row, from 0; rows of a group stay together.
        classes: `(n_rows,)` class indices; None if the targets are numbers.
        weights: `(n_rows,)`.
        share: the share of rows that are held out together.

    Returns:
        The groups, and the class of each, the one that weighs most; None without classes.

    Example:
        >>> light_groups(np.arange(3), np.array([0.0, 1.0, 1.0]), np.ones(3), 0.2)
        (array([0, 1, 2]), array([0., 1., 1.]))
    """
    total = np.bincount(group, weights=weights)
    light = np.flatnonzero(total <= max(HEAVY * share * total.sum(), HEAVY_BESIDE_MEAN * total.mean()))
    if classes is None:
        return light, None
    order = np.lexsort((-weights, group))
    return light, classes[order[np.searchsorted(group[order], light)]]
