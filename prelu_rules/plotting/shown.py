"""Where a plot is drawn: axes that were given, or new ones that a notebook shows.

IPython shows a figure of its own accord only once pyplot has been imported, and axes never. New figures are not
registered with pyplot, so that none stays open; they and their axes bring their picture with them.
"""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.figure import Figure, SubFigure
from matplotlib.ticker import MaxNLocator

from prelu_rules.errors import InvalidValueError, ShapeError

Places: TypeAlias = Axes | Sequence[Axes] | npt.NDArray[np.object_] | Figure | SubFigure
"""Where several axes are drawn: as many axes, or a figure in which they are made."""


class ShownFigure(Figure):
    """A figure that a notebook shows, whether or not pyplot has been imported.

    Example:
        >>> ShownFigure()._repr_png_()[1:4]
        b'PNG'
    """

    def _repr_png_(self) -> bytes:
        file = BytesIO()
        self.savefig(file, format="png", bbox_inches="tight")
        return file.getvalue()


class ShownAxes(Axes):
    """Axes that a notebook shows, with all of the figure that they are in."""

    def _repr_png_(self) -> bytes | None:
        figure = root_figure(self)
        return figure._repr_png_() if isinstance(figure, ShownFigure) else None


def new_axes(width: float, height: float) -> Axes:
    """Axes in a figure of their own.

    Args:
        width: of the figure, in inches.
        height: of the figure.

    Returns:
        The axes; they show in a notebook.
    """
    axes: Axes = ShownFigure(figsize=(width, height), layout="constrained").add_subplot(axes_class=ShownAxes)
    return axes


def one_of(ax: Axes | None, width: float, height: float) -> Axes:
    """The axes that were given, or new ones.

    Args:
        ax: the axes, or None.
        width: of the figure of new ones, in inches.
        height: of that figure.

    Returns:
        The axes.

    Raises:
        InvalidValueError: if something else was given.

    Example:
        >>> axes = one_of(None, 4, 3)
        >>> one_of(axes, 4, 3) is axes
        True
    """
    if ax is None:
        return new_axes(width, height)
    if not isinstance(ax, Axes):
        raise InvalidValueError(f"ax is of type {type(ax).__name__}; give Matplotlib axes, such as plt.subplots()[1].")
    return ax


def several_of(ax: Places | None, count: int, width: float, height: float) -> list[Axes]:
    """The axes that were given, or new ones side by side, which share their y axis.

    Args:
        ax: as many axes, a figure or subfigure to make them in, or None for a new figure.
        count: how many are drawn.
        width: of a new figure, in inches.
        height: of a new figure.

    Returns:
        `count` axes.

    Raises:
        ShapeError: if another number of axes was given.
        InvalidValueError: if something else was given.

    Example:
        >>> figure = Figure()
        >>> [axes.figure is figure for axes in several_of(figure, 2, 4, 3)]
        [True, True]
    """
    if ax is None:
        ax = ShownFigure(figsize=(width, height), layout="constrained")
    if isinstance(ax, (Figure, SubFigure)):
        kind = {"axes_class": ShownAxes} if isinstance(ax, ShownFigure) else {}
        return list(ax.subplots(1, count, sharey=True, squeeze=False, subplot_kw=kind)[0])
    given: list[Any] = [ax] if isinstance(ax, Axes) else list(np.asarray(ax, dtype=object).flat)
    wrong = [one for one in given if not isinstance(one, Axes)]
    if wrong:
        raise InvalidValueError(
            f"ax holds something of type {type(wrong[0]).__name__}; give {count} Matplotlib axes, or a figure."
        )
    if len(given) != count:
        raise ShapeError(f"ax has {len(given)} axes, but {count} are drawn; give {count}, or a figure.")
    return given


def root_figure(axes: Axes) -> Figure:
    """The figure that axes are in, whatever subfigures are between.

    Args:
        axes: the axes.

    Returns:
        The figure.

    Example:
        >>> figure = Figure()
        >>> root_figure(figure.add_subfigure(figure.add_gridspec(1, 2)[1]).add_subplot()) is figure
        True
    """
    figure: Any = axes.figure
    while not isinstance(figure, Figure):
        figure = figure.figure
    return figure


def whole_ticks(axis: Axis) -> None:
    """Put ticks at whole numbers only, for an axis that counts.

    Args:
        axis: the axis.

    Example:
        >>> axes = Figure().add_subplot()
        >>> _ = axes.plot([0, 1], [0, 1])
        >>> whole_ticks(axes.xaxis)
        >>> axes.get_xticks().tolist()
        [-1.0, 0.0, 1.0, 2.0]
    """
    axis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
