"""Where the content of a file goes, so that a path keeps what it is: a link, a pipe, a mode, an owner."""

from __future__ import annotations

import errno
import os
import re
import shutil
import stat
import sys
import tempfile
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from prelu_rules.errors import DataError
from prelu_rules.temporary_files import new_temporary, unused_name

Way = Literal["rename", "in place", "stream"]
"""How content gets to a path: by renaming, into the file that is there, or into a pipe, a device or a descriptor."""


@dataclass(frozen=True)
class Place:
    """Where the content of a temporary file goes.

    Attributes:
        name: the path as it was given, for errors.
        target: the path behind all links, or the descriptor that it stands for.
        temporary: what is written first.
        way: how the content gets to the target.
        before: the regular file that is there; None for a new one.
        mode: the rights of the new file.
    """

    name: str
    target: Path | int
    temporary: Path
    way: Way
    before: os.stat_result | None
    mode: int


def prepared(path: str | os.PathLike[str], cleaning: ExitStack) -> Place:
    """The place of a path, with a temporary file.

    Args:
        path: where something is to be written.
        cleaning: what removes the temporary file in the end.

    Returns:
        The place.

    Raises:
        DataError: if nothing can be written there.
    """
    name = os.fspath(path)
    try:
        before = _regular_file(name)
        target = _behind_links(name)
        if isinstance(target, int) or (before is None and target.exists()):
            way: Way = "stream"
            temporary = new_temporary(Path(tempfile.gettempdir()), Path(name).suffix)
        else:
            temporary, way = _beside(target, before)
    except (OSError, ValueError) as problem:
        raise unwritable(name, problem, "; choose a folder that exists and is writable") from None
    cleaning.callback(temporary.unlink, missing_ok=True)
    mode = stat.S_IMODE((temporary.stat() if before is None else before).st_mode)
    return Place(name, target, temporary, way, before, mode)


def unwritable(name: str, problem: Exception, remedy: str = "") -> DataError:
    """The error of a file that cannot be written.

    Args:
        name: its path.
        problem: what the system says.
        remedy: what to do.

    Returns:
        The error.
    """
    reason = problem.strerror if isinstance(problem, OSError) and problem.strerror else problem
    return DataError(f"cannot write {name}: {reason}{remedy}.")


