"""`prelu-rules fit`: from a CSV file to rules."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from prelu_rules.cli.quiet import start_tensorflow
from prelu_rules.errors import DataError, InvalidValueError
from prelu_rules.files import whole_file

if TYPE_CHECKING:
    from prelu_rules.estimators.fit import FittedRules
    from prelu_rules.readers.table import Table
    from prelu_rules.refine.path import PathPoint

NOT_FINISHED = 1


def fit(
    data: Annotated[Path, typer.Argument(help="A CSV file with a header; a column without numbers holds categories.")],
    target: Annotated[str, typer.Option(help="The column to predict.")],
    out: Annotated[Path | None, typer.Option(help="A folder for rules.json and model.keras.")] = None,
    task: Annotated[
        str | None,
        typer.Option(help="regression or classification; by default text and 0/1 targets are classes."),
    ] = None,
    max_nonlinear: Annotated[
        int | None, typer.Option(help="The most nonlinear units; without a limit, as few as do it.")
    ] = None,
    max_rules: Annotated[int | None, typer.Option(help="The most rules.")] = None,
    max_numbers: Annotated[int | None, typer.Option(help="The most numbers in the formulas.")] = None,
    hidden: Annotated[str, typer.Option(help="Units of each hidden layer.")] = "8,8",
    seed: Annotated[int, typer.Option(help="Of the split, the weights and the order of the rows.")] = 0,
) -> int:
    """Train networks on a table with the force, and print the rules of the smallest that does it.

    Ctrl-C ends the search early: the rules are then those found so far, and the status is 1.
    """
    from prelu_rules.readers.table import read_table
    from prelu_rules.refine.path import check_limits

    table = read_table(data, target, task)  # type: ignore[arg-type]
    widths = _widths(hidden)
    check_limits(max_nonlinear, max_rules, max_numbers)
    if out is not None:
        _check_folder(out)
    # TensorFlow takes seconds to start; whatever can be wrong with the input is known before.
    start_tensorflow()
    from prelu_rules.estimators.fit import fit_rules

    limits = {"max_nonlinear": max_nonlinear, "max_rules": max_rules, "max_numbers": max_numbers}
    # Compiling pays from the second fit on.
    fitted = fit_rules(table, seed, hidden=widths, jit=False, verbose=int(sys.stderr.isatty()), **limits)
    typer.echo(_report(table, fitted, limited=any(limit is not None for limit in limits.values())))
    if out is not None:
        model, rules = out / "model.keras", out / "rules.json"
        # Both are written before the first is renamed, so that they belong to each other.
        with whole_file(rules) as new_rules, whole_file(model) as new_model:
            fitted.model.save(new_model)
            new_rules.write_text(fitted.rules.export("json"), encoding="utf-8")
        typer.echo(f"Wrote {rules} and {model}.")
    return 0 if fitted.path.complete else NOT_FINISHED


def _widths(hidden: str) -> tuple[int, ...]:
    try:
        return tuple(int(width) for width in hidden.split(","))
    except ValueError:
        raise InvalidValueError(f"hidden is {hidden!r}; give whole numbers with commas between, such as 8,8.") from None


def _check_folder(folder: Path) -> None:
    """Make the folder and try it before a long training, not after."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=folder).close()
    except OSError as problem:
        raise DataError(f"cannot write to {folder}: {problem.strerror}; choose another --out.") from None


def _report(table: Table, fitted: FittedRules, limited: bool) -> str:
    rules, path, chosen = fitted.rules, fitted.path, fitted.chosen
    measure = "R2" if table.classes is None else "accuracy"
    units, full = _count(chosen.n_nonlinear, "nonlinear unit"), _count(fitted.full_nonlinear, "nonlinear unit")
    reason = "the best within the limits" if limited else "the smallest that is not clearly worse than the best"
    lines = [
        f"{len(table)} rows, {table.features.shape[1]} features, {table.task} of {table.target!r}",
        "",
        "Rules:",
        "",
        str(rules),
        *(["The same in one formula per output:", "", rules.export("compact")] if chosen.n_nonlinear else []),
        f"Validation {measure} by size; {reason} was chosen:",
        # The chosen network may be a sparser one than the path shows of its size.
        *(_line(chosen if size == chosen.n_nonlinear else point, chosen) for size, point in enumerate(path)),
        "",
        f"Test {measure} on {fitted.n_test} held-out rows:",
        f"  rules             {fitted.score:.3f}  ({_count(len(rules), 'rule')}, {units})",
        f"  before the force  {fitted.full_score:.3f}  ({full})",
    ]
    return "\n".join(lines)


def _line(point: PathPoint, chosen: PathPoint) -> str:
    sizes = f"{_count(point.n_rules, 'rule')}, {_count(point.n_numbers, 'number')}"
    marked = "  <- chosen" if point is chosen else ""
    return f"  {_count(point.n_nonlinear, 'nonlinear unit'):<18}{point.validation_score:.3f}  ({sizes}){marked}"


def _count(number: int, thing: str) -> str:
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"
