"""`prelu-rules extract`: from a saved Keras model to rules."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from prelu_rules.cli.quiet import start_tensorflow
from prelu_rules.errors import DataError, UnsupportedModelError
from prelu_rules.rules.extraction import MAX_UNITS
from prelu_rules.tolerances import LINEAR_SLOPE


def extract(
    model: Annotated[Path, typer.Argument(help="A .keras file.")],
    data: Annotated[
        Path | None, typer.Option(help="A CSV file of inputs: names the features, counts rows, sets the digits.")
    ] = None,
    target: Annotated[str | None, typer.Option(help="A column of the data that is no input.")] = None,
    format: Annotated[str, typer.Option(help="text, compact, markdown, latex, json or python.")] = "text",
    out: Annotated[Path | None, typer.Option(help="A file to write instead of printing.")] = None,
    threshold: Annotated[float, typer.Option(help="Slopes above it count as 1.")] = LINEAR_SLOPE,
    max_units: Annotated[int, typer.Option(help="The most nonlinear units that rules are written for.")] = MAX_UNITS,
) -> int:
    """Print the rules of a trained network."""
    from prelu_rules.export import check_target

    check_target(format)
    if not model.is_file():
        raise DataError(f"there is no file {model}; give the path of a .keras file.")
    names, rows = None, None
    if data is not None:
        from prelu_rules.readers.table import read_features

        names, rows = read_features(data, target)
    start_tensorflow()
    from prelu_rules.extraction import extract
    from prelu_rules.network.reading import read_network

    form = read_network(model)
    if form.n_units == 0:
        raise UnsupportedModelError(f"{model} has no PReLU, so it is one linear function; there are no rules to read.")
    if names is not None and len(names) != form.n_inputs:
        raise DataError(
            f"{data} has {len(names)} input columns, but the model has {form.n_inputs} inputs; leave the target out "
            "with --target."
        )
    rules = extract(form, rows, threshold=threshold, feature_names=names, max_units=max_units)
    text = rules.export(format, out)
    typer.echo(f"Wrote {out}." if out is not None else text, nl=out is not None)
    return 0
