"""The commands of `prelu-rules`, and what becomes of their errors."""

from __future__ import annotations

import sys
import warnings
from typing import Annotated, Any

import typer

from prelu_rules.cli import BAD_INPUT, check, collapse, compare, export, extract, fit, predict, reproduce, serve
from prelu_rules.cli.streams import OutputError, complain
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
app.command()(compare.compare)
app.command()(serve.serve)

# Typer contains its own copy of Click and exports one of its errors: the base of this one is the base of all.
UsageError: Any = typer.BadParameter.__bases__[0]


def run(words: list[str]) -> int:
    """Run a command.

    Args:
        words: what is said on the command line.

    Returns:
        The exit status; what went wrong has been said.
    """
    try:
        with warnings.catch_warnings():
            warnings.showwarning = lambda message, *_: complain(message)
            status = app(words or ["--help"], standalone_mode=False)
            sys.stdout.flush()
    except OutputError as problem:
        if not problem.reader_is_gone:
            complain(problem)
        return problem.status
    except PReLURulesError as problem:
        complain(problem)
        return BAD_INPUT
    except UsageError as problem:
        complain(problem.format_message())
        return BAD_INPUT
    return status if isinstance(status, int) else 0
