"""Values as LaTeX: macros, table rows and numbers."""

from collections.abc import Iterable, Mapping
from pathlib import Path


def write_macros(path: Path, macros: Mapping[str, str]) -> None:
    r"""Write one `\newcommand` for each name; LaTeX allows letters only."""
    lines = [f"\\newcommand{{\\{name}}}{{{text}}}" for name, text in macros.items()]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def write_rows(path: Path, rows: Iterable[Iterable[object]]) -> None:
    """Write the body of a table with its last rule, which LaTeX only accepts in the same file."""
    lines = [" & ".join(str(cell) for cell in row) + r" \\" for row in rows]
    path.write_text("\n".join([*lines, r"\bottomrule"]) + "\n", encoding="utf-8")


def scientific(value: float) -> str:
    """A number with two digits and a power of ten."""
    mantissa, exponent = f"{value:.1e}".split("e")
    return rf"${mantissa}\cdot 10^{{{int(exponent)}}}$"


def grouped(value: int) -> str:
    """An integer with a thin space after the thousands."""
    return f"{value:,}".replace(",", r"\,")
