"""Files that are written completely or not at all, and paths that keep what they are."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from prelu_rules.file_places import prepared, put_all, unwritable


@contextmanager
def whole_file(path: str | os.PathLike[str]) -> Iterator[Path]:
    """A temporary path, whose content goes to `path` when the block succeeds; see `whole_files`.

    Args:
        path: the file to write; its suffix is kept, since writers look at it.

    Yields:
        The temporary path to write to.

    Raises:
        DataError: if the folder does not exist, or the file cannot be written.

    Example:
        >>> import tempfile
        >>> folder = Path(tempfile.mkdtemp())
        >>> with whole_file(folder / "rules.txt") as temporary:
        ...     _ = temporary.write_text("IF true")
        >>> (folder / "rules.txt").read_text(), len(list(folder.iterdir()))
        ('IF true', 1)
    """
    with whole_files(path) as (temporary,):
        yield temporary


@contextmanager
def whole_files(*paths: str | os.PathLike[str]) -> Iterator[tuple[Path, ...]]:
    """Temporary paths, whose content goes to `paths` when the block succeeds: to all of them, or to none.

    A new file, and a regular file that has one name, is replaced by renaming, which is atomic: whoever reads it sees
    the old content or the new. Mode, owner and extended attributes stay; a symbolic link stays and leads to the new
    content.

    Where renaming would lose something, the path is written in place: a file with several names (hard links), of an
    owner that cannot be kept, or in a folder that takes no new file. All of the new content is on the disk before the
    old is touched, room for it is set aside, and after an error or an interruption the old content is written back; but
    a process that is killed, or a reader that comes, in the middle finds a mixture.

    A pipe, a device or a descriptor (`/dev/stdout`) is written last, when nothing else can fail any more. What went
    into it cannot be taken back.

    Of several files each is renamed by itself; if one cannot be, those before get their old content back. Only a
    process that is killed between two renames leaves one new and one old.

    Args:
        paths: the files to write; their suffixes are kept.

    Yields:
        The temporary paths to write to, in the same order.

    Raises:
        DataError: if a folder does not exist, or a file cannot be written.

    Example:
        >>> import tempfile
        >>> folder = Path(tempfile.mkdtemp())
        >>> with whole_files(folder / "a.txt", folder / "b.txt") as (first, second):
        ...     _ = first.write_text("1"), second.write_text("2")
        >>> sorted(path.name for path in folder.iterdir())
        ['a.txt', 'b.txt']
    """
    with ExitStack() as cleaning:
        places = [prepared(path, cleaning) for path in paths]
        try:
            yield tuple(place.temporary for place in places)
            put_all(places, cleaning)
        except OSError as problem:
            raise unwritable(", ".join(place.name for place in places), problem) from None


def write_text(path: str | os.PathLike[str], text: str) -> None:
    """Write a text file in UTF-8, completely or not at all; see `whole_files`.

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


def write_bytes(path: str | os.PathLike[str], content: bytes) -> None:
    """Write a binary file, completely or not at all; see `whole_files`.

    Args:
        path: the file.
        content: its bytes.

    Raises:
        DataError: if it cannot be written.

    Example:
        >>> import tempfile
        >>> path = Path(tempfile.mkdtemp()) / "rules.bin"
        >>> write_bytes(path, b"rules")
        >>> path.read_bytes()
        b'rules'
    """
    with whole_file(path) as temporary:
        temporary.write_bytes(content)


def check_writable(*paths: str | os.PathLike[str]) -> None:
    """Refuse what could not be written, before the work and not after it.

    Args:
        paths: the files to be written.

    Raises:
        DataError: if a folder does not exist, or a file or folder is not writable.

    Example:
        >>> import tempfile
        >>> check_writable(Path(tempfile.mkdtemp()) / "rules.json")
    """
    with ExitStack() as cleaning:
        for path in paths:
            prepared(path, cleaning)
