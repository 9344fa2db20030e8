"""`prelu-rules export`: rules in another language."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer


def export(
    rules: Annotated[Path | None, typer.Argument(help="A rules.json.")] = None,
    to: Annotated[str | None, typer.Option(help="The language; without it, all of them are listed.")] = None,
    out: Annotated[Path | None, typer.Option(help="A file to write instead of printing.")] = None,
    shape: Annotated[str | None, typer.Option(help="formula for the network's formula, list for the rules.")] = None,
    dialect: Annotated[str | None, typer.Option(help="The dialect of SQL.")] = None,
    table: Annotated[str | None, typer.Option(help="The table that SQL reads.")] = None,
    view: Annotated[str | None, typer.Option(help="The view that SQL creates.")] = None,
    function: Annotated[str | None, typer.Option(help="The name of the function in program code.")] = None,
    part: Annotated[str | None, typer.Option(help="What to write in C or JavaScript, such as header or types.")] = None,
    inputs: Annotated[str | None, typer.Option(help="What Keras or ONNX takes: columns or features.")] = None,
    rows: Annotated[int | None, typer.Option(help="How many cases a workbook has lines for.")] = None,
) -> int:
    """Write rules in another language, such as SQL, C or a workbook."""
    from tqdm import tqdm

    from prelu_rules.errors import InvalidValueError
    from prelu_rules.export import check_target
    from prelu_rules.export.json import read_rules

    if to is None:
        typer.echo(listing())
        return 0
    check_target(to)
    if rules is None:
        raise InvalidValueError(f"there are no rules to write in {to!r}; give the path of a rules.json.")
    given = {"shape": shape, "dialect": dialect, "table": table, "view": view, "function": function, "part": part}
    given |= {"inputs": inputs}
    options: dict[str, Any] = {name: value for name, value in {**given, "rows": rows}.items() if value is not None}
    with tqdm(total=2, desc=f"reading {rules.name}", disable=None, leave=False, bar_format="{desc} {elapsed}") as bar:
        system = read_rules(rules)
        bar.set_description_str(f"writing {to}")
        result: str | bytes = system.export(to, out, **options)
    if out is not None:
        typer.echo(f"Wrote {out}.")
    elif isinstance(result, bytes):
        raise InvalidValueError(f"{to!r} is not text, which could be printed; give --out FILE.")
    else:
        typer.echo(result, nl=False)
    return 0


def listing() -> str:
    """All export targets, one a line.

    Returns:
        Name, what it is, what it needs, which shapes it takes, and its limits.

    Example:
        >>> "python" in listing()
        True
    """
    from prelu_rules.export import targets

    width = max(map(len, targets()))
    lines = []
    for name, target in targets().items():
        said = [target.about, f"needs {target.needs}" if target.needs != "nothing" else "", " or ".join(target.shapes)]
        lines.append(f"{name:<{width}}  {'; '.join(part for part in [*said, target.limits] if part)}".rstrip())
    return "\n".join(lines)
