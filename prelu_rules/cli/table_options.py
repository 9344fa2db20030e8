"""The options of every command that reads a table."""

from __future__ import annotations

from typing import Annotated

import typer

Separator = Annotated[str | None, typer.Option(help="Between the cells of a text file; found by itself.")]
Decimal = Annotated[str | None, typer.Option(help="The decimal sign, . or , ; found by itself.")]
Thousands = Annotated[str | None, typer.Option(help="What groups digits by three; found by itself.")]
Encoding = Annotated[str | None, typer.Option(help="Of a text file; UTF-8, UTF-16 and Windows-1252 by itself.")]
Category = Annotated[list[str] | None, typer.Option(help="A column of categories, whatever it looks like.")]
Number = Annotated[list[str] | None, typer.Option(help="A column of numbers, whatever it looks like.")]
