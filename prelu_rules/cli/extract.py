"""`prelu-rules extract`: from a saved Keras model to rules."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from prelu_rules.cli.renamed import renamed_option
from prelu_rules.cli.table_options import Category, Decimal, Encoding, Number, Separator, Thousands
from prelu_rules.errors import DataError, UnsupportedModelError
from prelu_rules.rules.extraction import MAX_UNITS
from prelu_rules.tolerances import LINEAR_SLOPE


def extract(
    model: Annotated[Path, typer.Argument(help="A .keras file.")],
    data: Annotated[
        str | None, typer.Option(help="A table of inputs: names the columns, counts rows, sets the digits.")
    ] = None,
    target: Annotated[str | None, typer.Option(help="A column of the data that is not an input.")] = None,
    like: Annotated[
        Path | None, typer.Option(help="A rules.json whose columns, outputs and classes the model has, too.")
    ] = None,
    to: Annotated[str, typer.Option(help="text, compact, markdown, latex, json or python.")] = "text",
    out: Annotated[Path | None, typer.Option(help="A file to write instead of printing.")] = None,
    category: Category = None,
    number: Number = None,
    separator: Separator = None,
    decimal: Decimal = None,
    thousands: Thousands = None,
    encoding: Encoding = None,
    threshold: Annotated[float, typer.Option(help="Slopes above it count as 1.")] = LINEAR_SLOPE,
    max_nonlinear: Annotated[
        int, typer.Option(help="The most nonlinear units that rules are written for.")
    ] = MAX_UNITS,
    format: Annotated[str | None, typer.Option(hidden=True)] = None,
    max_units: Annotated[int | None, typer.Option(hidden=True)] = None,
) -> int:
    """Print the rules of a trained network."""
    from prelu_rules.columns.table_file import read_columns, read_table
    from prelu_rules.export import check_target
    from prelu_rules.export.json import read_rules

    to = renamed_option(format, "--format", "--to", to)
    max_nonlinear = renamed_option(max_units, "--max-units", "--max-nonlinear", max_nonlinear)
    check_target(to)
    if not model.is_file():
        raise DataError(f"there is no file {model}; give the path of a .keras file.")
    known = None if like is None else read_rules(like)
    dialect = {"separator": separator, "decimal": decimal, "thousands": thousands, "encoding": encoding}
    table: Any = None
    if data is not None and known is not None:
        table = read_columns(data, {column.name: column.kind for column in known.columns}, **dialect)
    elif data is not None:
        table = read_table(data, category=category or (), number=number or (), **dialect)
        if target is not None:
            table = without_column(table, target, data)
    from prelu_rules.training.start import start_tensorflow

    start_tensorflow()
    from prelu_rules.extraction import extract
    from prelu_rules.network.reading import read_with_link

    found = read_with_link(model)
    if found.form.n_units == 0:
        raise UnsupportedModelError(f"{model} has no PReLU, so it is one linear function; there are no rules to read.")
    settings: dict[str, Any] = {"threshold": threshold}
    if known is not None:
        settings |= {"columns": known.columns, "output_names": known.output_names, "classes": known.classes}
    if to == "compact":
        # It has one term per unit, so that no number of units is too many.
        text = extract(found, table, on_demand=True, **settings).export(to, out)
    else:
        text = extract(found, table, max_nonlinear=max_nonlinear, **settings).export(to, out)
    typer.echo(f"Wrote {out}." if out is not None else text, nl=out is not None)
    return 0


def without_column(table: Any, name: str, path: str) -> Any:
    """A table without one of its columns.

    Args:
        table: a pandas table.
        name: the column.
        path: what errors call the table.

    Returns:
        The other columns.

    Raises:
        DataError: if there is no such column, or no other.
    """
    if name not in table.columns:
        raise DataError(f"{path} has no column {name!r}; its columns are {', '.join(map(repr, table.columns))}.")
    if table.shape[1] == 1:
        raise DataError(f"{path} has no column beside {name!r}; it needs at least one input.")
    return table.drop(columns=name)
