"""`prelu-rules predict`: what rules say of each row of a table of any size."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Protocol, TextIO

import typer

from prelu_rules.cli.table_options import Decimal, Encoding, Separator, Thousands
from prelu_rules.errors import DataError

if TYPE_CHECKING:
    import pandas as pd


class _Writer(Protocol):
    def write(self, frame: pd.DataFrame) -> None:
        """Add rows."""


def predict(
    rules: Annotated[Path, typer.Argument(help="Rules as JSON, such as rules.json.")],
    data: Annotated[str, typer.Argument(help="A CSV, Parquet or Arrow file of any size; - for standard input.")],
    out: Annotated[
        Path | None, typer.Option(help="A .csv, .parquet, .arrow or .feather file to write instead of printing.")
    ] = None,
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
        if out.suffix.lower() in _WRITERS:
            with closing(_Columns(temporary, out)) as columns:
                yield columns
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


class _Columns:
    """Rows in a file that stores columns; they have the types of the first batch."""

    def __init__(self, path: Path, out: Path) -> None:
        try:
            import pyarrow
        except ImportError:
            raise DataError(f"{out.name} needs pyarrow to be written; pip install 'prelu-rules[parquet]'.") from None
        self._arrow, self._open = pyarrow, partial(_WRITERS[out.suffix.lower()], path)
        self._writer: Any = None

    def write(self, frame: pd.DataFrame) -> None:
        """Add rows."""
        schema = None if self._writer is None else self._writer.schema
        table = self._arrow.Table.from_pandas(frame, schema=schema, preserve_index=False)
        if self._writer is None:
            table = table.cast(
                self._arrow.schema([field.with_type(self._lasting(field.type)) for field in table.schema])
            )
            self._writer = self._open(table.schema)
        self._writer.write_table(table)

    def _lasting(self, type_: Any) -> Any:
        """A type for all batches: a column that is empty in the first one may hold texts, and others other levels."""
        types = self._arrow.types
        held = type_.value_type if types.is_dictionary(type_) else type_
        return self._arrow.string() if types.is_null(held) else held

    def close(self) -> None:
        """End the file."""
        if self._writer is not None:
            self._writer.close()


def _parquet(path: Path, schema: Any) -> Any:
    from pyarrow import parquet

    return parquet.ParquetWriter(path, schema)


class _Arrow:
    """A writer of an Arrow file, which closes it, too."""

    def __init__(self, path: Path, schema: Any) -> None:
        from pyarrow import OSFile, ipc

        self.schema = schema
        self._file = OSFile(str(path), "wb")
        self._writer = ipc.new_file(self._file, schema)

    def write_table(self, table: Any) -> None:
        """Add rows."""
        self._writer.write_table(table)

    def close(self) -> None:
        """End the file."""
        self._writer.close()
        self._file.close()


_WRITERS = {".parquet": _parquet, ".arrow": _Arrow, ".feather": _Arrow}
