"""Where the bytes of a table come from: a file, or standard input."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Literal

from prelu_rules.errors import DataError

Storage = Literal["parquet", "arrow", "arrow stream"]
"""How a file stores columns with types; an Arrow file is also known as a Feather file."""

START = 8
"""So many bytes tell what a file is."""

_BEGINNINGS: dict[bytes, Storage] = {
    b"PAR1": "parquet",
    b"ARROW1\0\0": "arrow",
    b"\xff\xff\xff\xff": "arrow stream",
}

_SUFFIXES: dict[str, Storage] = {
    ".parquet": "parquet",
    ".arrow": "arrow",
    ".feather": "arrow",
    ".arrows": "arrow stream",
}


@contextmanager
def opened(path: str | os.PathLike[str]) -> Iterator[tuple[IO[bytes], str]]:
    """Open a table file for reading.

    Args:
        path: a file, or "-" for standard input.

    Yields:
        The open file, and its name in error messages.

    Raises:
        DataError: if the file does not exist or cannot be read.

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


def storage_of(start: bytes, where: str) -> Storage | None:
    """What a file is by its first bytes, or else by its name.

    Args:
        start: its first bytes, at least eight of a longer one.
        where: the name of the file.

    Returns:
        How the file stores columns; None for text.

    Example:
        >>> storage_of(b"PAR1....", "standard input"), storage_of(b"a,b", "data.csv"), storage_of(b"", "data.feather")
        ('parquet', None, 'arrow')
    """
    for beginning, storage in _BEGINNINGS.items():
        if start.startswith(beginning):
            return storage
    return _SUFFIXES.get(Path(where).suffix.lower())
