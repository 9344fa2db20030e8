"""Files that are written completely or not at all."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from prelu_rules.errors import DataError


@contextmanager
def whole_file(path: str | os.PathLike[str]) -> Iterator[Path]:
    """A temporary name beside `path`, renamed to `path` when the block succeeds and removed when it fails.

    Args:
        path: the file to write; its suffix is kept, since writers look at it.

    Yields:
        The temporary path to write to.

    Raises:
        DataError: if the folder does not exist or cannot be written to.

    Example:
        >>> import tempfile
        >>> folder = Path(tempfile.mkdtemp())
        >>> with whole_file(folder / "rules.txt") as temporary:
        ...     _ = temporary.write_text("IF true")
        >>> (folder / "rules.txt").read_text(), len(list(folder.iterdir()))
        ('IF true', 1)
    """
    target = Path(path)
    try:
        handle, name = tempfile.mkstemp(prefix=f".{target.stem}-", suffix=target.suffix, dir=target.parent)
    except OSError as problem:
        raise DataError(
            f"cannot write {target}: {problem.strerror}; choose a folder that exists and is writable."
        ) from None
    os.close(handle)
    temporary = Path(name)
    try:
        yield temporary
        # mkstemp makes files that only the owner can read; a result should be as readable as any other new file.
        umask = os.umask(0)
        os.umask(umask)
        temporary.chmod(0o666 & ~umask)
        temporary.replace(target)
    except OSError as problem:
        raise DataError(f"cannot write {target}: {problem.strerror or problem}.") from None
    finally:
        temporary.unlink(missing_ok=True)


def write_text(path: str | os.PathLike[str], text: str) -> None:
    """Write a text file in UTF-8, completely or not at all.

    Args:
        path: the file.
        text: its content.

    Raises:
        DataError: if it cannot be written.

    Example:
        >>> import tempfile
        >>> path = Path(tempfile.mkdtemp()) / "rules.txt"
        >>> write_text(path, "IF true")
        >>> path.read_text()
        'IF true'
    """
    with whole_file(path) as temporary:
        temporary.write_text(text, encoding="utf-8")
