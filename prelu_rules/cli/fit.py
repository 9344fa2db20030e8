"""`prelu-rules fit`: learn the rules of a table."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from prelu_rules.cli.renamed import renamed_option
from prelu_rules.cli.streams import OutputError
from prelu_rules.cli.table_options import Category, Decimal, Encoding, Number, Separator, Thousands
from prelu_rules.errors import DataError, InvalidValueError
from prelu_rules.files import check_writable

if TYPE_CHECKING:
    from prelu_rules.estimators.clipping import Clip
    from prelu_rules.estimators.fitted_rules import FittedRules

NOT_FINISHED = 1

SAVED = "rules.json", "model.keras"
"""What `FittedRules.save` writes."""


def fit(
    data: Annotated[str, typer.Argument(help="A CSV or Parquet file with a header; - for standard input.")],
    target: Annotated[str, typer.Option(help="The column to predict.")],
    out: Annotated[Path | None, typer.Option(help="A folder for rules.json and model.keras.")] = None,
    task: Annotated[
        str | None,
        typer.Option(help="regression or classification (the default for text, yes/no and 0/1)."),
    ] = None,
    loss: Annotated[str, typer.Option(help="For numbers: squared, or huber for targets with heavy tails.")] = "squared",
    clip: Annotated[
        str,
        typer.Option(
            help="For numbers: keep predictions within the training targets, widened by a tenth (training), within two "
            "numbers with a comma between, such as 0,100 (one may be left out), or within nothing (none)."
        ),
    ] = "training",
    max_nonlinear: Annotated[
        int | None, typer.Option(help="The largest number of nonlinear units; by default as few as needed.")
    ] = None,
    max_rules: Annotated[int | None, typer.Option(help="The largest number of rules.")] = None,
    max_numbers: Annotated[int | None, typer.Option(help="The largest number of numbers in the formulas.")] = None,
    category: Category = None,
    number: Number = None,
    separator: Separator = None,
    decimal: Decimal = None,
    thousands: Thousands = None,
    encoding: Encoding = None,
    outliers: Annotated[
        str, typer.Option(help="leave out rows with a number far outside its column, or keep them.")
    ] = "leave out",
    unknown: Annotated[
        str,
        typer.Option(help="Values that training never saw: error, or count them as the reference level, or the mean."),
    ] = "error",
    starts: Annotated[
        str,
        typer.Option(
            help="growth adds bends to a linear model, force removes the units of trained networks, both do both."
        ),
    ] = "growth",
    max_columns_per_bend: Annotated[
        int | None, typer.Option(help="The largest number of columns in a bend; with 1, bends are thresholds.")
    ] = None,
    nesting: Annotated[bool, typer.Option(help="Whether bends may use other bends.")] = True,
    hidden: Annotated[str, typer.Option(help="For force: the number of units in each hidden layer.")] = "8,8",
    random_state: Annotated[
        int, typer.Option(help="The seed of the split, the weights and the order of the rows.")
    ] = 0,
    seed: Annotated[int | None, typer.Option(hidden=True)] = None,
) -> int:
    """Learn the rules of a table, as few as fit well, and print them.

    Ctrl-C ends the search early: the rules found so far are printed, and the exit status is 1.
    """
    from prelu_rules.columns.table_file import read_table
    from prelu_rules.estimators.fit import check_random_state, check_table, fit_rules
    from prelu_rules.losses.named import loss_named
    from prelu_rules.refine.path import check_limits

    table = read_table(
        data,
        separator=separator,
        decimal=decimal,
        thousands=thousands,
        encoding=encoding,
        category=category or (),
        number=number or (),
    )
    widths, bounds = _widths(hidden), _clip(clip)
    loss_named(loss)  # type: ignore[arg-type]
    random_state = renamed_option(seed, "--seed", "--random-state", random_state)
    check_random_state(random_state)
    check_limits(max_nonlinear, max_rules, max_numbers)
    check_table(table, target, task)  # type: ignore[arg-type]
    if out is not None:
        _check_folder(out)
    fitted = fit_rules(
        table,
        target,
        task=task,  # type: ignore[arg-type]
        loss=loss,  # type: ignore[arg-type]
        clip=bounds,
        max_nonlinear=max_nonlinear,
        max_rules=max_rules,
        max_numbers=max_numbers,
        outliers=outliers,  # type: ignore[arg-type]
        unknown=unknown,  # type: ignore[arg-type]
        starts=starts,  # type: ignore[arg-type]
        max_columns_per_bend=max_columns_per_bend,
        nesting=nesting,
        hidden=widths,
        # Compiling only pays off from the second fit on.
        jit=False,
        random_state=random_state,
        verbose=sys.stderr.isatty(),
    )
    _tell(fitted, out)
    return 0 if fitted.path.complete else NOT_FINISHED


def _tell(fitted: FittedRules, out: Path | None) -> None:
    """Write what was learned, then print it; if one fails, the other is done all the same."""
    try:
        # The rules are written to disk before they are printed, in case printing fails.
        written = () if out is None else fitted.save(out)
    except DataError:
        typer.echo(str(fitted))
        raise
    try:
        typer.echo(str(fitted))
    except OutputError as failure:
        if written or failure.reader_is_gone:
            raise
        rules, _ = fitted.save(tempfile.mkdtemp(prefix="prelu-rules-"))
        raise OutputError(failure.problem, f"; the rules are in {rules}") from None
    if written:
        typer.echo(f"Wrote {written[0]} and {written[1]}.")


def _widths(hidden: str) -> tuple[int, ...]:
    try:
        return tuple(int(width) for width in hidden.split(","))
    except ValueError:
        raise InvalidValueError(f"hidden is {hidden!r}; give integers separated by commas, such as 8,8.") from None


def _clip(clip: str) -> Clip:
    """What predictions are kept within."""
    from prelu_rules.estimators.clipping import check_clip

    if clip in ("training", "none"):
        return "training" if clip == "training" else None
    try:
        lower, upper = (float(end) if end.strip() else None for end in clip.split(","))
    except ValueError:
        raise InvalidValueError(f"clip is {clip!r}; give training, none, or two numbers such as 0,100.") from None
    check_clip((lower, upper))
    return lower, upper


def _check_folder(folder: Path) -> None:
    """Create the folder and check that it is writable before a long training, not after it."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except (OSError, ValueError) as problem:
        reason = problem.strerror if isinstance(problem, OSError) else problem
        raise DataError(f"cannot write to {folder}: {reason}; choose another --out.") from None
    check_writable(*(folder / name for name in SAVED))
