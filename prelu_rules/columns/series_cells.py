"""The cells of a column of a table library, typed without looking at each value where that is possible."""

from __future__ import annotations

from typing import Any

import numpy as np

from prelu_rules.columns.cells import Cells, as_level, cells_of_values, dates_refused
from prelu_rules.columns.column import Kind, Level
from prelu_rules.errors import PReLURulesError
from prelu_rules.values import Array, BoolArray, IntArray


def series_cells(name: str, series: Any, levels: tuple[Level, ...] | None = None) -> Cells:
    """The cells of a column, typed by the type that its library gives it, or else by its values.

    Args:
        name: the name of the column.
        series: a `narwhals` Series.
        levels: the levels of a category, in which every value counts as a level, even if there are none; None for any
            other column.

    Returns:
        The cells.

    Raises:
        InvalidValueError: if texts and numbers are mixed, or the values are dates.
        CellTypeError: if a value is neither a text nor a number.

    Example:
        >>> import narwhals
        >>> import pandas as pd
        >>> series_cells("age", narwhals.from_native(pd.Series([41, 17]), series_only=True)).kind
        'integer'
    """
    import narwhals as nw

    dtype = series.dtype
    if not levels and dtype in (nw.Categorical, nw.Enum):
        return cells_of_values(name, series.to_list(), _declared_levels(series))
    if levels is not None or dtype == nw.String:
        return _of_distinct(name, series, levels)
    if dtype.is_temporal():
        raise dates_refused(name)
    if dtype.is_integer() or dtype.is_float() or dtype == nw.Boolean:
        shared = shared_numbers(series)
        if shared is not None:
            return cells_of_numbers(name, shared)
        missing = np.asarray(series.is_null().to_numpy(), dtype=bool)
        gap = False if dtype == nw.Boolean else 0
        values = np.asarray((series.fill_null(gap) if missing.any() else series).to_numpy())
        return cells_of_numbers(name, values, missing)
    return cells_of_values(name, series.to_list())


def shared_numbers(series: Any) -> Array | None:
    """The numbers of a column as an array that shares its memory.

    Args:
        series: a `narwhals` Series.

    Returns:
        `(n_rows,)`; None if it holds something else, or some are missing other than by NaN, or the library keeps them
        in another way.

    Example:
        >>> import narwhals
        >>> import pandas as pd
        >>> shared_numbers(narwhals.from_native(pd.Series([0.5, None]), series_only=True))
        array([0.5, nan])
    """
    import pandas as pd

    native = series.to_native()
    if isinstance(native, pd.Series):
        numeric = isinstance(native.dtype, np.dtype) and native.dtype.kind in "fiub"
        return native.to_numpy(copy=False) if numeric else None
    if not (series.dtype.is_float() or series.dtype.is_integer()):
        return None
    if hasattr(native, "num_chunks"):
        return native.chunk(0).to_numpy() if native.num_chunks == 1 and not native.null_count else None
    whole = hasattr(native, "n_chunks") and native.n_chunks() == 1 and not native.null_count()
    return np.asarray(native.to_numpy()) if whole else None


def cells_of_numbers(name: str, values: Array, missing: BoolArray | None = None) -> Cells:
    """The cells of a column that is an array of numbers or truth values.

    Args:
        name: the name of the column.
        values: `(n_rows,)`.
        missing: `(n_rows,)` bool, which ones are missing besides NaN; None if none are.

    Returns:
        The cells.

    Example:
        >>> cells_of_numbers("age", np.array([41.0, np.nan])).missing
        array([False,  True])
    """
    kind: Kind = "number" if values.dtype.kind == "f" else "yes/no" if values.dtype.kind == "b" else "integer"
    gone = np.zeros(len(values), dtype=bool) if missing is None else missing
    if kind == "number":
        gone = gone | np.isnan(values)
    return Cells(name, None if len(gone) and gone.all() else kind, values, gone)


def _of_distinct(name: str, series: Any, levels: tuple[Level, ...] | None) -> Cells:
    """The cells of a column of few values, each of which is typed once."""
    try:
        codes, distinct = _coded(series.to_native())
        # The last one stands for those that are missing, whose code is -1.
        if len(codes):
            return cells_of_values(name, [*distinct, None], levels).taken(codes)
    except (TypeError, PReLURulesError):
        # A list, for example, which is refused by the number of its row.
        pass
    return cells_of_values(name, series.to_list(), levels)


def _coded(native: Any) -> tuple[IntArray, list[Any]]:
    """The index of each value among the distinct ones, -1 where it is missing, and these."""
    import pandas as pd

    if hasattr(native, "dictionary_encode"):
        coded = native.dictionary_encode().unify_dictionaries()
        if not coded.num_chunks:
            return np.zeros(0, dtype=np.intp), []
        indices = [chunk.indices.fill_null(-1).to_numpy(zero_copy_only=False) for chunk in coded.chunks]
        return np.concatenate(indices).astype(np.intp), coded.chunk(0).dictionary.to_pylist()
    if not isinstance(native, pd.Series):
        native = pd.Series(native.to_list(), dtype=object)
    codes, distinct = pd.factorize(native)
    return codes, list(distinct)


def _declared_levels(series: Any) -> tuple[Level, ...]:
    """The levels that occur, in the declared order; sorted if the library does not keep an order."""
    present = [value for value, gone in zip(series.to_list(), series.is_null().to_list(), strict=True) if not gone]
    used = {as_level(value) for value in present}
    declared = [as_level(value) for value in _declared(series)] or sorted(used, key=str)
    return tuple(dict.fromkeys(level for level in declared if level in used))


def _declared(series: Any) -> list[Any]:
    native = series.to_native()
    if hasattr(native, "cat") and hasattr(native.cat, "categories"):
        return list(native.cat.categories.tolist())
    if hasattr(series.dtype, "categories"):
        return list(series.dtype.categories)
    if hasattr(native, "unify_dictionaries") or "dictionary" in str(native.dtype):
        arrow = series.to_arrow() if not hasattr(native, "unify_dictionaries") else native
        chunks = arrow.unify_dictionaries().chunks if hasattr(arrow, "unify_dictionaries") else [arrow]
        return list(chunks[0].dictionary.to_pylist()) if chunks else []
    return []
