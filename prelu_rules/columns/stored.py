"""Tables in files that store columns with types: Parquet and Arrow (also known as Feather)."""

from __future__ import annotations

import io
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING, Any

from prelu_rules.columns.records import check_header
from prelu_rules.columns.source import Storage
from prelu_rules.errors import DataError, PReLURulesError

if TYPE_CHECKING:
    import pandas as pd

BATCH_ROWS = 65_536
"""So many rows of a file are one batch."""

_NAMES: dict[Storage, str] = {"parquet": "a Parquet file", "arrow": "an Arrow file", "arrow stream": "an Arrow stream"}


def stored_batches(storage: Storage, start: bytes, file: IO[bytes], where: str) -> Iterator[pd.DataFrame]:
    """The rows of a file, a batch at a time.

    Memory is needed for a batch as it was written: of a Parquet file for a group of rows, or less.

    Args:
        storage: what the file is.
        start: what was read of it already.
        file: the rest of it; a pipe is copied to a temporary file if its end has to be read first.
        where: its name in error messages.

    Yields:
        Tables of at least one row; integers and truth values that may be missing keep their types.

    Raises:
        DataError: if it is damaged, has no rows or a name twice, or pyarrow is not installed.
    """
    rows = 0
    with _refused(storage, where):
        for batch in _BATCHES[storage](start, file):
            # Offsets and texts of a damaged or malicious file would be read without a check.
            batch.validate(full=True)
            for begin in range(0, len(batch), BATCH_ROWS):
                frame = _frame(batch.slice(begin, BATCH_ROWS), where)
                rows += len(frame)
                yield frame
    if not rows:
        raise DataError(f"{where} has 0 rows of data; add rows.")


def stored_table(storage: Storage, data: bytes, where: str) -> pd.DataFrame:
    """The table in a file.

    Args:
        storage: what the file is.
        data: its bytes.
        where: its name in error messages.

    Returns:
        The table, with at least one row; integers with missing values keep integers.

    Raises:
        DataError: if it is damaged, has no rows or a name twice, or pyarrow is not installed.
    """
    import pandas as pd

    with _refused(storage, where):
        if storage == "parquet":
            frame = _named(pd.read_parquet(io.BytesIO(data), dtype_backend="numpy_nullable"), where)
        else:
            import pyarrow

            batches = list(_BATCHES[storage](b"", io.BytesIO(data)))
            for batch in batches:
                batch.validate(full=True)
            frame = _frame(pyarrow.Table.from_batches(batches), where) if batches else pd.DataFrame()
    if not len(frame):
        raise DataError(f"{where} has 0 rows of data; add rows.")
    return frame


@contextmanager
def _refused(storage: Storage, where: str) -> Iterator[None]:
    """What pyarrow says of a file, as an error of this package."""
    try:
        import pyarrow
    except ImportError:
        raise DataError(f"{where} can only be read with pyarrow; pip install 'prelu-rules[parquet]'.") from None
    try:
        yield
    except PReLURulesError:
        raise
    except (pyarrow.ArrowException, OSError, ValueError, TypeError, MemoryError):
        # A damaged file may hold names that are no Unicode, types without values in Python, or sizes beyond memory.
        raise DataError(f"{where} is not {_NAMES[storage]}, or a damaged one; write it again.") from None


def _of_parquet(start: bytes, file: IO[bytes]) -> Iterator[Any]:
    from pyarrow import parquet

    with _seekable(start, file) as source:
        # Otherwise pyarrow keeps all that it has read.
        yield from parquet.ParquetFile(source, pre_buffer=False, buffer_size=2**20).iter_batches(BATCH_ROWS)


def _of_arrow(start: bytes, file: IO[bytes]) -> Iterator[Any]:
    from pyarrow import ipc

    with _seekable(start, file) as source, ipc.open_file(source) as reader:
        for number in range(reader.num_record_batches):
            yield _bare(reader.get_batch(number))


def _of_arrow_stream(start: bytes, file: IO[bytes]) -> Iterator[Any]:
    from pyarrow import ipc

    with ipc.open_stream(io.BufferedReader(Joined(start, file))) as reader:  # type: ignore[type-var]
        yield from map(_bare, reader)


def _bare(batch: Any) -> Any:
    """A batch without what pandas or others noted beside it, which may be anything."""
    return batch.replace_schema_metadata(None)


_BATCHES = {"parquet": _of_parquet, "arrow": _of_arrow, "arrow stream": _of_arrow_stream}


@contextmanager
def _seekable(start: bytes, file: IO[bytes]) -> Iterator[IO[bytes]]:
    """A file from its beginning, of which the end can be read first."""
    if file.seekable():
        file.seek(0)
        yield file
        return
    with tempfile.TemporaryFile() as copy:
        copy.write(start)
        shutil.copyfileobj(file, copy)
        copy.seek(0)
        yield copy


class Joined(io.RawIOBase):
    """What was read of a file already, and then the rest of it."""

    def __init__(self, start: bytes, file: IO[bytes]) -> None:
        self._start, self._file = start, file

    def readable(self) -> bool:
        """That it can be read."""
        return True

    def readinto(self, buffer: bytearray) -> int:  # type: ignore[override]
        """Fill a buffer, and say how much of it."""
        data = self._start[: len(buffer)] or self._file.read(len(buffer))
        self._start = self._start[len(data) :] if self._start else b""
        buffer[: len(data)] = data
        return len(data)


def _frame(table: Any, where: str) -> pd.DataFrame:
    """A pandas table of an Arrow table or batch."""
    import pandas as pd
    import pyarrow

    nullable = {
        pyarrow.int64(): pd.Int64Dtype(),
        pyarrow.int32(): pd.Int32Dtype(),
        pyarrow.bool_(): pd.BooleanDtype(),
        pyarrow.int16(): pd.Int16Dtype(),
        pyarrow.int8(): pd.Int8Dtype(),
        pyarrow.uint8(): pd.UInt8Dtype(),
        pyarrow.uint16(): pd.UInt16Dtype(),
        pyarrow.uint32(): pd.UInt32Dtype(),
        pyarrow.uint64(): pd.UInt64Dtype(),
    }
    return _named(table.to_pandas(types_mapper=nullable.get), where)


def _named(frame: pd.DataFrame, where: str) -> pd.DataFrame:
    """A table whose names are texts, each once."""
    import pandas as pd

    frame.columns = pd.Index([str(name).strip() for name in frame.columns])
    check_header(list(frame.columns), where)
    return frame
