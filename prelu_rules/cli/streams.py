"""Standard output and standard error that may be closed, full, or of any encoding."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, TextIO

NOT_PRINTED, READER_GONE = 1, 141


class OutputError(Exception):
    """Standard output took no more.

    Args:
        problem: what the system said.
        remedy: what to do, or where to look instead.
    """

    def __init__(self, problem: Exception, remedy: str = "") -> None:
        reason = problem.strerror if isinstance(problem, OSError) and problem.strerror else problem
        super().__init__(f"cannot write to standard output: {reason}{remedy}.")
        self.problem = problem

    @property
    def status(self) -> int:
        """What a run ends with: 141, as all that SIGPIPE ends, if the reader is gone, and 1 otherwise."""
        return READER_GONE if self.reader_is_gone else NOT_PRINTED

    @property
    def reader_is_gone(self) -> bool:
        """Whether the reader of a pipe has closed it, which is not an error to report."""
        return isinstance(self.problem, BrokenPipeError)


class CheckedStream:
    r"""A stream that takes any text, replaces what its encoding has not, and tells in one way that it takes no more.

    Args:
        stream: the stream; None if it is closed.
        matters: whether a failure ends the run; otherwise what is printed is lost.

    Example:
        >>> import io
        >>> plain = io.TextIOWrapper(io.BytesIO(), "ascii", write_through=True)
        >>> CheckedStream(plain).write("größe")
        5
        >>> plain.buffer.getvalue().decode()
        'gr\\xf6\\xdfe'
    """

    def __init__(self, stream: TextIO | None, matters: bool = True) -> None:
        self._stream, self._matters = stream, matters
        self._problem: Exception | None = None
        self.can_wait = False

    errors = "strict"

    @property
    def encoding(self) -> str:
        """Of results UTF-8, since any text is taken: a stream of ASCII would be passed by, to the bytes behind it."""
        return "utf-8" if self._matters else getattr(self._stream, "encoding", None) or "utf-8"

    def write(self, text: str) -> int:
        """Print a text.

        Args:
            text: any.

        Returns:
            Its length.

        Raises:
            OutputError: if it cannot be printed, and that matters now.
        """
        encoding = getattr(self._stream, "encoding", None) or "utf-8"
        printable = text.encode(encoding, "backslashreplace").decode(encoding)
        self._try("write", printable)
        return len(text)

    def flush(self) -> None:
        """Print what has been held back.

        Raises:
            OutputError: if it cannot be printed, and that matters now.
        """
        self._try("flush")

    def isatty(self) -> bool:
        """Whether it is a terminal."""
        return self._stream is not None and self._stream.isatty()

    def check(self) -> None:
        """Tell a failure that had to wait.

        Raises:
            OutputError: if there was one.
        """
        if self._problem is not None and self._matters and not self.can_wait:
            raise OutputError(self._problem) from None

    def _try(self, what: str, *texts: str) -> None:
        if self._problem is None:
            try:
                if self._stream is None:
                    raise OSError(errno.EBADF, "it is closed")
                getattr(self._stream, what)(*texts)
            except (OSError, ValueError) as problem:
                self._problem = problem
                self._discard()
        self.check()

    def _discard(self) -> None:
        """Let what is still held back go nowhere, of which the interpreter would complain in the end."""
        with suppress(AttributeError, OSError, ValueError):
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, self._stream.fileno())  # type: ignore[union-attr]
            os.close(nowhere)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.__dict__["_stream"], name)


@contextmanager
def checked_streams() -> Iterator[None]:
    """Within the block standard output and standard error are `CheckedStream`s; that of errors never fails."""
    before = sys.stdout, sys.stderr
    sys.stdout, sys.stderr = CheckedStream(before[0]), CheckedStream(before[1], matters=False)
    try:
        yield
    finally:
        sys.stdout, sys.stderr = before


@contextmanager
def output_can_wait(waits: bool = True) -> Iterator[None]:
    """Within the block results are written, so that a closed or full standard output is told of at its end only.

    Args:
        waits: whether there is anything to write.

    Yields:
        Nothing.

    Raises:
        OutputError: at the end, if something could not be printed.
    """
    stream = sys.stdout
    if not isinstance(stream, CheckedStream):
        yield
        return
    stream.can_wait = waits
    try:
        yield
    finally:
        stream.can_wait = False
    stream.check()


def complain(message: Warning | Exception | str) -> None:
    """One line on standard error.

    Args:
        message: of any number of lines.
    """
    if sys.stderr is not None:
        print(f"prelu-rules: {' '.join(str(message).split())}", file=sys.stderr, flush=True)


def open_closed_descriptors() -> None:
    """Let no file get the number of a standard stream that is closed, in which others print."""
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            with suppress(OSError):
                os.open(os.devnull, os.O_RDWR)
