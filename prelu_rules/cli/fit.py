"""`prelu-rules fit`: from a CSV file to rules."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from prelu_rules.cli.quiet import start_tensorflow
from prelu_rules.errors import DataError, InvalidValueError
from prelu_rules.files import whole_file, write_text

if TYPE_CHECKING:
    from prelu_rules.estimators.fit import FittedRules
    from prelu_rules.readers.table import Table


def fit(
    data: Annotated[Path, typer.Argument(help="A CSV file with a header; every column but the target is numeric.")],
    target: Annotated[str, typer.Option(help="The column to predict.")],
    out: Annotated[Path | None, typer.Option(help="A folder for rules.json and model.keras.")] = None,
    task: Annotated[
        str | None,
        typer.Option(help="regression or classification; by default text and 0/1 targets are classes."),
    ] = None,
    max_nonlinear: Annotated[int, typer.Option(help="The most nonlinear units left; at most 2^this many rules.")] = 3,
    hidden: Annotated[str, typer.Option(help="Units of each hidden layer.")] = "8,8",
    seed: Annotated[int, typer.Option(help="Of the split, the weights and the order of the rows.")] = 0,
) -> int:
    """Train a network on a table with the force, and print its rules."""
    from prelu_rules.readers.table import read_table

    table = read_table(data, target, task)  # type: ignore[arg-type]
    widths = _widths(hidden)
    if out is not None:
        _check_folder(out)
    # TensorFlow takes seconds to start; whatever can be wrong with the input is known before.
    start_tensorflow()
    from prelu_rules.estimators.fit import FitSettings, fit_rules

    fitted = fit_rules(table, FitSettings(hidden=widths, max_nonlinear=max_nonlinear, seed=seed))
    typer.echo(_report(table, fitted))
    if out is not None:
        with whole_file(out / "model.keras") as temporary:
            fitted.model.save(temporary)
        write_text(out / "rules.json", fitted.rules.export("json"))
        typer.echo(f"Wrote {out / 'rules.json'} and {out / 'model.keras'}.")
    return 0


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


def _report(table: Table, fitted: FittedRules) -> str:
    rules = fitted.rules
    measure = "R2" if table.classes is None else "accuracy"
    units = 0 if rules.form is None else rules.form.n_units
    lines = [
        f"{len(table)} rows, {len(table.feature_names)} features, {table.task} of {table.target!r}",
        "",
        "Rules:",
        "",
        str(rules),
        *(["The same in one formula per output:", "", rules.export("compact")] if units else []),
        f"Validation {measure} by size; the smallest that is not clearly worse than the best was chosen:",
        *(
            f"  {_count(size, 'nonlinear unit'):<18}{score:.3f}{'  <- chosen' if size == units else ''}"
            for size, score in sorted(fitted.sizes.items())
        ),
        "",
        f"Test {measure} on {fitted.n_test} held-out rows:",
        f"  rules             {fitted.score:.3f}  ({_count(len(rules), 'rule')}, {_count(units, 'nonlinear unit')})",
        f"  before the force  {fitted.full_score:.3f}  ({_count(fitted.full_nonlinear, 'nonlinear unit')})",
    ]
    return "\n".join(lines)


def _count(number: int, thing: str) -> str:
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"
