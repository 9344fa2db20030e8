"""`prelu-rules compare`: prove how far two networks differ."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from prelu_rules.cli.streams import complain
from prelu_rules.cli.table_options import Decimal, Encoding, Separator, Thousands
from prelu_rules.errors import DataError


def compare(
    model: Annotated[Path, typer.Argument(help="A .keras file.")],
    other: Annotated[Path, typer.Argument(help="Another one, such as a retrained or pruned copy.")],
    data: Annotated[
        str | None,
        typer.Option(help="A table of inputs without the target, whose domain is used; by default all inputs."),
    ] = None,
    separator: Separator = None,
    decimal: Decimal = None,
    thousands: Thousands = None,
    encoding: Encoding = None,
    enough: Annotated[
        float | None, typer.Option(help="A difference that is small enough; by default none is, but it is bounded.")
    ] = None,
    tolerance: Annotated[
        float, typer.Option(help="How much larger the bounds may be than the difference that is found, as a share.")
    ] = 1.0,
    time_limit: Annotated[float | None, typer.Option(help="The longest time to take, in seconds.")] = None,
) -> int:
    """Prove how far two networks differ; the exit status is 1 if they are not proven to be equal, or close enough."""
    from prelu_rules.geometry.comparison.compare import compare_networks

    for path in (model, other):
        if not path.is_file():
            raise DataError(f"there is no file {path}; give the path of a .keras file.")
    domain = None
    if data is not None:
        from prelu_rules.columns.table_file import read_table

        domain = read_table(data, separator=separator, decimal=decimal, thousands=thousands, encoding=encoding)
    found = compare_networks(model, other, domain, tolerance=tolerance, enough=enough, time_limit=time_limit)
    typer.echo(str(found), nl=False)
    accepted = 0.0 if enough is None else enough
    if not (found.upper <= accepted).all():
        complain(f"the networks are not proven to differ by at most {accepted:g}")
        return 1
    return 0
