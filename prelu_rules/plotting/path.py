"""The path of ever smaller networks: score against units, rules and numbers to read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from matplotlib.axes import Axes

from prelu_rules.plotting.shown import Places, several_of, whole_ticks

if TYPE_CHECKING:
    from prelu_rules.refine.path import PathPoint, RulePath

MEASURES = (("n_nonlinear", "nonlinear units"), ("n_rules", "rules"), ("n_numbers", "numbers to read"))
"""What is counted, and how its axis is called."""


def plot_path(path: RulePath, chosen: PathPoint | None = None, ax: Places | None = None) -> Axes:
    """Draw the score of each network on the path against what a reader has to read.

    Args:
        path: the networks.
        chosen: the one to circle; by default the one that was taken from the path, or else the one that
            `path.choose()` takes.
        ax: three axes to draw in, or a figure to make them in; a new figure by default.

    Returns:
        The first of the three axes; in a notebook it shows them all.

    Raises:
        ShapeError: if there are not three axes.

    Example:
        >>> import numpy as np
        >>> from prelu_rules.network.normal_form import NormalForm
        >>> from prelu_rules.refine.path import PathPoint, RulePath
        >>> form = NormalForm(np.zeros((0, 1)), np.zeros((0, 0)), [], [[2.0]], np.zeros((1, 0)), [1.0], [])
        >>> path = RulePath(((PathPoint(form, None, 1.0, 0.9, np.zeros(3), 0.0),),), np.ones(3))
        >>> len(plot_path(path).figure.axes)
        3
    """
    chosen = chosen or path.chosen or path.choose()
    points = path.with_point(chosen)
    axes = several_of(ax, len(MEASURES), 10, 3.2)
    for axis, (name, label) in zip(axes, MEASURES, strict=True):
        x = [getattr(point, name) for point in points]
        axis.plot(x, [point.train_score for point in points], "o-", color="#999999", label="training rows")
        axis.plot(x, [point.validation_score for point in points], "o-", color="#1f77b4", label="validation rows")
        mark = [getattr(chosen, name)], [chosen.validation_score]
        axis.plot(*mark, "o", markersize=13, markerfacecolor="none", color="#d62728", label="chosen")
        axis.set_xlabel(label)
        whole_ticks(axis.xaxis)
        axis.grid(alpha=0.3)
    axes[0].set_ylabel("score")
    axes[0].legend(loc="lower right", frameon=False)
    return axes[0]
