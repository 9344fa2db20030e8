"""The command line, `prelu-rules`: results go to standard output, and errors as one line to standard error."""

from __future__ import annotations

import sys
import warnings
from typing import Annotated, Any

import typer

from prelu_rules.cli import check, collapse, export, extract, fit, predict, reproduce
from prelu_rules.cli.interruption import heard_interruptions, ignore_interruptions
from prelu_rules.errors import PReLURulesError

app = typer.Typer(
    name="prelu-rules",
    help="Train a PReLU network until it is a handful of linear rules, and read them.",
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)


def _print_version(asked: bool) -> None:
    if asked:
        from prelu_rules import __version__

        typer.echo(f"prelu-rules {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", help="Print the version and exit.", is_eager=True, callback=_print_version)
    ] = False,
) -> None:
    pass


reproduce.commands.command("collapse")(collapse.collapse)
app.add_typer(reproduce.commands, name="reproduce")
app.command()(fit.fit)
app.command()(extract.extract)
app.command()(export.export)
app.command()(predict.predict)
app.command()(check.check)

BAD_INPUT, INTERRUPTED = 2, 130

# Typer contains its own copy of Click and exports one of its errors: the base of this one is the base of all.
UsageError: Any = typer.BadParameter.__bases__[0]


def main(arguments: list[str] | None = None) -> None:
    """Run the command line.

    Args:
        arguments: the words after `prelu-rules`; those of the process by default.

    Raises:
        SystemExit: always; with status 2 and one line on standard error for bad input, or status 1 for a run that did
            not reach its goal.
    """
    words = sys.argv[1:] if arguments is None else arguments
    try:
        with warnings.catch_warnings(), heard_interruptions():
            warnings.showwarning = _show  # type: ignore[assignment]
            status = app(words or ["--help"], standalone_mode=False)
    except PReLURulesError as problem:
        _stop(str(problem))
    except UsageError as problem:
        _stop(problem.format_message())
    if arguments is None:
        ignore_interruptions()
    if status == INTERRUPTED:
        print("prelu-rules: interrupted; nothing was written", file=sys.stderr)
    sys.exit(status if isinstance(status, int) else 0)


def _show(message: Warning | str, *place: object) -> None:
    """Show a warning without its position in the code."""
    print(f"prelu-rules: {' '.join(str(message).split())}", file=sys.stderr)


def _stop(message: str) -> None:
    print(f"prelu-rules: {' '.join(message.split())}", file=sys.stderr)
    sys.exit(BAD_INPUT)
