"""`prelu-rules serve`: rules that an assistant can ask."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import Annotated

import typer


def serve(rules: Annotated[Path, typer.Argument(help="Rules as JSON, such as rules.json.")]) -> int:
    """Answer an assistant on standard input and output, by the Model Context Protocol."""
    from prelu_rules.cli.rule_server import server_of
    from prelu_rules.export.json import read_rules

    server = server_of(read_rules(rules))
    signal.signal(signal.SIGINT, _leave)
    server.run("stdio")
    return 0


def _leave(*_: object) -> None:
    """End at once: a thread that waits for input would not let go, and there is nothing to be lost."""
    from prelu_rules.cli import INTERRUPTED
    from prelu_rules.cli.streams import complain

    complain("interrupted")
    os._exit(INTERRUPTED)
