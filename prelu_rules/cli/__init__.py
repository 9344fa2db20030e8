"""The command line, `prelu-rules`: results go to standard output, and errors as one line to standard error.

Only what hears Ctrl-C is imported here, so that it is heard while everything else is.
"""

from __future__ import annotations

import sys

from prelu_rules.cli.interruption import heard_interruptions, ignore_interruptions
from prelu_rules.cli.streams import checked_streams, complain, open_closed_descriptors

BAD_INPUT, INTERRUPTED = 2, 130


def main(arguments: list[str] | None = None) -> None:
    """Run the command line.

    Args:
        arguments: the words after `prelu-rules`; those of the process by default.

    Raises:
        SystemExit: always; with status 2 and one line on standard error for bad input, status 1 for a run that did not
            reach its goal or could not print its results, 130 for one that was interrupted, 141 for one whose reader
            was gone.
    """
    alone = arguments is None
    if alone:
        open_closed_descriptors()
    with checked_streams():
        try:
            status = _heard(sys.argv[1:] if arguments is None else arguments, alone)
        except KeyboardInterrupt:
            # A second one, while the first was being answered.
            status = INTERRUPTED
        if status == INTERRUPTED:
            complain("interrupted; no file is left half-written")
    sys.exit(status)


def _heard(words: list[str], alone: bool) -> int:
    """The status of a run, in which every Ctrl-C is heard, and none after it."""
    with heard_interruptions():
        try:
            from prelu_rules.cli.app import run

            return run(words)
        except KeyboardInterrupt:
            return INTERRUPTED
        finally:
            if alone:
                ignore_interruptions()
