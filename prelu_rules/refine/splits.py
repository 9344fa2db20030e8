"""Proposals from a small tree: where it splits the rows, a bend or a step may be.

A tree is grown on what the network leaves over. A threshold of it becomes a kink, one hinge with that knot, or a step,
two hinges so close that no row lies between them. Kinks on all columns at once come from fitting a plane on each side
of a split: where the two planes meet, a hinge bends (Breiman, "Hinging hyperplanes for regression, classification, and
function approximation", 1993).
"""

from __future__ import annotations

import numpy as np
from sklearn.tree import DecisionTreeRegressor

from prelu_rules.network.compact import CompactForm
from prelu_rules.refine.curvature import Task
from prelu_rules.values import BoolArray, FloatArray

LEAVES = 8
"""How many leaves the tree has at most."""

SHARE = 0.02
"""The share of the rows that a leaf has at least, so that single rows do not make a split."""

RIDGE = 1e-3
"""The penalty of the planes on both sides of a split, relative to the mean square of a column."""

FLAT = 1e-9
"""Planes whose slopes differ by less meet nowhere."""


def kinks(system: CompactForm, task: Task, *, nesting: bool = True) -> FloatArray:
    """Units that bend where a tree splits, first those at its thresholds, then those on all columns.

    Args:
        system: the network.
        task: the rows.
        nesting: whether the units may use those of the network; if not, these weights are 0.

    Returns:
        `(n_kinks, n_inputs + n_units + 1)`, weights for `CompactForm.with_unit`; those at thresholds first, then the
        others, each in the order of how much the tree's splits lower the squared error of what is left over.

    Example:
        >>> from prelu_rules.losses.squared import Squared
        >>> x = np.array([[0.0], [1.0], [2.0], [4.0], [5.0], [6.0]])
        >>> y = np.array([[0.0], [0.0], [0.0], [1.0], [1.0], [1.0]])
        >>> task = Task(x, y, np.full(6, 1 / 6), Squared(), 1e-9)
        >>> flat = CompactForm(np.zeros((1, 2)), np.ones((1, 2), dtype=bool), 1)
        >>> kinks(flat, task)[0]
        array([ 1., -3.])
    """
    features, residuals = _left_over(system, task, nesting)
    splits = _splits(features, residuals, task.weights)
    straight = [_threshold(features.shape[1], column, threshold) for column, threshold, _ in splits]
    oblique = [_where_planes_meet(features, residuals, task.weights, column, at, rows) for column, at, rows in splits]
    return _wide(straight + [unit for unit in oblique if unit is not None], system)


def steps(system: CompactForm, task: Task, *, nesting: bool = True) -> FloatArray:
    """Pairs of units whose difference is a step where a tree splits.

    Args:
        system: the network.
        task: the rows.
        nesting: whether the units may use those of the network; if not, these weights are 0.

    Returns:
        `(n_steps, 2, n_inputs + n_units + 1)`, weights for `CompactForm.with_unit`. The knots of a pair are the two
        values next to a threshold; the pair's difference is 0 below the lower one and 1 above the upper one. Those of
        the most useful splits come first.

    Example:
        >>> from prelu_rules.losses.squared import Squared
        >>> x = np.array([[0.0], [1.0], [2.0], [4.0], [5.0], [6.0]])
        >>> y = np.array([[0.0], [0.0], [0.0], [1.0], [1.0], [1.0]])
        >>> task = Task(x, y, np.full(6, 1 / 6), Squared(), 1e-9)
        >>> flat = CompactForm(np.zeros((1, 2)), np.ones((1, 2), dtype=bool), 1)
        >>> steps(flat, task)[0]
        array([[ 0.5, -1. ],
               [ 0.5, -2. ]])
    """
    features, residuals = _left_over(system, task, nesting)
    found = []
    for column, threshold, _ in _splits(features, residuals, task.weights):
        below = features[:, column] <= threshold
        low, high = features[below, column].max(), features[~below, column].min()
        found += [_threshold(features.shape[1], column, knot) / (high - low) for knot in (low, high)]
    wide = _wide(found, system)
    return wide.reshape(-1, 2, wide.shape[1])


