"""The options of all commands that read a table."""

from __future__ import annotations

from typing import Annotated

import typer

Separator = Annotated[str | None, typer.Option(help="The character between cells; detected by default.")]
Decimal = Annotated[str | None, typer.Option(help="The decimal sign, . or , ; detected by default.")]
Thousands = Annotated[str | None, typer.Option(help="The thousands separator; detected by default.")]
Encoding = Annotated[str | None, typer.Option(help="The encoding; UTF-8, UTF-16 and Windows-1252 are detected.")]
Category = Annotated[list[str] | None, typer.Option(help="A column to read as categories; can be repeated.")]
Number = Annotated[list[str] | None, typer.Option(help="A column to read as numbers; can be repeated.")]
