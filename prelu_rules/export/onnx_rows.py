"""The rows that an ONNX graph takes: cells of a table, or encoded features, as one matrix of finite numbers.

Each column of the matrix is a state that a cell may be in: a number, a level or yes, no, or missing. A cell is known if
it is in one of the states of its column. All states of all columns are tested at once, so that the graph is as small
for many columns as for a few.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np

from prelu_rules.columns.column import Column, Feature
from prelu_rules.export.holding import as_double
from prelu_rules.export.onnx_columns import input_type, taken
from prelu_rules.export.onnx_graph import Graph
from prelu_rules.values import Array, FloatArray, IntArray

Says = Literal["number", "value", "missing"]
"""What puts a cell in a state: being finite, being equal to a number, or being NaN."""


@dataclass(frozen=True)
class Rows:
    """Rows within a graph.

    Attributes:
        x: the name of `(n_rows, width)` finite numbers; 0 where a cell is unknown.
        known: the name of `(n_rows, 1)` truth values, whether all cells of a row are known.
        width: the number of states.
        places: the state of each feature.
        fills: the numbers that states count as which are no features, by the state and the place of the feature.
    """

    x: str
    known: str
    width: int
    places: IntArray
    fills: Mapping[tuple[int, int], float] = field(default_factory=dict)

    def weights(self, of_features: FloatArray) -> FloatArray:
        """Weights of states.

        Args:
            of_features: `(n, n_features)`.

        Returns:
            `(width, n)`, 0 for states that are no features, but for what a missing number counts as.
        """
        found = np.zeros((self.width, len(of_features)))
        found[self.places] = of_features.T
        for (state, feature), fill in self.fills.items():
            found[state] = fill * of_features[:, feature]
        return found


@dataclass(frozen=True)
class _State:
    """A state of the cells in one place."""

    place: int
    says: Says
    value: float = np.nan
    is_feature: bool = True
    fill: float | None = None


def rows_of_columns(columns: Sequence[Column], graph: Graph) -> Rows:
    """Rows from an input for each column.

    Args:
        columns: the columns.
        graph: gets inputs and nodes.

    Returns:
        The rows.

    Example:
        >>> rows_of_columns([Column("age"), Column("smoker", "yes/no", missing=True)], Graph(["age", "smoker"])).places
        array([0, 1, 2])
    """
    inputs = {column.name: taken(column, graph) for column in columns}
    places: dict[str, int] = {}
    parts = []
    for dtype in (np.float64, np.bool_, np.str_):
        group = [column.name for column in columns if input_type(column) is dtype]
        places |= {name: len(places) + k for k, name in enumerate(group)}
        if group:
            part = graph.joined([inputs[name] for name in group], "cells")
            parts.append(part if dtype is np.float64 else graph.cast(part, np.float64, "cells as numbers"))
    cells = graph.joined(parts, "all cells")
    states = [state for column in columns for state in _states(column, places[column.name])]
    order = [state.place for state in states]
    if order != list(range(len(columns))):
        cells = graph.add("Gather", cells, graph.constant("places", np.array(order)), name="cell of state", axis=1)
    return _rows(cells, states, len(columns), graph)


def rows_of_features(features: Sequence[Feature], graph: Graph, name: str = "features") -> Rows:
    """Rows from one matrix of encoded features.

    Args:
        features: the features.
        graph: gets an input and nodes.
        name: what the input is called.

    Returns:
        The rows. A feature may be any finite number, though indicators are 1 or 0.

    Example:
        >>> rows_of_features(Column("age", missing=True).features, Graph(["features"])).width
        2
    """
    names = ", ".join(feature.name for feature in features)
    matrix = graph.take(name, np.float64, len(features), f"a column for each of: {names}")
    return _rows(matrix, [_State(k, "number") for k in range(len(features))], len(features), graph)


def _states(column: Column, place: int) -> list[_State]:
    """The states of a column, those of its features first."""
    is_text = input_type(column) is np.str_
    if column.kind == "category":
        values = range(len(column.levels)) if is_text else map(as_double, column.levels)
        states = [_State(place, "value", float(value)) for value in values]
    else:
        states = [_State(place, "value", 1.0) if column.kind == "yes/no" else _State(place, "number")]
    if column.missing:
        gone = _State(place, "value", float(len(column.levels))) if is_text else _State(place, "missing")
        states.append(gone if column.fill is None else replace(gone, is_feature=False, fill=column.fill))
    return [*states, _State(place, "value", 0.0, is_feature=False)] if column.kind == "yes/no" else states


def _rows(cells: str, states: Sequence[_State], n_cells: int, graph: Graph) -> Rows:
    """Test which states hold, of the cell that each is about."""

    def where(says: Says) -> Array:
        return np.array([[state.says == says for state in states]])

    largest = graph.constant("largest number", np.array(np.finfo(np.float64).max))
    # Neither NaN nor infinite.
    number = graph.add("LessOrEqual", graph.add("Abs", cells, name="size"), largest, name="is finite")
    holds = number
    if not where("number").all():
        holds = number = graph.add("And", number, graph.constant("for numbers", where("number")), name="is number")
        if where("value").any():
            # NaN is equal to nothing.
            values = graph.constant("values", np.array([[state.value for state in states]]))
            holds = graph.add("Or", holds, graph.add("Equal", cells, values, name="is value"), name="holds")
        if where("missing").any():
            gone = graph.add("IsNaN", cells, name="is NaN")
            gone = graph.add("And", gone, graph.constant("for missing", where("missing")), name="is missing")
            holds = graph.add("Or", holds, gone, name="holds")
    ones = graph.cast(holds, np.float64, "state")
    x = graph.add("Where", number, cells, ones, name="x")
    # The states of a cell exclude each other.
    count = graph.add("ReduceSum", ones, graph.constant("across", np.array([1])), name="known cells", keepdims=1)
    known = graph.add("Equal", count, graph.constant("all", np.array(float(n_cells))), name="known")
    is_feature = [state.is_feature for state in states]
    # A missing number stands behind the number, which is a feature.
    fills = {(k, sum(is_feature[:k]) - 1): state.fill for k, state in enumerate(states) if state.fill is not None}
    return Rows(x, known, len(states), np.flatnonzero(is_feature), fills)
