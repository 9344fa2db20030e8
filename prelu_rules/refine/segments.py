"""Where a function of one column bends: the best segments of lines, by dynamic programming.

The lines of neighbouring segments need not meet, so that each segment has a cost of its own and the best segments of
every number are found exactly (Bellman, "On the approximation of curves by line segments using dynamic programming",
1961). Where the lines cross are the bends of networks to start from; the refit makes the lines meet.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from prelu_rules.network.compact import CompactForm
from prelu_rules.refine.outputs import outputs_refitted
from prelu_rules.refine.task import Task
from prelu_rules.values import FloatArray

MOST_BLOCKS = 300
"""Segments start and end between so many blocks of rows, which have about as many values of the column each."""

FEWEST_VALUES = 3
"""A segment has at least so many values of the column: two are on a line, whatever they are."""

COLUMNS_OF_BLOCK = 3
"""The sums of weights, of values, and of their squares come before those of the targets."""


def bent_at_segments(linear: CompactForm, most: int, task: Task) -> Iterator[CompactForm]:
    """Yield networks of one input with 1, 2, ... units that bend between the best segments.

    Args:
        linear: the network without units.
        most: the largest number of units.
        task: rows with one input; their targets are numbers.

    Yields:
        Networks whose outputs are fitted, with bends that are not; fewer than asked for if there are too few values.

    Example:
        >>> from prelu_rules.losses.squared import Squared
        >>> x = np.linspace(0, 3, 61)[:, None]
        >>> zigzag = np.abs(x - 1) - 2 * np.maximum(x - 2, 0)
        >>> task = Task(x, zigzag, np.full(61, 1 / 61), Squared(), 1e-9)
        >>> flat = CompactForm(np.array([[0.0, 0.5]]), np.ones((1, 2), dtype=bool), 1)
        >>> _, two = bent_at_segments(flat, 2, task)
        >>> -two.weights[:2, -1].round(3), bool(np.abs(two.predict(x) - zigzag).max() < 1e-6)
        (array([1., 2.]), True)
    """
    values, sums, fewest = _blocks(task)
    unused = np.zeros(linear.n_outputs)
    for ends in _best_ends(_costs(sums), most, fewest):
        system = linear
        for knot in _knots(values, sums, ends):
            system = system.with_unit(np.array([1.0, *np.zeros(system.n_units), -knot]), unused)
        yield outputs_refitted(system.shallow(), task)[0]


def _blocks(task: Task) -> tuple[FloatArray, FloatArray, int]:
    """Where blocks start, the sums over all blocks before each of them, and the fewest blocks of a segment.

    The sums are `(n_blocks + 1, 3 + 3 * n_outputs)`: of weights, of `x`, of `x**2`; and of `y`, `x y` and `y**2`.
    """
    distinct, place = np.unique(task.x[:, 0], return_inverse=True)
    n_blocks = min(len(distinct), MOST_BLOCKS)
    block_of = np.arange(len(distinct)) * n_blocks // len(distinct)
    x, y = task.x, task.y
    terms = task.weights[:, None] * np.hstack([np.ones_like(x), x, x**2, y, x * y, y**2])
    sums = np.zeros((n_blocks + 1, terms.shape[1]))
    np.add.at(sums, block_of[place] + 1, terms)
    starts = distinct[np.searchsorted(block_of, np.arange(n_blocks))]
    return starts, sums.cumsum(axis=0), -(-FEWEST_VALUES * n_blocks // len(distinct))


def _costs(sums: FloatArray) -> FloatArray:
    """`(n_blocks + 1, n_blocks + 1)`: what is left over by the best line from a block (row) to before another."""
    between = sums[None, :] - sums[:, None]
    # Where a segment ends before it starts, the costs do not matter.
    weight = np.where(between[..., 0] > 0, between[..., 0], 1.0)
    xx, xy, yy = _centred(between, weight)
    slope = np.divide(xy, xx[..., None], out=np.zeros_like(xy), where=xx[..., None] > 0)
    return np.asarray(np.maximum(yy - slope * xy, 0.0).sum(axis=-1))


def _centred(sums: FloatArray, weight: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """The sums of `x**2`, `x y` and `y**2` about the means."""
    x, squares = sums[..., 1], sums[..., 2]
    y, xy, yy = np.split(sums[..., COLUMNS_OF_BLOCK:], 3, axis=-1)
    mean = y / weight[..., None]
    return squares - x**2 / weight, xy - x[..., None] * mean, yy - y * mean


def _best_ends(costs: FloatArray, most: int, fewest: int) -> Iterator[list[int]]:
    """For 1, 2, ... bends, the blocks at which the second and all later segments of the best ones start."""
    last = len(costs) - 1
    blocks = np.arange(len(costs))
    allowed = np.where(blocks - blocks[:, None] >= fewest, costs, np.inf)
    best, before = allowed[0], []
    for _ in range(most):
        totals = best[:, None] + allowed
        before.append(totals.argmin(axis=0))
        best = totals.min(axis=0)
        if not np.isfinite(best[last]):
            return
        found = [last]
        for chosen in reversed(before):
            found.append(int(chosen[found[-1]]))
        yield found[:0:-1]


def _knots(values: FloatArray, sums: FloatArray, ends: list[int]) -> FloatArray:
    """Where lines of neighbouring segments cross; where the second one starts, if they do not cross close to that."""
    borders = np.array([0, *ends, len(sums) - 1])
    parts = np.diff(sums[borders], axis=0)
    xx, xy, _ = _centred(parts, parts[:, 0])
    slopes = np.divide(xy, xx[:, None], out=np.zeros_like(xy), where=xx[:, None] > 0)
    n_outputs = xy.shape[1]
    means = parts[:, 1] / parts[:, 0]
    levels = parts[:, COLUMNS_OF_BLOCK : COLUMNS_OF_BLOCK + n_outputs] / parts[:, :1] - slopes * means[:, None]
    # Several outputs bend at one place: where the lines are closest to one another.
    turn, apart = np.diff(slopes, axis=0), -np.diff(levels, axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        crossing = (turn * apart).sum(axis=1) / (turn**2).sum(axis=1)
    near = (crossing > means[:-1]) & (crossing < means[1:])
    return np.where(near, crossing, values[ends])
