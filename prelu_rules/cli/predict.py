"""`prelu-rules predict`: what rules say of each row of a table of any size."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Protocol, TextIO

import typer

from prelu_rules.cli.table_options import Decimal, Encoding, Separator, Thousands

if TYPE_CHECKING:
    import pandas as pd


class _Writer(Protocol):
    def write(self, frame: pd.DataFrame) -> None:
        """Add rows."""


def predict(
    rules: Annotated[Path, typer.Argument(help="Rules as JSON, such as rules.json.")],
    data: Annotated[str, typer.Argument(help="A CSV or Parquet file of any size; - for standard input.")],
    out: Annotated[Path | None, typer.Option(help="A .csv or .parquet file to write instead of printing.")] = None,
    separator: Separator = None,
    decimal: Decimal = None,
    thousands: Thousands = None,
    encoding: Encoding = None,
) -> int:
    """Add to each row of a table what the rules say of it, which rule says so, and why.

    A row outside the range of the data that the rules were learned from is answered; the column "outside" names the
    columns by which it is outside.
    """
    from tqdm import tqdm

    from prelu_rules.columns.batches import read_batches
    from prelu_rules.export.json import read_rules
    from prelu_rules.export.scoring import Scoring

    scoring = Scoring(read_rules(rules))
    batches = read_batches(
        data, scoring.kinds, separator=separator, decimal=decimal, thousands=thousands, encoding=encoding
    )
    rows = 0
    with _opened(out) as writer, tqdm(unit="row", unit_scale=True, disable=None, leave=False) as bar:
        for batch in batches:
            writer.write(scoring.added(batch.cells, batch.typed))
            rows += len(batch.cells)
            bar.update(len(batch.cells))
    if out is not None:
        typer.echo(f"Wrote {rows} rows to {out}.")
    return 0


@contextmanager
def _opened(out: Path | None) -> Iterator[_Writer]:
    """Where rows are written: standard output, or a file that appears once it is whole."""
    if out is None:
        yield _Csv(sys.stdout)
        return
    from prelu_rules.files import whole_file

    with whole_file(out) as temporary:
        if out.suffix.lower() == ".parquet":
            parquet = _Parquet(temporary)
            try:
                yield parquet
            finally:
                parquet.close()
        else:
            with temporary.open("w", encoding="utf-8", newline="") as file:
                yield _Csv(file)


class _Csv:
    """Rows as comma-separated text, the header before the first."""

    def __init__(self, file: TextIO) -> None:
        self._file, self._header = file, True

    def write(self, frame: pd.DataFrame) -> None:
        """Add rows."""
        frame.to_csv(self._file, index=False, header=self._header, lineterminator="\n")
        self._header = False


class _Parquet:
    """Rows in a Parquet file; the columns have the types of the first batch."""

    def __init__(self, path: Path) -> None:
        from prelu_rules.errors import DataError

        try:
            import pyarrow
            from pyarrow import parquet
        except ImportError:
            raise DataError(f"{path.name} needs pyarrow to be written; pip install 'prelu-rules[parquet]'.") from None
        self._arrow, self._parquet, self._path = pyarrow, parquet, path
        self._writer: parquet.ParquetWriter | None = None

    def write(self, frame: pd.DataFrame) -> None:
        """Add rows."""
        schema = None if self._writer is None else self._writer.schema
        table = self._arrow.Table.from_pandas(frame, schema=schema, preserve_index=False)
        if self._writer is None:
            # A column that is empty in the first batch may hold texts later.
            types = [
                field.with_type(self._arrow.string()) if self._arrow.types.is_null(field.type) else field
                for field in table.schema
            ]
            table = table.cast(self._arrow.schema(types))
            self._writer = self._parquet.ParquetWriter(self._path, table.schema)
        self._writer.write_table(table)

    def close(self) -> None:
        """End the file."""
        if self._writer is not None:
            self._writer.close()
