"""Where the bytes of a table come from: a file, or standard input."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from prelu_rules.errors import DataError


@contextmanager
def opened(path: str | os.PathLike[str]) -> Iterator[tuple[IO[bytes], str]]:
    """Open a table file for reading.

    Args:
        path: a file, or "-" for standard input.

    Yields:
        The open file, and its name in error messages.

    Raises:
        DataError: if there is no such file, or it cannot be read.

    Example:
        >>> import tempfile
        >>> path = Path(tempfile.mkdtemp()) / "flats.csv"
        >>> _ = path.write_text("rent")
        >>> with opened(path) as (file, where):
        ...     print(file.read(), where == str(path))
        b'rent' True
    """
    if str(path) == "-":
        if sys.stdin is None:
            raise DataError("standard input is closed; give the path of a CSV file.")
        yield sys.stdin.buffer, "standard input"
        return
    try:
        file = Path(path).open("rb")
    except FileNotFoundError:
        raise DataError(f"there is no file {path}; give the path of a CSV file.") from None
    except IsADirectoryError:
        raise DataError(f"{path} is a directory, not a file; give the path of a CSV file.") from None
    except (OSError, ValueError) as problem:
        reason = problem.strerror if isinstance(problem, OSError) else problem
        raise DataError(f"cannot read {path}: {reason}; give the path of a CSV file that you may read.") from None
    with file:
        yield file, str(path)


def is_parquet(start: bytes, where: str) -> bool:
    """Whether a file is a Parquet file by its first bytes, or says so in its name.

    Args:
        start: at least its first four bytes.
        where: the name of the file.

    Returns:
        True for Parquet.

    Example:
        >>> is_parquet(b"PAR1...", "standard input"), is_parquet(b"a,b", "data.csv")
        (True, False)
    """
    return start.startswith(b"PAR1") or where.lower().endswith(".parquet")
