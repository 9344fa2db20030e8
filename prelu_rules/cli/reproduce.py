"""placeholder"""

import typer

reproduce = typer.Typer()
