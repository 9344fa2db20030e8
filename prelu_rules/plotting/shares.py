"""Outcomes of many runs: a bar for each kind of run, divided into the shares of the outcomes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes

from prelu_rules.errors import ShapeError
from prelu_rules.plotting.shown import one_of

COLOURS = ("#d55e00", "#f0c040", "#c7c7c7", "#7fb8d8")
"""Colours that colour-blind people can tell apart."""


def plot_shares(
    names: Sequence[str],
    shares: Mapping[str, Sequence[float]],
    intervals: Sequence[tuple[float, float]],
    ax: Axes | None = None,
) -> Axes:
    """Draw one bar per kind of run, from top to bottom, with an interval for the first outcome.

    Args:
        names: of the kinds of run.
        shares: of each outcome, at most four, from 0 to 1, one number per name; the first begins at the left.
        intervals: where the share of the first outcome lies, one pair per name.
        ax: where to draw; a new figure by default.

    Returns:
        The axes.

    Raises:
        ShapeError: if the numbers are not one per name, or there are more outcomes than colours.
        InvalidValueError: if `ax` is something else.

    Example:
        >>> axes = plot_shares(["old", "new"], {"failed": [1.0, 0.0], "worked": [0.0, 1.0]}, [(0.8, 1.0), (0.0, 0.2)])
        >>> len(axes.patches)
        4
    """
    if len(shares) > len(COLOURS):
        raise ShapeError(f"there are {len(shares)} outcomes; give at most {len(COLOURS)}.")
    for what, values in (*shares.items(), ("intervals", intervals)):
        if len(values) != len(names):
            raise ShapeError(f"{what!r} has {len(values)} entries for {len(names)} names; give one for each.")
    axes = one_of(ax, 9, 1 + 0.32 * len(names))
    rows, left = np.arange(len(names)), np.zeros(len(names))
    for (name, values), colour in zip(shares.items(), COLOURS, strict=False):
        axes.barh(rows, values, left=left, color=colour, height=0.7, label=name)
        left = left + np.asarray(values, dtype=np.float64)
    first = np.asarray(next(iter(shares.values())), dtype=np.float64)
    low, high = np.asarray(intervals, dtype=np.float64).reshape(-1, 2).T
    # Rounding may put an end of an interval on the wrong side of the share.
    reach = np.maximum([first - low, high - first], 0)
    axes.errorbar(first, rows, xerr=reach, fmt="none", ecolor="black", elinewidth=1, capsize=2.5)
    axes.set_yticks(rows, names)
    axes.invert_yaxis()
    axes.set(xlim=(0, 1), xlabel="share of the runs")
    axes.legend(loc="lower center", bbox_to_anchor=(0.5, 1), ncols=len(shares), frameon=False)
    return axes
