"""Temporary files that a later run knows for its own, and removes if the run that made them was killed."""

from __future__ import annotations

import hashlib
import os
import platform
import re
import secrets
from contextlib import suppress
from functools import cache
from pathlib import Path

LONGEST_SUFFIX = 20
"""Characters of a suffix that is kept; a longer one would make names that file systems refuse."""

_NAME = re.compile(r"\.prelu-rules-(?P<machine>[0-9a-f]{8})-(?P<process>[0-9]{1,10})-[0-9a-f]{8}(\..*)?")


def new_temporary(folder: Path, suffix: str = "", mode: int = 0o600) -> Path:
    """Make an empty file with a name of its own, and remove those that killed runs left beside it.

    Args:
        folder: where.
        suffix: what its name ends in.
        mode: its rights, less those that the process gives to no new file.

    Returns:
        Its path: `.prelu-rules-MACHINE-PROCESS-RANDOM` and the suffix.

    Raises:
        OSError: if no file can be made there.

    Example:
        >>> import tempfile
        >>> path = new_temporary(Path(tempfile.mkdtemp()), ".json")
        >>> path.name.startswith(".prelu-rules-"), path.suffix
        (True, '.json')
    """
    remove_leftovers(folder)
    path = unused_name(folder, suffix)
    os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, mode))
    return path


def unused_name(folder: Path, suffix: str = "") -> Path:
    """A name for a temporary file that no other file has.

    Args:
        folder: where.
        suffix: what the name ends in.

    Returns:
        The path; there is no file yet.
    """
    kept = suffix if len(suffix) <= LONGEST_SUFFIX else ""
    return folder / f".prelu-rules-{_machine()}-{os.getpid()}-{secrets.token_hex(4)}{kept}"


def remove_leftovers(folder: Path) -> None:
    """Remove the temporary files of processes that are gone.

    A file is removed only if its name is one of `unused_name`, it is a regular file of this user, and the process of
    this machine whose number it names is no more.

    Args:
        folder: where to look.

    Example:
        >>> import tempfile
        >>> folder = Path(tempfile.mkdtemp())
        >>> of_this_process = new_temporary(folder)
        >>> remove_leftovers(folder)
        >>> of_this_process.exists()
        True
    """
    with suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            named = _NAME.fullmatch(entry.name)
            if named and named["machine"] == _machine() and _is_ours(entry) and _is_gone(int(named["process"])):
                with suppress(OSError):
                    Path(entry.path).unlink()


@cache
def _machine() -> str:
    """What tells machines, and containers with processes of their own, apart that share a folder."""
    try:
        processes = str(Path("/proc/self/ns/pid").readlink())
    except OSError:
        processes = ""
    return hashlib.sha256(f"{platform.node()} {processes}".encode()).hexdigest()[:8]


def _is_ours(entry: os.DirEntry[str]) -> bool:
    if not entry.is_file(follow_symlinks=False):
        return False
    return not hasattr(os, "geteuid") or entry.stat(follow_symlinks=False).st_uid == os.geteuid()


def _is_gone(process: int) -> bool:
    # Elsewhere this would end the process, not ask for it.
    if os.name != "posix":
        return False
    try:
        os.kill(process, 0)
    except (ProcessLookupError, OverflowError):
        return True
    except OSError:
        return False
    return False
