"""Networks of one input with the best knots of each number, as starts of refits."""

from __future__ import annotations

import numpy as np

from prelu_rules.losses.squared import Squared
from prelu_rules.network.compact import CompactForm
from prelu_rules.refine.best_knots import best_knots
from prelu_rules.refine.curvature import Task
from prelu_rules.values import FloatArray

MOST = 16
"""More knots are left to the greedy search; the time grows with their number."""

STRAIGHT = 1e-9
"""A hinge with a smaller weight is kept at this weight, so that a refit can still move it."""


def exact_starts(start: CompactForm, task: Task, most: int) -> list[CompactForm]:
    """The best continuous piecewise linear functions of one input with 1, 2, ... bends at its values.

    They minimise the squared errors without a penalty, so their refits are not always the best ones with it.

    Args:
        start: the network that is grown, which says how many inputs and outputs there are.
        task: the rows.
        most: how many bends at most.

    Returns:
        A network for each number of bends up to `most` or 16, flat, with one output; none if the rows have more than
        one input or output, the loss is not that of squared errors, or the start has units or lacks its linear terms.

    Example:
        >>> x = np.linspace(-1, 1, 41)[:, None]
        >>> task = Task(x, np.abs(x), np.full(41, 1 / 41), Squared(), 1e-9)
        >>> [one] = exact_starts(CompactForm(np.zeros((1, 2)), np.ones((1, 2), dtype=bool), 1), task, 1)
        >>> bool(np.abs(one.predict(x) - np.abs(x)).max() < 1e-12), one.form.A.shape
        (True, (1, 1))
    """
    one_line = start.n_inputs == start.n_outputs == 1 and not start.n_units and start.support.all()
    if not one_line or type(task.loss) is not Squared:
        return []
    x, y = task.x[:, 0], task.y[:, 0]
    return [_function(knots, x, y, task.weights) for knots in best_knots(x, y, task.weights, min(most, MOST))]


def _function(knots: FloatArray, x: FloatArray, y: FloatArray, weights: FloatArray) -> CompactForm:
    """The best fit with these knots, its hinges open to both sides from its least steep piece."""
    root = np.sqrt(weights)
    columns = np.column_stack([np.maximum(0, x[:, None] - knots), x, np.ones_like(x)])
    fitted = np.linalg.lstsq(columns * root[:, None], y * root, rcond=None)[0]
    uses, slope, constant = fitted[:-2], fitted[-2], fitted[-1]
    slopes = np.concatenate([[slope], slope + uses.cumsum()])
    level = int(np.abs(slopes).argmin())
    # c max(0, x - t) = c max(0, t - x) + c (x - t), so the hinges before the level piece can be turned around.
    sides = np.where(np.arange(len(knots)) < level, -1.0, 1.0)
    constant -= uses[:level] @ knots[:level]
    # At this scale the penalty on what goes into a bend is as large as that on what comes out, so their sum is least.
    scales = np.sqrt(np.maximum(np.abs(uses), STRAIGHT) / np.sqrt(1 + knots**2))
    k = len(knots)
    rows, support = np.zeros((k + 1, k + 2)), np.zeros((k + 1, k + 2), dtype=bool)
    rows[:k, 0], rows[:k, -1] = sides * scales, -sides * knots * scales
    rows[k] = [slopes[level], *(uses / scales), constant]
    support[:k, [0, -1]] = support[k] = True
    return CompactForm(rows, support, 1)
