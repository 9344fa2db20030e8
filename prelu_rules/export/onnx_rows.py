"""The rows that an ONNX graph takes: cells of a table, or encoded features, as one matrix of finite numbers.

Each column of the matrix is a state that a cell may be in: a number, a level or yes, no, or missing. A cell is known if
it is in one of the states of its column. All states of all columns are tested at once, so that the graph is as small
for many columns as for a few.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from prelu_rules.columns.column import Column, Feature
from prelu_rules.errors import InvalidValueError, quoted
from prelu_rules.export.holding import as_double, described, held_by
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
    """

    x: str
    known: str
    width: int
    places: IntArray

    def weights(self, of_features: FloatArray) -> FloatArray:
        """Weights of states.

        Args:
            of_features: `(n, n_features)`.

        Returns:
            `(width, n)`, 0 for states that are no features.
        """
        found = np.zeros((self.width, len(of_features)))
        found[self.places] = of_features.T
        return found


@dataclass(frozen=True)
class _State:
    """A state of the cells in one place."""

    place: int
    says: Says
    value: float = np.nan
    is_feature: bool = True


def input_type(column: Column) -> type[np.generic]:
    """What the cells of a column are to ONNX.

    Args:
        column: the column.

    Returns:
        `np.str_` for levels that are text or of several types, `np.bool_` for truth values that cannot be missing, and
        `np.float64` elsewhere: NaN is a missing number, or a missing truth value, which is 1 or 0 there.

    Example:
        >>> [input_type(Column("smoker", "yes/no", missing=missing)).__name__ for missing in (False, True)]
        ['bool', 'float64']
    """
    holding = held_by(column)
    if holding in ("text", "mixed"):
        return np.str_
    return np.bool_ if holding == "truth" and not column.missing else np.float64


def missing_text(column: Column) -> str:
    """How a missing cell of a column of texts is written: empty, unless that is a level.

    Args:
        column: the column.

    Returns:
        A text that is no level.

    Example:
        >>> missing_text(Column("kind", "category", ("farm",))), missing_text(Column("kind", "category", ("", "farm")))
        ('', 'missing')
    """
    return unlike(map(str, column.levels), "missing")


def unlike(texts: Iterable[str], word: str) -> str:
    """A text that stands for none of some texts.

    Args:
        texts: that are taken.
        word: what it is if the empty text is taken.

    Returns:
        The empty text, the word, or the word with a number.

    Example:
        >>> unlike(["", "none"], "none")
        'none 2'
    """
    taken, found, number = set(texts), "", 1
    while found in taken:
        found, number = word if number == 1 else f"{word} {number}", number + 1
    return found


def check_columns(columns: Sequence[Column]) -> None:
    """Refuse columns that cannot be inputs.

    Args:
        columns: the columns.

    Raises:
        InvalidValueError: if a name is empty, a name or a level holds NUL, or two levels are the same double.

    Example:
        >>> check_columns([Column("age")])
    """
    for column in columns:
        if not column.name:
            raise InvalidValueError(
                "a column is called '', which ONNX has no input for; rename it, or give inputs='features'."
            )
        texts = map(str, column.levels) if input_type(column) is np.str_ else ()
        for what, text in (("column", column.name), *(("level", text) for text in texts)):
            if "\0" in text:
                raise InvalidValueError(
                    f"the {what} {quoted(text)} holds NUL, where runtimes of ONNX cut texts off; rename it, or give "
                    "inputs='features'."
                )
        if input_type(column) is not np.str_:
            _check_levels(column)


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
    inputs = {column.name: _taken(column, graph) for column in columns}
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
    taken = graph.take(name, np.float64, len(features), f"a column for each of: {names}")
    return _rows(taken, [_State(k, "number") for k in range(len(features))], len(features), graph)


def _taken(column: Column, graph: Graph) -> str:
    """The input of a column; the places of levels where they are texts."""
    dtype = input_type(column)
    if dtype is np.float64:
        said = described(column, column.name, "NaN", lambda level: repr(as_double(level)))
    else:
        said = described(column, column.name, repr(missing_text(column)), repr if dtype is np.bool_ else _text)
    name = graph.take(column.name, dtype, 1, said)
    if dtype is not np.str_:
        return name
    texts = [*map(str, column.levels), *([missing_text(column)] if column.missing else [])]
    return graph.add(
        "LabelEncoder",
        name,
        name="level",
        domain="ai.onnx.ml",
        keys_strings=texts,
        values_int64s=list(range(len(texts))),
        default_int64=-1,
    )


def _text(level: object) -> str:
    return repr(str(level))


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
        states.append(gone)
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
    return Rows(x, known, len(states), np.flatnonzero([state.is_feature for state in states]))


def _check_levels(column: Column) -> None:
    seen: dict[float, object] = {}
    for level in column.levels:
        first = seen.setdefault(as_double(level), level)
        if first is not level:
            raise InvalidValueError(
                f"column {quoted(column.name)} has the levels {first!r} and {level!r}, which are the same double; make "
                "one of them text."
            )