def _left_over(system: CompactForm, task: Task, nesting: bool) -> tuple[FloatArray, FloatArray]:
    """The features that units may use, and how far each row wants its outputs to move."""
    features = system.features(task.x)
    residuals = -task.loss.gradient(system.outputs(features), task.y)
    return features[:, : -1 if nesting else system.n_inputs], residuals


def _splits(features: FloatArray, residuals: FloatArray, weights: FloatArray) -> list[tuple[int, float, BoolArray]]:
    """The column, the threshold and the rows of each split of a small tree, most useful first."""
    least = max(1, int(SHARE * len(features)))
    tree = DecisionTreeRegressor(max_leaf_nodes=LEAVES, min_samples_leaf=least, random_state=0)
    # The tree reads float32, so thresholds are not always between two of the rows' own values.
    tree.fit(features, residuals, sample_weight=weights)
    grown, rows_of = tree.tree_, tree.decision_path(features).tocsc()
    found = []
    for node in np.flatnonzero(grown.children_left >= 0):
        sides = grown.children_left[node], grown.children_right[node]
        weight, below, above = (grown.weighted_n_node_samples[n] * grown.impurity[n] for n in (node, *sides))
        rows = np.asarray(rows_of[:, [node]].toarray()[:, 0] > 0)
        column, threshold = int(grown.feature[node]), float(grown.threshold[node])
        if 0 < int((features[:, column] <= threshold).sum()) < len(features):
            found.append((weight - below - above, column, threshold, rows))
    found.sort(key=lambda one: -one[0])
    return [(column, threshold, rows) for _, column, threshold, rows in found]


def _threshold(width: int, column: int, threshold: float) -> FloatArray:
    """The weights of `max(0, x_j - t)`."""
    weights = np.zeros(width + 1)
    weights[column], weights[-1] = 1.0, -threshold
    return weights


def _where_planes_meet(
    features: FloatArray, residuals: FloatArray, weights: FloatArray, column: int, threshold: float, rows: BoolArray
) -> FloatArray | None:
    """The hinge between a plane on each side of a split, of size 1; None if it does not bend among the rows."""
    below = features[:, column] <= threshold
    sides = rows & below, rows & ~below
    if not all(weights[side].any() for side in sides):
        return None
    low, high = (_plane(features[side], residuals[side], weights[side]) for side in sides)
    # Of several outputs, the bend that matters most to them together.
    _, sizes, directions = np.linalg.svd((high - low).T, full_matrices=False)
    bend = directions[0]
    size = np.linalg.norm(bend[:-1])
    if sizes[0] * size <= FLAT:
        return None
    bend = bend / size
    values = features @ bend[:-1] + bend[-1]
    return bend if values.min() < 0 < values.max() else None


def _plane(features: FloatArray, residuals: FloatArray, weights: FloatArray) -> FloatArray:
    """Weighted least squares with a small penalty, `(n_features + 1, n_outputs)`; the constant is not penalised."""
    columns = np.column_stack([features, np.ones(len(features))])
    second = (columns.T * weights) @ columns
    penalised = np.diag_indices(len(second) - 1)
    second[penalised] += RIDGE * weights.sum() * np.maximum((features**2).mean(axis=0), 1e-12)
    return np.asarray(np.linalg.solve(second, (columns.T * weights) @ residuals))


def _wide(units: list[FloatArray], system: CompactForm) -> FloatArray:
    """One array, with weights of 0 on the features that units may not use."""
    width = system.weights.shape[1]
    wide = np.zeros((len(units), width))
    for row, unit in zip(wide, units, strict=True):
        row[: len(unit) - 1], row[-1] = unit[:-1], unit[-1]
    return wide
