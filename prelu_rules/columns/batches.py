"""Tables in files of any size, a batch of rows at a time."""

from __future__ import annotations

import codecs
import gzip
import io
import os
import zlib
from collections.abc import Iterator, Mapping
from itertools import chain
from typing import IO, TYPE_CHECKING, NamedTuple

from prelu_rules.columns.column import Kind
from prelu_rules.columns.decoding import decode, encoding_of
from prelu_rules.columns.dialect import check_signs
from prelu_rules.columns.records import records
from prelu_rules.columns.source import START, opened, storage_of
from prelu_rules.columns.stored import Joined, stored_batches
from prelu_rules.columns.text_cells import check_names, typed
from prelu_rules.columns.text_table import KnownDialect, cells_and_dialect
from prelu_rules.errors import DataError

if TYPE_CHECKING:
    import pandas as pd

BATCH_BYTES = 4_000_000
"""About so many bytes of text are one batch."""

LONGEST_RECORD = 64_000_000
"""A record of more characters than this is taken for a quote that is not closed."""


class Batch(NamedTuple):
    """Some rows of a file.

    Attributes:
        cells: all columns as they are in the file; of a text file as texts, None where there is nothing.
        typed: the columns that were asked for, of their kinds.
    """

    cells: pd.DataFrame
    typed: pd.DataFrame


def read_batches(
    path: str | os.PathLike[str],
    kinds: Mapping[str, Kind],
    *,
    separator: str | None = None,
    decimal: str | None = None,
    thousands: str | None = None,
    encoding: str | None = None,
) -> Iterator[Batch]:
    r"""Read a table whose columns are known, with memory for one batch of rows.

    How a text file is written, as far as it is not given, is found from its first batch.

    Args:
        path: a text file with a header, which may be gzip'ed, a Parquet or Arrow file, or "-" for standard input.
        kinds: the kind of each column that is wanted.
        separator: the character between cells; None to find it.
        decimal: the decimal sign; None to find it from the columns of numbers.
        thousands: what groups digits by three, "" for nothing; None to find it.
        encoding: Python's name of the encoding; None to find it.

    Yields:
        Batches, in the order of the file.

    Raises:
        DataError: if the file cannot be read or is not a table, a column is not there, a cell is not of its kind, or
            it is not clear how numbers are written.
        InvalidValueError: if an argument is not one of the values that `read_table` takes.

    Example:
        >>> import tempfile
        >>> from pathlib import Path
        >>> path = Path(tempfile.mkdtemp()) / "flats.csv"
        >>> _ = path.write_text("zip;rent\n1067;1.250,50\n80331;NA\n")
        >>> for batch in read_batches(path, {"rent": "number"}):
        ...     print(batch.cells["zip"].tolist(), batch.typed["rent"].tolist())
        ['1067', '80331'] [1250.5, nan]
    """
    check_signs(separator, decimal, thousands)
    with opened(path) as (file, where):
        start = file.read(START)
        storage = storage_of(start, where)
        if storage is not None:
            for cells in stored_batches(storage, start, file, where):
                check_names(kinds, list(cells.columns), where)
                yield Batch(cells, cells[list(kinds)])
        else:
            yield from _of_text(start, file, kinds, where, (separator, decimal, thousands, encoding))


def _of_text(
    start: bytes,
    file: IO[bytes],
    kinds: Mapping[str, Kind],
    where: str,
    given: tuple[str | None, str | None, str | None, str | None],
) -> Iterator[Batch]:
    """The batches of a text file."""
    header, line, known = "", 1, None
    for text, encoding in _whole_records(start, file, where, given[3]):
        if not header:
            # The header is a record of its own, and begins every batch.
            end = _end_of_first_record(text)
            header, text = text[:end], text[end:]
        if not text.strip():
            continue
        here = where if known is None else f"{where} from line {line} on"
        known = KnownDialect(*given[:3], encoding) if known is None else known
        cells, dialect = cells_and_dialect(
            header + text, known, lambda name: kinds.get(name) in {"number", "integer"}, here
        )
        check_names(kinds, list(cells.columns), where)
        line += text.count("\n")
        known = KnownDialect(dialect.separator, dialect.decimal, dialect.thousands, encoding)
        yield Batch(cells, typed(cells, kinds, dialect, here))
    if known is None:
        # What is wrong with a file without rows is said in one place.
        records(header, given[0], where)


def _whole_records(start: bytes, file: IO[bytes], where: str, encoding: str | None) -> Iterator[tuple[str, str]]:
    """The text of a file in pieces that end where a record does, and its encoding."""
    chunks = _chunks(start, file, where)
    first = next(chunks)
    if first.startswith(b"PK\x03\x04"):
        decode(first, None, where)
    encoding = encoding_of(first, encoding, where)
    decoder = codecs.getincrementaldecoder(encoding)()
    text, given_any = "", False
    for chunk in chain([first], chunks, [b""]):
        try:
            text += decoder.decode(chunk, final=not chunk)
        except UnicodeError:
            raise DataError(f"{where} is not a text file in {encoding}; give another --encoding.") from None
        if "\0" in text:
            decode(b"\0", encoding, where)
        text = text.removeprefix("\ufeff") if chunk is first else text
        end = _end_of_records(text) if chunk else len(text)
        if len(text) - end > LONGEST_RECORD:
            raise DataError(f"{where} has a record of more than {LONGEST_RECORD:,} characters; close its quote.")
        if text[:end].strip() or (not chunk and not given_any):
            yield text[:end], encoding
            text, given_any = text[end:], True


def _chunks(start: bytes, file: IO[bytes], where: str) -> Iterator[bytes]:
    """The bytes of a text file, decompressed; at least one piece."""
    source: IO[bytes] = io.BufferedReader(Joined(start, file))  # type: ignore[type-var]
    if start.startswith(b"\x1f\x8b"):
        source = gzip.GzipFile(fileobj=source)  # type: ignore[assignment]
    try:
        chunk = source.read(BATCH_BYTES)
        yield chunk
        while chunk:
            chunk = source.read(BATCH_BYTES)
            if chunk:
                yield chunk
    except (EOFError, zlib.error, gzip.BadGzipFile):
        raise DataError(f"{where} is a damaged gzip file; compress it again.") from None


def _end_of_records(text: str) -> int:
    """Where the last whole record ends: after the last line break that is not within quotes."""
    end = text.rfind("\n") + 1
    while end and text.count('"', 0, end) % 2:
        end = text.rfind("\n", 0, end - 1) + 1
    return end


def _end_of_first_record(text: str) -> int:
    """Where the first record that is not blank ends."""
    end = text.find("\n", len(text) - len(text.lstrip())) + 1
    while end and text.count('"', 0, end) % 2:
        end = text.find("\n", end) + 1
    return end or len(text)