def _regular_file(name: str) -> os.stat_result | None:
    """What is known of a regular file that may be written; None where there is none."""
    try:
        found = Path(name).stat()
    except FileNotFoundError:
        return None
    if stat.S_ISDIR(found.st_mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
    # The owner of a folder could replace a file that is protected; but it is protected.
    if not os.access(name, os.W_OK):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
    return found if stat.S_ISREG(found.st_mode) else None


def _behind_links(name: str) -> Path | int:
    """Where a path leads: to a file, there or not, or to a descriptor of this process."""
    path = Path(name)
    while True:
        path = Path(os.path.realpath(path.parent)) / path.name
        descriptor = re.fullmatch(rf"/(?:dev|proc/{os.getpid()})/fd/([0-9]+)", str(path))
        if descriptor:
            return int(descriptor[1])
        # A circle of links is an error of the system before it comes here; those of /proc are no paths.
        if not path.is_symlink() or path.parts[1] == "proc":
            return path
        path = path.parent / path.readlink()


def _beside(target: Path, before: os.stat_result | None) -> tuple[Path, Way]:
    """A temporary file in the folder of the target, and whether it can take the target's place."""
    if before is None:
        return new_temporary(target.parent, target.suffix, 0o666), "rename"
    try:
        temporary = new_temporary(target.parent, target.suffix)
    except OSError:
        return new_temporary(Path(tempfile.gettempdir()), target.suffix), "in place"
    return temporary, "rename" if before.st_nlink == 1 and _is_alike(temporary, target, before) else "in place"


def _is_alike(temporary: Path, target: Path, before: os.stat_result) -> bool:
    """Give a temporary file the owner and the extended attributes of a file; False if that cannot be."""
    try:
        made = temporary.stat()
        if hasattr(os, "chown") and (made.st_uid, made.st_gid) != (before.st_uid, before.st_gid):
            os.chown(temporary, before.st_uid, before.st_gid)
        if hasattr(os, "listxattr"):
            mine = {name: os.getxattr(temporary, name) for name in os.listxattr(temporary)}
            for name in os.listxattr(target):
                if mine.get(name) != os.getxattr(target, name):
                    os.setxattr(temporary, name, os.getxattr(target, name))
    except OSError as problem:
        # Some file systems have no extended attributes at all.
        return problem.errno == errno.ENOTSUP
    return True


def put_all(places: list[Place], cleaning: ExitStack) -> None:
    """Put the content of all temporary files in place, or of none.

    Args:
        places: where the files are and go.
        cleaning: what removes old files in the end that are kept meanwhile.

    Raises:
        OSError: if one could not be put in place; then all regular files have their old content.
    """
    for place in places:
        place.temporary.chmod(place.mode)
        with place.temporary.open("rb") as file:
            os.fsync(file.fileno())
    with ExitStack() as undoing:
        for place in sorted(places, key=lambda place: place.way == "stream"):
            if isinstance(place.target, int) or place.way == "stream":
                _pour(place.temporary, place.target)
            elif place.way == "in place" or not _renamed(place, place.target, undoing, cleaning, len(places) > 1):
                _overwrite(place.temporary, place.target, undoing)
        undoing.pop_all()


def _pour(temporary: Path, target: Path | int) -> None:
    """Write what cannot be taken back."""
    if isinstance(target, int):
        for stream in (sys.stdout, sys.stderr):
            if stream is not None:
                stream.flush()
    descriptor = os.dup(target) if isinstance(target, int) else os.open(target, os.O_WRONLY)
    with os.fdopen(descriptor, "wb") as file, temporary.open("rb") as content:
        shutil.copyfileobj(content, file)


def _overwrite(temporary: Path, target: Path, undoing: ExitStack) -> None:
    """Write a file in place; if anything fails later, its old content comes back."""
    undoing.callback(_write_in_place, target, target.read_bytes())
    _write_in_place(target, temporary.read_bytes())


def _write_in_place(target: Path, content: bytes) -> None:
    with os.fdopen(os.open(target, os.O_WRONLY), "wb") as file:
        if content and hasattr(os, "posix_fallocate"):
            try:
                os.posix_fallocate(file.fileno(), 0, len(content))
            except OSError as problem:
                # Some file systems cannot set room aside.
                if problem.errno not in (errno.EOPNOTSUPP, errno.EINVAL, errno.ENODEV):
                    raise
        file.write(content)
        file.truncate()
        file.flush()
        os.fsync(file.fileno())


def _renamed(place: Place, target: Path, undoing: ExitStack, cleaning: ExitStack, keep: bool) -> bool:
    """Rename a temporary file to its target; False if that can only be written in place, as a file that is mounted."""
    try:
        if keep:
            _keep(place, target, undoing, cleaning)
        place.temporary.replace(target)
    except OSError as problem:
        if problem.errno not in (errno.EBUSY, errno.EXDEV) or place.before is None:
            raise
        return False
    return True


def _keep(place: Place, target: Path, undoing: ExitStack, cleaning: ExitStack) -> None:
    """Keep what is at a target under another name, from where it comes back if anything fails later."""
    if place.before is None:
        undoing.callback(target.unlink, missing_ok=True)
        return
    kept = unused_name(target.parent, target.suffix)
    cleaning.callback(kept.unlink, missing_ok=True)
    undoing.callback(_bring_back, kept, target)
    try:
        os.link(target, kept)
    except OSError:
        # Without hard links there is a moment without the file.
        target.replace(kept)


def _bring_back(kept: Path, target: Path) -> None:
    with suppress(FileNotFoundError):
        kept.replace(target)
