"""Answers for dask collections, which are computed when they are asked for, partition by partition."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import partial, wraps
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from prelu_rules.columns.tables import TableLike, known_values
from prelu_rules.errors import located
from prelu_rules.values import shaped_rows

if TYPE_CHECKING:
    from prelu_rules.rules.predictor import Predictor

Rules = TypeVar("Rules", bound="Predictor")
Answer = TypeVar("Answer")


def lazily(method: Callable[[Rules, TableLike], Answer]) -> Callable[[Rules, TableLike], Answer]:
    """Let a method that answers each row also take dask collections; it then returns a dask array.

    Args:
        method: of rules, which takes rows and returns an array with an answer for each.

    Returns:
        The method. For a `dask.dataframe.DataFrame` or a `dask.array.Array` its result is a `dask.array.Array` of the
        same type and shape, in chunks as the partitions; nothing is computed, but a missing column is an error at
        once.

    Example:
        >>> from typing import Any
        >>> import dask.array
        >>> from prelu_rules.network.affine import AffineMap
        >>> from prelu_rules.rules.rule import Rule
        >>> from prelu_rules.rules.rule_system import RuleSystem
        >>> double = RuleSystem((Rule((), AffineMap([[2.0]], [0.0])),), ("x",), ("y",))
        >>> y: Any = double.predict(dask.array.arange(6, chunks=3)[:, None])
        >>> y.chunks, y.dtype, y[4:].compute().tolist()
        (((3, 3), (1,)), dtype('float64'), [[8.0], [10.0]])
    """

    @wraps(method)
    def answer(rules: Rules, x: TableLike) -> Answer:
        # Who has a collection has imported dask.
        if isinstance(x, _loaded("dask.array", "Array")):
            return _of_array(rules, method.__name__, x)
        if isinstance(x, _loaded("dask.dataframe", "DataFrame")):
            return _of_frame(rules, method.__name__, x)
        return method(rules, x)

    return answer


def _loaded(module: str, name: str) -> Any:
    """A class, or no class at all if its module is not loaded."""
    return getattr(sys.modules.get(module), name, ())


def _of_array(rules: Predictor, name: str, x: Any) -> Any:
    """The answers for the rows of a dask array."""
    x = x[None, :] if x.ndim == 1 else x
    # Only its shape is looked at.
    shaped_rows(np.empty((0, *x.shape[1:])), rules.n_inputs)
    none = getattr(rules, name)(np.empty((0, rules.n_inputs)))
    return x.rechunk({1: -1}).map_blocks(
        partial(_of_block, rules, name),
        dtype=none.dtype,
        meta=none,
        chunks=(x.chunks[0], none.shape[1:])[: none.ndim],
        drop_axis=[1] if none.ndim == 1 else None,
    )


def _of_frame(rules: Predictor, name: str, x: Any) -> Any:
    """The answers for the rows of a dask table, of which only the columns that are needed are read."""
    import pandas as pd

    # An empty table of the same columns, which checks their names.
    known_values(pd.DataFrame(columns=x.columns), rules.columns)
    names = {column.name for column in rules.columns}
    none = getattr(rules, name)(np.empty((0, rules.n_inputs)))
    needed = x[[label for label in x.columns if str(label) in names]]
    return needed.map_partitions(partial(_of_partition, rules, name), meta=none)


def _of_block(rules: Predictor, name: str, rows: Any, block_info: Any = None) -> Any:
    """The answers for a block of a dask array."""
    number = block_info[0]["chunk-location"][0] if block_info else None
    return _answers(rules, name, rows, number)


def _of_partition(rules: Predictor, name: str, rows: Any, partition_info: Any = None) -> Any:
    """The answers for a partition of a dask table."""
    return _answers(rules, name, rows, partition_info["number"] if partition_info else None)


def _answers(rules: Predictor, name: str, rows: Any, partition: int | None) -> Any:
    """The answers for rows; an error says of which partition, in which rows are counted from 0."""
    with located("the table" if partition is None else f"partition {partition}"):
        return getattr(rules, name)(rows)
