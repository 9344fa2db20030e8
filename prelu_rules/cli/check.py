"""`prelu-rules check`: prove how far rules are from the network that they describe."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from prelu_rules.cli.streams import complain
from prelu_rules.cli.table_options import Decimal, Encoding, Separator, Thousands
from prelu_rules.errors import DataError
from prelu_rules.tolerances import SAME_OUTPUT


def check(
    rules: Annotated[Path, typer.Argument(help="Rules as JSON, such as rules.json.")],
    model: Annotated[Path, typer.Option(help="The .keras file to compare them with.")],
    data: Annotated[
        str | None,
        typer.Option(help="A table of inputs, whose domain is used; by default the rules' own domain."),
    ] = None,
    target: Annotated[
        str | None, typer.Option(help="The column of the data that is the target (other columns are ignored anyway).")
    ] = None,
    separator: Separator = None,
    decimal: Decimal = None,
    thousands: Thousands = None,
    encoding: Encoding = None,
    tolerance: Annotated[
        float, typer.Option(help="The largest difference to accept, as a share of the output's largest value.")
    ] = SAME_OUTPUT,
) -> int:
    """Prove how far rules are from a network; the exit status is 1 if they differ."""
    from prelu_rules.export.json import read_rules

    system = read_rules(rules)
    if not model.is_file():
        raise DataError(f"there is no file {model}; give the path of a .keras file.")
    domain = system.domain
    if data is not None:
        from prelu_rules.columns.table_file import read_columns
        from prelu_rules.domains.as_domain import as_domain

        kinds = {column.name: column.kind for column in system.columns}
        dialect = {"separator": separator, "decimal": decimal, "thousands": thousands, "encoding": encoding}
        domain = as_domain(read_columns(data, kinds, **dialect), system.columns)
    certificate = system.certify(model, domain)
    typer.echo(str(certificate), nl=False)
    largest = certificate.largest
    reasons = [
        f"{name} differs by more than {tolerance:g} of its largest value, {size:g}"
        for name, upper, size in zip(certificate.output_names, certificate.upper, largest, strict=True)
        if not upper <= tolerance * size
    ]
    reasons += [] if certificate.covered else ["there are inputs without a rule"]
    reasons += [] if certificate.disjoint else ["rules overlap"]
    if reasons:
        complain(f"the rules differ from the network: {'; '.join(reasons)}")
        return 1
    return 0
