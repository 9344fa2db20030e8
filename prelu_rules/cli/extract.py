"""`prelu-rules extract`: read the rules of a saved Keras model."""

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
        str | None, typer.Option(help="A table of inputs, for column names, row counts and digits.")
    ] = None,
    target: Annotated[str | None, typer.Option(help="The column of the data that is the target, not an input.")] = None,
    like: Annotated[
        Path | None, typer.Option(help="A rules.json with the columns, outputs and classes of the model.")
    ] = None,
    to: Annotated[str, typer.Option(help="The language; `prelu-rules export` lists them.")] = "text",
    out: Annotated[Path | None, typer.Option(help="A file to write to, instead of printing.")] = None,
    category: Category = None,
    number: Number = None,
    separator: Separator = None,
    decimal: Decimal = None,
    thousands: Thousands = None,
    encoding: Encoding = None,
    threshold: Annotated[float, typer.Option(help="Slopes above this count as 1.")] = LINEAR_SLOPE,
    max_nonlinear: Annotated[
        int, typer.Option(help="The largest number of nonlinear units to write rules for.")
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
    from prelu_rules.extraction import extract
    from prelu_rules.network.reading import read_with_link

    found = read_with_link(model)
    if found.form.n_units == 0:
        raise UnsupportedModelError(
            f"{model} has no PReLU, so it is a single linear function; give a model with PReLUs."
        )
    settings: dict[str, Any] = {"threshold": threshold}
    if known is not None:
        settings |= {"columns": known.columns, "output_names": known.output_names, "classes": known.classes}
    if to == "compact":
        # The compact form has one term per unit, so no number of units is too large.
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
        path: the name of the table in error messages.

    Returns:
        The other columns.

    Raises:
        DataError: if the column does not exist, or is the only one.
    """
    if name not in table.columns:
        raise DataError(f"{path} has no column {name!r}; its columns are {', '.join(map(repr, table.columns))}.")
    if table.shape[1] == 1:
        raise DataError(f"{path} has no column besides {name!r}; add at least one input.")
    return table.drop(columns=name)
