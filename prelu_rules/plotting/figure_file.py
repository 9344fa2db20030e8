"""Figures as files."""

from __future__ import annotations

import os
from pathlib import Path

from matplotlib.figure import Figure, SubFigure

from prelu_rules.errors import InvalidValueError
from prelu_rules.files import whole_file

SUFFIXES = (".png", ".svg", ".pdf")


def check_figure_path(path: str | os.PathLike[str]) -> None:
    """Check that `save_figure` can write a file, before the work for the figure is done.

    Args:
        path: the file to write.

    Raises:
        InvalidValueError: if the suffix is not .png, .svg or .pdf.

    Example:
        >>> check_figure_path("network.svg")
    """
    if Path(path).suffix.lower() not in SUFFIXES:
        raise InvalidValueError(f"cannot draw {path}; its name must end in {', '.join(SUFFIXES)}.")


def save_figure(figure: Figure | SubFigure, path: str | os.PathLike[str]) -> None:
    """Write a figure, completely or not at all.

    Args:
        figure: the figure.
        path: a file with the suffix .png, .svg or .pdf.

    Raises:
        InvalidValueError: if it has another suffix.
        DataError: if the file cannot be written.

    Example:
        >>> import tempfile
        >>> path = Path(tempfile.mkdtemp()) / "empty.svg"
        >>> save_figure(Figure(), path)
        >>> path.read_text()[:5]
        '<?xml'
    """
    check_figure_path(path)
    with whole_file(path) as temporary:
        (figure if isinstance(figure, Figure) else figure.figure).savefig(temporary, dpi=200, bbox_inches="tight")
