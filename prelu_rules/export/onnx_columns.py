"""The inputs of an ONNX graph for the columns of a table: what a cell is, and how it is written where it is missing."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from prelu_rules.columns.column import Column
from prelu_rules.errors import InvalidValueError, quoted
from prelu_rules.export.holding import as_double, described, held_by, unlike
from prelu_rules.export.onnx_graph import Graph


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
    return unlike(map(str, column.levels), "", "missing")


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


def taken(column: Column, graph: Graph) -> str:
    """Add the input of a column.

    Args:
        column: the column.
        graph: gets an input, and a node where cells are texts.

    Returns:
        The name of `(n_rows, 1)` cells. Of texts they are the places of levels, the number of levels where a cell is
        missing, and -1 where it is unknown.

    Example:
        >>> taken(Column("kind", "category", ("farm",)), Graph(["kind"]))
        'level'
    """
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


def _check_levels(column: Column) -> None:
    seen: dict[float, object] = {}
    for level in column.levels:
        first = seen.setdefault(as_double(level), level)
        if first is not level:
            raise InvalidValueError(
                f"column {quoted(column.name)} has the levels {first!r} and {level!r}, which are the same double; make "
                "one of them text."
            )
