"""Tables that come in batches, from whatever gives them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, TypeAlias

from prelu_rules.columns.feature_rows import PART_ROWS
from prelu_rules.columns.tables import TableLike, is_table
from prelu_rules.errors import DataError

TableBatches: TypeAlias = Any
"""A pyarrow `RecordBatchReader`, `ParquetFile`, `Dataset` or `Scanner`, or any iterable of tables or arrays."""


def table_batches(source: TableBatches, names: Sequence[str]) -> Iterator[TableLike]:
    """The batches of a source, one after the other.

    Args:
        source: a pyarrow `ParquetFile` or `Dataset`, of which only the columns of these names are read if it has all;
            or any iterable of tables or arrays.
        names: of the columns that are needed.

    Returns:
        The batches.

    Raises:
        DataError: if it gives no batches.

    Example:
        >>> list(table_batches([{"age": [41, 17]}, {"age": [7]}], ["age"]))
        [{'age': [41, 17]}, {'age': [7]}]
    """
    kind = type(source)
    if hasattr(kind, "iter_batches"):
        return _of_row_groups(source, _needed(source.schema_arrow.names, names))
    if hasattr(kind, "get_fragments"):
        return iter(source.to_batches(batch_size=PART_ROWS, columns=_needed(source.schema.names, names)))
    if hasattr(kind, "to_batches"):
        return iter(source.to_batches())
    # A list of dicts could be the rows of one table, but here it is batches.
    one = not isinstance(source, (list, tuple)) and (is_table(source) or hasattr(kind, "shape"))
    if one or isinstance(source, (str, bytes)) or not isinstance(source, Iterable):
        raise DataError(
            f"{kind.__name__} does not give batches; give a pyarrow reader, file or dataset, or an iterable of "
            "tables, or use predict for one table."
        )
    return iter(source)


def _of_row_groups(file: Any, names: list[str] | None) -> Iterator[TableLike]:
    """The batches of a Parquet file; pyarrow may keep a group of rows until it is asked for the next one."""
    for group in range(file.num_row_groups):
        yield from file.iter_batches(batch_size=PART_ROWS, row_groups=[group], columns=names)


def _needed(names: Iterable[str], needed: Sequence[str]) -> list[str] | None:
    """The names to read; None for all, so that an error can say which there are."""
    return list(needed) if set(needed) <= set(names) else None
